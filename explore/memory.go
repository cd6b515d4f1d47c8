//go:build vmasim

package explore

import (
	"fmt"
	"unsafe"
)

// location is a word of shared memory as one execution sees it.
type location struct {
	p    unsafe.Pointer // keeps the object, so that its address stays its own
	size uintptr

	// Dependency order: which steps conflict.
	writer  int32             // step of the last write, -1 if none
	readers set               // threads that read since
	readAt  [maxThreads]int32 // step of each one's last read
	lookers set               // of an RCU domain: threads with a kDefer or kGrace
	lookAt  [maxThreads]int32 // step of each one's last

	// Happens-before: what an acquire learns, and when each thread came by.
	released clock
	accessed clock
	// Plain data: the last write and the reads.
	wroteBy int8 // -1 if nobody
	wroteAt uint16
	readsAt clock

	life     int16 // index of a lifetime, -1 if the object was never freed
	versions []version
}

// lifetime is a range that was freed, and perhaps used again.
type lifetime struct {
	lo, hi uintptr
	dead   bool
	by     int8
	at     uint16
}

// memory finds locations by address. An execution's table is the last one's
// with a new generation number, so that nothing is cleared.
type memory struct {
	slots []slot
	gen   uint32
	locs  []location
	used  int
	lives []lifetime
}

type slot struct {
	addr uintptr
	gen  uint32
	loc  int32
}

const memorySlots = 1 << 12

func (m *memory) reset() {
	if m.slots == nil {
		m.slots = make([]slot, memorySlots)
	}
	m.gen++
	m.used = 0
	m.lives = m.lives[:0]
}

// locate returns the index of the location at p.
func (m *memory) locate(p unsafe.Pointer, size uintptr) int32 {
	a := uintptr(p)
	for h := uint64(a) * 0x9e3779b97f4a7c15 >> (64 - 12); ; h = (h + 1) & (memorySlots - 1) {
		s := &m.slots[h]
		if s.gen != m.gen {
			*s = slot{a, m.gen, m.fresh(p, size)}
			return s.loc
		}
		if s.addr == a {
			return s.loc
		}
	}
}

func (m *memory) fresh(p unsafe.Pointer, size uintptr) int32 {
	if m.used == memorySlots/2 {
		panic("explore: a scenario touches too many words")
	}
	if m.used == len(m.locs) {
		m.locs = append(m.locs, location{})
	}
	l := &m.locs[m.used]
	versions := l.versions[:0]
	*l = location{p: p, size: size, writer: -1, wroteBy: -1, life: -1, versions: versions}
	for i := range m.lives {
		if a := uintptr(p); m.lives[i].lo <= a && a < m.lives[i].hi {
			l.life = int16(i)
		}
	}
	m.used++
	return int32(m.used - 1)
}

// lifeOf returns the index of the lifetime of [lo, hi), or -1.
func (m *memory) lifeOf(lo, hi uintptr) int {
	for i := range m.lives {
		if m.lives[i].lo == lo && m.lives[i].hi == hi {
			return i
		}
	}
	return -1
}

// within calls f with each location in [lo, hi).
func (m *memory) within(lo, hi uintptr, f func(*location)) {
	for i := range m.locs[:m.used] {
		if a := uintptr(m.locs[i].p); lo <= a && a < hi {
			f(&m.locs[i])
		}
	}
}

// touch notes an access by t to l, and reports a dead object.
func (e *engine) touch(t *thread, l *location) {
	l.accessed[t.id] = t.sync[t.id]
	if l.life < 0 {
		return
	}
	v := &e.mem.lives[l.life]
	if v.dead {
		e.failf(UseAfterFree, "%s touches %s, which %s has freed", t.name, e.nameOf(l.p), e.threads[v.by].name)
	}
	if int(v.by) != t.id && !t.sync.covers(int(v.by), v.at) {
		e.failf(UseAfterFree, "%s touches %s, which %s freed meanwhile and somebody took again",
			t.name, e.nameOf(l.p), e.threads[v.by].name)
	}
}

