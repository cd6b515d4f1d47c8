package sketch0

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Designs returns the proposal as written, and corrected but for one sentence.
// None of them may be measured.
func Designs() []vmm.Design {
	return []vmm.Design{
		design("sketch0", "as written", asWritten),
		design("sketch0-target", "a writer of a detached VMA waits for the tree's count", oneTarget),
		design("sketch0-leak", "a writer leaves its own count behind", keepCount),
		design("sketch0-resurrect", "a reader increments a count of 0", fetchInc),
		design("sketch0-put", "detaching does not wait for readers on their way out", finalPut),
	}
}

func design(name, doc string, f flaws) vmm.Design {
	return vmm.Design{
		Name: name, Title: "reference count, as sketched", Since: "proposed for 6.14 (December 2024)",
		Doc:    "Broken on purpose: " + doc + ".",
		New:    func(c vmm.Config) vmm.Machine { return newMachine(c, f) },
		Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
	}
}

// page is a slab page: 21 VMAs.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
	_    [vmm.PageSize % vmaSize]byte
}

// newMachine ignores NoRecycle: every VMA must come from a page that says what
// is wrong with it.
func newMachine(c vmm.Config, f flaws) vmm.Machine {
	objects := func(p *page) []vma {
		for i := range p.objs {
			p.objs[i].flaws = f
		}
		return p.objs[:]
	}
	return addrspace.NewKit(c, addrspace.Parts[vma]{
		Objects:  mm.NewSlab(objects, mm.SlabTypeSafe),
		TypeSafe: true,
		Rest:     restOffset,
		Lookup:   lockVMAUnderRCU,
		New:      func() (vmm.VMM, *addrspace.Space) { s := new(space); return s, &s.Space },
	})
}
