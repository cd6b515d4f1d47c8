//go:build vmasim

package manycore

import "vmabench/internal/atomic"

// Shared is what else a first-touch fault shares in a kernel, beside the locks
// of the address space: it is modelled as locks and words on lines of their
// own, so that it queues as the real ones do. Batch sizes are the kernel's;
// times are guesses, and the sensitivity table varies them. A batch of 0 leaves
// the thing out.
type Shared struct {
	// Work is the fault's own time without what is simulated: entry, handler,
	// return. Inside is the share of it that is spent with the fault's lock held.
	// Clear is the time to clear a page.
	Work, Inside, Clear float64
	// ZoneBatch pages come from the zone at once, under its lock, held for
	// ZoneHold. Linux: pcp->batch 63 (mm/page_alloc.c).
	ZoneBatch int
	ZoneHold  float64
	// LRUBatch pages go to the LRU at once, under lru_lock, held for LRUHold.
	// Linux: PAGEVEC_SIZE 31 since 6.8, 15 before (include/linux/pagevec.h).
	LRUBatch int
	LRUHold  float64
	// ChargeBatch pages are charged to the memory cgroup at once, one locked
	// add for each of Cgroups levels. Linux: MEMCG_CHARGE_BATCH 64. Its statistics
	// are added up likewise: after 64 changes on a CPU, of which a fault makes
	// about three (guess), so after StatsBatch faults (mm/memcontrol.c).
	ChargeBatch, StatsBatch, Cgroups int
	// RSSBatch faults are counted in the mm at once, under its lock. Linux:
	// percpu_counter batch, at least 32, twice the number of CPUs (lib/percpu_counter.c).
	RSSBatch int
	RSSHold  float64
	// NodeBatch faults are counted in the node's NR_ANON_MAPPED at once. Linux:
	// the threshold of a large node is 125 (mm/vmstat.c).
	NodeBatch int
	// TablePages faults need a page of the page table, which is counted in the
	// mm (mm_inc_nr_ptes): 512 on x86 and arm64. Its lock is in the source of the
	// address space.
	TablePages int
}

// insideShare is how much of a fault is between taking its lock and releasing it:
// of 1441 instructions in Linux 6.1 (results/reference/kernels/locks.txt), 1033 are
// in functions that run under the lock alone, 222 in such that do not, the rest in
// both. Half of the rest is counted here as inside.
const insideShare = 1155. / 1480

// DefaultShared is the set that predictions use. Work and Clear together are
// what a fault of the published rate of one thread leaves over: that row of the
// table is an input, not a prediction.
func DefaultShared(m *Machine) Shared {
	return Shared{
		Work: 1480, Inside: insideShare, Clear: 400,
		ZoneBatch: 63, ZoneHold: 63 * 12,
		LRUBatch: 31, LRUHold: 31 * 15,
		ChargeBatch: 64, StatsBatch: 21, Cgroups: 3,
		RSSBatch: max(32, 2*m.CPUs()), RSSHold: 20,
		NodeBatch: 125, TablePages: 512,
	}
}

// pageBytes go to memory when a page is cleared.
const pageBytes = 4096

// kernel is the shared state of a running simulation.
type kernel struct {
	sim           *Sim
	cost          Shared
	zone, lru     []spinLine // per socket: a node has a zone and an lruvec
	node          []alone
	rss           spinLine
	tables        alone
	charge, stats []alone
	perSocket     int
	faultCount    []int // by thread: first touches so far
}

type spinLine struct {
	_ [128]byte
	l atomic.SpinLock
	_ [124]byte
}

func newKernel(s *Sim, c Shared, threads int) *kernel {
	m := s.m
	k := &kernel{
		sim: s, cost: c, zone: make([]spinLine, m.Sockets), lru: make([]spinLine, m.Sockets), node: make([]alone, m.Sockets),
		charge: make([]alone, c.Cgroups), stats: make([]alone, c.Cgroups),
		perSocket: m.CPUs() / m.Sockets, faultCount: make([]int, threads),
	}
	for i := range k.zone {
		atomic.Name(&k.zone[i], "zone")
		atomic.Name(&k.lru[i], "lruvec")
		atomic.Name(&k.node[i], "vmstat")
	}
	for i := range k.charge {
		atomic.Name(&k.charge[i], "memcg")
		atomic.Name(&k.stats[i], "memcg vmstats")
	}
	atomic.Name(&k.rss, "rss_stat")
	atomic.Name(&k.tables, "pgtables_bytes")
	return k
}

// outside charges for what a fault does without its lock.
func (k *kernel) outside() { atomic.Work(int64(k.cost.Work * (1 - k.cost.Inside))) }

// inside charges thread i, on that CPU, for what a fault does with its lock held.
// first says that it put a new page in place.
func (k *kernel) inside(i, cpu int, t *atomic.Task, first bool) {
	c := &k.cost
	atomic.Work(int64(c.Work * c.Inside))
	if !first {
		return
	}
	node := cpu / k.perSocket
	k.clear(node)
	n := k.faultCount[i]
	k.faultCount[i]++
	due := func(batch int) bool { return batch > 0 && n%batch == i%batch }
	if due(c.ZoneBatch) {
		k.zone[node].hold(t, c.ZoneHold)
	}
	if due(c.LRUBatch) {
		k.lru[node].hold(t, c.LRUHold)
	}
	if due(c.RSSBatch) {
		k.rss.hold(t, c.RSSHold)
	}
	if due(c.NodeBatch) {
		k.node[node].v.Add(1)
	}
	if due(c.TablePages) {
		k.tables.v.Add(1)
	}
	if due(c.ChargeBatch) {
		addAll(k.charge)
	}
	if due(c.StatsBatch) {
		addAll(k.stats)
	}
}

// clear clears a page of the node.
func (k *kernel) clear(node int) {
	if k.cost.Clear == 0 {
		return
	}
	if k.sim.m.Bandwidth == 0 {
		atomic.Work(int64(k.cost.Clear))
		return
	}
	k.sim.clearPage(node, int64(k.cost.Clear))
}

func addAll(words []alone) {
	for i := range words {
		words[i].v.Add(1)
	}
}

// hold takes the lock for ns nanoseconds.
func (s *spinLine) hold(t *atomic.Task, ns float64) {
	s.l.Lock(t)
	atomic.Work(int64(ns))
	s.l.Unlock()
}
