package targets

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds is a range of values, ends included.
type Bounds struct{ Lo, Hi float64 }

// AtMost, AtLeast and Between make Bounds; Anything is no bounds.
func AtMost(x float64) Bounds       { return Bounds{math.Inf(-1), x} }
func AtLeast(x float64) Bounds      { return Bounds{x, math.Inf(1)} }
func Between(lo, hi float64) Bounds { return Bounds{lo, hi} }
func (b Bounds) has(x float64) bool { return b.Lo <= x && x <= b.Hi }
func (b Bounds) none() bool         { return math.IsInf(b.Lo, -1) && math.IsInf(b.Hi, 1) }
func number(x float64) string       { return strconv.FormatFloat(x, 'f', -1, 64) }

var Anything = Between(math.Inf(-1), math.Inf(1))

// String says what lies in b.
func (b Bounds) String() string {
	switch {
	case b.none():
		return "-"
	case math.IsInf(b.Lo, -1):
		return "<= " + number(b.Hi)
	case math.IsInf(b.Hi, 1):
		return ">= " + number(b.Lo)
	}
	return number(b.Lo) + " to " + number(b.Hi)
}

// outside says what lies outside b: the fail range.
func (b Bounds) outside() string {
	switch {
	case b.none():
		return "-"
	case math.IsInf(b.Lo, -1):
		return "> " + number(b.Hi)
	case math.IsInf(b.Hi, 1):
		return "< " + number(b.Lo)
	}
	return fmt.Sprintf("< %s, > %s", number(b.Lo), number(b.Hi))
}

// Target is a figure to reach.
type Target struct {
	// Name is the measured thing, "/", and what it is held against.
	Name string
	// Doc says in a sentence what the figure means.
	Doc string
	// Unit is "x" for a ratio.
	Unit string
	// Excellent holds the values that are as good as can be, Allowed those that
	// are no failure.
	Excellent, Allowed Bounds

	threads int // that the measurement needs, each with a core to itself
	// siblings: it counts on siblings of a core too, since it is what shows them.
	siblings bool

	pair  func(*Env) pair       // two sides to measure, or
	count func(*Env) float64    // a figure that is counted, or
	ofRun func(*Report) float64 // one of the run so far
}

// pair are the two sides of a ratio, and how their values make it.
type pair struct {
	a, b  *side
	ratio func(a, b float64) float64 // nil: a/b
	// turns is how many slices each side has in a round; 0 is 1. More are for a
	// side whose slices differ by more than its ratio says.
	turns int
}

// Verdict is what a figure is worth.
type Verdict string

const (
	Excellent Verdict = "excellent"
	Good      Verdict = "good"   // neither excellent nor failed
	Unsure    Verdict = "unsure" // the interval lies on both sides of a bound of the fail range
	Failed    Verdict = "FAIL"
	Shown     Verdict = "as found"  // no bounds
	Disturbed Verdict = "disturbed" // too few slices counted
	Skipped   Verdict = "skipped"   // needs more CPUs
)

// judge returns the verdict on a median and its interval: FAIL needs all of the
// interval on one side of what is allowed, excellent and good none of it.
func (t *Target) judge(x, lo, hi float64) Verdict {
	switch {
	case t.Excellent.none() && t.Allowed.none():
		return Shown
	case hi < t.Allowed.Lo || lo > t.Allowed.Hi:
		return Failed
	case !t.Allowed.has(lo) || !t.Allowed.has(hi):
		return Unsure
	case t.Excellent.has(x):
		return Excellent
	}
	return Good
}

// Peer returns a target that holds a loop against one from outside this module.
// Each side has a thread for each of its loops; a loop performs n ops.
func Peer(name, doc string, excellent, allowed Bounds, threads int, loops func(*Env) (a, b []func(n int))) Target {
	return Target{Name: name, Doc: doc, Excellent: excellent, Allowed: allowed, threads: threads,
		pair: func(e *Env) pair {
			a, b := loops(e)
			return pair{a: sideOf(a), b: sideOf(b)}
		}}
}

// goroutineTurns: goroutines that Go places run side by side in one slice and
// one after the other in the next, which takes half or twice the time.
const goroutineTurns = 8

// PeerGoroutines is Peer with the peer's loops on goroutines that run where Go's
// scheduler puts them. That they run side by side is not proved.
func PeerGoroutines(name, doc string, excellent, allowed Bounds, threads int, loops func(*Env) (a, b []func(n int))) Target {
	t := Peer(name, doc, excellent, allowed, threads, nil)
	t.pair = func(e *Env) pair {
		a, b := loops(e)
		return pair{a: sideOf(a), b: &side{threads: []*thread{{pass: unpinned(b)}}}, turns: goroutineTurns}
	}
	return t
}

// unpinned returns a pass of loops on goroutines of their own; what it returns
// is the ops of one, on average.
func unpinned(loops []func(n int)) func(time.Duration) uint64 {
	return func(d time.Duration) uint64 {
		var wg sync.WaitGroup
		var ops atomic.Uint64
		base := time.Now()
		for _, loop := range loops {
			wg.Go(func() {
				var n uint64
				for time.Since(base) < d {
					loop(16)
					n += 16
				}
				ops.Add(n)
			})
		}
		wg.Wait()
		return ops.Load() / uint64(len(loops))
	}
}

func sideOf(loops []func(n int)) *side {
	s := new(side)
	for _, l := range loops {
		s.threads = append(s.threads, &thread{loop: l})
	}
	return s
}
