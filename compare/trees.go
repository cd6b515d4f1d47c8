package main

import (
	"math/rand/v2"

	gbtree "github.com/google/btree"
	"github.com/puzpuzpuz/xsync/v4"
	tbtree "github.com/tidwall/btree"
	"gvisor.dev/gvisor/pkg/sentry/fsutil"
	"gvisor.dev/gvisor/pkg/sentry/memmap"

	"vmabench/targets"
	"vmabench/vmm"
)

const treeVMAs = 1000

// entry is a VMA in a tree that is ordered by where VMAs start.
type entry struct {
	vmm.Range
	_ [192 - 16]byte
}

func entries() []*entry {
	es := make([]*entry, treeVMAs)
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(treeVMAs) {
		es[i] = &entry{Range: targets.VMARange(i)}
	}
	return es
}

// dependent returns a loop of lookups, each at an address that depends on what
// the last one found.
func dependent(find func(vmm.Addr) *entry) func(n int) {
	seed := uint64(1)
	return func(n int) {
		s := seed
		for range n {
			var a vmm.Addr
			s, a = targets.Step(s, treeVMAs)
			s += uint64(find(a).Start) & 1
		}
		seed = s
	}
}

func google() func(n int) {
	t := gbtree.NewG(32, func(a, b *entry) bool { return a.Start < b.Start })
	for _, e := range entries() {
		t.ReplaceOrInsert(e)
	}
	key := new(entry)
	return dependent(func(a vmm.Addr) (found *entry) {
		key.Start = a
		t.DescendLessOrEqual(key, func(e *entry) bool { found = e; return false })
		return found
	})
}

func tidwall() func(n int) {
	var t tbtree.Map[vmm.Addr, *entry]
	for _, e := range entries() {
		t.Set(e.Start, e)
	}
	return dependent(func(a vmm.Addr) (found *entry) {
		t.Descend(a, func(_ vmm.Addr, e *entry) bool { found = e; return false })
		return found
	})
}

// segments is gVisor's segment set, the type of its set of VMAs, which it keeps
// to itself: this one of it has smaller nodes. Readers need a lock.
func segments() func(n int) {
	t, es := new(fsutil.FileRangeSet), entries()
	for i, e := range es {
		t.InsertWithoutMergingRange(memmap.MappableRange{Start: uint64(e.Start), End: uint64(e.End)}, uint64(i))
	}
	return dependent(func(a vmm.Addr) *entry { return es[t.FindSegment(uint64(a)).Value()] })
}

// tidwallCopy updates as readers without a lock need it: on a copy, which
// shares what it can.
func tidwallCopy() func(n int) {
	t, es := new(tbtree.Map[vmm.Addr, *entry]), entries()
	for _, e := range es {
		t.Set(e.Start, e)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	out := make([]bool, treeVMAs)
	return func(n int) {
		for range n {
			i := rng.IntN(treeVMAs)
			t = t.Copy()
			if out[i] {
				t.Set(es[i].Start, es[i])
			} else {
				t.Delete(es[i].Start)
			}
			out[i] = !out[i]
		}
	}
}

func rbmutex() func(n int) {
	m := xsync.NewRBMutex()
	return func(n int) {
		for range n {
			m.RUnlock(m.RLock())
		}
	}
}

var treeTargets = []targets.Target{
	targets.Peer("index-lookup/google-btree", "a random lookup among 1000 VMAs; this version of the peer allocates nothing, an interface's would",
		targets.AtMost(0.45), targets.AtMost(1), 1,
		func(*targets.Env) (a, b []func(n int)) { return loops{targets.IndexLookups(treeVMAs)}, loops{google()} }),
	targets.Peer("index-lookup/tidwall-btree", "the same",
		targets.AtMost(0.7), targets.AtMost(1), 1,
		func(*targets.Env) (a, b []func(n int)) {
			return loops{targets.IndexLookups(treeVMAs)}, loops{tidwall()}
		}),
	targets.Peer("index-lookup/gVisor-set", "the same in gVisor's segment set, whose readers need a lock",
		targets.AtMost(0.85), targets.AtMost(1), 1,
		func(*targets.Env) (a, b []func(n int)) {
			return loops{targets.IndexLookups(treeVMAs)}, loops{segments()}
		}),
	targets.Peer("index-update/tidwall-btree-copy", "an edit that readers may watch without a lock",
		targets.AtMost(1), targets.AtMost(1), 1,
		func(*targets.Env) (a, b []func(n int)) {
			return loops{targets.IndexUpdates(treeVMAs)}, loops{tidwallCopy()}
		}),
	targets.Peer("refcount-read/xsync-RBMutex", "a read lock that spreads its readers over many lines",
		targets.Anything, targets.Anything, 1,
		func(e *targets.Env) (a, b []func(n int)) { return loops{e.RefcountRead()}, loops{rbmutex()} }),
}
