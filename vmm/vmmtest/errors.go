package vmmtest

import "vmabench/vmm"

// The errors of bad arguments, asked of the designs by the suite and of the
// running kernel by the test of variants/linux: one table for both.

// CheckErrors performs calls with bits that mean nothing and with advice that
// there is not, on three pages that it maps at base.
func CheckErrors(v vmm.VMM, t *vmm.Task, base vmm.Addr) []Violation {
	const pages = 3 * vmm.PageSize
	sem, odd := vmm.ProtRead|protSem, vmm.ProtRead|1<<4
	if _, err := v.Mmap(t, base, pages, vmm.ProtRead|1<<3|1<<4, vmm.MapFixedNoReplace, vmm.File{}); err != nil {
		return violation(WrongResult, "mmap with bits that mean nothing: %v", err)
	}
	defer v.Munmap(t, base, pages)
	remap := func(flags vmm.RemapFlags) error {
		_, err := v.Mremap(t, base, pages, pages, flags, 0)
		return err
	}
	vs := disagree([]answer{
		{"mprotect: PROT_SEM is known and changes nothing", v.Mprotect(t, base, pages, sem), nil},
		{"mprotect: an unknown bit", v.Mprotect(t, base, pages, odd), vmm.EINVAL},
		{"mprotect: an unknown bit of a hole", v.Mprotect(t, base+pages, vmm.PageSize, odd), vmm.EINVAL},
		{"mprotect: an unknown bit, not aligned", v.Mprotect(t, base+1, pages, odd), vmm.EINVAL},
		{"mprotect: an unknown bit of nothing", v.Mprotect(t, base, 0, odd), nil},
		{"mremap: an unknown flag", remap(1 << 4), vmm.EINVAL},
		{"mremap: an unknown flag beside a known one", remap(vmm.RemapMayMove | 1<<4), vmm.EINVAL},
		{"madvise: unknown advice", v.Madvise(t, base, pages, vmm.DontFork+1), vmm.EINVAL},
		{"madvise: unknown advice for nothing", v.Madvise(t, base, 0, 200), vmm.EINVAL},
	})
	ms, err := v.Maps(t, nil)
	if want := (vmm.Mapping{Range: vmm.Range{Start: base, End: base + pages}, Prot: vmm.ProtRead}); err != nil || len(ms) != 1 || ms[0] != want {
		vs = append(vs, violation(WrongMaps, "after bits that mean nothing: %v, %v; want %v", ms, err, want)...)
	}
	return vs
}

// CheckFull performs calls that would split the mapping of three pages at base,
// in an address space that has as many VMAs as it may.
func CheckFull(v vmm.VMM, t *vmm.Task, base vmm.Addr) []Violation {
	middle := base + vmm.PageSize
	return disagree([]answer{
		{"munmap of a page inside a VMA, no VMA left", v.Munmap(t, middle, vmm.PageSize), vmm.ENOMEM},
		{"mprotect of a page inside a VMA, no VMA left", v.Mprotect(t, middle, vmm.PageSize, vmm.ProtNone), vmm.ENOMEM},
		{"madvise of a page inside a VMA, no VMA left", v.Madvise(t, middle, vmm.PageSize, vmm.DontFork), vmm.EAGAIN},
	})
}

// answer is what a call returned and what it must return.
type answer struct {
	call      string
	got, want error
}

func disagree(answers []answer) (vs []Violation) {
	for _, a := range answers {
		if a.got != a.want {
			vs = append(vs, violation(WrongResult, "%s: %v, want %v", a.call, a.got, a.want)...)
		}
	}
	return vs
}

// checkErrors is CheckErrors on an empty address space.
func checkErrors(d vmm.Design, _ Options) []Violation {
	p := newPlayer(d, vmm.Config{})
	defer p.close()
	return CheckErrors(p.spaces[0], p.task, 0x1000_0000)
}
