package offset

import "vmabench/vmm"

// facts are this design's cells in docs/designs.md.
var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "sleeps until it sees 0, which readers that fail hide", Shown: "hidden-writer"},
	Reuse:   vmm.Fact{Text: "after a grace period: a store for the new life would lose a stale reader's step", Shown: "TestRecycledElsewhere"},
	Forbids: vmm.Fact{Text: "to store to the word while anybody may look", Shown: "recycle-1r"},
	Races: []vmm.Fact{
		{Text: "mm_lock_seq comes round after 2^31 sessions: a writer takes an old mark for its own", Shown: "wrap"},
		{Text: "a reader that is turned away keeps the writer asleep", Shown: "hidden-writer"},
		{Text: "2^31-1 readers, a writer and two more: the second gets in", Shown: "failing-readers-overflow"},
	},
}
