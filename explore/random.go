//go:build vmasim

package explore

import "math/rand/v2"

// randomWalk chooses threads by random priorities that change at a few random
// steps.
type randomWalk struct {
	rng      *rand.Rand
	depth    int
	length   int // the longest execution so far: changes fall within it
	priority [maxThreads]int
	changes  []int
}

func newRandomWalk(seed uint64, depth int) *randomWalk {
	w := &randomWalk{rng: rand.New(rand.NewPCG(seed, 0x504354)), depth: depth, length: 50}
	w.draw()
	return w
}

func (w *randomWalk) draw() {
	for i, p := range w.rng.Perm(maxThreads) {
		w.priority[i] = w.depth + p
	}
	w.changes = w.changes[:0]
	for range w.depth - 1 {
		w.changes = append(w.changes, w.rng.IntN(w.length))
	}
}

func (w *randomWalk) pick(e *engine, can set) int {
	best := w.best(can)
	for i, at := range w.changes {
		if at == e.depth {
			w.priority[best] = i
			best = w.best(can)
		}
	}
	return best
}

func (w *randomWalk) best(can set) int {
	best := can.first()
	for rest := can; rest != 0; rest &= rest - 1 {
		if i := rest.first(); w.priority[i] > w.priority[best] {
			best = i
		}
	}
	return best
}

// next readies the walk for another execution.
func (w *randomWalk) next(e *engine) {
	w.length = max(w.length, e.depth)
	e.nodes, e.fresh = e.nodes[:0], 0
	w.draw()
}
