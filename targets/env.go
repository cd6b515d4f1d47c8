package targets

import (
	"fmt"
	"math/rand/v2"
	"time"

	"vmabench/variants/refcount"
	"vmabench/vmm"
)

// Env is what a target's set-up makes things with; it ends with the target.
type Env struct {
	tasks []*vmm.Task
}

// Task returns a task that ends with the target.
func (e *Env) Task() *vmm.Task {
	t := vmm.NewTask()
	t.OwnThread()
	e.tasks = append(e.tasks, t)
	return t
}

func (e *Env) close() {
	for _, t := range e.tasks {
		t.Release()
	}
}

// The layout of every address space here: arenas far apart, in each the same
// number of VMAs of 4 pages with a page of hole behind, every page present.
const (
	vmaPages, vmaStride = 4, 5

	arenaBase vmm.Addr = 1 << 40
	arenaSize vmm.Addr = 1 << 36

	readWrite = vmm.ProtRead | vmm.ProtWrite
)

func arena(i int) vmm.Addr { return arenaBase + vmm.Addr(i)*arenaSize }

// vmaAddr returns the page-th page of the i-th VMA of an arena.
func vmaAddr(arenaNo, i, page int) vmm.Addr {
	return arena(arenaNo) + vmm.Addr(i*vmaStride+page)*vmm.PageSize
}

// space makes an address space of n VMAs in each of some arenas.
func (e *Env) space(m vmm.Machine, arenas, n int) vmm.VMM {
	t := e.Task()
	v := m.NewVMM(t)
	for a := range arenas {
		for _, i := range rand.New(rand.NewPCG(1, uint64(a))).Perm(n) {
			must(v.Mmap(t, vmaAddr(a, i, 0), vmaPages*vmm.PageSize, readWrite, vmm.MapFixed, vmm.File{}))
			for p := range vmaPages {
				check(v.Fault(t, vmaAddr(a, i, p), vmm.AccessWrite))
			}
		}
	}
	return v
}

// Refcount makes an address space of the reference-count design.
func (e *Env) Refcount(arenas, n int) vmm.VMM {
	return e.space(refcount.Design.New(vmm.Config{}), arenas, n)
}

// Floor makes an address space whose faults take no VMA lock.
func (e *Env) Floor(arenas, n int) vmm.VMM {
	return e.space(refcount.NoLock(vmm.Config{}), arenas, n)
}

// check stops at an error that a correct VMM cannot return here.
func check(err error) {
	if err != nil {
		panic(fmt.Sprintf("targets: an operation failed: %v", err))
	}
}

func must[T any](x T, err error) T {
	check(err)
	return x
}

func none(failed int) {
	if failed > 0 {
		panic(fmt.Sprintf("targets: %d operations failed", failed))
	}
}

// streamLen is how many addresses a stream has: few enough for the second
// cache, too many to be learnt.
const streamLen = 1 << 14

// RandomPages returns a stream of random pages of n VMAs of an arena.
func RandomPages(arenaNo, n int) []vmm.Addr { return randomPages(arenaNo, n, streamLen) }

func randomPages(arenaNo, n, length int) []vmm.Addr {
	rng := rand.New(rand.NewPCG(2, uint64(arenaNo)))
	s := make([]vmm.Addr, length)
	for i := range s {
		s[i] = vmaAddr(arenaNo, rng.IntN(n), rng.IntN(vmaPages))
	}
	return s
}

// LocalPages returns a stream that stays in a VMA for 64 faults.
func LocalPages(arenaNo, n int) []vmm.Addr {
	rng := rand.New(rand.NewPCG(3, uint64(arenaNo)))
	s := make([]vmm.Addr, streamLen)
	at := 0
	for i := range s {
		if i%64 == 0 {
			at = rng.IntN(n)
		}
		s[i] = vmaAddr(arenaNo, at, i%vmaPages)
	}
	return s
}

// Faults returns a loop of write faults on a stream.
func (e *Env) Faults(v vmm.VMM, stream []vmm.Addr) func(n int) {
	t, at := e.Task(), 0
	return func(n int) {
		i, failed := at, 0
		for range n {
			if v.Fault(t, stream[i], vmm.AccessWrite) != nil {
				failed++
			}
			if i++; i == len(stream) {
				i = 0
			}
		}
		at = i
		none(failed)
	}
}

// mapper returns a loop that maps and unmaps 4 pages in a place of its own.
func (e *Env) mapper(v vmm.VMM) func() {
	t := e.Task()
	at := arena(15)
	return func() {
		must(v.Mmap(t, at, vmaPages*vmm.PageSize, readWrite, vmm.MapFixed, vmm.File{}))
		check(v.Munmap(t, at, vmaPages*vmm.PageSize))
	}
}

// paced returns a loop of op at a duty cycle: after each op it idles so long
// that the op was that share of the time.
func paced(duty float64, op func()) func(n int) {
	base := time.Now()
	return func(n int) {
		for range n {
			from := time.Since(base)
			op()
			until := from + time.Duration(float64(time.Since(base)-from)/duty)
			for time.Since(base) < until {
			}
		}
	}
}

// every returns a loop of op at a rate that does not depend on how long op takes,
// as far as it can: each starts a period after the last, or when that is done.
func every(period time.Duration, op func()) func(n int) {
	base := time.Now()
	return func(n int) {
		for range n {
			next := time.Since(base) + period
			op()
			for time.Since(base) < next {
			}
		}
	}
}

// fullRate returns a loop of op without a pause.
func fullRate(op func()) func(n int) {
	return func(n int) {
		for range n {
			op()
		}
	}
}

// MapUnmap returns a loop that maps and unmaps 4 pages in v, in a place of its own.
func (e *Env) MapUnmap(v vmm.VMM) func(n int) { return fullRate(e.mapper(v)) }
