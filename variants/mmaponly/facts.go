package mmaponly

import "vmabench/vmm"

// facts are this design's cells in docs/designs.md.
var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "queues in mmap_lock, behind every fault", Shown: "writer-progress"},
	Reuse:   vmm.Fact{Text: "at once: nobody looks without mmap_lock", Shown: "recycle"},
	Forbids: vmm.Fact{Text: "a fault beside any change of a mapping, be it elsewhere", Shown: "TestWaiterRepelsReaders"},
}
