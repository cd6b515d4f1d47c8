package vmm

// Facts are what docs/designs.md says of a design beyond what can be counted
// or measured, each with what shows it.
type Facts struct {
	Waits   Fact   // how a writer waits for readers
	Reuse   Fact   // whether a VMA's memory may serve another mm at once
	Forbids Fact   // what must never be done with this lock
	Races   []Fact // what it is exposed to
}

// Fact is a statement and the name of the test, of the check of vmmtest or of
// the scenario of explore/lockcheck that would fail if it were not so.
type Fact struct{ Text, Shown string }
