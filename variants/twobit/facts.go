package twobit

import "vmabench/vmm"

// facts are this design's cells in docs/designs.md.
var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "sleeps at once, alone", Shown: "TestWriterWaits"},
	Reuse:   vmm.Fact{Text: "after a grace period: the unlocking store would lose a stale reader", Shown: "TestRecycledElsewhere"},
	Forbids: vmm.Fact{Text: "2^30 readers under mmap read", Shown: "reader-field-wraps"},
	Races: []vmm.Fact{
		{Text: "mm_lock_seq comes round after 2^31 sessions: a writer takes an old mark for its own", Shown: "wrap"},
		{Text: "2^30 readers make the field 0, and a writer goes in beside them", Shown: "reader-field-wraps"},
	},
}
