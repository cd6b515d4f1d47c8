//go:build vmasim

package lockcheck

import (
	"slices"
	"strings"

	"vmabench/explore"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/variants"
	"vmabench/vmm"
)

// Scenario is a small program over one design's locks.
type Scenario struct {
	Name   string
	Design string // of variants.All, or "mmap_lock" for the rw_semaphore alone
	Doc    string
	Checks string // the invariants it would see broken: "I1 I4"
	Breaks string // the one it expects to see broken; "" is none
	// Long scenarios are left out of a short check, Full ones of any but a full
	// one: those with four threads or three spinners, which may take hours to
	// complete.
	Long, Full bool
	Options    explore.Options
	Limits     rwsem.Limits
	Body       func(*explore.S)
}

// Tiny reports whether this build has sequence numbers of 3 bits and a limit
// of 6 readers (-tags vmatiny): some scenarios exist only there.
const Tiny = mm.SeqMask < 1<<31

// All returns every scenario of this build, by design in report order.
func All() []Scenario {
	mm.SmallSlabs()
	var out []Scenario
	if Tiny {
		for _, d := range variants.All() {
			out = append(out, tinyScenarios(d)...)
		}
		return append(out, rivalScenarios()...)
	}
	out = semScenarios()
	for _, d := range variants.All() {
		of := slices.Concat(lockScenarios(d), rangeScenarios(d), opScenarios(d), linearScenarios(d))
		for i := range of {
			// The long ones of the designs that Linux had are always completed.
			of[i].Full = of[i].Full || of[i].Long && !inLinux(d)
		}
		out = append(out, of...)
	}
	return append(out, rivalScenarios()...)
}

// Run explores the scenario.
func (sc *Scenario) Run(o explore.Options) *explore.Result {
	x := sc.Options
	o.Weak, o.Timeouts, o.Clocks, o.Spin, o.Peeks = x.Weak, x.Timeouts, x.Clocks, x.Spin, x.Peeks
	l := sc.Limits
	if l.SpinTurns == 0 {
		l.SpinTurns = 1
	}
	if l.MaxReaderBatch == 0 {
		l.MaxReaderBatch = 256
	}
	defer rwsem.SetLimits(l)()
	return explore.Run(o, sc.Body)
}

// Broken returns the invariant that the failure counts as, "" for none.
func (sc *Scenario) Broken(f *explore.Failure) string {
	if f == nil {
		return ""
	}
	if i := strings.Index(f.Msg, "I"); i >= 0 {
		if tag, _, ok := strings.Cut(f.Msg[i:], ":"); ok && slices.Contains(Invariants, tag) {
			return tag
		}
	}
	switch f.Kind {
	case explore.DataRace:
		return "I1"
	case explore.UseAfterFree, explore.DoubleFree:
		if strings.Contains(f.Msg, "touches mm") || strings.Contains(f.Msg, "object of mm") {
			return "I5"
		}
		return "I3"
	case explore.Deadlock, explore.EndlessLoop:
		if strings.Contains(sc.Checks, "I10") {
			return "I10"
		}
		return "I6"
	}
	return "I2" // the source's own assertions are about counts and attachment
}

// Expected reports whether the verdict on r is the one that sc states.
func (sc *Scenario) Expected(r *explore.Result) bool {
	return sc.Broken(r.Failure) == sc.Breaks
}

// Invariants are the names that Checks and Breaks use.
var Invariants = []string{"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10"}

// inLinux reports whether d was merged.
func inLinux(d vmm.Design) bool {
	return d.Name == "mmaponly" || d.Name == "rwsem" || d.Name == "refcount"
}

// hasVMALocks reports whether d locks single VMAs, hasRanges whether it locks
// ranges of the address space.
func hasVMALocks(d vmm.Design) bool { return d.Name != "mmaponly" && !hasRanges(d) }
func hasRanges(d vmm.Design) bool   { return d.Name == "rangelock" }
