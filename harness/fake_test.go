package harness

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vmabench/vmm"
)

// fakeVMM is an address space of one mutex and a map from page to protection.
type fakeVMM struct {
	mu    sync.Mutex
	pages map[uint64]vmm.Prot
	vmas  int
	next  vmm.Addr

	onFault func(t *vmm.Task)
	corrupt bool
}

type fakeMachine struct{ make func() *fakeVMM }

func (m fakeMachine) NewVMM(*vmm.Task) vmm.VMM { return m.make() }
func (m fakeMachine) Quiesce(*vmm.Task)        {}

func newFake() *fakeVMM {
	return &fakeVMM{pages: map[uint64]vmm.Prot{}, next: vmm.MmapBase}
}

func (f *fakeVMM) each(a vmm.Addr, n uint64, do func(page uint64)) {
	for p := a.Page(); p < (a + vmm.Addr(vmm.PageAlign(n))).Page(); p++ {
		do(p)
	}
}

func (f *fakeVMM) Mmap(_ *vmm.Task, a vmm.Addr, n uint64, prot vmm.Prot, flags vmm.MapFlags, _ vmm.File) (vmm.Addr, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if flags&(vmm.MapFixed|vmm.MapFixedNoReplace) == 0 {
		f.next -= vmm.Addr(n)
		a = f.next
	}
	f.each(a, n, func(p uint64) { f.pages[p] = prot })
	f.vmas++
	return a, nil
}

func (f *fakeVMM) Munmap(_ *vmm.Task, a vmm.Addr, n uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.each(a, n, func(p uint64) { delete(f.pages, p) })
	f.vmas--
	return nil
}

func (f *fakeVMM) Mprotect(_ *vmm.Task, a vmm.Addr, n uint64, prot vmm.Prot) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.each(a, n, func(p uint64) { f.pages[p] = prot })
	return nil
}

func (f *fakeVMM) Fault(t *vmm.Task, a vmm.Addr, access vmm.Access) error {
	if f.onFault != nil {
		f.onFault(t)
	}
	f.mu.Lock()
	prot, ok := f.pages[a.Page()]
	f.mu.Unlock()
	switch {
	case !ok:
		return vmm.SEGV_MAPERR
	case !prot.Allows(access):
		return vmm.SEGV_ACCERR
	}
	t.Stats[vmm.Success]++
	return nil
}

func (f *fakeVMM) Mremap(_ *vmm.Task, old vmm.Addr, _, _ uint64, _ vmm.RemapFlags, _ vmm.Addr) (vmm.Addr, error) {
	return old, vmm.EINVAL
}
func (f *fakeVMM) Madvise(*vmm.Task, vmm.Addr, uint64, vmm.Advice) error { return nil }
func (f *fakeVMM) Brk(_ *vmm.Task, a vmm.Addr) (vmm.Addr, error)         { return a, nil }
func (f *fakeVMM) FaultKernel(t *vmm.Task, a vmm.Addr, x vmm.Access) error {
	return f.Fault(t, a, x)
}
func (f *fakeVMM) Peek(*vmm.Task, vmm.Addr) (vmm.Mapping, error) {
	return vmm.Mapping{}, nil
}
func (f *fakeVMM) UffdMove(*vmm.Task, vmm.Addr, vmm.Addr) error { return vmm.EAGAIN }
func (f *fakeVMM) Fork(*vmm.Task) (vmm.VMM, error)              { return newFake(), nil }
func (f *fakeVMM) Maps(_ *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	return append(buf, vmm.Mapping{}), nil
}
func (f *fakeVMM) Exit(*vmm.Task) {}
func (f *fakeVMM) Check(*vmm.Task) error {
	if f.corrupt {
		return fmt.Errorf("page 7 is in two VMAs")
	}
	return nil
}
func (f *fakeVMM) Footprint() vmm.Footprint {
	return vmm.Footprint{VMAs: f.vmas, VMABytes: 192 * f.vmas, VMASlab: 196 * f.vmas, SpaceBytes: 1024}
}

// Held implements vmm.LockReporter.
func (f *fakeVMM) Held() []string { return []string{"mmap_lock is held for write by task 1"} }

// Waits implements vmm.LockReporter.
func (f *fakeVMM) Waits(*vmm.Task) string { return "waits to read mmap_lock" }

// subjects are the designs of these tests.
func subjects(name string) (vmm.Design, bool) {
	build := newFake
	switch name {
	case "fake", "other":
	case "corrupt":
		build = func() *fakeVMM { f := newFake(); f.corrupt = true; return f }
	case "hang":
		build = func() *fakeVMM {
			f := newFake()
			f.onFault = func(*vmm.Task) { f.mu.Lock() } // and never unlocks
			return f
		}
	case "exit":
		build = func() *fakeVMM { os.Exit(7); return nil }
	case "panic":
		build = func() *fakeVMM { panic("lost its mind") }
	case "killed": // as by the kernel when memory is short
		build = func() *fakeVMM { kill(); return nil }
	case "greedy":
		build = func() *fakeVMM {
			for held := [][]byte(nil); ; held = append(held, make([]byte, 64<<20)) {
				runtime.KeepAlive(held)
			}
		}
	case "lossy": // now and then somebody's change is lost
		build = func() *fakeVMM {
			f := newFake()
			var n atomic.Int64
			f.onFault = func(*vmm.Task) {
				if n.Add(1)%100 == 0 {
					f.mu.Lock()
					clear(f.pages)
					f.mu.Unlock()
				}
			}
			return f
		}
	case "stall":
		build = stalling
	default:
		return vmm.Design{}, false
	}
	return vmm.Design{Name: name, Title: name, Layout: []reflect.Type{reflect.TypeFor[fakeVMM]()},
		New: func(vmm.Config) vmm.Machine { return fakeMachine{build} }}, true
}

// stallEvery ops the stalling VMM sleeps for stallTime, as a writer that is
// in nobody's way twice.
const (
	stallEvery = 1000
	stallTime  = 10 * time.Millisecond
)

func stalling() *fakeVMM {
	f := newFake()
	n := 0 // of one worker: the test runs at GOMAXPROCS 1
	f.onFault = func(*vmm.Task) {
		if n++; n%stallEvery == 0 {
			time.Sleep(stallTime)
		}
	}
	return f
}

func kill() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Kill()
	}
	select {}
}

// childEnv makes the test binary a trial's child process.
const childEnv = "VMABENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "spin":
		Spin()
	case "parent":
		parent()
	case "garbage":
		fmt.Println(`{"Bench": 12`)
		os.Exit(0)
	case "other":
		fmt.Println(`{"Bench": "Other"}`)
		os.Exit(0)
	}
	os.Exit(Child(os.Stdin, os.Stdout, os.Stderr, subjects))
}

// child returns the command of a child that behaves as mode says.
func child(t *testing.T, mode string) Command {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Command{"/usr/bin/env", childEnv + "=" + mode, exe}
}
