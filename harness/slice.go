package harness

import (
	"fmt"
	"slices"
	"time"

	vmatomic "vmabench/internal/atomic"
	"vmabench/vmm"
	"vmabench/workload"
)

// slice is a short measured window.
type slice struct {
	workers []span
	all     together
	gcs     uint64 // collections inside, which the plan forbids
	alloc   uint64 // heap bytes
	why     string // why it was rejected; "" when it counts
}

// together is what the process used and the wall time, in nanoseconds, from
// before the first worker began until after the last had ended: those that ended
// early went on meanwhile, as their spans do not show.
type together struct {
	cpu, wall   int64
	involuntary int64 // context switches
}

// meter measures what the process uses while do runs.
func meter(do func()) together {
	use, from := processUsage(), time.Now()
	do()
	now := processUsage()
	return together{wall: int64(time.Since(from)), cpu: now.cpu - use.cpu, involuntary: now.involuntary - use.involuntary}
}

// span is what one worker did between two moments.
type span struct{ begin, end stamp }

func (s *span) wall() int64        { return s.end.at - s.begin.at }
func (s *span) cpu() int64         { return s.end.use.cpu - s.begin.use.cpu }
func (s *span) involuntary() int64 { return s.end.use.involuntary - s.begin.use.involuntary }
func (s *span) voluntary() int64   { return s.end.use.voluntary - s.begin.use.voluntary }

// queued returns how long the worker waited in the run queue; false if the
// system does not say.
func (s *span) queued() (ns int64, ok bool) {
	return s.end.queued - s.begin.queued, s.begin.queued >= 0 && s.end.queued >= 0
}

func (s *span) parks() uint64  { return s.end.waits.Parks - s.begin.waits.Parks }
func (s *span) failed() uint64 { return s.end.failed - s.begin.failed }

// ops returns the ops of one kind.
func (s *span) kind(k workload.Kind) uint64 { return s.end.counts[k] - s.begin.counts[k] }

func (s *span) ops() (n uint64) {
	for k := range workload.NumKinds {
		n += s.kind(k)
	}
	return n
}

func (s *span) stats() (d vmm.LockStats) {
	for e := range d {
		d[e] = s.end.stats[e] - s.begin.stats[e]
	}
	return d
}

func (s *span) waits() vmatomic.WaitStats {
	b, e := s.begin.waits, s.end.waits
	return vmatomic.WaitStats{Spins: e.Spins - b.Spins, Parks: e.Parks - b.Parks, Wakes: e.Wakes - b.Wakes}
}

// minShare is the CPU time over wall time below which a worker did not have
// its CPU: what a slice may lose to timer ticks and interrupts.
const minShare = 0.985

// judge returns why a slice does not count, "" if it does. Only what was done
// to a worker may reject a slice, never what the design made it do, or the
// slices with the longest waits would be the ones thrown away:
//
//   - a worker that did not sleep must have had its CPU for minShare of the slice;
//   - a worker that slept gave its CPU away, so its share says nothing: it must
//     have had it again when it could run, but for the wake-ups (Robbed); where
//     the system does not say how long it waited, it must not have been preempted;
//   - where workers outnumber the CPUs they must together have had minShare of
//     all CPUs, unless some slept;
//   - of workers that are goroutines nothing is known within a slice (lacked).
func (tr *trial) judge(sl *slice) string {
	if sl.gcs > 0 {
		return "garbage was collected"
	}
	switch {
	case tr.shared > 0:
		return ""
	case tr.over:
		return tr.judgeAll(sl)
	}
	for i := range sl.workers {
		sp := &sl.workers[i]
		share := float64(sp.cpu()) / float64(sp.wall())
		queued, known := sp.queued()
		switch {
		case share >= minShare || sp.cpu() == 0:
		case sp.voluntary() == 0:
			return fmt.Sprintf("worker %d had its CPU for %.1f %% of a slice", i, share*100)
		case known && Robbed(queued, sp.voluntary(), sp.wall()):
			return fmt.Sprintf("worker %d slept and waited for its CPU for %.1f %% of a slice", i, 100*float64(queued)/float64(sp.wall()))
		case !known && sp.involuntary() > 0:
			return fmt.Sprintf("worker %d was preempted", i)
		}
	}
	return ""
}

// wakeCost is how long, in nanoseconds, a thread may be in the run queue for being
// woken on an idle CPU: some 300 on the guest where it was looked at.
const wakeCost = 1000

// Robbed reports whether a thread that was in the run queue for so many of its
// wall nanoseconds, and slept so often, was kept from its CPU.
func Robbed(queued, sleeps, wall int64) bool {
	return float64(queued-sleeps*wakeCost) > (1-minShare)*float64(wall)
}

// judgeAll is judge where workers outnumber the CPUs.
func (tr *trial) judgeAll(sl *slice) string {
	var slept uint64
	for i := range sl.workers {
		slept += sl.workers[i].parks()
	}
	if share := float64(sl.all.cpu) / float64(sl.all.wall*int64(len(tr.cpus))); sl.all.cpu > 0 && slept == 0 && share < minShare {
		return fmt.Sprintf("the workers had %.1f %% of the CPUs in a slice", share*100)
	}
	return ""
}

// enough is how many slices the values come from at least.
func (tr *trial) enough() int { return (tr.spec.Timing.Slices + 4) / 5 }

// used returns the slices that the values come from: those that count; where
// these are fewer than a fifth of what was wanted, the first of the others make
// up for it, whatever they found: to choose among them would be to choose what
// the design did. The guard is not content with less than all.
func (tr *trial) used() []slice {
	return append(slices.Clone(tr.accepted), tr.rejected[:tr.standIns(len(tr.accepted), len(tr.rejected))]...)
}

// standIns is how many of the rejected slices stand in.
func (tr *trial) standIns(accepted, rejected int) int {
	return min(max(0, tr.enough()-accepted), rejected)
}

// slept reports whether a worker slept in a lock in a slice that is used, and
// whether nothing in such a slice tells how long it was kept from its CPU then.
// Of goroutines it is known only that they left CPUs idle.
func (tr *trial) slept() (slept, unwatched bool) {
	if tr.shared > 0 {
		lacked := tr.lacked()
		return lacked, lacked
	}
	for _, sl := range tr.used() {
		for i := range sl.workers {
			if sl.workers[i].parks() > 0 {
				_, known := sl.workers[i].queued()
				slept, unwatched = true, unwatched || tr.over || !known
			}
		}
	}
	return slept, unwatched
}

// nsPerOp is the slice's wall time over the ops of all workers: the inverse of
// the sum of their rates.
func (s *slice) nsPerOp() float64 {
	rate := 0.0
	for i := range s.workers {
		rate += float64(s.workers[i].ops()) / float64(max(s.workers[i].wall(), 1))
	}
	if rate == 0 {
		return 0
	}
	return 1 / rate
}
