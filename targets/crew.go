package targets

import (
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"vmabench/harness"
)

// thread is what one thread of a slice does: loop performs n ops.
type thread struct {
	loop func(n int)
	// pass, if set, performs ops for about a duration and returns how many; it
	// stands in for loop and runs alone.
	pass func(time.Duration) uint64
	// beside marks a thread whose own speed is not what the side measures.
	beside bool
	// period, of a thread beside, is how often it is meant to do an op. One that
	// sleeps may be kept from it by whoever has its CPU when it wakes.
	period time.Duration

	chunk int // ops between two looks at the stop word: about chunkTime
}

// side is one of the two things that a ratio compares.
type side struct {
	threads []*thread
	// before and value, if set, replace the time per op by a value of the
	// side's own, such as a percentile: before a slice, and after it.
	before func()
	value  func() float64
}

func one(loop func(n int)) *side { return &side{threads: []*thread{{loop: loop}}} }

// two is a side of two threads that do the same.
func two(a, b func(n int)) *side {
	return &side{threads: []*thread{{loop: a}, {loop: b}}}
}

// with adds a thread that is not measured.
func (s *side) with(loop func(n int)) *side {
	s.threads = append(s.threads, &thread{loop: loop, beside: true, chunk: 1})
	return s
}

// withEvery adds a thread that is not measured and does an op each period.
func (s *side) withEvery(period time.Duration, op func()) *side {
	s.with(every(period, op))
	s.threads[len(s.threads)-1].period = period
	return s
}

// chunkTime is how long a thread works between two looks at the stop word and,
// the first thread, at the clock: long enough that these cost nothing.
const chunkTime = 20 * time.Microsecond

// minShare is the CPU time over wall time below which a thread did not have its
// CPU.
const minShare = 0.985

// maxBurst is how much longer than the shortest ever a burst of arithmetic may
// take: a sibling at work makes it half as long again, the clock rate of a
// loaded machine a tenth.
const maxBurst = 1.25

// crew are the pinned threads that slices run on.
type crew struct {
	members []*member
	cores   int // of the members' CPUs
	length  time.Duration
	fifo    bool
	notes   []string

	// ownCores: slices count only if each thread has a core to itself, as the
	// arithmetic around them shows. With half a core two threads look slower than
	// one, and whoever executes more instructions than what it is held against.
	ownCores bool
	burst    time.Duration // the shortest ever
	patience int           // see patientSlice
}

// patience is how often, for one ratio, the threads wait for siblingPause until
// they have cores to themselves again: a neighbour on the host stays for seconds.
const (
	patience     = 500
	siblingPause = 20 * time.Millisecond
	looks        = 100 // of learn
)

// member is one thread. The fields are its own while a slice runs and the
// coordinator's between slices.
type member struct {
	_     [128]byte
	jobs  chan *job
	done  chan struct{}
	base  time.Time
	queue harness.RunQueue

	ops       uint64
	from      time.Duration // when the slice began, after base
	wall, cpu int64
	slept     int64         // voluntary context switches
	queued    int64         // nanoseconds in the run queue; 0 where the system does not tell
	burst     time.Duration // of the longer of the two beside the slice
	_         [128]byte
}

// job is a slice under way. Each word has a line of its own.
type job struct {
	threads []*thread
	length  time.Duration
	bursts  bool
	_       [128]byte
	ready   atomic.Int32 // threads at the barrier
	_       [124]byte
	set     atomic.Int32 // threads at the second barrier, if there are bursts
	_       [124]byte
	stop    atomic.Bool // set by thread 0
	_       [127]byte
	stamped atomic.Int32 // threads whose end is stamped
	_       [124]byte
}

// newCrew starts a thread on each of at most two CPUs.
func newCrew(length time.Duration, fifo bool) *crew {
	c := &crew{length: length, fifo: fifo}
	cpus, cores := harness.Seats()
	c.cores = min(2, cores)
	base := time.Now()
	for i := range min(2, len(cpus)) {
		m := &member{jobs: make(chan *job), done: make(chan struct{}), base: base}
		ready := make(chan error)
		go m.work(i, cpus[i], fifo, ready)
		if err := <-ready; err != nil {
			c.notes = append(c.notes, err.Error())
		}
		c.members = append(c.members, m)
	}
	return c
}

