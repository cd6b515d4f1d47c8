#include "peers.h"

#include <stdlib.h>
#include <string.h>

#include "locks.h"

enum { FANOUT = 15, PAGE = 4096, VMA_PAGES = 4, VMA_STRIDE = 5, ENTRIES = 512, LEVELS = 4 };

// Nobody waits in these measurements; the calls stand where the branches need them.
__attribute__((noinline)) void wake_writer(struct mm *m) { atomic_load(&m->writer_wait); }
__attribute__((noinline)) void wake_waiters(struct rwsem *s) { s->first = 0; }

// node is 256 bytes, as in internal/mm: key[i+1] is where entry i of a leaf
// ends, with the hole before it, in pages, in the low bits; key[i] is where
// child i of an inner node ends.
struct node {
	uint8_t level, n;
	uint64_t key[FANOUT + 1];
	union {
		struct vma *vma[FANOUT];
		_Atomic(struct node *) child[FANOUT];
	};
};

// pte_page is a last-level table and its lock, which lies outside of it.
struct pte_page {
	alignas(64) _Atomic uint32_t lock;
	uint64_t *pte;
};

struct peer {
	struct mm mm;
	enum design design;
	_Atomic(struct node *) root;
	_Atomic(void *) *top;
	struct vma *vmas;
	struct rwsem *locks;
	void **owned; // all other memory
	int owned_n, owned_cap, failed;
};

// own returns zeroed memory that ends with p; 0 where there is none.
static void *own(struct peer *p, size_t size)
{
	if (p->owned_n == p->owned_cap) {
		int cap = p->owned_cap ? 2 * p->owned_cap : 64;
		void **o = realloc(p->owned, cap * sizeof *o);
		if (!o)
			return p->failed = 1, (void *)0;
		p->owned = o, p->owned_cap = cap;
	}
	void *m = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (!m)
		return p->failed = 1, (void *)0;
	memset(m, 0, (size + 63) & ~(size_t)63);
	return p->owned[p->owned_n++] = m;
}

void peer_free(struct peer *p)
{
	for (int i = 0; i < p->owned_n; i++)
		free(p->owned[i]);
	free(p->owned);
	free(p);
}

static inline struct vma *find(struct peer *p, uint64_t a)
{
	struct node *n = atomic_load_explicit(&p->root, ACQUIRE);
	uint64_t page = a & ~(uint64_t)(PAGE - 1), last = a | (PAGE - 1);
	while (n->level) {
		int i = 0;
		while (i < FANOUT - 1 && page >= n->key[i])
			i++;
		n = atomic_load_explicit(&n->child[i], ACQUIRE);
	}
	for (int i = 0; i < FANOUT; i++) {
		uint64_t k = n->key[i + 1];
		if (k > last) {
			uint64_t start = (n->key[i] & ~(uint64_t)(PAGE - 1)) + (k & (PAGE - 1)) * PAGE;
			return page < start ? 0 : n->vma[i];
		}
	}
	return 0;
}

static inline int slot(uint64_t a, int level) { return a >> (12 + 9 * level) & (ENTRIES - 1); }

static inline struct pte_page *walk(struct peer *p, uint64_t a)
{
	_Atomic(void *) *dir = p->top;
	for (int level = LEVELS - 1; level > 1; level--) {
		dir = atomic_load_explicit(&dir[slot(a, level)], ACQUIRE);
		if (!dir)
			return 0;
	}
	return atomic_load_explicit(&dir[slot(a, 1)], ACQUIRE);
}

enum { PRESENT = 1, WRITABLE = 2, ACCESSED = 4, DIRTY = 8 };

// install makes a's page present for a write: the body of the fault.
static bool install(struct peer *p, uint64_t a)
{
	struct pte_page *pg = walk(p, a);
	if (!pg)
		return false;
	uint32_t free = 0;
	while (!atomic_compare_exchange_weak_explicit(&pg->lock, &free, 1, ACQUIRE, RELAXED))
		free = 0;
	uint64_t old = pg->pte[slot(a, 0)], e = old | PRESENT | ACCESSED | WRITABLE | DIRTY;
	if (e != old)
		pg->pte[slot(a, 0)] = e;
	atomic_store_explicit(&pg->lock, 0, RELEASE);
	return true;
}

