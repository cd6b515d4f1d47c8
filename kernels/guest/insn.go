//go:build linux && amd64

package main

import (
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// The same addresses in every kernel: the way through the tree of VMAs, and so
// the count, depends on the place in it.
const (
	below   = 0x100000000000 // half of the other VMAs
	tested  = 0x200000000000 // what is measured
	above   = 0x300000000000 // the other half
	samples = 2000
	pages   = 50 // of the VMA that is touched
)

// op is something counted; each of its samples is one call of step.
type op struct {
	name string
	step func(i int) (int64, error)
	// base is the same without what is counted; its median is subtracted.
	base func() (int64, error)
}

// instructions counts what each operation takes, beside few and many VMAs.
func instructions() error {
	runtime.LockOSThread()
	have := 0
	for _, vmas := range []int{0, 1000, 30000} {
		for ; have < vmas; have += 2 {
			if err := mapAt(below+uintptr(have)*page, 1, rw); err != nil {
				return err
			}
			if err := mapAt(above+uintptr(have)*page, 1, rw); err != nil {
				return err
			}
		}
		for _, o := range ops() {
			if err := o.run(vmas); err != nil {
				return err
			}
		}
	}
	return unmap(tested, 0x400000, below, uintptr(have)*page, above, uintptr(have)*page)
}

// unmap unmaps ranges, each an address and a length.
func unmap(ranges ...uintptr) error {
	for i := 0; i < len(ranges); i += 2 {
		if _, err := do(unix.SYS_MUNMAP, ranges[i], ranges[i+1], 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// run takes the samples of an operation, after as many that do not count.
func (o *op) run(vmas int) error {
	if err := layout(); err != nil {
		return err
	}
	less := none()
	if o.base != nil {
		counts, err := sample(func(int) (int64, error) { return o.base() })
		if err != nil {
			return err
		}
		less = counts[len(counts)/2]
	}
	counts, err := sample(o.step)
	if err == nil {
		report(o.name, vmas, counts, less)
	}
	return err
}

// sample returns the counts of the second half of the samples, in order of size.
func sample(step func(i int) (int64, error)) ([]int64, error) {
	counts := make([]int64, 2*samples)
	for i := range counts {
		var err error
		if counts[i], err = step(i); err != nil {
			return nil, err
		}
	}
	counts = counts[samples:]
	slices.Sort(counts)
	return counts, nil
}

// layout makes the tested VMAs anew: one of some pages, which has been written
// to once, a page alone, three pages.
const (
	touched = tested
	alone   = tested + 0x100000
	three   = tested + 0x200000
)

func layout() error {
	if err := unmap(tested, 0x400000); err != nil {
		return err
	}
	for _, v := range []struct {
		at uintptr
		n  int
	}{{touched, pages}, {alone, 1}, {three, 3}} {
		if err := mapAt(v.at, v.n, rw); err != nil {
			return err
		}
	}
	store(touched)
	return madvise(touched, pages, unix.MADV_DONTNEED)
}

// fresh returns a page of the touched VMA that is absent, at sample i.
func fresh(i int) (uintptr, error) {
	i %= pages
	if i == 0 {
		if err := madvise(touched, pages, unix.MADV_DONTNEED); err != nil {
			return 0, err
		}
	}
	return touched + uintptr(i)*page, nil
}

func ops() []op {
	var mapped uintptr
	return []op{
		{name: "fault.uread", step: func(i int) (int64, error) {
			p, err := fresh(i)
			return load(p), err
		}},
		{name: "fault.uwrite", step: func(i int) (int64, error) {
			p, err := fresh(i)
			return store(p), err
		}},
		{name: "fault.kread", step: kernelFault, base: func() (int64, error) { return kernelRead(touched) }},
		{name: "mmap", step: func(int) (n int64, err error) {
			n, mapped = call(unix.SYS_MMAP, 0, page, unix.PROT_READ|unix.PROT_EXEC, private)
			if _, e := do(unix.SYS_MUNMAP, mapped, page, 0, 0); e != nil {
				return 0, e
			}
			return n, nil
		}},
		{name: "munmap", step: func(int) (n int64, err error) {
			if mapped, err = do(unix.SYS_MMAP, 0, page, unix.PROT_READ|unix.PROT_EXEC, private); err != nil {
				return 0, err
			}
			return counted(unix.SYS_MUNMAP, mapped, page, 0, 0)
		}},
		{name: "mprotect.whole", step: func(int) (int64, error) {
			if err := mprotect(alone, 1, rw); err != nil {
				return 0, err
			}
			return counted(unix.SYS_MPROTECT, alone, page, readOnly, 0)
		}},
		{name: "mprotect.split", step: func(int) (n int64, err error) {
			if n, err = counted(unix.SYS_MPROTECT, three+page, page, readOnly, 0); err == nil {
				err = mprotect(three+page, 1, rw)
			}
			return n, err
		}},
		{name: "mprotect.merge", step: func(int) (int64, error) {
			if err := mprotect(three+page, 1, readOnly); err != nil {
				return 0, err
			}
			return counted(unix.SYS_MPROTECT, three+page, page, rw, 0)
		}},
		{name: "madvise.dontneed", step: func(int) (int64, error) {
			return counted(unix.SYS_MADVISE, alone, page, unix.MADV_DONTNEED, 0)
		}},
	}
}

// kernelFault is a fault taken by the kernel itself, which reads a signal mask
// from an absent page.
func kernelFault(i int) (int64, error) {
	p, err := fresh(i)
	if err != nil {
		return 0, err
	}
	return kernelRead(p)
}

// kernelRead is rt_sigprocmask(2) with the set of signals at p, a page of
// zeros: the kernel reads eight bytes and blocks nothing. It is chosen because
// it writes nothing that threads share; access(2) of 6.1 counts references to
// credentials, more lines than the fault.
func kernelRead(p uintptr) (int64, error) {
	return counted(unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, p, 0, 8)
}