func (c *crew) close() {
	for _, m := range c.members {
		close(m.jobs)
	}
}

func (m *member) work(id, cpu int, fifo bool, ready chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	err := harness.Pin(cpu)
	if err == nil && fifo {
		err = harness.Realtime()
	}
	ready <- err
	m.queue = harness.OpenRunQueue()
	defer m.queue.Close()
	for j := range m.jobs {
		m.slice(id, j)
		m.done <- struct{}{}
	}
}

// slice is thread id's part of j.
func (m *member) slice(id int, j *job) {
	t := j.threads[id]
	j.meet(&j.ready)
	m.burst = 0
	if j.bursts {
		m.burst = burst()
		j.meet(&j.set)
	}
	queued, _ := m.queue.Waited()
	use, from := harness.ThreadUse(), time.Since(m.base)
	m.ops = 0
	if t.pass != nil {
		m.ops = t.pass(j.length)
	} else {
		m.loop(id, t, j, from+j.length)
	}
	m.from, m.wall = from, int64(time.Since(m.base)-from)
	end := harness.ThreadUse()
	m.cpu, m.slept = end.CPU-use.CPU, end.Voluntary-use.Voluntary
	until, _ := m.queue.Waited()
	m.queued = until - queued
	j.stamped.Add(1)
	for t.loop != nil && int(j.stamped.Load()) < len(j.threads) {
		t.loop(1)
	}
	if j.bursts {
		m.burst = max(m.burst, burst())
	}
}

// meet waits at a barrier for all threads of the slice.
func (j *job) meet(at *atomic.Int32) {
	at.Add(1)
	for int(at.Load()) < len(j.threads) {
	}
}

// burst returns the shortest of a few bursts of arithmetic: an interrupt hits
// one of them, a busy sibling all.
func burst() time.Duration {
	least := harness.Burst()
	for range 4 {
		least = min(least, harness.Burst())
	}
	return least
}

func (m *member) loop(id int, t *thread, j *job, deadline time.Duration) {
	for !j.stop.Load() {
		t.loop(t.chunk)
		m.ops += uint64(t.chunk)
		if id == 0 && time.Since(m.base) >= deadline {
			j.stop.Store(true)
		}
	}
}

// calibrate chooses the chunks of s's threads, one alone at a time.
func (c *crew) calibrate(s *side) {
	for _, t := range s.threads {
		if t.pass != nil || t.beside {
			continue
		}
		t.chunk = 1
		fit := c.inChunk(t, 0)
		for range 2 { // an op may take a second, or have been the first
			fit = max(fit, c.inChunk(t, 0))
		}
		if fit > 1 {
			t.chunk = 16
			t.chunk = max(1, int(c.inChunk(t, time.Millisecond)))
		}
	}
}

// inChunk returns how many ops of t fit a chunk, as seen in a slice of a length:
// by CPU time, which does not count what others had of the CPU.
func (c *crew) inChunk(t *thread, length time.Duration) float64 {
	m := c.members[0]
	m.jobs <- &job{threads: []*thread{t}, length: length}
	<-m.done
	took := m.cpu
	if took == 0 { // the system does not tell
		took = max(1, m.wall)
	}
	return float64(chunkTime) * float64(m.ops) / float64(took)
}

// reading is what a slice found.
type reading struct {
	value   float64 // time per op in ns, over the measured threads; or the side's own
	share   float64 // the least CPU share of a thread that did not sleep
	why     string  // why it does not count; "" if it does
	sibling bool    // because a thread had not a core to itself
	// Of the first thread's time of a slice of several threads: all of it, and
	// how much of it every other thread was in the slice too, by the stamps. No
	// slice is refused for it.
	first, beside time.Duration
}