static bool handle(struct peer *p, struct vma *v, uint64_t a)
{
	if (!(v->flags & WRITABLE) || !atomic_load_explicit(&v->anon_vma, ACQUIRE))
		return false;
	return install(p, a);
}

static inline bool covers(struct vma *v, uint64_t a) { return v->start <= a && a < v->end; }

static bool fault_none(struct peer *p, struct task *t, uint64_t a)
{
	struct vma *v = find(p, a);
	if (!v || !covers(v, a) || !handle(p, v, a))
		return false;
	t->success++;
	return true;
}

static bool fault_ref(struct peer *p, struct task *t, uint64_t a)
{
	rcu_lock(t);
	struct vma *v = find(p, a);
	bool ok = v && ref_start_read(v, &p->mm);
	rcu_unlock(t);
	if (!ok)
		return false;
	ok = covers(v, a) && handle(p, v, a);
	ref_put(v);
	t->success += ok;
	return ok;
}

static bool fault_sem(struct peer *p, struct task *t, uint64_t a)
{
	rcu_lock(t);
	struct vma *v = find(p, a);
	bool ok = v && sem_start_read(v, &p->mm, t);
	rcu_unlock(t);
	if (!ok)
		return false;
	ok = covers(v, a) && handle(p, v, a);
	sem_end_read(v, t);
	t->success += ok;
	return ok;
}

struct task *peer_task(struct peer *p)
{
	struct task *t = own(p, sizeof *t);
	if (t)
		t->id = p->owned_n;
	return t;
}

long peer_faults(struct peer *p, struct task *t, const uint64_t *addrs, long len, long *at, long n)
{
	bool (*fault)(struct peer *, struct task *, uint64_t) =
		p->design == REFCOUNT ? fault_ref : p->design == RWSEM ? fault_sem : fault_none;
	long i = *at, failed = 0;
	while (n-- > 0) {
		failed += !fault(p, t, addrs[i]);
		if (++i == len)
			i = 0;
	}
	*at = i;
	return failed;
}

long peer_read_pairs(struct peer *p, struct task *t, uint64_t addr, long n)
{
	struct vma *v = find(p, addr);
	long failed = 0;
	if (p->design == REFCOUNT) {
		while (n-- > 0) {
			if (ref_start_read(v, &p->mm))
				ref_put(v);
			else
				failed++;
		}
		return failed;
	}
	while (n-- > 0) {
		if (sem_start_read(v, &p->mm, t))
			sem_end_read(v, t);
		else
			failed++;
	}
	return failed;
}

uint64_t peer_lookups(struct peer *p, uint64_t s, uint64_t base, int vmas, long n)
{
	while (n-- > 0) {
		s = s * 6364136223846793005u + 1442695040888963407u;
		uint64_t a = base + ((s >> 32) * (uint64_t)vmas >> 32) * VMA_STRIDE * PAGE + (s >> 30 & 3) * PAGE;
		s += find(p, a)->start & 1; // 0, but the CPU must wait to know
	}
	return s;
}

void peer_write_pairs(struct peer *p, struct task *t, uint64_t addr, long n)
{
	struct vma *v = find(p, addr);
	while (n-- > 0) {
		begin_write(&p->mm);
		if (p->design == REFCOUNT)
			ref_start_write(v, t);
		else
			sem_start_write(v, t);
		end_write(&p->mm);
	}
}

void bare_pairs(uint32_t *word, long n)
{
	_Atomic uint32_t *w = (_Atomic uint32_t *)word;
	while (n-- > 0) {
		uint32_t c = atomic_load_explicit(w, RELAXED);
		while (!atomic_compare_exchange_weak(w, &c, c + 1))
			;
		atomic_fetch_sub(w, 1);
	}
}

