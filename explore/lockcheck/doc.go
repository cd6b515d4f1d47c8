// Package lockcheck is the list of scenarios in which the lock source of every
// design, and the rw_semaphore alone, is explored under every interleaving
// (package explore), with the verdict that each must reach.
//
// # Invariants
//
//	I1   exclusion: between vma_start_write and the end of the session nobody is inside a reader section of that VMA
//	I2   nobody holds a read lock on a detached VMA, and counts stay in their range
//	I3   a freed object has no reader, and nobody releases it afterwards
//	I4   a reader that got its lock has the right mm, and a range that covers the address, until it puts it
//	I5   an mm is alive at each access, the wake-up of its writer included
//	I6   no wake-up is lost: who waits for what has happened goes on
//	I7   a killable wait that fails leaves everything as it was
//	I8   a VMA that covers the address all the time and is not write-locked is found
//	I9   the /proc/PID/maps walk skips no VMA that existed throughout and shows no gap that never was
//	I10  the legal lock orders do not deadlock; the forbidden one does
//
// A scenario names the invariants that it would see broken, and the one that
// it expects to see broken, if any. How a failure is counted: a data race on a
// VMA's field is I1, a use after free of an mm I5 and of anything else I3, a
// deadlock I6 unless the scenario is about lock order, an assertion whatever
// it begins with.
//
// # What it settled
//
// mm_lock_seq wraps: a VMA that was write-locked exactly 2^31 sessions ago (2^32
// before 6.14) looks write-locked already, so vma_start_write returns at once,
// and a reader that entered before this session is inside beside the writer. The
// comment in the kernel calls wrapping harmless; for the writer's early return
// it is not, in either per-VMA design (scenarios wrap, wrap-era: with numbers of
// 3 bits I1 breaks; one session earlier or later it holds). Before 6.14 the
// number steps at the end of a session alone, so that there the reader must stay
// through a whole session (wrap-era-short holds). Detach looks at the count and
// is safe.
//
// The reference count needs its first look at the number: without it a reader
// that meets a VMA between detach and the clearing of the index takes it for
// replaced and looks it up again until the writer is done. For the rw_semaphore
// the first look is only faster.
//
// Under a range lock a mapping that comes to lie above another may be in use when
// that one joins both to what is below: the page above is not to be had without its
// range (scenarios range-right, range-grows; mutants "no page above", "not looked at
// again"). The page below keeps a rule and no more: the VMA there stays, and a fault
// reads none of its bounds.
//
// # Mutants
//
// Mutants is a table of seeded bugs, each one place of the lock source changed.
// vmalab check -mutants builds a worker for each and names the scenario, the
// invariant and the number of executions that found it. Those that survive say
// why nothing can tell them apart. The table is held against the source: an
// edit that no longer fits is an error.
package lockcheck
