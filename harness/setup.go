package harness

import (
	"math/rand/v2"
	"strings"

	"vmabench/workload"
)

// What lies where can decide more than a lock does, and in one process it is
// the same in every slice. Each repetition therefore draws where things lie, by
// its seed, which is the same for all designs of a block.
const (
	maxPadding = 4096    // bytes of the environment, below which the first stack lies
	maxShift   = 512     // pages that a generated layout is moved by: one page table
	maxHeap    = 64 << 2 // pages of the heap that are left out before the subject
)

// chance is the repetition's source for one of these.
func (s *TrialSpec) chance(what uint64) *rand.Rand { return rand.New(rand.NewPCG(s.Seed, what)) }

// padding is a variable of the environment of drawn length.
func (s *TrialSpec) padding() string {
	return "VMABENCH_PADDING=" + strings.Repeat("x", s.chance('e').IntN(maxPadding))
}

// layout returns the mappings to set up: those of a process as they are, those
// that are generated moved by a drawn number of pages.
func (s *TrialSpec) layout() (*workload.Layout, error) {
	if s.Layout != nil {
		return s.Layout, nil
	}
	l, err := workload.Uniform(s.VMAs)
	if err == nil {
		l.Shift(s.chance('l').IntN(maxShift))
	}
	return l, err
}

// scatter allocates a drawn number of pages and of objects of each small size,
// so that the subject's own begin elsewhere. The result must stay reachable.
func (s *TrialSpec) scatter() (kept [][]byte) {
	rng := s.chance('h')
	kept = append(kept, make([]byte, rng.IntN(maxHeap)*4096))
	for size := 16; size <= 2048; size *= 2 {
		for _, n := range []int{size, size + size/2} {
			for range rng.IntN(8192 / n) {
				kept = append(kept, make([]byte, n))
			}
		}
	}
	return kept
}