// map makes a's page present and what is missing on the way there.
static void map(struct peer *p, uint64_t a)
{
	_Atomic(void *) *dir = p->top;
	for (int level = LEVELS - 1; level > 0; level--) {
		_Atomic(void *) *e = &dir[slot(a, level)];
		if (!*e && level > 1) {
			*e = own(p, ENTRIES * sizeof(void *));
		} else if (!*e) {
			struct pte_page *pg = own(p, sizeof *pg);
			if (pg)
				pg->pte = own(p, ENTRIES * sizeof(uint64_t));
			*e = pg;
		}
		if (!(dir = *e))
			return;
	}
	if (((struct pte_page *)dir)->pte)
		install(p, a);
}

// build makes the index of the VMAs in by_addr, filled as a tree is that grew
// in random order: two thirds.
static void build(struct peer *p, struct vma **by_addr, int n)
{
	enum { FILL = 10 };
	int count = (n + FILL - 1) / FILL;
	struct node **row = own(p, count * sizeof *row);
	uint64_t *ends = own(p, count * sizeof *ends);
	for (int i = 0; row && ends && i < count; i++) {
		struct node *l = row[i] = own(p, sizeof *l);
		if (!l)
			return;
		memset(l->key, 0xff, sizeof l->key);
		l->key[0] = by_addr[i * FILL]->start;
		for (int j = i * FILL; j < n && j < (i + 1) * FILL; j++) {
			uint64_t hole = l->n ? by_addr[j]->start - by_addr[j - 1]->end : 0;
			l->vma[l->n++] = by_addr[j];
			l->key[l->n] = ends[i] = by_addr[j]->end | hole / PAGE;
		}
		ends[i] &= ~(uint64_t)(PAGE - 1);
	}
	if (p->failed)
		return;
	for (int level = 1; count > 1; level++) {
		int up = (count + FILL - 1) / FILL;
		for (int i = 0; i < up; i++) {
			struct node *in = own(p, sizeof *in);
			if (!in)
				return;
			memset(in->key, 0xff, sizeof in->key);
			in->level = level;
			for (int j = i * FILL; j < count && j < (i + 1) * FILL; j++) {
				if (in->n)
					in->key[in->n - 1] = ends[j - 1];
				in->child[in->n++] = row[j];
			}
			uint64_t end = ends[(i + 1) * FILL < count ? (i + 1) * FILL - 1 : count - 1];
			row[i] = in, ends[i] = end;
		}
		count = up;
	}
	p->root = row[0];
}

struct peer *peer_new(enum design d, uint64_t base, int n)
{
	struct peer *p = aligned_alloc(64, (sizeof *p + 63) & ~(size_t)63);
	if (!p)
		return 0;
	memset(p, 0, sizeof *p);
	p->design = d;
	p->top = own(p, ENTRIES * sizeof(void *));
	p->vmas = own(p, n * sizeof *p->vmas);
	p->locks = own(p, n * sizeof *p->locks);
	struct vma **by_addr = own(p, n * sizeof *by_addr);
	if (p->failed)
		return peer_free(p), (struct peer *)0;
	for (int i = 0; i < n; i++)
		by_addr[i] = &p->vmas[i];
	uint64_t seed = 1;
	for (int i = n - 1; i > 0; i--) { // VMAs lie in memory in another order than in the index
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		int j = (int)((seed >> 33) % (uint64_t)(i + 1));
		struct vma *v = by_addr[i];
		by_addr[i] = by_addr[j], by_addr[j] = v;
	}
	for (int i = 0; i < n; i++) {
		struct vma *v = by_addr[i];
		v->start = base + (uint64_t)i * VMA_STRIDE * PAGE;
		v->end = v->start + VMA_PAGES * PAGE;
		v->mm = &p->mm;
		v->flags = WRITABLE;
		v->lock_seq = UINT32_MAX;
		v->lock = &p->locks[v - p->vmas];
		v->anon_vma = v;
		v->refcnt = 1;
		for (uint64_t a = v->start; a < v->end; a += PAGE)
			map(p, a);
	}
	build(p, by_addr, n);
	if (p->failed)
		return peer_free(p), (struct peer *)0;
	return p;
}
