package mm

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// TestIndexReaders lets readers look while a writer edits at full rate. Two
// things must hold at any moment. A VMA that no edit touches is found. And in a
// range that is mapped all the time, though by ever other VMAs, a reader finds
// one of those that were there while it looked: each names the edits between
// which it was.
func TestIndexReaders(t *testing.T) {
	const fixed, span = 200, 16
	var x Index
	still := make([]*VMA, fixed)
	area := func(i int) vmm.Range { return pages(uint64(i)*64+32, span) } // mapped always
	for i := range fixed {
		still[i] = new(VMA)
		x.Store(pages(uint64(i)*64, 2), still[i])
		x.Store(area(i), new(VMA))
	}
	var edits atomic.Uint64 // published so far
	var hot atomic.Uint32   // the area being edited: where to look
	born := make([]struct{ from, to atomic.Uint64 }, 1<<16)
	ids := make(map[*VMA]int)
	var pool []*VMA
	for i := range born {
		pool = append(pool, new(VMA))
		ids[pool[i]] = i
		born[i].from.Store(1 << 62)
		born[i].to.Store(1 << 62)
	}
	for i := range fixed {
		x.Store(area(i), pool[i])
		born[i].from.Store(0)
	}

	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(uint64(w), 9))
			for {
				select {
				case <-stop:
					return
				default:
				}
				i := rng.IntN(fixed)
				if i%2 == 0 {
					i = int(hot.Load())
				}
				if x.Find(vmm.Addr(i*64*page+page)) != still[i] {
					t.Error("a VMA that nobody touched was not found")
					return
				}
				if v, _ := x.FindFrom(vmm.Addr((i*64 - 40) * page * min(i, 1))); v == nil {
					t.Error("nothing found below a VMA that is there")
					return
				}
				a := area(i).Start + vmm.Addr(rng.IntN(span)*page)
				before := edits.Load()
				v := x.Find(a)
				after := edits.Load()
				if v == nil {
					t.Error("a hole where something is mapped all the time")
					return
				}
				if id := ids[v]; born[id].from.Load() > after+1 || born[id].to.Load() < before {
					t.Errorf("found a VMA of edits [%d,%d] between edits %d and %d",
						born[id].from.Load(), born[id].to.Load(), before, after)
					return
				}
			}
		}()
	}
	writeAreas(&x, area, fixed, pool, func(id int, from bool) {
		if from {
			born[id].from.Store(edits.Load() + 1)
		} else {
			born[id].to.Store(edits.Load())
		}
	}, &edits, &hot)
	close(stop)
	wg.Wait()
	if err := x.Check(); err != nil {
		t.Error(err)
	}
}

// writeAreas edits until the pool or the time is used up: it splits each area
// in two or three, joins it again, and fills and clears what lies between, so
// that leaves split and join all the time.
func writeAreas(x *Index, area func(int) vmm.Range, areas int, pool []*VMA, mark func(id int, from bool), edits *atomic.Uint64, hot *atomic.Uint32) {
	rng := rand.New(rand.NewPCG(7, 7))
	next := areas
	whole := make([]int, areas)
	for i := range whole {
		whole[i] = i
	}
	store := func(r vmm.Range, id int) {
		mark(id, true)
		x.Store(r, pool[id])
		edits.Add(1)
	}
	end := time.Now().Add(300 * time.Millisecond)
	for next+3 <= len(pool) && time.Now().Before(end) {
		i := rng.IntN(areas)
		hot.Store(uint32(i))
		r := area(i)
		piece, cover := next, next+1
		next += 2
		from := r.Start + vmm.Addr(rng.IntN(8)*page)
		store(vmm.Range{Start: from, End: from + 4*page}, piece)
		for k := range 3 { // beside it
			x.Store(pages(uint64(i)*64+4+uint64(k)*3, 2), pool[0])
		}
		store(r, cover)
		mark(whole[i], false)
		mark(piece, false)
		whole[i] = cover
		x.Store(pages(uint64(i)*64+3, 20), nil)
	}
}
