package harness

import (
	"fmt"

	vmatomic "vmabench/internal/atomic"
	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

// total is what one worker did in the slices that are used.
type total struct {
	role      string
	ops       uint64
	kinds     [workload.NumKinds]uint64
	wall, cpu int64
}

// rate is in ops a nanosecond.
func (t *total) rate() float64 { return float64(t.ops) / float64(max(t.wall, 1)) }

// sums adds up the slices that are used.
func (tr *trial) sums() (workers []total, stats vmm.LockStats, waits vmatomic.WaitStats, failed, alloc uint64) {
	workers = make([]total, len(tr.workers))
	for _, sl := range tr.used() {
		alloc += sl.alloc
		for i := range sl.workers {
			sp, t := &sl.workers[i], &workers[i]
			t.role = tr.workers[i].stream.Role
			t.ops += sp.ops()
			t.wall += sp.wall()
			t.cpu += sp.cpu()
			for k := range workload.NumKinds {
				t.kinds[k] += sp.kind(k)
			}
			st, wt := sp.stats(), sp.waits()
			stats.Add(&st)
			waits.Spins += wt.Spins
			waits.Parks += wt.Parks
			waits.Wakes += wt.Wakes
			failed += sp.failed()
		}
	}
	return workers, stats, waits, failed, alloc
}

// reportThroughput fills t. ns/op is wall time over the operations of all
// workers together: the inverse of the sum of the workers' rates, each over
// its own time in the slices.
func (tr *trial) reportThroughput(t *results.Trial) {
	workers, stats, waits, failed, alloc := tr.sums()
	var rate float64
	var ops uint64
	var cpu int64
	for i := range workers {
		w := &workers[i]
		rate += w.rate()
		ops += w.ops
		cpu += w.cpu
		t.WallNS = max(t.WallNS, w.wall)
		t.Workers = append(t.Workers, results.Worker{Role: w.role, Ops: int64(w.ops), CPUNS: w.cpu})
	}
	if tr.shared > 0 {
		cpu = tr.processCPU()
		starved(workers, t)
	}
	t.Ops = int64(ops)
	t.Trace, t.Warmup = trace(tr.used()), trace(tr.warm)
	if ops == 0 {
		t.Failed = "no operation was finished in the measured slices"
		return
	}
	value := func(unit string, v float64) {
		t.Values = append(t.Values, results.Value{Unit: unit, Value: v})
	}
	value("ns/op", 1/rate)
	value("cpu-ns/op", float64(cpu)/float64(ops))
	value("ops/s", rate*1e9)
	tr.roleValues(workers, value)
	t.Failed = tr.wrong(failed, ops)
	t.Events = events(ops, &stats, waits, failed, alloc)
	t.Events = append(t.Events, tr.systemEvents(ops)...)
	t.Events = append(t.Events, kindShares(workers, ops)...)
}

// wrong says what operations that failed show, "" when nothing: they may fail
// in this workload, or none did. It is the one place where a trial sees that
// two were inside who exclude each other.
func (tr *trial) wrong(failed, ops uint64) string {
	if s := &tr.spec.Workload; failed == 0 || s.MayFail || s.Recorded != nil {
		return ""
	}
	return fmt.Sprintf("no exclusion: %d of %d operations failed on memory that no other worker changes", failed, ops)
}

// processCPU is the CPU time of the process in the slices that are used: no
// goroutine's is known, and Go's scheduler is part of what they cost.
func (tr *trial) processCPU() (cpu int64) {
	for _, sl := range tr.used() {
		cpu += sl.all.cpu
	}
	return cpu
}

func trace(slices []slice) (ns []float64) {
	for i := range slices {
		ns = append(ns, slices[i].nsPerOp())
	}
	return ns
}

// roleValues adds each role's rate where there are several, and the fairness
// among the workers of the first role that has more than one.
func (tr *trial) roleValues(workers []total, value func(string, float64)) {
	var roles []string
	rates := map[string][]float64{}
	for i := range workers {
		w := &workers[i]
		if rates[w.role] == nil {
			roles = append(roles, w.role)
		}
		rates[w.role] = append(rates[w.role], w.rate())
	}
	if len(roles) > 1 {
		for _, r := range roles {
			sum := 0.0
			for _, x := range rates[r] {
				sum += x
			}
			value(r+"-ops/s", sum*1e9)
		}
	}
	for _, r := range roles {
		if x := rates[r]; len(x) > 1 {
			least, jain := fairness(x)
			value("fair-min/max", least)
			value("fair-jain", jain)
			return
		}
	}
}

// fairness returns the least of the rates over the greatest, and Jain's index
// (Jain, Chiu, Hawe 1984): 1 when all are equal, 1/n when one has everything.
func fairness(x []float64) (minMax, jain float64) {
	lo, hi, sum, squares := x[0], x[0], 0.0, 0.0
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
		sum += v
		squares += v * v
	}
	if hi == 0 {
		return 1, 1
	}
	return lo / hi, sum * sum / (float64(len(x)) * squares)
}

// events returns the counters per op. They may be zero.
func events(ops uint64, stats *vmm.LockStats, waits vmatomic.WaitStats, failed, alloc uint64) []results.Value {
	n := float64(ops)
	var out []results.Value
	for e := range vmm.NumEvents {
		out = append(out, results.Value{Unit: e.String() + "/op", Value: float64(stats[e]) / n})
	}
	return append(out,
		results.Value{Unit: "spins/op", Value: float64(waits.Spins) / n},
		results.Value{Unit: "parks/op", Value: float64(waits.Parks) / n},
		results.Value{Unit: "wakes/op", Value: float64(waits.Wakes) / n},
		results.Value{Unit: "failed/op", Value: float64(failed) / n},
		results.Value{Unit: "B/op", Value: float64(alloc) / n},
	)
}

// systemEvents returns what the system counted of the workers, per op: context
// switches always, counters where the machine has them. It counts by thread, and
// so nothing of goroutines.
func (tr *trial) systemEvents(ops uint64) (out []results.Value) {
	if tr.shared > 0 {
		return nil
	}
	var slept, preempted float64
	var counts [len(counterNames)]float64
	for _, sl := range tr.used() {
		for i := range sl.workers {
			sp := &sl.workers[i]
			slept += float64(sp.voluntary())
			preempted += float64(sp.involuntary())
			for c := range counts {
				counts[c] += float64(sp.end.perf[c] - sp.begin.perf[c])
			}
		}
	}
	out = append(out,
		results.Value{Unit: "sleeps/op", Value: slept / float64(ops)},
		results.Value{Unit: "preemptions/op", Value: preempted / float64(ops)})
	for c, name := range counterNames {
		if tr.workers[0].perf.has(c) {
			out = append(out, results.Value{Unit: name, Value: counts[c] / float64(ops)})
		}
	}
	return out
}

// kindShares returns what share of the ops each operation was.
func kindShares(workers []total, ops uint64) []results.Value {
	share := map[string]float64{}
	for i := range workers {
		for k, n := range workers[i].kinds {
			share[workload.Kind(k).String()] += float64(n) / float64(ops)
		}
	}
	var out []results.Value
	for _, name := range workload.Names() {
		if share[name] > 0 {
			out = append(out, results.Value{Unit: name + "-share", Value: share[name]})
		}
	}
	return out
}
