package mm

import (
	"fmt"
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
	a := newAreas()
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
				if msg := a.look(rng); msg != "" {
					t.Error(msg)
					return
				}
			}
		}()
	}
	a.write()
	close(stop)
	wg.Wait()
	if err := a.x.Check(); err != nil {
		t.Error(err)
	}
}

const (
	fixedVMAs = 200
	areaPages = 16
)

// areas is an index with VMAs that stay, and after each an area that is mapped
// always.
type areas struct {
	x     Index
	still [fixedVMAs]*VMA
	pool  []*VMA
	ids   map[*VMA]int  // in pool
	born  []lifeOf      // of each in pool
	edits atomic.Uint64 // published so far
	hot   atomic.Uint32 // the area being edited: where to look
}

// lifeOf says between which edits a VMA was in the index.
type lifeOf struct{ from, to atomic.Uint64 }

func area(i int) vmm.Range { return pages(uint64(i)*64+32, areaPages) }

func newAreas() *areas {
	a := &areas{ids: map[*VMA]int{}, born: make([]lifeOf, 1<<16)}
	for i := range a.born {
		a.pool = append(a.pool, new(VMA))
		a.ids[a.pool[i]] = i
		a.born[i].from.Store(1 << 62)
		a.born[i].to.Store(1 << 62)
	}
	for i := range a.still {
		a.still[i] = new(VMA)
		a.x.Store(pages(uint64(i)*64, 2), a.still[i])
		a.x.Store(area(i), a.pool[i])
		a.born[i].from.Store(0)
	}
	return a
}

// look is a reader's turn; it returns what is wrong.
func (a *areas) look(rng *rand.Rand) string {
	i := rng.IntN(fixedVMAs)
	if i%2 == 0 {
		i = int(a.hot.Load())
	}
	if a.x.Find(vmm.Addr(i*64*page+page)) != a.still[i] {
		return "a VMA that nobody touched was not found"
	}
	if v, _ := a.x.FindFrom(vmm.Addr((i*64 - 40) * page * min(i, 1))); v == nil {
		return "nothing found below a VMA that is there"
	}
	at := area(i).Start + vmm.Addr(rng.IntN(areaPages)*page)
	before := a.edits.Load()
	v := a.x.Find(at)
	after := a.edits.Load()
	if v == nil {
		return "a hole where something is mapped all the time"
	}
	b := &a.born[a.ids[v]]
	if from, to := b.from.Load(), b.to.Load(); from > after+1 || to < before {
		return fmt.Sprintf("found a VMA of edits [%d,%d] between edits %d and %d", from, to, before, after)
	}
	return ""
}

// write edits the areas for a while.
func (a *areas) write() {
	rng := rand.New(rand.NewPCG(7, 7))
	next := fixedVMAs
	var whole [fixedVMAs]int
	for i := range whole {
		whole[i] = i
	}
	store := func(r vmm.Range, id int) {
		a.born[id].from.Store(a.edits.Load() + 1)
		a.x.Store(r, a.pool[id])
		a.edits.Add(1)
	}
	ends := func(id int) { a.born[id].to.Store(a.edits.Load()) }
	end := time.Now().Add(300 * time.Millisecond)
	for next+3 <= len(a.pool) && time.Now().Before(end) {
		i := rng.IntN(fixedVMAs)
		a.hot.Store(uint32(i))
		r := area(i)
		piece, cover := next, next+1
		next += 2
		from := r.Start + vmm.Addr(rng.IntN(8)*page)
		store(vmm.Range{Start: from, End: from + 4*page}, piece)
		for k := range 3 { // beside it
			a.x.Store(pages(uint64(i)*64+4+uint64(k)*3, 2), a.pool[0])
		}
		store(r, cover)
		ends(whole[i])
		ends(piece)
		whole[i] = cover
		a.x.Store(pages(uint64(i)*64+3, 20), nil)
	}
}
