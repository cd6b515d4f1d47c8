//go:build vmasim

package vmmtest

import (
	"strings"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// writeRule is the lock that writing a field needs.
type writeRule string

const (
	writeBoth   = writeRule("mmap write + VMA write")
	writeStatic = writeRule("none: written once, before the VMA can be found")
	writeAnon   = writeRule("mmap read + page_table_lock; mmap write + VMA write to take another's")
	writeSeq    = writeRule("mmap write, readers excluded")
)

// fieldRule is a row of the field table in the kernel's process_addrs.rst, as
// first posted in November 2024 (the lock's own fields were still in it) and
// merged: may the field be read under RCU alone, and what must be held to
// write it.
type fieldRule struct {
	field    string // in a design's struct; rest.X is the second common part
	kernel   string
	unstable bool
	write    writeRule
}

var fieldRules = []fieldRule{
	{"Start", "vm_start", false, writeBoth},
	{"End", "vm_end", false, writeBoth},
	{"MM", "vm_mm", true, writeStatic},
	{"PageProt", "vm_page_prot", false, writeBoth},
	{"Flags", "vm_flags", false, writeBoth},
	{"detached", "detached", true, writeBoth},
	{"lockSeq", "vm_lock_seq", true, writeSeq},
	{"lock", "vm_lock", true, writeStatic},
	{"rest.AnonVMA", "anon_vma", false, writeAnon},
	{"rest.Pgoff", "vm_pgoff", false, writeBoth},
	{"rest.File", "vm_file", false, writeStatic},
}

// fieldWatch holds every access of one running task against the table. Only
// one task runs, so whatever lock is held is its own.
type fieldWatch struct {
	w     *world
	all   map[int]vmm.VMM // the address spaces, forked ones too
	vma   bool            // the design has VMA locks
	rng   bool            // it has a range lock, which does for a VMA what its lock would
	seq   bool            // mm_lock_seq shows a look without a lock whether to believe it
	rules map[string]fieldRule
	seen  map[string][2]int // reads and writes under the table's eye
}

func newFieldWatch(w *world, all map[int]vmm.VMM) *fieldWatch {
	s := w.space()
	f := &fieldWatch{w, all, s.Rules.VMALocks, s.Rules.RangeLocks, s.Rules.SeqAtLock, map[string]fieldRule{}, map[string][2]int{}}
	for _, r := range fieldRules {
		f.rules[r.field] = r
	}
	return f
}

// held is what the running task holds for a VMA.
type held struct {
	mmapRead, mmapWrite, vmaRead, vmaWrite, excluded, attached, anonLock bool
}

func (f *fieldWatch) held(v *mm.VMA) (h held) {
	m := v.MM.Load()
	if m == nil {
		return held{} // never used before
	}
	h.mmapWrite, h.mmapRead = m.Lock.IsWriteLocked(), m.Lock.Readers() > 0
	h.attached, h.anonLock = m.Index.Find(v.Start.Get()) == v, m.AnonLock.Locked()
	switch st := f.locks(m).State(v); {
	case f.rng:
		h.vmaRead, h.vmaWrite = st.Readers > 0 || st.WriteLocked, st.WriteLocked
	case f.vma:
		h.vmaRead, h.vmaWrite, h.excluded = st.Readers > 0, st.WriteLocked && h.mmapWrite, st.WriterWaiting
	default: // mmap_lock is every VMA's lock
		h.vmaRead, h.vmaWrite, h.excluded = h.mmapRead, h.mmapWrite, h.mmapWrite
	}
	return h
}

// locks returns the lock steps of m's address space.
func (f *fieldWatch) locks(m *mm.MM) addrspace.Locks {
	for _, v := range f.all {
		if s := addrspace.Of(v); s.MM == m {
			return s.Locks
		}
	}
	return f.w.space().Locks // a child that is being made
}

// mayRead and mayWrite are the table, read as a predicate. A VMA that is not in
// the index is its maker's or its remover's alone.
func (r fieldRule) mayRead(h held) bool {
	return r.unstable || !h.attached || h.mmapRead || h.mmapWrite || h.vmaRead
}

func (r fieldRule) mayWrite(h held) bool {
	if !h.attached {
		return true
	}
	switch r.write {
	case writeBoth:
		return h.mmapWrite && h.vmaWrite
	case writeSeq:
		return h.mmapWrite && h.excluded
	case writeAnon:
		return (h.mmapRead || h.mmapWrite) && h.anonLock || h.mmapWrite && h.vmaWrite
	}
	return false
}

func (f *fieldWatch) see(a access) {
	obj, field := a.object()
	if obj == nil || !strings.HasPrefix(obj.name, "vma") {
		return
	}
	r, ok := f.rules[field]
	if !ok {
		return // the lock word: its transitions are the lock's own business
	}
	v := (*mm.VMA)(obj.at)
	h := f.held(v)
	n := f.seen[field]
	if a.op.Writes() {
		n[1]++
		if !r.mayWrite(h) {
			f.w.fail(WrongLock, "%s (%s) is written under %+v, needs %s", field, r.kernel, h, r.write)
		}
	} else {
		n[0]++
		if !r.mayRead(h) && !(a.word && f.seq) {
			f.w.fail(WrongLock, "%s (%s) is read under %+v, needs a read lock", field, r.kernel, h)
		}
	}
	f.seen[field] = n
}

// checkFields runs scripts of every kind of operation, alone, and holds each
// access to a VMA's fields against the table.
func checkFields(d vmm.Design, o Options) []Violation {
	var script []Op
	for seed := range uint64(20) {
		script = append(script, Generate(o.Seed*1000+500+seed, 100)...)
	}
	var seen map[string][2]int
	vs := newWorld(d, vmm.Config{}, func(w *world) {
		p := &player{machine: w.machine, spaces: map[int]vmm.VMM{0: w.v}, task: w.ctl}
		f := newFieldWatch(w, p.spaces)
		seen = f.seen
		for _, op := range script {
			if op.Kind != Check { // it looks at a quiet address space, without locks
				w.watch = f.see
			}
			p.do(op)
			w.watch = nil
			if len(w.vs) > 0 {
				w.vs[0].Detail += " in " + op.String()
				w.vs = w.vs[:1]
				return
			}
		}
	})
	for _, f := range []string{"Start", "End", "Flags", "rest.AnonVMA", "rest.Pgoff", "rest.File"} {
		if n := seen[f]; len(vs) == 0 && (n[0] == 0 || n[1] == 0) {
			vs = append(vs, violation(Unreached, "%s was read %d and written %d times", f, n[0], n[1])...)
		}
	}
	return vs
}
