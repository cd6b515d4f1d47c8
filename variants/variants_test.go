package variants_test

import (
	"errors"
	"testing"

	"vmabench/internal/addrspace"
	"vmabench/variants"
	"vmabench/vmm"
)

const page = vmm.PageSize

// each runs f once per design and protocol, on an empty address space, and
// checks the invariants at the end.
func each(t *testing.T, f func(t *testing.T, k *vmm.Task, v vmm.VMM)) {
	eachConfig(t, vmm.Config{}, f)
}

func eachConfig(t *testing.T, c vmm.Config, f func(t *testing.T, k *vmm.Task, v vmm.VMM)) {
	for _, d := range variants.All() {
		for _, p := range []vmm.Protocol{vmm.ProtocolSame, vmm.ProtocolEra} {
			t.Run(d.Name+"/"+p.String(), func(t *testing.T) {
				k := vmm.NewTask()
				defer k.Release()
				c.Protocol = p
				v := d.New(c).NewVMM(k)
				f(t, k, v)
				if err := v.Check(k); err != nil {
					t.Error(err)
				}
				v.Exit(k)
			})
		}
	}
}

// TestKilledFaultEnds: a fault that had to let its lock go, as to read its page, does
// not start again in a task that was killed, although every lock is free.
func TestKilledFaultEnds(t *testing.T) {
	eachConfig(t, vmm.Config{Page: vmm.PageIO}, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 1, rw)
		for _, fault := range []func(*vmm.Task, vmm.Addr, vmm.Access) error{v.Fault, v.FaultKernel} {
			k.Kill()
			wantErr(t, fault(k, 0x100000, vmm.AccessRead), vmm.EINTR)
			k.ClearSignal()
			must(t, fault(k, 0x100000, vmm.AccessRead))
			must(t, v.Madvise(k, 0x100000, page, vmm.DontNeed))
		}
	})
}

// holdAll takes the whole of s, where a range lock asks for it before mmap_lock.
func holdAll(s *addrspace.Space, k *vmm.Task) (release func()) {
	r, ok := s.Locks.(addrspace.RangeLocker)
	if !ok {
		return func() {}
	}
	_ = r.LockRange(k, addrspace.WholeSpace, true, false)
	return func() { r.UnlockRange(k) }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got error %v, want %v", got, want)
	}
}

// wantMaps compares the /proc/PID/maps walk with lines.
func wantMaps(t *testing.T, k *vmm.Task, v vmm.VMM, lines ...string) {
	t.Helper()
	ms, err := v.Maps(k, nil)
	must(t, err)
	for i := range max(len(ms), len(lines)) {
		got, want := "(none)", "(none)"
		if i < len(ms) {
			got = ms[i].String()
		}
		if i < len(lines) {
			want = lines[i]
		}
		if got != want {
			t.Fatalf("line %d of maps is %q, want %q", i, got, want)
		}
	}
}

const rw = vmm.ProtRead | vmm.ProtWrite

func mmap(t *testing.T, k *vmm.Task, v vmm.VMM, a vmm.Addr, pages uint64, prot vmm.Prot) {
	t.Helper()
	_, err := v.Mmap(k, a, pages*page, prot, vmm.MapFixed, vmm.File{})
	must(t, err)
}

func TestMapSplitMerge(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		mmap(t, k, v, 0x104000, 4, rw) // extends the one before
		wantMaps(t, k, v, "00100000-00108000 rw-p")
		must(t, v.Fault(k, 0x103000, vmm.AccessWrite))
		must(t, v.Mprotect(k, 0x102000, 2*page, vmm.ProtRead))
		wantMaps(t, k, v, "00100000-00102000 rw-p", "00102000-00104000 r--p", "00104000-00108000 rw-p")
		wantErr(t, v.Fault(k, 0x103000, vmm.AccessWrite), vmm.SEGV_ACCERR)
		must(t, v.Mprotect(k, 0x102000, 2*page, rw))
		wantMaps(t, k, v, "00100000-00108000 rw-p")
		must(t, v.Munmap(k, 0x103000, page))
		wantMaps(t, k, v, "00100000-00103000 rw-p", "00104000-00108000 rw-p")
		wantErr(t, v.Fault(k, 0x103000, vmm.AccessRead), vmm.SEGV_MAPERR)
		wantErr(t, v.Mprotect(k, 0x102000, 3*page, vmm.ProtRead), vmm.ENOMEM)
		wantMaps(t, k, v, "00100000-00102000 rw-p", "00102000-00103000 r--p", "00104000-00108000 rw-p")
		must(t, v.Munmap(k, 0, 0x200000))
		wantMaps(t, k, v)
	})
}

