//go:build vmasim

package manycore

import (
	"testing"
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/internal/rwsem"
)

func testMachine(cores int) *Machine {
	return &Machine{
		Name: "test", Sockets: 1, Clusters: 1, Cores: cores, Threads: 1,
		LoadHit: 1.5, StoreHit: 1.5, RMWHit: 6.5, LLC: 22, DRAM: 85,
		Latency:   [distances]float64{0, 8, 48, 48, 132},
		Occupancy: [distances]float64{0, 8, 28, 28, 105},
		Hold:      6, LocalFirst: 64, Pause: 20, Park: 1500, Unpark: 1200, Wake: 3000, Quantum: 1e6, Switch: 1500, SMTWork: 1,
	}
}

// run gives each of n threads the body and returns the time of the last.
func run(t testing.TB, m *Machine, n int, body func(i int)) (*Sim, float64) {
	t.Helper()
	s := New(m, 1)
	tasks := make([]atomic.Task, n)
	for i := range tasks {
		tasks[i].Init()
		defer tasks[i].Release()
		s.Go(&tasks[i], func() { body(i) })
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	var end tick
	for _, th := range s.threads {
		end = max(end, th.now)
	}
	return s, float64(end) / ps
}

// TestDeterministic: a run is the same bit for bit, whatever was allocated before.
func TestDeterministic(t *testing.T) {
	measure := func() float64 {
		type padded struct {
			c atomic.Uint64
			_ [120]byte
		}
		lines := make([]padded, 64)
		s, ns := run(t, testMachine(28), 28, func(i int) {
			for j := range 500 {
				lines[(i*7+j)%64].c.Add(1)
				atomic.Work(50)
			}
		})
		return ns + float64(s.mem.line(unsafe.Pointer(&lines[3].c)).stat.WaitPS)
	}
	first := measure()
	garbage := make([]byte, 12345)
	if second := measure(); second != first {
		t.Errorf("%v, then %v (%d)", first, second, len(garbage))
	}
}

// TestDistances: the table that a run looks at is the machine's.
func TestDistances(t *testing.T) {
	for _, name := range []string{"broadwell-2s", "milan-vm", "rome-2s"} {
		m := load(t, name)
		s := New(m, 1)
		for a := range m.CPUs() {
			for b := range m.CPUs() {
				if got, want := s.dist[a*m.CPUs()+b], m.Distance(a, b); got != want {
					t.Fatalf("%s: %d to %d: %s, want %s", name, a, b, got, want)
				}
			}
		}
	}
}

// TestParkUnpark: a sleeper costs no CPU, and no wake-up is lost.
func TestParkUnpark(t *testing.T) {
	m := testMachine(2)
	var turn atomic.Uint32
	var tasks [2]atomic.Task
	s := New(m, 1)
	for i := range tasks {
		tasks[i].Init()
		defer tasks[i].Release()
		s.Go(&tasks[i], func() {
			for range 100 {
				for turn.Load() != uint32(i) {
					tasks[i].Park()
				}
				turn.Store(uint32(1 - i))
				tasks[1-i].Unpark()
			}
		})
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if got, floor := s.Elapsed(), 199*m.Wake; got < floor {
		t.Errorf("200 hand-overs took %.0f ns, each needs a wake of %.0f", got, m.Wake)
	}
}

// TestHang: a thread that nobody wakes is an error, not a silence.
func TestHang(t *testing.T) {
	var task atomic.Task
	task.Init()
	defer task.Release()
	s := New(testMachine(1), 1)
	s.Go(&task, task.Park)
	if err := s.Run(); err == nil {
		t.Error("no error")
	}
}

// TestAdjacentLine: with the prefetcher on, two counters on a 128-byte pair
// disturb each other; with it off, or on lines of different pairs, they do not.
func TestAdjacentLine(t *testing.T) {
	var mem [8 * 64]byte
	base := (uintptr(unsafe.Pointer(&mem)) + 127) &^ 127
	cost := func(pairs bool, a, b uintptr) float64 {
		m := testMachine(2)
		m.AdjacentLine = pairs
		at := [2]*atomic.Uint64{}
		for i, off := range []uintptr{a, b} {
			at[i] = (*atomic.Uint64)(unsafe.Pointer(&mem[base-uintptr(unsafe.Pointer(&mem))+off]))
		}
		_, ns := run(t, m, 2, func(i int) {
			for range 500 {
				at[i].Add(1)
			}
		})
		return ns
	}
	alone := cost(false, 0, 64)
	if pair := cost(true, 0, 64); pair < 3*alone {
		t.Errorf("on a pair: %.0f ns, on lines of their own %.0f", pair, alone)
	}
	if far := cost(true, 0, 128); far > 1.1*alone {
		t.Errorf("on two pairs: %.0f ns, alone %.0f", far, alone)
	}
}

// TestPreempted: a lock whose holder may lose its CPU serves fewer; the holder of a
// spin lock does not lose it.
func TestPreempted(t *testing.T) {
	type lock struct{ lock, unlock func(*atomic.Task) }
	served := func(every float64, l lock) (end, longest float64) {
		m := testMachine(4)
		m.PreemptEvery, m.PreemptFor = every, 50_000
		s, err := Threads(m, 1, 4, func(_ int, k *atomic.Task) {
			for range 300 {
				l.lock(k)
				from := atomic.Now()
				atomic.Work(200)
				l.unlock(k)
				longest = max(longest, float64(atomic.Now()-from))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return s.Elapsed(), longest
	}
	sem, spin := new(rwsem.RWSem), new(atomic.SpinLock)
	calm, _ := served(0, lock{sem.DownWrite, sem.UpWrite})
	if disturbed, _ := served(5_000, lock{sem.DownWrite, sem.UpWrite}); disturbed < 1.2*calm {
		t.Errorf("%.0f ns with preemption, %.0f without", disturbed, calm)
	}
	if _, longest := served(5_000, lock{spin.Lock, func(*atomic.Task) { spin.Unlock() }}); longest > 1000 {
		t.Errorf("a spin lock was held for %.0f ns", longest)
	}
}

// TestSharedCPU: two threads of one CPU take turns, also when one only spins.
func TestSharedCPU(t *testing.T) {
	m := testMachine(1)
	var go1 atomic.Bool
	var tasks [2]atomic.Task
	s := New(m, 1)
	for i := range tasks {
		tasks[i].Init()
		defer tasks[i].Release()
		s.Go(&tasks[i], func() {
			if i == 0 {
				atomic.Until(&tasks[0], go1.Load)
			} else {
				go1.Store(true)
			}
		})
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if s.Elapsed() < m.Quantum {
		t.Errorf("the spinner gave up its CPU after %.0f ns, before its slice of %.0f ended", s.Elapsed(), m.Quantum)
	}
}

func BenchmarkOwnLine(b *testing.B) {
	type padded struct {
		c atomic.Uint64
		_ [120]byte
	}
	for _, n := range []int{16, 512} {
		b.Run("", func(b *testing.B) {
			lines := make([]padded, n)
			run(b, testMachine(512), n, func(i int) {
				for range b.N / n {
					lines[i].c.Add(1)
				}
			})
		})
	}
}

func BenchmarkSharedLine(b *testing.B) {
	for _, n := range []int{16, 512} {
		b.Run("", func(b *testing.B) {
			var c atomic.Uint64
			run(b, testMachine(512), n, func(i int) {
				for range b.N / n {
					c.Add(1)
				}
			})
		})
	}
}

func BenchmarkFaultLike(b *testing.B) {
	type padded struct {
		c atomic.Uint64
		_ [120]byte
	}
	lines := make([]padded, 64)
	run(b, testMachine(64), 64, func(i int) {
		for range b.N / 64 / 8 {
			for range 4 {
				lines[i].c.Load()
				lines[i].c.Add(1)
			}
			atomic.Work(100)
		}
	})
}
