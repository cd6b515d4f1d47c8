// A plugin of QEMU's TCG that counts what a marked stretch of a guest's code
// makes its kernel do: instructions, locked read-modify-writes and cache lines
// that move between CPUs, by kernel function, and its length in virtual time.
//
// Virtual time is instructions. The CPUs go in lockstep: none is ever more than
// q instructions ahead of one that is not idle, so that they meet at a lock as
// CPUs of one speed would, however the host schedules them. The guest marks
// with a NOP that means nothing to a CPU (see mark in package guest).
//
// A line moves when a CPU reads what another wrote last, or writes what another
// holds. Caches are infinite, lines have 64 bytes, only the kernel's data count.
//
// Arguments: q=N, symbols=FILE ("address name" in hexadecimal, ascending),
// out=FILE. For each mark "report" the file gets a block; package kernels reads
// them. A window in which the CPU went to another thread, or did work that was
// put off, counts by its length alone.

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qemu.h"

int qemu_plugin_version = 1;

enum { CPUS = 8, WINDOWS = 1 << 16, KERNEL = 63, PATIENCE = 100000000 }; // no machine has more CPUs; nanoseconds
enum { BEGIN = 1, END, ON, REPORT }; // marks

// ---- kernel functions

typedef struct { uint64_t addr; char *name; } symbol;
static symbol *symbols;
static size_t nsymbols;

static void read_symbols(const char *file) {
	FILE *f = fopen(file, "r");
	size_t room = 0;
	uint64_t addr;
	char name[256];
	while (f && fscanf(f, "%lx %255s", &addr, name) == 2) {
		if (nsymbols == room)
			symbols = realloc(symbols, (room = room ? 2 * room : 4096) * sizeof *symbols);
		symbols[nsymbols++] = (symbol){addr, strdup(name)};
	}
	if (f)
		fclose(f);
}

