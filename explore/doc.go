// Package explore runs a scenario of a few threads under every interleaving
// that can make a difference, and reports the first that goes wrong.
//
// The threads share memory through internal/atomic; under -tags vmasim every
// access there reaches this package, which decides who goes next. So the lock
// source that is measured is the source that is searched. Bring a lock of your
// own the same way: write it on internal/atomic, write a scenario, call Run
// (the example does, and finds a planted bug).
//
// # What it finds
//
//   - data races on plain data (atomic.Cell), by happens-before: in any order,
//     not only when two accesses happen to meet
//   - use after free and double free (atomic.Free, Reuse): an access that is
//     not ordered before the Free is enough
//   - failed assertions, panics, broken conditions at the end (S.Check)
//   - deadlocks, lost wake-ups among them; loops without end
//   - sleeping in an RCU section, nesting one, leaving one that is not open
//
// # What it visits
//
// A step is one atomic access, Park, Unpark, RCU call or spin lock; two steps
// depend on each other if they touch one word and one of them writes. Executions
// that order dependent steps alike end alike: they are one Mazurkiewicz trace,
// and of each trace DPOR visits one execution, by source-set dynamic
// partial-order reduction with sleep sets. Without a bound it misses none. That
// is not taken on trust: standing tests hold the set of traces against that of
// plain sleep sets, over random programs and over every scenario that is small
// enough, and the outcomes against brute force; a trace too many fails them
// like a trace too few.
//
// Plain data is no step: as long as nothing races, its order follows from the
// steps; and a race is reported. Where it is looked at without a lock all the
// same (Cell.Peek), Options.Peeks makes each write of it a step, or nobody would
// look between two of them. Until evaluates its condition once: a thread
// that finds it false is out for the rest of the execution, for looking later is
// another trace, reached by reversing a race. If at the end the condition is
// still false, nobody will ever make it true: a hang.
//
// # What it does not
//
// In the strong model every access is sequentially consistent, as Go's atomics
// are, but an access whose name says relaxed draws no happens-before edge: plain
// data that only a relaxed access orders is a race. With Options.Weak loads
// that ask for no more than acquire may return older values, as far as coherence
// and happens-before allow (a thread reads one late value at most twice, so that
// retry loops end). Loads are not delayed past later stores (no load buffering),
// writes take effect in the order in which they are made, and RMWs, Cell.Peek and
// sequentially consistent loads read the latest value. So Weak finds missing
// acquires and releases; it proves nothing about a kernel on weak hardware.
//
// Time has no length: a bounded Park times out where Options.Timeouts says it
// may, and with Options.Clocks any deadline may have passed at any look at the
// clock. Pause and Yield do nothing. Bounded spins should be cut short: each
// turn is a step.
//
// # Reading a counterexample
//
// One column a thread, time downwards, ↷ at a change of thread; indented lines
// are plain accesses, which belong to the step above them. Objects have the
// names that atomic.Name gave them, fields those of their types. It was made as
// short as preemption-bounded searches and swapping of neighbouring runs could.
// The schedule below it ("a12b3a", threads by letter, counts of steps, ":1" for
// the second alternative of a step) replays it: Options.Replay.
package explore
