//go:build vmasim

package manycore

import (
	"math"

	"vmabench/vmm"
	"vmabench/workload"
)

// layoutVMAs is the number of VMAs beside those of the workload.
const layoutVMAs = 1000

// Simulated times of a point: the warm-up fills caches and queues.
const (
	warmNS   = 300_000
	windowNS = 1_000_000
)

// NewCase returns the case of a point with the default costs.
func NewCase(m *Machine, d vmm.Design, spec workload.Spec, cpus int, seed uint64) (*Case, error) {
	layout, err := workload.Uniform(layoutVMAs)
	if err != nil {
		return nil, err
	}
	window := int64(windowNS)
	switch spec.Bench {
	case "Fault":
	case "Fork":
		window *= 10 // one worker forks, and a fork takes milliseconds
	default:
		window *= 4 // operations take turns on mmap_lock
	}
	return &Case{
		Machine: m, Design: d, Spec: spec, Layout: layout, CPUs: cpus, Seed: seed,
		Shared: DefaultShared(m), WarmNS: warmNS, WindowNS: window,
	}, nil
}

// Sweep returns the CPU counts that a machine is drawn at: powers of two, the
// ends of its first socket and of its cores, and all its CPUs, up to limit.
func (m *Machine) Sweep(limit int) []int {
	marks := map[int]bool{}
	for n := 1; n <= m.CPUs(); n *= 2 {
		marks[n] = true
	}
	marks[m.Clusters*m.Cores], marks[m.CPUs()/m.Threads], marks[m.CPUs()] = true, true, true
	var out []int
	for n := 1; n <= min(limit, m.CPUs()); n++ {
		if marks[n] {
			out = append(out, n)
		}
	}
	return out
}

// TableRow is a published row beside its prediction.
type TableRow struct {
	RateRow
	Base, New *PointResult
}

// Predicted returns the predicted change in per cent.
func (r *TableRow) Predicted() float64 { return 100 * (r.New.OpsPerS/r.Base.OpsPerS - 1) }

// Score says how a prediction agrees with a published table.
type Score struct {
	Signs, Of                      int // rows whose sign agrees; within noise counts as no difference on both sides
	PublishedKnee, PredictedKnee   int // first number of threads with a gain above kneeGain; 0 is none
	KneeSteps                      int // rows between the two
	WorstRate, WorstGain, MeanGain float64
	WorstNew                       float64 // as WorstRate, of the new design
}

// A change within noise per cent is no difference; the knee is the first gain
// above kneeGain per cent.
const (
	noise    = 1.5
	kneeGain = 5
)

// Points returns the points of the table, base and new of each row in turns.
func (t *RateTable) Points() []PointSpec {
	var out []PointSpec
	for _, r := range t.Rows {
		for _, d := range []string{t.Base, t.New} {
			out = append(out, PointSpec{
				Machine: t.Machine, Design: d, Workload: t.Workload, CPUs: r.Threads, Seed: 1, WindowNS: tableWindowNS,
				Spread: t.Spread, WorkNS: t.WorkNS,
			})
		}
	}
	return out
}

// tableWindowNS is longer than a point's window: a gain of 1 % must be seen. With
// another seed the gain of the first table at 7 threads comes out 0.3 points from the
// mean (one standard deviation).
const tableWindowNS = 16_000_000

// bandWindowNS is that of points of which there are many.
const bandWindowNS = tableWindowNS / 4

// Arbitration is a way in which contended lines may be served: Set (as in
// PointSpec) gives a machine its hold and local-first.
type Arbitration struct {
	Name string
	Set  map[string]float64
}

// Arbitrations returns m's lines served as on each machine whose counter is
// published, and as m's own but with no cluster preferred. Where m has no counter
// of its own, they are the band of what its lines may do.
func Arbitrations(m *Machine) ([]Arbitration, error) {
	var out []Arbitration
	for _, c := range Counters {
		like, _, err := Load(c.Machine)
		if err != nil {
			return nil, err
		}
		out = append(out, Arbitration{c.Machine, map[string]float64{"hold": like.Hold / m.Hold, "local-first": like.LocalFirst / m.LocalFirst}})
	}
	return append(out, Arbitration{"no cluster preferred", map[string]float64{"local-first": 1 / m.LocalFirst}}), nil
}