// function returns the index of the function that has the address, -1 for none.
static int function(uint64_t addr) {
	size_t lo = 0, hi = nsymbols;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (symbols[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (int)lo - 1;
}

// ---- what is counted

typedef struct { uint64_t insn, rmw, lines; } counts;

typedef struct {
	_Atomic uint64_t now;  // virtual time
	_Atomic bool idle, started;
	uint64_t check;        // when to look at the others again
	bool waits;            // for them
	bool open;             // between BEGIN and END
	uint64_t begin;        // virtual time of BEGIN
	int irq;               // depth of interrupts
	uint64_t irq_insns;    // since BEGIN
	bool strange;          // since BEGIN the CPU did something else
	counts *window;        // by function, since BEGIN
	int *seen;             // the functions of window
	size_t nseen;
	counts *by_function;   // of all windows that were not strange
	uint64_t kept;         // how many those are
	uint64_t *length;      // of each window, in virtual time
	size_t windows;
	uint64_t slips;        // times that the others were not waited for
	char apart[128];
} cpu;

static cpu cpus[CPUS];
static _Atomic bool on;
static uint64_t q = 100, began;
static FILE *out;

// ---- lockstep

// A CPU that is too far ahead sleeps until the others have passed it. It would
// cost more to wait awake: there may be fewer CPUs here than in the guest.
static pthread_mutex_t step = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn[CPUS];

static bool runs(int i) { return atomic_load(&cpus[i].started) && !atomic_load(&cpus[i].idle); }
// slowest returns the virtual time of the CPU that is furthest behind, of those
// that run and are not the one named.
static uint64_t slowest(int except) {
	uint64_t min = UINT64_MAX;
	for (int i = 0; i < CPUS; i++) {
		uint64_t now = atomic_load(&cpus[i].now);
		if (i != except && runs(i) && now < min)
			min = now;
	}
	return min;
}

// let_go wakes the CPUs that are not too far ahead any more.
static void let_go(void) {
	uint64_t min = slowest(-1);
	for (int i = 0; i < CPUS; i++)
		if (cpus[i].waits && (min == UINT64_MAX || atomic_load(&cpus[i].now) <= min + q))
			pthread_cond_signal(&turn[i]);
}

// keep_step waits for the others. It gives up in the end: one of them may be
// waiting for this CPU to leave its translated code.
static void keep_step(unsigned v) {
	cpu *c = &cpus[v];
	uint64_t now = atomic_load(&c->now), min;
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	if ((end.tv_nsec += PATIENCE) >= 1000000000)
		end.tv_sec++, end.tv_nsec -= 1000000000;
	pthread_mutex_lock(&step);
	c->waits = true;
	let_go();
	while ((min = slowest(v)) != UINT64_MAX && now > min + q)
		if (pthread_cond_timedwait(&turn[v], &step, &end)) {
			c->slips++;
			break;
		}
	c->waits = false;
	c->check = (min == UINT64_MAX || min < now ? now : min) + q + 1;
	pthread_mutex_unlock(&step);
}

static void on_idle(qemu_plugin_id_t id, unsigned v) {
	pthread_mutex_lock(&step);
	atomic_store(&cpus[v].idle, true);
	let_go();
	pthread_mutex_unlock(&step);
}

// on_resume puts the CPU where the slowest of the others is.
static void on_resume(qemu_plugin_id_t id, unsigned v) {
	pthread_mutex_lock(&step);
	uint64_t now = atomic_load(&cpus[v].now), min = slowest(v);
	if (min != UINT64_MAX && min > now)
		atomic_store(&cpus[v].now, now = min);
	cpus[v].check = now;
	atomic_store(&cpus[v].idle, false);
	pthread_mutex_unlock(&step);
}

// ---- cache lines

typedef struct { uint64_t key; uint8_t holders, writer; } line; // bits by CPU; writer is 1 + CPU
enum { LINES = 1 << 20, LOCKS = 4096 };
static line lines[LINES];
static atomic_flag locks[LOCKS];

// touch returns whether an access makes the line move.
static bool touch(unsigned v, uint64_t key, bool store) {
	uint64_t h = key * 0x9e3779b97f4a7c15ull >> 32;
	atomic_flag *lock = &locks[h % LOCKS];
	uint8_t me = 1 << v;
	bool moved = false;
	while (atomic_flag_test_and_set_explicit(lock, memory_order_acquire))
		sched_yield();
	// Lines of one lock lie LOCKS apart, so that a search stays under it.
	for (uint64_t i = h, left = LINES / LOCKS; left; i += LOCKS, left--) {
		line *l = &lines[i % LINES];
		if (l->key && l->key != key)
			continue;
		l->key = key;
		if (store) {
			moved = l->holders & ~me;
			l->holders = me;
			l->writer = 1 + v;
		} else {
			moved = !(l->holders & me) && l->writer && l->writer != 1 + v;
			l->holders |= me;
		}
		break;
	}
	atomic_flag_clear_explicit(lock, memory_order_release);
	return moved;
}

// ---- callbacks

enum { RMW = 1, IRQ = 2, IRET = 4, STRANGE = 8 };
typedef struct { int fn; uint8_t flags, mark; } insn;

static int by_length(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void start(void) {
	for (int i = 0; i < CPUS; i++) {
		cpu *c = &cpus[i];
		c->windows = c->slips = c->kept = 0;
		memset(c->by_function, 0, (nsymbols + 1) * sizeof *c->by_function);
		if (atomic_load(&c->now) > began)
			began = atomic_load(&c->now);
	}
	atomic_store(&on, true);
}

// report writes a block: a head, the lengths of all windows, the functions.
static void report(void) {
	atomic_store(&on, false);
	uint64_t end = began, slips = 0, kept = 0;
	size_t n = 0;
	static uint64_t all[WINDOWS];
	for (int i = 0; i < CPUS; i++) {
		cpu *c = &cpus[i];
		if (atomic_load(&c->now) > end)
			end = atomic_load(&c->now);
		slips += c->slips;
		kept += c->kept;
		for (size_t j = 0; j < c->windows && n < WINDOWS; j++)
			all[n++] = c->length[j];
	}
	qsort(all, n, sizeof *all, by_length);
	fprintf(out, "report %zu %lu %lu %lu\nlengths", n, kept, end - began, slips);
	for (size_t j = 0; j < n; j++)
		fprintf(out, " %lu", all[j]);
	fprintf(out, "\n");
	for (size_t f = 0; f < nsymbols; f++) {
		counts s = {0};
		for (int i = 0; i < CPUS; i++) {
			counts *k = &cpus[i].by_function[f];
			s.insn += k->insn, s.rmw += k->rmw, s.lines += k->lines;
		}
		if (s.insn)
			fprintf(out, "function %s %lu %lu %lu\n", symbols[f].name, s.insn, s.rmw, s.lines);
	}
	fprintf(out, "end\n");
	fflush(out);
	began = end;
}

// of returns the counts of a function in the window.
static counts *of(cpu *c, int fn) {
	counts *k = &c->window[fn];
	if (!k->insn && !k->lines)
		c->seen[c->nseen++] = fn;
	return k;
}

// keep_window adds the window's counts to the others, unless it is strange.
static void keep_window(cpu *c) {
	for (; c->nseen; c->nseen--) {
		int fn = c->seen[c->nseen - 1];
		counts *from = &c->window[fn], *to = &c->by_function[fn];
		if (!c->strange)
			to->insn += from->insn, to->rmw += from->rmw, to->lines += from->lines;
		*from = (counts){0};
	}
	c->kept += !c->strange;
}

static void marked(cpu *c, int mark) {
	uint64_t now = atomic_load(&c->now);
	switch (mark) {
	case BEGIN:
		c->open = true;
		c->begin = now;
		c->irq_insns = 0;
		c->strange = false;
		break;
	case END:
		if (c->open && c->windows < WINDOWS)
			c->length[c->windows++] = now - c->begin - c->irq_insns;
		c->open = false;
		keep_window(c);
		break;
	case ON:
		start();
		break;
	case REPORT:
		report();
	}
}

static void on_insn(unsigned v, void *udata) {
	insn *i = udata;
	cpu *c = &cpus[v];
	if (i->mark == ON || (i->mark && atomic_load_explicit(&on, memory_order_relaxed)))
		marked(c, i->mark);
	if (!atomic_load_explicit(&on, memory_order_relaxed))
		return;
	atomic_store_explicit(&c->started, true, memory_order_relaxed);
	uint64_t now = atomic_load_explicit(&c->now, memory_order_relaxed) + 1;
	atomic_store_explicit(&c->now, now, memory_order_release);
	if (i->flags & STRANGE) // from an interrupt too, where the kernel may be preempted
		c->strange = true;
	if (i->flags & IRQ)
		c->irq++;
	if (c->irq)
		c->irq_insns++;
	else if (c->open && i->fn >= 0) {
		counts *k = of(c, i->fn);
		k->insn++;
		k->rmw += i->flags & RMW;
	}
	if ((i->flags & IRET) && c->irq)
		c->irq--;
	if (now >= c->check)
		keep_step(v);
}

static void on_mem(unsigned v, qemu_plugin_meminfo_t info, uint64_t addr, void *udata) {
	insn *i = udata;
	cpu *c = &cpus[v];
	if (!atomic_load_explicit(&on, memory_order_relaxed) || !(addr >> KERNEL))
		return;
	if (touch(v, addr >> 6, qemu_plugin_mem_is_store(info)) && c->open && !c->irq && i->fn >= 0)
		of(c, i->fn)->lines++;
}

// flags_of reads what an instruction is from its bytes.
static void flags_of(insn *i, const uint8_t *b, size_t n, uint64_t addr) {
	static const uint8_t nop[] = {0x0f, 0x1f, 0x84, 0x00}; // nopl magic(%rax,%rax)
	if (n == 8 && !memcmp(b, nop, 4) && b[5] == 'v' && b[6] == 'm' && b[7] == 'a')
		i->mark = b[4];
	if (!(addr >> KERNEL))
		return;
	size_t k = 0;
	for (; k < n && (b[k] == 0xf0 || b[k] == 0xf2 || b[k] == 0xf3 || b[k] == 0x66 || b[k] == 0x2e || b[k] == 0x3e || b[k] == 0x64 || b[k] == 0x65); k++)
		if (b[k] == 0xf0)
			i->flags |= RMW;
	if (k < n && (b[k] & 0xf0) == 0x40)
		k++; // REX
	if (k + 1 < n && (b[k] == 0x86 || b[k] == 0x87) && b[k + 1] >> 6 != 3)
		i->flags |= RMW; // an exchange with memory is locked without the prefix
	if (k < n && b[k] == 0xcf)
		i->flags |= IRET;
	if (i->fn < 0 || symbols[i->fn].addr != addr)
		return;
	const char *name = symbols[i->fn].name;
	if (!strncmp(name, "asm_sysvec_", 11) || !strcmp(name, "asm_common_interrupt"))
		i->flags |= IRQ;
	if (!strcmp(name, "__schedule") || !strcmp(name, "task_work_run"))
		i->flags |= STRANGE;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
	for (size_t n = qemu_plugin_tb_n_insns(tb), j = 0; j < n; j++) {
		struct qemu_plugin_insn *p = qemu_plugin_tb_get_insn(tb, j);
		uint64_t addr = qemu_plugin_insn_vaddr(p);
		insn *i = calloc(1, sizeof *i);
		i->fn = addr >> KERNEL ? function(addr) : -1;
		flags_of(i, qemu_plugin_insn_data(p), qemu_plugin_insn_size(p), addr);
		qemu_plugin_register_vcpu_insn_exec_cb(p, on_insn, NO_REGS, i);
		if (addr >> KERNEL)
			qemu_plugin_register_vcpu_mem_cb(p, on_mem, NO_REGS, MEM_RW, i);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
	for (int a = 0; a < argc; a++) {
		char *value = strchr(argv[a], '=');
		if (!value)
			return 1;
		*value++ = 0;
		if (!strcmp(argv[a], "q"))
			q = strtoull(value, NULL, 10);
		else if (!strcmp(argv[a], "symbols"))
			read_symbols(value);
		else if (!strcmp(argv[a], "out"))
			out = fopen(value, "w");
	}
	if (!out || !nsymbols || !q) {
		fprintf(stderr, "locks: q, symbols and out are needed\n");
		return 1;
	}
	for (int i = 0; i < CPUS; i++) {
		cpus[i].by_function = calloc(nsymbols + 1, sizeof(counts));
		cpus[i].window = calloc(nsymbols + 1, sizeof(counts));
		cpus[i].seen = calloc(nsymbols + 1, sizeof(int));
		cpus[i].length = calloc(WINDOWS, sizeof(uint64_t));
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_vcpu_idle_cb(id, on_idle);
	qemu_plugin_register_vcpu_resume_cb(id, on_resume);
	return 0;
}
