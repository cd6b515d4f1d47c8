package main

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"gvisor.dev/gvisor/pkg/context"
	"gvisor.dev/gvisor/pkg/hostarch"
	"gvisor.dev/gvisor/pkg/memutil"
	"gvisor.dev/gvisor/pkg/sentry/arch"
	"gvisor.dev/gvisor/pkg/sentry/limits"
	"gvisor.dev/gvisor/pkg/sentry/memmap"
	"gvisor.dev/gvisor/pkg/sentry/mm"
	"gvisor.dev/gvisor/pkg/sentry/pgalloc"
	"gvisor.dev/gvisor/pkg/sentry/platform"

	"vmabench/targets"
	"vmabench/vmm"
)

// nowhere is a platform whose address spaces map nothing: what is measured is
// gVisor's bookkeeping, which is what the designs here do too.
type nowhere struct{ platform.Platform }

func (nowhere) SupportsAddressSpaceIO() bool                    { return false }
func (nowhere) MapUnit() uint64                                 { return 0 }
func (nowhere) MinUserAddress() hostarch.Addr                   { return hostarch.PageSize }
func (nowhere) MaxUserAddress() hostarch.Addr                   { return hostarch.Addr(vmm.TaskSize) }
func (nowhere) NewAddressSpace() (platform.AddressSpace, error) { return noSpace{}, nil }

type noSpace struct{ platform.NoAddressSpaceIO }

func (noSpace) MapFile(hostarch.Addr, memmap.File, memmap.FileRange, hostarch.AccessType, bool) error {
	return nil
}
func (noSpace) Unmap(hostarch.Addr, uint64) {}
func (noSpace) Release()                    {}
func (noSpace) PreFork()                    {}
func (noSpace) PostFork()                   {}

// withLimits is a context that knows the limits of its process.
type withLimits struct {
	context.Context
	set *limits.LimitSet
}

func (c withLimits) Value(key any) any {
	if key == limits.CtxLimits {
		return c.set
	}
	return c.Context.Value(key)
}

// memory is the one memory file of the process.
var memory = sync.OnceValue(func() *pgalloc.MemoryFile {
	fd := must(memutil.CreateMemFD("compare", 0))
	return must(pgalloc.NewMemoryFile(os.NewFile(uintptr(fd), "memory"),
		pgalloc.MemoryFileOpts{DisableIMAWorkAround: true, DisableMemoryAccounting: true}))
})

func check(err error) {
	if err != nil {
		panic(fmt.Sprintf("gVisor: %v", err))
	}
}

func must[T any](x T, err error) T {
	check(err)
	return x
}

// gSpace is an address space of gVisor with the layout of the others.
func gSpace(vmas int) (context.Context, *mm.MemoryManager) {
	ctx := withLimits{context.Background(), limits.NewLimitSet()}
	m := must(mm.NewMemoryManager(nowhere{}, memory()))
	must(m.SetMmapLayout(&arch.Context64{}, ctx.set))
	for i := range vmas {
		r := targets.VMARange(i)
		gMap(ctx, m, r)
		for a := r.Start; a < r.End; a += vmm.PageSize {
			check(m.HandleUserFault(ctx, hostarch.Addr(a), hostarch.Write, 0))
		}
	}
	return ctx, m
}

func gMap(ctx context.Context, m *mm.MemoryManager, r vmm.Range) {
	must(m.MMap(ctx, memmap.MMapOpts{Length: r.Len(), Addr: hostarch.Addr(r.Start), Fixed: true, Unmap: true,
		Private: true, Perms: hostarch.ReadWrite, MaxPerms: hostarch.AnyAccess}))
}

func gFaults(vmas int, stream []vmm.Addr) func(n int) {
	ctx, m := gSpace(vmas)
	return gLoop(ctx, m, stream)
}

func gLoop(ctx context.Context, m *mm.MemoryManager, stream []vmm.Addr) func(n int) {
	at := 0
	return func(n int) {
		i := at
		for range n {
			check(m.HandleUserFault(ctx, hostarch.Addr(stream[i]), hostarch.Write, 0))
			if i++; i == len(stream) {
				i = 0
			}
		}
		at = i
	}
}

func gMapUnmap(vmas int) func(n int) {
	ctx, m := gSpace(vmas)
	r := targets.VMARange(vmas + 1000)
	return func(n int) {
		for range n {
			gMap(ctx, m, r)
			check(m.MUnmap(ctx, hostarch.Addr(r.Start), r.Len()))
		}
	}
}

var gvisorTargets = []targets.Target{
	targets.Peer("fault-random/gVisor", "a random fault of a present page, 1000 VMAs, against HandleUserFault",
		targets.AtMost(0.35), targets.AtMost(0.7), 1,
		func(e *targets.Env) (a, b []func(n int)) {
			s := targets.RandomPages(0, 1000)
			return loops{e.Faults(e.Refcount(1, 1000), s)}, loops{gFaults(1000, s)}
		}),
	targets.PeerGoroutines("fault-random-2-threads/gVisor", "the same by two, gVisor's goroutines not pinned: its locks put them to sleep, "+
		"and to wake a pinned thread takes as long as a hundred faults",
		targets.AtMost(0.35), targets.AtMost(0.7), 2,
		func(e *targets.Env) (a, b []func(n int)) {
			s := targets.RandomPages(0, 1000)
			// Half a stream apart: in step the two would meet at each VMA.
			other := slices.Concat(s[len(s)/2:], s[:len(s)/2])
			v := e.Refcount(1, 1000)
			ctx, m := gSpace(1000)
			return loops{e.Faults(v, s), e.Faults(v, other)}, loops{gLoop(ctx, m, s), gLoop(ctx, m, other)}
		}),
	targets.Peer("mmap-munmap/gVisor", "mapping and unmapping 4 pages beside 1000 VMAs",
		targets.AtMost(0.65), targets.AtMost(1), 1,
		func(e *targets.Env) (a, b []func(n int)) {
			return loops{e.MapUnmap(e.Refcount(1, 1000))}, loops{gMapUnmap(1000)}
		}),
}
