// Package variants is the table of designs under test, in report order. To add
// a design, write its folder and add its line.
package variants

import (
	"vmabench/variants/mmaponly"
	"vmabench/variants/refcount"
	"vmabench/variants/rwsem"
	"vmabench/vmm"
)

var all = []vmm.Design{
	mmaponly.Design,
	rwsem.Design,
	refcount.Design,
}

// All returns the designs in report order.
func All() []vmm.Design { return append([]vmm.Design(nil), all...) }

// Lookup returns the design of that name.
func Lookup(name string) (vmm.Design, bool) {
	for _, d := range all {
		if d.Name == name {
			return d, true
		}
	}
	return vmm.Design{}, false
}
