package harness

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"vmabench/results"
	"vmabench/workload"
)

// Latencies are recorded from 1 ns to a minute with three digits.
const (
	maxLatency = int64(time.Minute)
	digits     = 3
)

// latency is a worker's recorder in an open-loop trial: arrivals at a rate
// that does not wait for the ops, each op timed from its intended start and,
// beside it, from its actual one. The difference is what coordinated omission
// would have left out.
type latency struct {
	gap     float64 // mean nanoseconds between arrivals
	poisson bool
	rng     *rand.Rand
	next    float64 // the next arrival, in nanoseconds after the slice's start
	idle    bool    // the idle-loop control: perform no op
	// saturated: ops arrived faster than they were done for all of a slice.
	saturated bool
	// samples are the ops of the current slice. They are counted after it, for
	// that would cost more than to keep them.
	samples []sample
	// all is what accepted slices recorded, rest what each of the first rejected
	// ones did, which may have to stand in.
	all  byKind
	rest []byKind
}

// sample is one op: the time to its end from its intended start, and that from
// its actual start with the kind below it.
type sample struct{ intended, actual int64 }

// kindBits are those of a sample's kind; the others take a time of years.
const kindBits = 8

// maxSamples bounds the room that is made before a trial: 16 MiB a worker. More
// is made when it is needed.
const maxSamples = 1 << 20

// byKind are the latencies of each op by its name. Only names that the stream has
// are there.
type byKind [workload.NumKinds]pair

// empty returns the same names with nothing recorded.
func (b *byKind) empty() (e byKind) {
	for k := range b {
		if b[k].intended != nil {
			e[k] = newPair()
		}
	}
	return e
}

// pair is one op's latencies by what they count from.
type pair struct{ intended, actual *recorder }

func newPair() pair {
	return pair{newRecorder(), newRecorder()}
}

func newLatency(s *TrialSpec, w *worker) *latency {
	l := &latency{poisson: s.Arrivals != Constant, idle: s.Design == ""}
	l.gap = 1e9 / (w.stream.RateHz * s.rateX())
	l.rng = rand.New(rand.NewPCG(s.Seed, 1<<32|uint64(w.id)))
	l.next = l.gap * l.rng.Float64()
	l.samples = make([]sample, 0, min(maxSamples, 1024+int(2*float64(s.Timing.Slice)/l.gap)))
	if l.idle {
		l.all[0] = newPair()
		return l
	}
	for _, op := range w.stream.Ops {
		if k := histOf(op.Kind()); l.all[k].intended == nil {
			l.all[k] = newPair()
		}
	}
	return l
}

// histOf returns the first kind of the same name: mmap is one operation,
// wherever its address comes from.
func histOf(k workload.Kind) workload.Kind {
	switch k {
	case workload.FaultIn, workload.MapAt, workload.UnmapAt:
		return k - 1
	}
	return k
}

// arrive returns the time after the next arrival.
func (l *latency) arrive() float64 {
	if l.poisson {
		return l.next + l.gap*l.rng.ExpFloat64()
	}
	return l.next + l.gap
}

// saturated bounds a slice in which ops arrive faster than they are done.
const saturated = 8

// openLoop performs one slice: ops start when their time has come and the ones
// before them are done. The slice ends at the first moment after its length at
// which no op is due, so that a stall at its end is recorded with all the ops
// that arrived during it. The arrivals go on, unrecorded, until every worker
// has finished its part.
func (w *worker) openLoop(g *gate, length time.Duration) {
	l := w.lat
	l.samples = l.samples[:0]
	start := g.meet(w.n, &w.watch)
	w.begin = w.stamp()
	w.begin.at = start
	now, end := start, start+int64(length)
	for intended := start + int64(l.next); intended < max(end, now); intended = start + int64(l.next) {
		now = w.timed(intended, now)
		l.next = l.arrive()
		if now > start+saturated*int64(length) {
			l.saturated = true
			break
		}
	}
	for now < end {
		now = w.watch.now()
	}
	w.end = w.stamp()
	g.stamped.Add(1)
	for int(g.stamped.Load()) < w.n {
		if now = w.watch.now(); now >= start+int64(l.next) {
			if !l.idle {
				w.one()
			}
			l.next = l.arrive()
		}
	}
	l.next = max(0, l.next-float64(now-start))
}

// timed waits for the intended start of the next op, performs it and records
// it. now is the last look at the clock; the new one is returned.
func (w *worker) timed(intended, now int64) int64 {
	l := w.lat
	for now < intended {
		now = w.watch.now()
	}
	actual := now
	var k workload.Kind
	if l.idle {
		w.ops++
	} else {
		k = w.one()
	}
	now = w.watch.now()
	l.samples = append(l.samples, sample{now - intended, (now-actual)<<kindBits | int64(k)})
	return now
}

func (p *pair) merge(q *pair) {
	p.intended.merge(q.intended)
	p.actual.merge(q.actual)
}

