package rwseminline

import "vmabench/vmm"

// facts are this design's cells in docs/designs.md.
var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "spins on the owner, on readers for 25 us at most, then queues", Shown: "TestSpinOnReadersIsBounded"},
	Reuse:   vmm.Fact{Text: "after a grace period", Shown: "TestRecycledElsewhere"},
	Forbids: vmm.Fact{Text: "to free a VMA at once", Shown: "recycle-1r"},
	Races: []vmm.Fact{
		{Text: "mm_lock_seq comes round after 2^31 sessions: a writer takes an old mark for its own", Shown: "wrap"},
	},
}