// Plain checks an access to plain data against all that are not ordered with it.
func (e *engine) Plain(p unsafe.Pointer, size uintptr, write bool) {
	if e.direct {
		return
	}
	t := e.cur
	if write && e.opt.Peeks {
		e.plainStep(t, p, size)
	} else if e.record != nil {
		e.record.plain(e, t, p, write)
	}
	l := &e.mem.locs[e.mem.locate(p, size)]
	e.touch(t, l)
	if by := int(l.wroteBy); by >= 0 && by != t.id && !t.sync.covers(by, l.wroteAt) {
		e.failf(DataRace, "%s %s %s while %s writes it", t.name, verb(write), e.nameOf(p), e.threads[by].name)
	}
	own := t.sync[t.id]
	if !write {
		l.readsAt[t.id] = own
		return
	}
	for u, at := range l.readsAt {
		if at != 0 && u != t.id && !t.sync.covers(u, at) {
			e.failf(DataRace, "%s writes %s while %s reads it", t.name, e.nameOf(p), e.threads[u].name)
		}
	}
	l.wroteBy, l.wroteAt = int8(t.id), own
	l.readsAt = clock{}
}

// plainStep makes the write that follows a step. It orders nothing.
func (e *engine) plainStep(t *thread, p unsafe.Pointer, size uintptr) {
	e.announce(t, kPlain, e.mem.locate(p, size))
	t.next.p = p
	e.await(t)
	e.end(t, e.begin(t, true))
}

func verb(write bool) string {
	if write {
		return "writes"
	}
	return "reads"
}

// Free is a write to the whole object: any access that is not ordered before
// it is a use after free, whichever came first this time.
func (e *engine) Free(p unsafe.Pointer, size uintptr) {
	if e.direct {
		return
	}
	t := e.cur
	if e.record != nil {
		e.record.life(e, t, p, "free")
	}
	lo, hi := uintptr(p), uintptr(p)+size
	i := e.mem.lifeOf(lo, hi)
	if i < 0 {
		i = len(e.mem.lives)
		e.mem.lives = append(e.mem.lives, lifetime{lo: lo, hi: hi})
	} else if e.mem.lives[i].dead {
		e.failf(DoubleFree, "%s frees %s, which %s freed before", t.name, e.nameOf(p), e.threads[e.mem.lives[i].by].name)
	}
	v := &e.mem.lives[i]
	v.dead, v.by, v.at = true, int8(t.id), t.sync[t.id]
	e.mem.within(lo, hi, func(l *location) {
		l.life = int16(i)
		for u, at := range l.accessed {
			if at != 0 && u != t.id && !t.sync.covers(u, at) {
				e.failf(UseAfterFree, "%s frees the object of %s while %s uses it", t.name, e.nameOf(l.p), e.threads[u].name)
			}
		}
	})
}

// Reuse gives a freed object a new life. One that was never freed has none to
// begin: type-stable memory may be touched at any time.
func (e *engine) Reuse(p unsafe.Pointer, size uintptr) {
	if e.direct {
		return
	}
	if i := e.mem.lifeOf(uintptr(p), uintptr(p)+size); i >= 0 {
		if e.record != nil {
			e.record.life(e, e.cur, p, "reuse")
		}
		v := &e.mem.lives[i]
		v.dead, v.by, v.at = false, int8(e.cur.id), e.cur.sync[e.cur.id]
	}
}

// named is an object that atomic.Name has named.
type named struct {
	lo, hi uintptr
	typ    any
	name   string
}

// Name remembers what to call the object at p.
func (e *engine) Name(p unsafe.Pointer, size uintptr, typ any, name string) {
	if e.record != nil || e.failed != nil {
		e.names = append(e.names, named{uintptr(p), uintptr(p) + size, typ, name})
	}
}

// nameOf returns a word's name: object.field.
func (e *engine) nameOf(p unsafe.Pointer) string {
	a := uintptr(p)
	for i := len(e.names) - 1; i >= 0; i-- {
		if n := &e.names[i]; n.lo <= a && a < n.hi {
			return n.name + fieldPath(n.typ, a-n.lo)
		}
	}
	return fmt.Sprintf("word%d", e.mem.locate(p, 0))
}
