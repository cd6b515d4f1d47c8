//go:build vmasim

package manycore

import (
	"fmt"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// uprobe is an address space in which breakpoints are hit: a hit looks for the
// VMA that it is in and reads what file that maps.
type uprobe struct {
	mm   *mm.MM // apart, so that it lies as in any address space
	rcu  atomic.RCU
	vmas []probedVMA
}

// probedVMA is a VMA as far as a hit looks at it.
type probedVMA struct {
	mm.VMA
	rest mm.Rest
	_    [96]byte
}

const probedPages = 16

func newUprobe(t *atomic.Task) *uprobe {
	u := &uprobe{mm: new(mm.MM), vmas: make([]probedVMA, layoutVMAs)}
	u.mm.Init(&u.rcu)
	atomic.Name(u.mm, "mm")
	for i := range u.vmas {
		v := &u.vmas[i]
		r := vmm.Range{Start: vmm.Addr(1+2*i*probedPages) * vmm.PageSize}
		r.End = r.Start + probedPages*vmm.PageSize
		v.Start.Set(r.Start)
		v.End.Set(r.End)
		atomic.Name(v, "vma")
		u.mm.Index.Store(r, &v.VMA)
	}
	return u
}

// hits are the designs of Uprobe: how a hit finds its VMA at a.
var hits = map[string]func(u *uprobe, t *atomic.Task, a vmm.Addr){
	"mmap_lock": func(u *uprobe, t *atomic.Task, a vmm.Addr) {
		u.mm.Lock.DownRead(t)
		u.read(a)
		u.mm.Lock.UpRead(t)
	},
	"speculation": func(u *uprobe, t *atomic.Task, a vmm.Addr) {
		u.rcu.Lock(t)
		seq, ok := u.mm.SpeculateBegin()
		if ok {
			u.read(a)
			ok = !u.mm.SpeculateRetry(seq)
		}
		u.rcu.Unlock(t)
		if !ok { // no writer runs in this workload
			panic("manycore: a speculation failed")
		}
	},
}

func (u *uprobe) read(a vmm.Addr) {
	v := mm.ContainerOf[probedVMA](u.mm.Index.Find(a))
	v.Start.Get()
	v.rest.File.Get()
	v.rest.Pgoff.Get()
}

// predictUprobe is Predict for the workload Uprobe.
func (c *Case) predictUprobe(design string) (*Prediction, error) {
	hit := hits[design]
	if hit == nil {
		return nil, fmt.Errorf("no way %q to find the VMA of a breakpoint", design)
	}
	sim := New(c.Machine, c.Seed)
	tasks := make([]atomic.Task, c.CPUs)
	ops := make([]int64, c.CPUs)
	hist := hdr.New(1, 1_000_000_000, 2)
	var u *uprobe
	atomic.Run(sim, func() { u = newUprobe(&tasks[0]) })
	for i := range tasks {
		t := &tasks[i]
		t.Init()
		defer t.Release()
		a := u.vmas[layoutVMAs/2].Start.Get()
		sim.goOn(c.cpu(i), t, func() {
			counting := false
			for {
				from := atomic.Now()
				if from >= c.WarmNS+c.WindowNS {
					return
				}
				if from >= c.WarmNS && !counting {
					counting = true
					sim.steady()
				}
				atomic.Work(int64(c.Shared.Work))
				hit(u, t, a)
				if counting {
					ops[i]++
					hist.RecordValue(min(atomic.Now()-from, 1_000_000_000))
				}
			}
		})
	}
	if err := sim.Run(); err != nil {
		return nil, fmt.Errorf("%s, %d CPUs: %w", Uprobe, c.CPUs, err)
	}
	p := &Prediction{Roles: map[string]*RoleResult{"hitter": {Workers: ops, Latency: hist}}}
	for _, n := range ops {
		p.Ops += n
	}
	p.Roles["hitter"].Ops = p.Ops
	c.account(p, sim)
	return p, nil
}
