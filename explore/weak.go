//go:build vmasim

package explore

import (
	"unsafe"

	"vmabench/internal/atomic"
)

// version is a value that a location had, and what reading it teaches.
type version struct {
	word     uint64
	ptr      unsafe.Pointer
	by       int8 // who wrote it, -1 for the initial value
	at       uint16
	released clock
	readAt   clock // each thread's first read of it
	late     [maxThreads]uint8
}

// lateReads is how often a thread may read one value when there are newer ones:
// a store becomes visible sometime, or a loop that retries would never end.
const lateReads = 2

// keepInitial makes the value from before the execution version 0.
func (e *engine) keepInitial(l *location, v version) {
	if len(l.versions) == 0 {
		v.by = -1
		l.versions = append(l.versions, v)
	}
}

// keep appends the value just written.
func (e *engine) keep(t *thread, l *location, v version) {
	v.by, v.at, v.released = int8(t.id), t.sync[t.id], l.released
	l.versions = append(l.versions, v)
}

// weakLoad takes a relaxed or acquire load: it may return any value that
// coherence allows, the latest first. A sequentially consistent load and an
// RMW read the latest, as on every machine that Go runs on.
func (e *engine) weakLoad(t *thread, l *location, d int, word uint64, ptr unsafe.Pointer) (*version, bool) {
	a := &t.next
	last := len(l.versions) - 1
	if a.kind != kRead || a.ord == atomic.SeqCst {
		v := &l.versions[last]
		if v.readAt[t.id] == 0 && a.op != atomic.OpStore {
			v.readAt[t.id] = t.sync[t.id]
		}
		return nil, false
	}
	oldest := last
	for oldest > 0 && !l.versions[oldest].knownTo(t) && l.versions[oldest-1].late[t.id] < lateReads {
		oldest--
	}
	n := &e.nodes[d]
	n.choices = uint8(last - oldest + 1)
	v := &l.versions[last-int(n.choice)]
	if v.readAt[t.id] == 0 {
		v.readAt[t.id] = t.sync[t.id]
	}
	if n.choice > 0 {
		v.late[t.id]++
	}
	if a.ord == atomic.Acquire {
		t.sync.join(&v.released)
	}
	if e.record != nil {
		e.record.stale(v, n.choice)
	}
	return v, true
}

// knownTo reports whether t may read nothing older: the write, or a read of
// it, happened before.
func (v *version) knownTo(t *thread) bool {
	if v.by >= 0 && (int(v.by) == t.id || t.sync.covers(int(v.by), v.at)) {
		return true
	}
	for u, at := range v.readAt {
		if at != 0 && (u == t.id || t.sync.covers(u, at)) {
			return true
		}
	}
	return false
}
