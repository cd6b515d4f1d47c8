// The lock steps of both designs. See variants/refcount/lock.go and
// variants/rwsem/lock.go, where the state tables and the orders are explained.
#ifndef LOCKS_H
#define LOCKS_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// task lies on lines of its own, as vmm.Task does.
struct task {
	alignas(64) uint32_t id;
	uint64_t rcu_seq; // odd inside a section
	uint64_t success;
	char pad[64];
};

// mm has what a fault reads of an address space behind mmap_lock, on a line.
struct mm {
	alignas(64) _Atomic(struct task *) writer_wait;
	_Atomic uint32_t lock_seq;
};

struct rwsem {
	_Atomic int64_t count;
	_Atomic uint64_t owner;
	uint64_t osq_and_lock, first, last;
};

// vma has the fields of both designs, each on the line where the reference-count
// design has it.
struct vma {
	alignas(64) uint64_t start;
	uint64_t end;
	struct mm *mm;
	uint64_t prot, flags;
	_Atomic uint32_t lock_seq;
	bool detached;
	struct rwsem *lock;
	alignas(64) _Atomic(void *) anon_vma;
	alignas(64) _Atomic uint32_t refcnt;
};

_Static_assert(offsetof(struct vma, lock_seq) == 40 && offsetof(struct vma, anon_vma) == 64 &&
	offsetof(struct vma, refcnt) == 128 && sizeof(struct vma) == 192, "not as in Go");

#define RELAXED memory_order_relaxed
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release

static inline void rcu_lock(struct task *t) { t->rcu_seq++; }
static inline void rcu_unlock(struct task *t)
{
	atomic_signal_fence(memory_order_seq_cst); // the compiler keeps the section together
	t->rcu_seq++;
}

void wake_writer(struct mm *m);

enum { EXCLUDE = 1u << 30, LIMIT = EXCLUDE - 1 };

static inline void ref_put(struct vma *v)
{
	struct mm *m = v->mm;
	uint32_t n = atomic_fetch_sub_explicit(&v->refcnt, 1, RELEASE) - 1;
	if ((n & EXCLUDE) && n <= EXCLUDE + 1)
		wake_writer(m);
}

static inline bool ref_start_read(struct vma *v, struct mm *m)
{
	if (atomic_load_explicit(&v->lock_seq, RELAXED) == atomic_load_explicit(&m->lock_seq, RELAXED))
		return false;
	uint32_t c = atomic_load_explicit(&v->refcnt, RELAXED);
	do {
		if (c == 0 || c >= LIMIT)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&v->refcnt, &c, c + 1, ACQUIRE, RELAXED));
	if (v->mm != m ||
	    atomic_load_explicit(&v->lock_seq, RELAXED) == atomic_load_explicit(&m->lock_seq, ACQUIRE)) {
		ref_put(v);
		return false;
	}
	return true;
}

// rwsem: count and owner as in internal/rwsem.
enum { WRITER = 1, WAITERS = 2, HANDOFF = 4, READER = 256, READER_OWNED = 1, NONSPINNABLE = 2, OWNER_SHIFT = 2 };
#define READ_FAILED (WRITER | WAITERS | HANDOFF | INT64_MIN)

void wake_waiters(struct rwsem *s);

static inline bool down_read_trylock(struct rwsem *s, struct task *t)
{
	int64_t c = atomic_load_explicit(&s->count, RELAXED);
	do {
		if (c & READ_FAILED)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&s->count, &c, c + READER, ACQUIRE, RELAXED));
	uint64_t flags = (atomic_load_explicit(&s->owner, RELAXED) & NONSPINNABLE) | READER_OWNED;
	atomic_store_explicit(&s->owner, (uint64_t)t->id << OWNER_SHIFT | flags, RELAXED);
	return true;
}

static inline void up_read(struct rwsem *s)
{
	int64_t c = atomic_fetch_sub_explicit(&s->count, READER, RELEASE) - READER;
	if ((c & (WRITER | -(int64_t)READER | WAITERS)) == WAITERS)
		wake_waiters(s);
}

static inline void sem_end_read(struct vma *v, struct task *t)
{
	rcu_lock(t);
	up_read(v->lock);
	rcu_unlock(t);
}

static inline bool sem_start_read(struct vma *v, struct mm *m, struct task *t)
{
	if (atomic_load_explicit(&v->lock_seq, RELAXED) == atomic_load_explicit(&m->lock_seq, RELAXED))
		return false;
	struct rwsem *l = v->lock;
	if (!down_read_trylock(l, t))
		return false;
	if (atomic_load_explicit(&v->lock_seq, RELAXED) == atomic_load_explicit(&m->lock_seq, ACQUIRE) || v->detached) {
		up_read(l);
		return false;
	}
	return true;
}

static inline void begin_write(struct mm *m)
{
	atomic_exchange(&m->lock_seq, atomic_load_explicit(&m->lock_seq, RELAXED) + 1);
}

static inline void end_write(struct mm *m)
{
	atomic_store_explicit(&m->lock_seq, atomic_load_explicit(&m->lock_seq, RELAXED) + 1, RELEASE);
}

static inline void ref_start_write(struct vma *v, struct task *t)
{
	struct mm *m = v->mm;
	uint32_t seq = atomic_load_explicit(&m->lock_seq, RELAXED);
	if (atomic_load_explicit(&v->lock_seq, RELAXED) == seq)
		return;
	uint32_t c = atomic_load_explicit(&v->refcnt, RELAXED);
	while (c != 0 && !atomic_compare_exchange_weak_explicit(&v->refcnt, &c, c + EXCLUDE, RELAXED, RELAXED))
		;
	if (c != 0) {
		atomic_exchange(&m->writer_wait, t);
		while (atomic_load(&v->refcnt) != EXCLUDE + 1)
			;
		atomic_store_explicit(&m->writer_wait, (struct task *)0, RELEASE);
	}
	atomic_store_explicit(&v->lock_seq, seq, RELAXED);
	if (c != 0)
		atomic_fetch_sub_explicit(&v->refcnt, EXCLUDE, RELEASE);
}

static inline void sem_start_write(struct vma *v, struct task *t)
{
	uint32_t seq = atomic_load_explicit(&v->mm->lock_seq, RELAXED);
	if (atomic_load_explicit(&v->lock_seq, RELAXED) == seq)
		return;
	struct rwsem *l = v->lock;
	int64_t free = 0;
	while (!atomic_compare_exchange_weak_explicit(&l->count, &free, WRITER, ACQUIRE, RELAXED))
		free = 0;
	atomic_store_explicit(&l->owner, (uint64_t)t->id << OWNER_SHIFT, RELAXED);
	atomic_store_explicit(&v->lock_seq, seq, RELAXED);
	atomic_store_explicit(&l->owner, 0, RELAXED);
	if ((atomic_fetch_sub_explicit(&l->count, WRITER, RELEASE) - WRITER) & WAITERS)
		wake_waiters(l);
}

#endif
