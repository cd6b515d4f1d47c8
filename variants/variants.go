// Package variants is the table of designs under test, in report order. To add
// a design, write its folder and add its line.
package variants

import (
	"slices"

	"vmabench/variants/collected"
	"vmabench/variants/control"
	"vmabench/variants/line0"
	"vmabench/variants/linux"
	"vmabench/variants/mmaponly"
	"vmabench/variants/offset"
	"vmabench/variants/ownline"
	"vmabench/variants/pairs"
	"vmabench/variants/rangelock"
	"vmabench/variants/refcount"
	"vmabench/variants/rwsem"
	"vmabench/variants/rwseminline"
	"vmabench/variants/rwsemmin"
	"vmabench/variants/sketch"
	"vmabench/variants/sketch0"
	"vmabench/variants/twobit"
	"vmabench/vmm"
)

var all = []vmm.Design{
	mmaponly.Design,
	rwsem.Design,
	refcount.Design,
	rwseminline.Design,
	twobit.Design,
	offset.Design,
	sketch.Design,
	rangelock.Design,
}

// All returns the designs in report order. Each can be checked and simulated.
func All() []vmm.Design { return append([]vmm.Design(nil), all...) }

// Flawed returns the designs that are known to be wrong and are kept for the
// checker to show it: none of them may be measured.
func Flawed() []vmm.Design { return sketch0.Designs() }

// Controls returns what is no proposal and is measured beside the designs. None
// can be checked or simulated.
func Controls() []vmm.Design { return control.Designs() }

// Layouts returns designs of the first table with their VMA laid out otherwise,
// line by line the same source. They can be simulated; to check them again would
// find nothing new.
func Layouts() []vmm.Design {
	return []vmm.Design{line0.Design, ownline.Design, pairs.Design, collected.Design, rwsemmin.Design}
}

// Modelled returns what can be simulated: the designs and their layouts.
func Modelled() []vmm.Design { return slices.Concat(all, Layouts()) }

// LookupModelled returns the design of that name, if it can be simulated.
func LookupModelled(name string) (vmm.Design, bool) { return lookup(Modelled(), name) }

// Subjects returns everything that can be measured: the designs, their layouts,
// the controls, then the running kernel where it is Linux.
func Subjects() []vmm.Design { return slices.Concat(all, Layouts(), Controls(), linux.Designs()) }

// Lookup returns the subject of that name.
func Lookup(name string) (vmm.Design, bool) { return lookup(Subjects(), name) }

func lookup(among []vmm.Design, name string) (vmm.Design, bool) {
	for _, d := range among {
		if d.Name == name {
			return d, true
		}
	}
	return vmm.Design{}, false
}
