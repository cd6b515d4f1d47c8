package template

import "vmabench/vmm"

var facts = vmm.Facts{
	Waits:   vmm.Fact{Text: "awake, alone", Shown: "TestWriterWaits"},
	Reuse:   vmm.Fact{Text: "after a grace period", Shown: "TestRecycledElsewhere"},
	Forbids: vmm.Fact{Text: "to read-lock a detached VMA", Shown: "TestConformance"},
	Races:   []vmm.Fact{{Text: "mm_lock_seq comes round after 2^31 sessions: a writer takes an old mark for its own", Shown: "wrap"}},
}
