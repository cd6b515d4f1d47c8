//go:build vmasim

package lockcheck

import (
	"fmt"
	"slices"

	"vmabench/explore"
	"vmabench/internal/addrspace"
	"vmabench/vmm"
)

// opScenarios run whole operations of the address space against each other,
// for every design alike.
func opScenarios(d vmm.Design) []Scenario {
	var out []Scenario
	add := adder(d, &out)
	a, ab, abc := []vmm.Addr{addrA}, []vmm.Addr{addrA, addrB}, []vmm.Addr{addrA, addrB, addrC}
	add("fault-mprotect", "I1 I2 I4 I6", "a fault beside mprotect of its VMA", false, a, func(w *world) {
		w.Go("fault", w.fault(addrA, nil, vmm.SEGV_ACCERR))
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA, vmm.PageSize, vmm.ProtRead)) })
	})
	add("fault-munmap", "I1 I2 I3 I4 I6", "a fault beside munmap of its VMA", false, a, func(w *world) {
		w.Go("fault", w.fault(addrA, nil, vmm.SEGV_MAPERR))
		w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, addrA, vmm.PageSize)) })
	})
	partScenarios(add)
	add("fault-fault", "I2 I4 I6", "two faults of one page", false, a, func(w *world) {
		w.Go("fault", w.fault(addrA, nil))
		w.Go("fault", w.fault(addrA, nil))
	})
	add("anon-mprotect", "I1 I2 I4 I6 I10", "the first write fault of a private VMA, which needs mmap_lock too, beside mprotect", false, nil, func(w *world) {
		w.mapPrivate(w.Task(), addrA)
		w.Go("fault", w.fault(addrA, nil, vmm.SEGV_ACCERR))
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA, vmm.PageSize, vmm.ProtRead)) })
	})
	add("fault-remap", "I1 I2 I3 I4 I6", "a fault beside an mmap over its VMA", true, a, func(w *world) {
		w.Go("fault", w.fault(addrA, nil))
		w.Go("mmap", func(t *vmm.Task) { w.mapAt(t, addrA) })
	})
	add("dontneed-mprotect", "I1 I2 I4 I6", "madvise under the VMA lock beside mprotect", false, a, func(w *world) {
		w.Go("madvise", func(t *vmm.Task) { w.must(w.vmm.Madvise(t, addrA, vmm.PageSize, vmm.DontNeed)) })
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA, vmm.PageSize, vmm.ProtRead)) })
	})
	add("fork-fault", "I1 I2 I4 I6", "a fault beside fork", true, a, func(w *world) {
		w.Go("fault", w.fault(addrA, nil))
		w.Go("fork", func(t *vmm.Task) { _, err := w.vmm.Fork(t); w.must(err) })
	})
	forkMove(add)
	add("maps-munmap", "I2 I3 I4 I9", "the maps walk beside munmap of a VMA in its middle", true, abc, func(w *world) {
		w.Go("walk", w.walk(addrA, addrC))
		w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, addrB, vmm.PageSize)) })
	})
	add("maps-split", "I1 I2 I4 I9", "the maps walk beside a split in which the VMA's object keeps the upper half", false, []vmm.Addr{addrA, addrA + vmm.PageSize}, func(w *world) {
		w.Go("walk", w.walk(addrA, addrA+vmm.PageSize))
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA+vmm.PageSize, vmm.PageSize, vmm.ProtRead)) })
	})
	add("maps-mprotect", "I1 I2 I4 I9", "the maps walk beside mprotect", false, ab, func(w *world) {
		w.Go("walk", w.walk(addrA, addrB))
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA, vmm.PageSize, vmm.ProtRead)) })
	})
	add("maps-remap", "I1 I2 I3 I4 I9", "the maps walk beside an mmap over a VMA in its middle: it meets the old or the new", true, abc, func(w *world) {
		w.Go("walk", w.walk(addrA, addrB, addrC))
		w.Go("mmap", func(t *vmm.Task) { w.mapAt(t, addrB) })
	})
	cutWalks(d, &out, abc)
	add("munmap-munmap", "I1 I2 I3 I6", "two unmappings, downgrades and all", true, ab, func(w *world) {
		for _, at := range ab {
			w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, at, vmm.PageSize)) })
		}
	})
	peekScenarios(add)
	return out
}

