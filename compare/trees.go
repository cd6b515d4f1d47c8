package main

import (
	"fmt"
	"math/rand/v2"

	gbtree "github.com/google/btree"
	"github.com/puzpuzpuz/xsync/v4"
	tbtree "github.com/tidwall/btree"
	"gvisor.dev/gvisor/pkg/sentry/fsutil"
	"gvisor.dev/gvisor/pkg/sentry/memmap"

	"vmabench/targets"
	"vmabench/vmm"
)

const treeVMAs = 1000 // where one size stands for all

// entry is a VMA in a tree that is ordered by where VMAs start.
type entry struct {
	vmm.Range
	_ [192 - 16]byte
}

func entries(vmas int) []*entry {
	es := make([]*entry, vmas)
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(vmas) {
		es[i] = &entry{Range: targets.VMARange(i)}
	}
	return es
}

// dependent returns a loop of lookups, each at an address that depends on what
// the last one found.
func dependent(vmas int, find func(vmm.Addr) *entry) func(n int) {
	seed := uint64(1)
	return func(n int) {
		s := seed
		for range n {
			var a vmm.Addr
			s, a = targets.Step(s, vmas)
			s += uint64(find(a).Start) & 1
		}
		seed = s
	}
}

func google(vmas int) func(n int) {
	t := gbtree.NewG(32, func(a, b *entry) bool { return a.Start < b.Start })
	for _, e := range entries(vmas) {
		t.ReplaceOrInsert(e)
	}
	key := new(entry)
	return dependent(vmas, func(a vmm.Addr) (found *entry) {
		key.Start = a
		t.DescendLessOrEqual(key, func(e *entry) bool { found = e; return false })
		return found
	})
}

func tidwall(vmas int) func(n int) {
	var t tbtree.Map[vmm.Addr, *entry]
	for _, e := range entries(vmas) {
		t.Set(e.Start, e)
	}
	return dependent(vmas, func(a vmm.Addr) (found *entry) {
		t.Descend(a, func(_ vmm.Addr, e *entry) bool { found = e; return false })
		return found
	})
}

// segments is gVisor's segment set, the type of its set of VMAs, which it keeps
// to itself: this one of it has smaller nodes. Readers need a lock.
func segments(vmas int) func(n int) {
	t, es := new(fsutil.FileRangeSet), entries(vmas)
	for i, e := range es {
		t.InsertWithoutMergingRange(memmap.MappableRange{Start: uint64(e.Start), End: uint64(e.End)}, uint64(i))
	}
	return dependent(vmas, func(a vmm.Addr) *entry { return es[t.FindSegment(uint64(a)).Value()] })
}

// tidwallCopy updates as readers without a lock need it: on a copy, which
// shares what it can.
func tidwallCopy(vmas int) func(n int) {
	t, es := new(tbtree.Map[vmm.Addr, *entry]), entries(vmas)
	for _, e := range es {
		t.Set(e.Start, e)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	out := make([]bool, vmas)
	return func(n int) {
		for range n {
			i := rng.IntN(vmas)
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

// treeSizes are the numbers of VMAs at which lookups are compared, and up to
// which share of a peer's time one is excellent.
var treeSizes = []struct {
	vmas                    int
	google, tidwall, gVisor float64
}{
	{10, 0.4, 0.7, 0.85},
	{100, 0.45, 0.7, 0.85},
	{1000, 0.45, 0.7, 0.85},
	{10_000, 0.55, 0.7, 0.85},
}

func treeTargets() (out []targets.Target) {
	doc := "a random lookup among so many VMAs; this version of the peer allocates nothing, an interface's would"
	lookup := func(peer, doc string, vmas int, excellent float64, loop func(vmas int) func(n int)) {
		out = append(out, targets.Peer(fmt.Sprintf("index-lookup/%s-%d-VMAs", peer, vmas), doc,
			targets.AtMost(excellent), targets.AtMost(1), 1,
			func(*targets.Env) (a, b []func(n int)) { return loops{targets.IndexLookups(vmas)}, loops{loop(vmas)} }))
	}
	for _, s := range treeSizes {
		lookup("google-btree", doc, s.vmas, s.google, google)
		doc = "the same"
		lookup("tidwall-btree", doc, s.vmas, s.tidwall, tidwall)
		lookup("gVisor-set", "the same in gVisor's segment set, whose readers need a lock", s.vmas, s.gVisor, segments)
	}
	return append(out,
		targets.Peer("index-update/tidwall-btree-copy", "an edit that readers may watch without a lock, 1000 VMAs",
			targets.AtMost(1), targets.AtMost(1), 1,
			func(*targets.Env) (a, b []func(n int)) {
				return loops{targets.IndexUpdates(treeVMAs)}, loops{tidwallCopy(treeVMAs)}
			}),
		targets.Peer("refcount-read/xsync-RBMutex", "a read lock that spreads its readers over many lines",
			targets.Anything, targets.Anything, 1,
			func(e *targets.Env) (a, b []func(n int)) { return loops{e.RefcountRead()}, loops{rbmutex()} }))
}
