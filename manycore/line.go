//go:build vmasim

package manycore

import "unsafe"

// tick is simulated time in picoseconds: integers, so that a sum does not
// depend on its order.
type tick int64

const ps = 1000 // picoseconds a nanosecond

// line is one cache line and its queue.
//
// State: owner >= 0 is modified or exclusive in that CPU's cache; owner < 0
// with sharers is shared; neither is in memory. An owner keeps the line until
// the next request is served.
type line struct { // what every access looks at comes first
	owner   int32
	writer  int32      // the last owner
	version uint32     // counts writes
	granted tick       // when the last request was or will be served
	sharers cpuSet     // CPUs with a valid copy
	queue   *lineQueue // nil if the line was never contended
	waiters []*thread  // threads whose awaited condition read this line
	stat    LineStat
}

// lineQueue is the queue of a line.
type lineQueue struct {
	turn     thread    // the event that serves it
	pending  bool      // turn is scheduled
	waiting  []*thread // requests, oldest first
	asking   []int32   // of those, by cluster
	clusters int       // clusters with a request
}

// LineStat is what a line cost in a run.
type LineStat struct {
	Transfers int64 // times the line moved between caches
	WaitPS    int64 // time that threads waited for it, queueing included
	QueuePS   int64 // of that, waiting for the line's turn
}

// cpuSet is a set of CPUs.
type cpuSet []uint64

// cpuSets returns n empty sets of that many words.
func cpuSets(n, words int) []cpuSet {
	sets, all := make([]cpuSet, n), make(cpuSet, n*words)
	for i := range sets {
		sets[i] = all[i*words : (i+1)*words : (i+1)*words]
	}
	return sets
}

func (s cpuSet) has(c int) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s cpuSet) add(c int)      { s[c>>6] |= 1 << (c & 63) }
func (s cpuSet) clear() {
	for i := range s {
		s[i] = 0
	}
}

func (s cpuSet) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// meets reports whether a CPU is in both.
func (s cpuSet) meets(t cpuSet) bool {
	for i, w := range s {
		if w&t[i] != 0 {
			return true
		}
	}
	return false
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
	for j, set := range cpuSets(linesPerPage, m.words) {
		pg[j].owner, pg[j].sharers = -1, set
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
