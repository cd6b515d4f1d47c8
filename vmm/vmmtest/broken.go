package vmmtest

import "vmabench/vmm"

// Subject is a design that is wrong on purpose, and the fault class under which
// the suite must report it: proof that a pass means something.
type Subject struct {
	vmm.Design
	Breaks string
}

// Broken are the subjects for the suite's proof of itself. They answer every
// single task rightly: only concurrency shows what is wrong.
var Broken = []Subject{
	{dumbDesign("broken-exclusion", "a lock that excludes nobody",
		dumbKind{lock: func() rwLock { return noLock{} }}), NoExclusion},
	{dumbDesign("broken-wakeup", "a lock that now and then forgets to wake whom it let in",
		dumbKind{lock: func() rwLock { return &queueLock{noWake: 32} }}), LostWakeup},
	{dumbDesign("broken-fairness", "a lock whose writers wait until no reader comes",
		dumbKind{lock: func() rwLock { return new(politeLock) }}), WriterStarved},
	{dumbDesign("broken-sharing", "an adapter that takes the write lock for reads",
		dumbKind{lock: func() rwLock { return new(queueLock) }, exclusiveRead: true}), ReadersBlock},
}