// partScenarios change one page of a VMA while the other, which stays as it is, is
// used: its fault and its advice cannot fail, although its object is a new one.
func partScenarios(add addScenario) {
	two := func(w *world) {
		_, err := w.vmm.Mmap(w.Task(), addrA, 2*vmm.PageSize, vmm.ProtRead|vmm.ProtWrite, vmm.MapFixed|vmm.MapShared, vmm.File{ID: 1})
		w.must(err)
	}
	add("fault-munmap-part", "I1 I2 I3 I4 I6", "a fault beside munmap of the page above, of one VMA", true, nil, func(w *world) {
		two(w)
		w.Go("fault", w.fault(addrA, nil))
		w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, addrA+vmm.PageSize, vmm.PageSize)) })
	})
	add("dontneed-munmap", "I1 I2 I3 I4 I6", "madvise under the VMA lock beside munmap of the page above, of one VMA", false, nil, func(w *world) {
		two(w)
		w.Go("madvise", func(t *vmm.Task) { w.must(w.vmm.Madvise(t, addrA, vmm.PageSize, vmm.DontNeed)) })
		w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, addrA+vmm.PageSize, vmm.PageSize)) })
	})
	add("populate-munmap", "I1 I2 I3 I4 I6", "mmap with MAP_POPULATE beside munmap of a page of it", true, nil, func(w *world) {
		w.Go("mmap", func(t *vmm.Task) {
			_, err := w.vmm.Mmap(t, addrA, 2*vmm.PageSize, vmm.ProtRead|vmm.ProtWrite, vmm.MapFixed|vmm.MapPopulate, vmm.File{})
			w.must(err)
		})
		w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, addrA, vmm.PageSize)) })
	})
}

// cutWalks walk with a page of text for each line and by the rules of the design's
// kernel, so that mmap_lock, under which it walks then, is free between any two.
func cutWalks(d vmm.Design, out *[]Scenario, at []vmm.Addr) {
	add := configured(d, vmm.Config{MapsBuffer: 1, Protocol: vmm.ProtocolEra}, out)
	add("maps-cut-munmap", "I2 I3 I4 I9", "the maps walk under mmap_lock, a line a page of text, beside munmap of a VMA in its middle", false, at, func(w *world) {
		w.Go("walk", w.walk(addrA, addrC))
		w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, addrB, vmm.PageSize)) })
	})
	add("maps-cut-mmap", "I2 I4 I9", "the maps walk under mmap_lock, a line a page of text, beside mmap between two VMAs", false, []vmm.Addr{addrA, addrC}, func(w *world) {
		w.Go("walk", w.walk(addrA, addrC))
		w.Go("mmap", func(t *vmm.Task) { w.mapAt(t, addrB) })
	})
}

// forkMove: fork copies A, then B, while a page goes from B to A. It must write-
// lock both until its end, or it copies neither the page that left nor the one
// that came.
func forkMove(add addScenario) {
	add("fork-move", "I1 I2 I6", "userfaultfd's move of a page beside fork: the child has it in one place", false, nil, func(w *world) {
		t := w.Task()
		for _, a := range []vmm.Addr{addrA, addrB} {
			w.mapPrivate(t, a)
			w.must(w.vmm.Fault(t, a, vmm.AccessWrite))
		}
		w.must(w.vmm.Madvise(t, addrA, vmm.PageSize, vmm.DontNeed))
		var child vmm.VMM
		w.Go("move", func(t *vmm.Task) {
			if err := w.vmm.UffdMove(t, addrA, addrB); err != vmm.EAGAIN { // shared since the fork
				w.must(err)
			}
		})
		w.Go("fork", func(t *vmm.Task) {
			var err error
			child, err = w.vmm.Fork(t)
			w.must(err)
		})
		w.Check(func() error {
			table := &addrspace.Of(child).MM.Table
			if a, b := table.Lookup(addrA).Present(), table.Lookup(addrB).Present(); a == b {
				return fmt.Errorf("I1: in the child the page is at its old place: %t, at its new one: %t", b, a)
			}
			return child.Check(t)
		})
	})
}

