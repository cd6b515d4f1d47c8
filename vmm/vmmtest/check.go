package vmmtest

import (
	"fmt"
	"slices"
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// Fault classes: what a Violation shows to be wrong.
const (
	WrongResult   = "wrong-result"    // an operation answered what it must not
	WrongMaps     = "wrong-maps"      // mappings are lost, torn or invented
	NoExclusion   = "no-exclusion"    // two that exclude each other were inside at once
	LostWakeup    = "lost-wake-up"    // a waiter slept although it had been let in
	Deadlock      = "deadlock"        // tasks wait for one another
	WriterStarved = "writer-starved"  // readers kept a writer out
	ReadersBlock  = "readers-exclude" // readers waited for readers
	Invariant     = "invariant"       // VMM.Check failed
	Unreached     = "unreached"       // a state that must be reachable was not reached
	Allocates     = "allocates"       // the hot path allocates
	WrongLock     = "wrong-lock"      // a field was touched without its lock
)

// Violation is one thing that a check found.
type Violation struct {
	Kind   string // a fault class
	Check  string // the check that found it
	Detail string
	alone  bool // nobody else was there
}

func (v Violation) String() string {
	return fmt.Sprintf("%s (found by %s): %s", v.Kind, v.Check, v.Detail)
}

// Options say how much is checked. The zero Options are those of an ordinary
// test run.
type Options struct {
	Short bool   // a tenth of the random work
	Full  bool   // every pair of operations, where an ordinary run takes some
	Seed  uint64 // of everything random; 0 is 1
	Run   string // only checks whose name contains this
	First bool   // stop after the first check that finds something
}

// scale returns n, or a tenth of it for a short run and where every access is
// instrumented.
func (o Options) scale(n int) int {
	if o.Short || atomic.Simulated {
		return max(1, n/10)
	}
	return n
}

// check is one entry of the suite.
type check struct {
	name    string
	run     func(d vmm.Design, o Options) []Violation
	applies func(vmm.Design) bool // nil: to every design
}

// checks is the suite, cheap and sharp first.
func checks() []check {
	return append([]check{
		{"golden", checkGolden, nil},
		{"errors", checkErrors, nil},
		{"scripts", checkScripts, nil},
		{"map-count", checkMapCount, nil},
		{"recycle", checkRecycle, nil},
		{"allocs", checkAllocs, isMeasured},
		{"killed", checkKilled, nil},
		{"readers-share", checkReadersShare, nil},
		{"writer-progress", checkWriterProgress, nil},
		{"disjoint", checkDisjoint, nil},
		{"shared", checkShared, nil},
		{"walkers", checkWalkers, nil},
		{"fork-beside-faults", checkForkBesideFaults, nil},
		{"teardown", checkTeardown, nil},
		{"linearizable", checkLinearizable, nil},
	}, simChecks()...)
}

// CheckDesign runs the suite on a design and returns what it found. A check
// that hangs leaves its goroutines behind.
func CheckDesign(d vmm.Design, o Options) (vs []Violation) {
	for _, c := range checks() {
		if o.selects(c.name) && (c.applies == nil || c.applies(d)) {
			vs = append(vs, c.named(d, o)...)
		}
		if len(vs) > 0 && (o.First || hangs(vs)) {
			break
		}
	}
	return vs
}

// hangs reports whether a task that was alone slept for good: every other check
// would hang too.
func hangs(vs []Violation) bool {
	return slices.ContainsFunc(vs, func(v Violation) bool { return v.Kind == Deadlock && v.alone })
}

// Run is the suite as a test: a design's own conformance test is a call of it.
func Run(t *testing.T, d vmm.Design) {
	hung := false
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if c.applies != nil && !c.applies(d) {
				t.Skipf("does not apply to %s", d.Name)
			}
			vs := c.named(d, Options{Short: testing.Short()})
			for _, v := range vs {
				t.Error(v)
			}
			hung = hangs(vs)
		})
		if hung {
			return
		}
	}
}

func (c check) named(d vmm.Design, o Options) (vs []Violation) {
	if o.Seed == 0 {
		o.Seed = 1
	}
	defer func() {
		if e := recover(); e != nil {
			h, ok := e.(hang)
			if !ok {
				panic(e)
			}
			vs = violation(Deadlock, "%s", string(h))
			vs[0].alone = true
		}
		for i := range vs {
			vs[i].Check = c.name
		}
	}()
	return c.run(d, o)
}

func violation(kind, format string, args ...any) []Violation {
	return []Violation{{Kind: kind, Detail: fmt.Sprintf(format, args...)}}
}