func TestFaultEvents(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		for range 3 {
			must(t, v.Fault(k, 0x101234, vmm.AccessWrite))
		}
		st := k.Stats
		if n := st[vmm.Success] + st[vmm.MmapRead]; n != 3 || st.Aborts() != 0 {
			t.Errorf("3 faults counted %v", st)
		}
		wantErr(t, v.Fault(k, 0x99000, vmm.AccessRead), vmm.EFAULT)
		must(t, v.FaultKernel(k, 0x102000, vmm.AccessRead))
	})
}

func TestStack(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		const top = 0x7f0000000000
		_, err := v.Mmap(k, top-4*page, 4*page, rw, vmm.MapFixed|vmm.MapGrowsDown, vmm.File{})
		must(t, err)
		must(t, v.Fault(k, top-10*page+8, vmm.AccessWrite))
		wantMaps(t, k, v, "7effffff6000-7f0000000000 rw-p [stack]")
		wantErr(t, v.Fault(k, top-vmm.StackLimit-page, vmm.AccessWrite), vmm.ENOMEM)
		mmap(t, k, v, top-400*page, 100, rw)
		wantErr(t, v.Fault(k, top-100*page, vmm.AccessWrite), vmm.ENOMEM)
	})
}

func TestMremapBrkMadvise(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		must(t, v.Fault(k, 0x101000, vmm.AccessWrite))
		a, err := v.Mremap(k, 0x100000, 4*page, 8*page, 0, 0)
		must(t, err)
		if a != 0x100000 {
			t.Fatalf("grew to %#x", a)
		}
		_, err = v.Mremap(k, 0x101000, 2*page, 2*page, vmm.RemapMayMove|vmm.RemapFixed, 0x200000)
		must(t, err)
		wantMaps(t, k, v, "00100000-00101000 rw-p", "00103000-00108000 rw-p", "00200000-00202000 rw-p")
		wantErr(t, v.UffdMove(k, 0x200000, 0x201000), vmm.EEXIST)
		must(t, v.UffdMove(k, 0x105000, 0x200000))
		wantErr(t, v.UffdMove(k, 0x107000, 0x200000), vmm.EAGAIN)
		must(t, v.Madvise(k, 0x103000, 5*page, vmm.DontNeed))
		wantErr(t, v.UffdMove(k, 0x107000, 0x105000), vmm.EAGAIN)
		b, err := v.Brk(k, vmm.BrkBase+3*page+7)
		must(t, err)
		must(t, v.Fault(k, vmm.BrkBase+3*page, vmm.AccessWrite))
		if b != vmm.BrkBase+3*page+7 {
			t.Errorf("brk is %#x", b)
		}
		_, err = v.Brk(k, vmm.BrkBase)
		must(t, err)
		wantErr(t, v.Fault(k, vmm.BrkBase, vmm.AccessRead), vmm.SEGV_MAPERR)
	})
}

func TestFork(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		mmap(t, k, v, 0x200000, 4, rw)
		must(t, v.Fault(k, 0x100000, vmm.AccessWrite))
		must(t, v.Madvise(k, 0x200000, page, vmm.DontFork))
		c, err := v.Fork(k)
		must(t, err)
		wantMaps(t, k, c, "00100000-00104000 rw-p", "00201000-00204000 rw-p")
		must(t, c.Fault(k, 0x100000, vmm.AccessWrite))
		must(t, c.Check(k))
		c.Exit(k)
		k.Kill()
		_, err = v.Fork(k)
		k.ClearSignal()
		if err != nil {
			wantErr(t, err, vmm.EINTR)
		}
	})
}

func TestResidentFaultAllocatesNothing(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		must(t, v.Fault(k, 0x101000, vmm.AccessWrite))
		if n := testing.AllocsPerRun(100, func() { _ = v.Fault(k, 0x101000, vmm.AccessWrite) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
