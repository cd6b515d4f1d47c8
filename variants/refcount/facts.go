package refcount

import "vmabench/vmm"

// facts are this design's cells in docs/designs.md.
var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "sleeps at once, alone", Shown: "TestWriterWaits"},
	Reuse:   vmm.Fact{Text: "at once: a reader looks again at mm and range", Shown: "TestRecycledElsewhere"},
	Forbids: vmm.Fact{Text: "to store to a count that is not 0; to put a foreign VMA without holding on to its mm", Shown: "foreign-1r"},
	Races: []vmm.Fact{
		{Text: "mm_lock_seq comes round after 2^31 sessions: a writer takes an old mark for its own", Shown: "wrap"},
	},
}