// Band is a published table modelled under another arbitration.
type Band struct {
	Name              string
	BasePerS, NewPerS []float64 // by row
	GainPct           []float64
	Score             Score
}

// BandPoints returns Points under each arbitration in turns.
func (t *RateTable) BandPoints(as []Arbitration) []PointSpec {
	var out []PointSpec
	for _, a := range as {
		for _, p := range t.Points() {
			p.Set, p.WindowNS = a.Set, bandWindowNS
			out = append(out, p)
		}
	}
	return out
}

// Bands puts the results of BandPoints beside the rows.
func (t *RateTable) Bands(as []Arbitration, results []*PointResult) []Band {
	var out []Band
	for i, a := range as {
		b := Band{Name: a.Name}
		rows := t.Join(results[2*i*len(t.Rows):])
		b.Score = ScoreTable(rows)
		for j := range rows {
			b.BasePerS = append(b.BasePerS, rows[j].Base.OpsPerS)
			b.NewPerS = append(b.NewPerS, rows[j].New.OpsPerS)
			b.GainPct = append(b.GainPct, rows[j].Predicted())
		}
		out = append(out, b)
	}
	return out
}

// Join puts the results of Points beside the rows.
func (t *RateTable) Join(results []*PointResult) []TableRow {
	rows := make([]TableRow, len(t.Rows))
	for i, r := range t.Rows {
		rows[i] = TableRow{RateRow: r, Base: results[2*i], New: results[2*i+1]}
	}
	return rows
}

// Points returns the points of the table: base and new for each guess of a reader.
func (t *LatencyTable) Points() []PointSpec {
	var out []PointSpec
	for _, r := range t.Readers {
		for _, d := range []string{t.Base, t.New} {
			out = append(out, PointSpec{
				Machine: t.Machine, Design: d, Workload: t.Workload, CPUs: t.Threads, Seed: 1, WindowNS: latencyWindowNS,
				WorkNS: t.WorkNS, LineNS: r[0], PageNS: r[1],
			})
		}
	}
	return out
}

// latencyWindowNS holds some ten thousand operations of a mapper.
const latencyWindowNS = 60_000_000

// Of returns what the result has for a row of the table, in nanoseconds.
func (t *LatencyTable) Of(r *LatencyRow, p *PointResult) float64 {
	for _, role := range p.Roles {
		switch {
		case role.Role != t.Role:
		case r.What == "median":
			return float64(role.P50)
		default:
			return float64(role.Max)
		}
	}
	return 0
}

// Signs returns how many rows come out lower by more than noise with the new design,
// as all published ones are.
func (t *LatencyTable) Signs(base, new *PointResult) (n int) {
	for i := range t.Rows {
		if r := &t.Rows[i]; sign(100*(t.Of(r, new)/t.Of(r, base)-1)) == sign(100*(r.New[1]/r.Base[1]-1)) {
			n++
		}
	}
	return n
}

// ScoreTable compares predicted rows with the published ones.
func ScoreTable(rows []TableRow) Score {
	s := Score{Of: len(rows)}
	published, predicted := len(rows), len(rows) // the rows of the knees
	for i := range rows {
		r := &rows[i]
		pub, pre := r.Gain(), r.Predicted()
		if sign(pub) == sign(pre) {
			s.Signs++
		}
		if s.PublishedKnee == 0 && pub > kneeGain {
			s.PublishedKnee, published = r.Threads, i
		}
		if s.PredictedKnee == 0 && pre > kneeGain {
			s.PredictedKnee, predicted = r.Threads, i
		}
		s.WorstGain = max(s.WorstGain, math.Abs(pre-pub))
		s.MeanGain += math.Abs(pre-pub) / float64(len(rows))
		s.WorstRate = max(s.WorstRate, math.Abs(100*(r.Base.OpsPerS/r.BasePerS-1)))
		s.WorstNew = max(s.WorstNew, math.Abs(100*(r.New.OpsPerS/r.NewPerS-1)))
	}
	s.KneeSteps = max(published-predicted, predicted-published)
	return s
}

// sign is -1, 0 or 1; a change within noise is 0.
func sign(percent float64) int {
	switch {
	case percent > noise:
		return 1
	case percent < -noise:
		return -1
	}
	return 0
}