// peekScenarios look without a lock.
func peekScenarios(add addScenario) {
	a, two := []vmm.Addr{addrA}, []vmm.Addr{addrA, addrA + vmm.PageSize}
	add("peek-split", "I4 I6", "a look without a lock at the half of a VMA that keeps its object in a split", false, two, func(w *world) {
		w.Go("peek", func(t *vmm.Task) {
			m, err := w.vmm.Peek(t, addrA+vmm.PageSize)
			w.must(err)
			if whole := m.Start == addrA; uint64(m.Start) != m.File.Off || m.End != addrA+2*vmm.PageSize || whole != (m.Prot&vmm.ProtWrite != 0) {
				w.Fail("I4: peek: %v", m)
			}
		})
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA+vmm.PageSize, vmm.PageSize, vmm.ProtRead)) })
	}).Options.Peeks = true
	add("peek-mprotect", "I4 I6", "a look without a lock beside mprotect", false, a, func(w *world) {
		w.Go("peek", w.peek(addrA))
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA, vmm.PageSize, vmm.ProtRead)) })
	})
	add("peek-recycle", "I3 I4", "a look without a lock beside the end of its VMA, whose memory may serve again", true, a, func(w *world) {
		w.Go("peek", w.peek(addrA))
		w.Go("writer", func(t *vmm.Task) {
			w.must(w.vmm.Munmap(t, addrA, vmm.PageSize))
			w.mapAt(t, addrC)
		})
	})
}

type addScenario func(name, checks, doc string, long bool, at []vmm.Addr, body func(*world)) *Scenario

// adder returns a function that appends a scenario of operations on VMAs at the
// places given.
func adder(d vmm.Design, out *[]Scenario) addScenario { return configured(d, vmm.Config{}, out) }

// configured is adder for machines made with c.
func configured(d vmm.Design, c vmm.Config, out *[]Scenario) addScenario {
	return func(name, checks, doc string, long bool, at []vmm.Addr, body func(*world)) *Scenario {
		*out = append(*out, Scenario{Name: name, Design: d.Name, Doc: doc, Checks: checks, Long: long,
			Body: func(s *explore.S) {
				w := newWorld(s, d, c, at...)
				body(w)
				w.idle()
				s.Check(func() error { return w.vmm.Check(s.Task()) })
			}})
		return &(*out)[len(*out)-1]
	}
}

func (w *world) must(err error) {
	if err != nil {
		w.Fail("I2: unexpected error: %v", err)
	}
}

// fault returns a thread that writes to a and may get one of errs.
func (w *world) fault(a vmm.Addr, errs ...error) func(*vmm.Task) {
	return func(t *vmm.Task) {
		if err := w.vmm.Fault(t, a, vmm.AccessWrite); err != nil && !slices.Contains(errs, err) {
			w.Fail("I4: fault: %v", err)
		}
	}
}

// peek returns a thread that asks for the mapping of a, a page that only loses
// permissions.
func (w *world) peek(a vmm.Addr) func(*vmm.Task) {
	return func(t *vmm.Task) {
		m, err := w.vmm.Peek(t, a)
		if err == vmm.EFAULT {
			return
		}
		w.must(err)
		if m.Start != a || m.End != a+vmm.PageSize || m.File.Off != uint64(a) || m.Prot&vmm.ProtRead == 0 {
			w.Fail("I4: peek: %v", m)
		}
	}
}

// walk returns a thread that lists the mappings, which must be in order, and
// must find each of the pages at stay in just one.
func (w *world) walk(stay ...vmm.Addr) func(*vmm.Task) {
	return func(t *vmm.Task) {
		maps, err := w.vmm.Maps(t, nil)
		w.must(err)
		for i, m := range maps {
			if i > 0 && m.Start < maps[i-1].End {
				w.Fail("I9: the walk goes back: %v", maps)
			}
		}
		for _, a := range stay {
			n := 0
			for _, m := range maps {
				if m.Contains(a) {
					n++
				}
			}
			if n != 1 {
				w.Fail("I9: the walk meets %#x %d times: %v", uint64(a), n, maps)
			}
		}
	}
}
