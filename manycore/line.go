//go:build vmasim

package manycore

import (
	"math/bits"
	"unsafe"
)

// tick is simulated time in picoseconds: integers, so that a sum does not
// depend on its order.
type tick int64

const ps = 1000 // picoseconds a nanosecond

// line is one cache line and its queue.
//
// State: owner >= 0 is modified or exclusive in that CPU's cache; owner < 0
// with sharers is shared; neither is in memory. An owner keeps the line until
// the next request is served.
type line struct {
	owner    int32
	version  uint32    // counts writes
	granted  tick      // when the last request was or will be served
	sharers  cpuSet    // CPUs with a valid copy
	queue    []*thread // requests that wait for the line, oldest first
	turn     *thread   // the event that serves the queue; nil if never contended
	pending  bool      // turn is scheduled
	asking   []int32   // requests in the queue by cluster; nil if never contended
	clusters int       // clusters with a request in the queue
	waiters  []*thread // threads whose awaited condition read this line
	stat     LineStat
}

// LineStat is what a line cost in a run.
type LineStat struct {
	Transfers int64 // times the line moved between caches
	Accesses  int64
	WaitPS    int64 // time that threads waited for it, queueing included
	QueuePS   int64 // of that, waiting for the line's turn
}

// cpuSet is a set of CPUs.
type cpuSet []uint64

func (s cpuSet) has(c int) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s cpuSet) add(c int)      { s[c>>6] |= 1 << (c & 63) }
func (s cpuSet) clear() {
	for i := range s {
		s[i] = 0
	}
}

// each calls f for every CPU in s.
func (s cpuSet) each(f func(cpu int)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			f(i<<6 + bits.TrailingZeros64(w))
		}
	}
}

const (
	lineShift    = 6
	pageShift    = 12
	linesPerPage = 1 << (pageShift - lineShift)
	recentPages  = 1 << 8
)

// memory finds lines by address: an open-addressing table of 4 KiB pages.
type memory struct {
	keys   []uintptr
	pages  []*[linesPerPage]line
	used   int
	recent [recentPages]struct { // the pages looked up last, by their low bits
		key  uintptr
		page *[linesPerPage]line
	}
	words int // length of a cpuSet
	base  []lineStats
}

type lineStats struct {
	page  uintptr
	lines *[linesPerPage]line
}

func newMemory(cpus int) *memory {
	return &memory{keys: make([]uintptr, 1<<10), pages: make([]*[linesPerPage]line, 1<<10), words: (cpus + 63) / 64}
}

func (m *memory) line(p unsafe.Pointer) *line { return m.lineAt(uintptr(p)) }

func (m *memory) lineAt(a uintptr) *line {
	key := a>>pageShift + 1
	r := &m.recent[key%recentPages]
	if r.key != key {
		r.key, r.page = key, m.page(key)
	}
	return &r.page[a>>lineShift&(linesPerPage-1)]
}

func (m *memory) page(key uintptr) *[linesPerPage]line {
	mask := uintptr(len(m.keys) - 1)
	i := key * 0x9E3779B97F4A7C15 >> 20 & mask
	for m.keys[i] != 0 {
		if m.keys[i] == key {
			return m.pages[i]
		}
		i = (i + 1) & mask
	}
	if m.used*2 >= len(m.keys) {
		m.grow()
		return m.page(key)
	}
	pg := new([linesPerPage]line)
	sets := make([]uint64, linesPerPage*m.words)
	for j := range pg {
		pg[j].owner = -1
		pg[j].sharers = sets[j*m.words : (j+1)*m.words : (j+1)*m.words]
	}
	m.keys[i], m.pages[i] = key, pg
	m.used++
	m.base = append(m.base, lineStats{key - 1, pg})
	return pg
}

func (m *memory) grow() {
	keys, pages := m.keys, m.pages
	m.keys = make([]uintptr, 2*len(keys))
	m.pages = make([]*[linesPerPage]line, 2*len(keys))
	mask := uintptr(len(m.keys) - 1)
	for j, k := range keys {
		if k == 0 {
			continue
		}
		i := k * 0x9E3779B97F4A7C15 >> 20 & mask
		for m.keys[i] != 0 {
			i = (i + 1) & mask
		}
		m.keys[i], m.pages[i] = k, pages[j]
	}
}
