package rangelock

import "vmabench/vmm"

// facts are this design's cells in docs/designs.md.
var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "behind every earlier range that overlaps, faults that wait included", Shown: "TestOrder"},
	Reuse:   vmm.Fact{Text: "at once: nobody looks at a VMA outside the range that covers it, or mmap_lock", Shown: "recycle"},
	Forbids: vmm.Fact{Text: "to wait for a range with mmap_lock held, or with another range", Shown: "range-order"},
}