// mergeLatency counts what a slice recorded; nothing of a rejected one that could
// not stand in any more.
func (tr *trial) mergeLatency(accepted bool) {
	for _, w := range tr.workers {
		if w.lat == nil {
			return
		}
		into := &w.lat.all
		if !accepted {
			if len(w.lat.rest) == tr.enough() {
				continue
			}
			w.lat.rest = append(w.lat.rest, into.empty())
			into = &w.lat.rest[len(w.lat.rest)-1]
		}
		for _, s := range w.lat.samples {
			p := &into[histOf(workload.Kind(s.actual&(1<<kindBits-1)))]
			p.intended.record(s.intended)
			p.actual.record(s.actual >> kindBits)
		}
	}
}

// percentiles of the values in bench.txt; the histograms have all of them.
var percentiles = []struct {
	unit string
	q    float64
}{{"p50-ns", 50}, {"p90-ns", 90}, {"p99-ns", 99}, {"p99.9-ns", 99.9}}

// reportLatency fills t with the merged histograms of each role and op and the
// percentiles of each op, from the intended start.
func (tr *trial) reportLatency(t *results.Trial) {
	workers, stats, waits, failed, alloc := tr.sums()
	var ops uint64
	for i := range workers {
		ops += workers[i].ops
		t.WallNS = max(t.WallNS, workers[i].wall)
		t.Workers = append(t.Workers, results.Worker{
			Role: workers[i].role, Ops: int64(workers[i].ops), CPUNS: workers[i].cpu})
	}
	t.Ops = int64(ops)
	byOp, over := map[workload.Kind]*hdrhistogram.Histogram{}, uint64(0)
	for _, role := range tr.roles() {
		for k := range workload.NumKinds {
			p, ok := tr.merged(role, k)
			if !ok {
				continue
			}
			over += p.intended.over
			intended, actual := p.intended.histogram(), p.actual.histogram()
			if intended.TotalCount() == 0 {
				continue
			}
			op := k.String()
			if tr.spec.Design == "" {
				op = "idle"
			}
			rate := tr.rate(role)
			t.Hists = append(t.Hists, encode(role, op, "intended", rate, intended), encode(role, op, "actual", rate, actual))
			if byOp[k] == nil {
				byOp[k] = intended
			} else {
				byOp[k].Merge(intended)
			}
		}
	}
	if len(t.Hists) == 0 {
		t.Failed = "no slice of the latency trial was accepted"
		return
	}
	t.Values = quantiles(byOp)
	t.Failed = tr.wrong(failed, ops)
	t.Events = append(events(ops, &stats, waits, failed, alloc), tr.systemEvents(ops)...)
	for _, w := range tr.workers {
		if w.lat.saturated {
			t.Warnings = append(t.Warnings, fmt.Sprintf("worker %d could not keep up with the offered load", w.id))
		}
	}
	if over > 0 {
		t.Warnings = append(t.Warnings, fmt.Sprintf("%d latencies above %v were not recorded", over, time.Duration(maxLatency)))
	}
}

// quantiles returns the percentiles of each op and its longest wait.
func quantiles(byOp map[workload.Kind]*hdrhistogram.Histogram) (out []results.Value) {
	for k := range workload.NumKinds {
		h := byOp[k]
		if h == nil {
			continue
		}
		prefix := ""
		if len(byOp) > 1 {
			prefix = k.String() + "-"
		}
		for _, p := range percentiles {
			out = append(out, results.Value{Unit: prefix + p.unit, Value: float64(max(1, h.ValueAtQuantile(p.q)))})
		}
		out = append(out, results.Value{Unit: prefix + "max-ns", Value: float64(max(1, h.Max()))})
	}
	return out
}

// roles returns the roles of the workers, each once.
func (tr *trial) roles() (names []string) {
	seen := map[string]bool{}
	for _, w := range tr.workers {
		if !seen[w.stream.Role] {
			seen[w.stream.Role] = true
			names = append(names, w.stream.Role)
		}
	}
	return names
}

// rate returns the load that all workers of a role offer together.
func (tr *trial) rate(role string) (hz float64) {
	for _, w := range tr.workers {
		if w.stream.Role == role {
			hz += w.stream.RateHz * tr.spec.rateX()
		}
	}
	return hz
}

// merged returns the histograms of kind k of a role's workers as one.
func (tr *trial) merged(role string, k workload.Kind) (p pair, ok bool) {
	for _, w := range tr.workers {
		if w.stream.Role != role || w.lat.all[k].intended == nil {
			continue
		}
		if p.intended == nil {
			p = newPair()
		}
		p.merge(&w.lat.all[k])
		for i := range tr.standIns(len(tr.accepted), len(w.lat.rest)) {
			p.merge(&w.lat.rest[i][k])
		}
	}
	return p, p.intended != nil
}

func encode(role, op, timed string, hz float64, h *hdrhistogram.Histogram) results.Hist {
	r := results.Hist{Role: role, Op: op, Timed: timed, RateHz: hz, Count: h.TotalCount(), MaxNS: h.Max()}
	if b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase); err == nil {
		r.V2 = string(b)
	}
	return r
}
