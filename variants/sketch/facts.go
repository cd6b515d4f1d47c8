package sketch

import "vmabench/vmm"

// facts are this design's cells in docs/designs.md.
var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "sleeps until only it and the tree are counted, readers that fail included", Shown: "hidden-writer"},
	Reuse:   vmm.Fact{Text: "at once: a reader looks again at mm and range", Shown: "TestRecycledElsewhere"},
	Forbids: vmm.Fact{Text: "to increment a count of 0; to detach without waiting", Shown: "reused-1r"},
	Races: []vmm.Fact{
		{Text: "mm_lock_seq comes round after 2^31 sessions: a writer takes an old mark for its own", Shown: "wrap"},
		{Text: "a reader that is turned away keeps the writer asleep", Shown: "hidden-writer"},
		{Text: "2^32-1 readers make the count 0, as if detached", Shown: "count-wraps"},
	},
}
