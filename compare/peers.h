// The VMA locks and the fault of the designs in C11: the same algorithms and
// the same layouts, to see what the language costs.
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>
#include <stdint.h>

struct peer; // an address space with one lock design
struct task; // the thread that performs operations

enum design { NO_LOCK, REFCOUNT, RWSEM };

// peer_new makes an address space of n VMAs of 4 pages with a page of hole
// behind, the first at base, every page present. 0 where memory is short.
struct peer *peer_new(enum design d, uint64_t base, int n);
void peer_free(struct peer *p);

// peer_task returns a task that ends with p; 0 where memory is short.
struct task *peer_task(struct peer *p);

// Each performs n ops on the calling thread and returns how many failed.
long peer_read_pairs(struct peer *p, struct task *t, uint64_t addr, long n);
void peer_write_pairs(struct peer *p, struct task *t, uint64_t addr, long n);
long peer_faults(struct peer *p, struct task *t, const uint64_t *addrs, long len, long *at, long n);

// peer_lookups performs n lookups among vmas VMAs from base, each at an address
// that depends on the last, and returns the generator's state.
uint64_t peer_lookups(struct peer *p, uint64_t seed, uint64_t base, int vmas, long n);

// bare_pairs is one compare-and-swap and one fetch-and-add.
void bare_pairs(uint32_t *word, long n);

#endif
