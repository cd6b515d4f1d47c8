//go:build vmasim

package manycore

import "vmabench/internal/atomic"

// Shared is what else a first-touch fault shares in a kernel, beside the locks
// of the address space: it is modelled as locks and words on lines of their
// own, so that it queues as the real ones do. Batch sizes are the kernel's;
// times are guesses, and the sensitivity table varies them.
type Shared struct {
	// Work is the fault's own time without what is simulated: entry, handler,
	// return. Clear is the time to clear a page.
	Work, Clear float64
	// ZoneBatch pages come from the zone at once, under its lock, held for
	// ZoneHold. Linux: pcp->batch 63 (mm/page_alloc.c).
	ZoneBatch int
	ZoneHold  float64
	// LRUBatch pages go to the LRU at once, under lru_lock, held for LRUHold.
	// Linux: PAGEVEC_SIZE 31 since 6.8, 15 before (include/linux/pagevec.h).
	LRUBatch int
	LRUHold  float64
	// ChargeBatch pages are charged to the memory cgroup at once, one locked
	// add for each of Cgroups levels. Linux: MEMCG_CHARGE_BATCH 64.
	ChargeBatch, Cgroups int
	// RSSBatch faults are counted in the mm at once, under its lock. Linux:
	// percpu_counter batch, at least 32, twice the number of CPUs (lib/percpu_counter.c).
	RSSBatch int
	RSSHold  float64
}

// DefaultShared is the set that predictions use. Work and Clear together are
// what a fault of the published rate of one thread leaves over: that row of the
// table is an input, not a prediction.
func DefaultShared(m *Machine) Shared {
	return Shared{
		Work: 1480, Clear: 400,
		ZoneBatch: 63, ZoneHold: 63 * 12,
		LRUBatch: 31, LRUHold: 31 * 15,
		ChargeBatch: 64, Cgroups: 3,
		RSSBatch: max(32, 2*m.CPUs()), RSSHold: 20,
	}
}

// kernel is the shared state of a running simulation.
type kernel struct {
	cost       Shared
	zone, lru  []spinLine // per socket: a node has a zone and an lruvec
	rss        spinLine
	charge     []alone
	perSocket  int
	faultCount []int // by thread: first touches so far
}

type spinLine struct {
	_ [128]byte
	l atomic.SpinLock
	_ [124]byte
}

func newKernel(m *Machine, c Shared, threads int) *kernel {
	k := &kernel{
		cost: c, zone: make([]spinLine, m.Sockets), lru: make([]spinLine, m.Sockets),
		charge: make([]alone, c.Cgroups), perSocket: m.CPUs() / m.Sockets, faultCount: make([]int, threads),
	}
	for i := range k.zone {
		atomic.Name(&k.zone[i], "zone")
		atomic.Name(&k.lru[i], "lruvec")
	}
	for i := range k.charge {
		atomic.Name(&k.charge[i], "memcg")
	}
	atomic.Name(&k.rss, "rss_stat")
	return k
}

// fault charges thread i, on that CPU, for a fault. first says that it put a
// new page in place.
func (k *kernel) fault(i, cpu int, t *atomic.Task, first bool) {
	c := &k.cost
	atomic.Work(int64(c.Work))
	if !first {
		return
	}
	atomic.Work(int64(c.Clear))
	n := k.faultCount[i]
	k.faultCount[i]++
	node := cpu / k.perSocket
	if n%c.ZoneBatch == i%c.ZoneBatch {
		k.zone[node].hold(t, c.ZoneHold)
	}
	if n%c.LRUBatch == i%c.LRUBatch {
		k.lru[node].hold(t, c.LRUHold)
	}
	if n%c.RSSBatch == i%c.RSSBatch {
		k.rss.hold(t, c.RSSHold)
	}
	if n%c.ChargeBatch == i%c.ChargeBatch {
		for j := range k.charge {
			k.charge[j].v.Add(1)
		}
	}
}

// hold takes the lock for ns nanoseconds.
func (s *spinLine) hold(t *atomic.Task, ns float64) {
	s.l.Lock(t)
	atomic.Work(int64(ns))
	s.l.Unlock()
}