// judge says whether a slice of s counts. Only what was done to a thread from
// outside may speak against it, never what its own design made it do:
//
//   - a thread that did not sleep must have had its CPU for minShare of the slice;
//   - one that slept gave its CPU away: it must have had it again when it could
//     run, but for the wake-ups (harness.Robbed);
//   - one that had a share of a core was slowed by who had the rest.
func (c *crew) judge(s *side) (r reading) {
	r.share = 1
	for i, t := range s.threads {
		m := c.members[i]
		share := float64(m.cpu) / float64(m.wall)
		switch {
		case m.cpu == 0: // the system does not tell
		case share < minShare && m.slept > 0:
			if harness.Robbed(m.queued, m.slept, m.wall) {
				r.why = fmt.Sprintf("thread %d slept and waited for its CPU for %.1f %% of a slice", i, 100*float64(m.queued)/float64(m.wall))
			}
		case share < minShare:
			r.why = fmt.Sprintf("thread %d had its CPU for %.1f %% of a slice", i, share*100)
		default:
			r.share = min(r.share, share)
		}
		if due := uint64(float64(m.wall) / float64(max(1, t.period))); t.period > 0 && m.ops < due/4 {
			r.why = fmt.Sprintf("thread %d did %d of %d operations: it slept and was woken late", i, m.ops, due)
		}
	}
	for i := range s.threads {
		if m := c.members[i]; m.burst > 0 {
			if c.burst == 0 || m.burst < c.burst {
				c.burst = m.burst
			}
			if r.sibling = float64(m.burst) > maxBurst*float64(c.burst); r.sibling {
				r.why = fmt.Sprintf("thread %d had not a core to itself: a sibling was busy, here or in another guest of the host", i)
				return r
			}
		}
	}
	return r
}

// learn looks for a while how short a burst can be, lest the first slices be held
// against one that a busy sibling made long.
func (c *crew) learn() {
	m := c.members[0]
	for range looks {
		m.jobs <- &job{threads: []*thread{{loop: func(int) {}, chunk: 1}}, bursts: true}
		<-m.done
		if c.burst == 0 || m.burst < c.burst {
			c.burst = m.burst
		}
		time.Sleep(siblingPause)
	}
}

// patientSlice is slice, once the threads have cores to themselves or c's
// patience is at an end.
func (c *crew) patientSlice(s *side) reading {
	r := c.slice(s)
	for ; r.sibling && c.patience > 0; c.patience-- {
		time.Sleep(siblingPause)
		r = c.slice(s)
	}
	return r
}

// slice performs one slice of s.
func (c *crew) slice(s *side) reading {
	collect(false)
	if s.before != nil {
		s.before()
	}
	j := &job{threads: s.threads, length: c.length, bursts: c.ownCores}
	gcs := readMetric("/gc/cycles/total:gc-cycles")
	for i := range s.threads {
		c.members[i].jobs <- j
	}
	for i := range s.threads {
		<-c.members[i].done
	}
	if c.fifo {
		time.Sleep(c.length) // half duty: nobody else starves
	}
	r := c.judge(s)
	r.first, r.beside = overlap(c.members[:len(s.threads)])
	var sum float64
	var n int
	for i, t := range s.threads {
		m := c.members[i]
		if !t.beside {
			sum += float64(m.wall) / float64(max(1, m.ops))
			n++
		}
	}
	if readMetric("/gc/cycles/total:gc-cycles") != gcs {
		r.why = "garbage was collected"
	}
	r.value = sum / float64(n)
	if s.value != nil {
		r.value = s.value()
	}
	if math.IsNaN(r.value) || r.value <= 0 {
		r.why = "nothing was done"
	}
	return r
}

// overlap returns how long the first of several threads was in a slice, and how
// much of that all others were too; zeroes of one thread.
func overlap(ms []*member) (first, beside time.Duration) {
	if len(ms) < 2 {
		return 0, 0
	}
	from, to := ms[0].from, ms[0].from+time.Duration(ms[0].wall)
	first = to - from
	for _, m := range ms[1:] {
		from, to = max(from, m.from), min(to, m.from+time.Duration(m.wall))
	}
	return first, max(0, to-from)
}
