package results

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// MergedHist is the latencies of one role and operation over all trials of a
// cell, added up count by count. Percentiles of trials are never averaged.
type MergedHist struct {
	Cell             *Cell
	Role, Op, Timed  string
	RateHz           float64
	Trials           int
	Count, MaxNS     int64
	FloorNS          float64 // below it a latency is not told from zero; 0 is unknown
	hist             *hdrhistogram.Histogram
	trials           []buckets // of each trial, for Band
	started, stopped time.Time
}

// Quantile is one point of a latency distribution.
type Quantile struct {
	Q  float64 // 0.99 is p99
	NS int64
	// Floor: at or below what the clock can tell from zero.
	Floor bool
	// Few: fewer than ten samples lie above it, so the next run may well show
	// another value.
	Few bool
}

// At returns the quantile q, 0 < q <= 1.
func (m *MergedHist) At(q float64) Quantile {
	ns := m.hist.ValueAtQuantile(100 * q)
	if q >= 1 {
		ns = m.MaxNS
	}
	ns = min(ns, m.MaxNS) // the histogram answers with the upper edge of a bucket
	return Quantile{Q: q, NS: ns, Floor: float64(ns) <= m.FloorNS, Few: q < 1 && float64(m.Count)*(1-q) < 10}
}

// Curve returns quantiles evenly spaced in log(1/(1-q)), n to a decade, from
// the median to the last that ten samples support, and the greatest sample.
func (m *MergedHist) Curve(n int) []Quantile {
	var out []Quantile
	tail := 0.5
	for step := math.Pow(10, -1/float64(n)); tail*float64(m.Count) >= 10; tail *= step {
		out = append(out, m.At(1-tail))
	}
	return append(out, m.At(1))
}

// Merged returns the cell's histograms, each over all trials, in the order of
// the trials' own lists.
func (f *Folder) Merged(c *Cell) ([]*MergedHist, error) {
	type key struct {
		role, op, timed string
		rate            float64
	}
	byKey := map[key]*MergedHist{}
	var out []*MergedHist
	for _, t := range c.Trials {
		if t.Failed != "" {
			continue
		}
		for i := range t.Hists {
			h := &t.Hists[i]
			k := key{h.Role, h.Op, h.Timed, h.RateHz}
			m := byKey[k]
			if m == nil {
				m = &MergedHist{Cell: c, Role: h.Role, Op: h.Op, Timed: h.Timed, RateHz: h.RateHz, FloorNS: f.Run.Env.ClockNS}
				byKey[k] = m
				out = append(out, m)
			}
			if err := m.add(t, h); err != nil {
				return nil, fmt.Errorf("%s: %s: %s %s: %w", filepath.Join(f.Dir, TrialsFile), t.ID(), h.Role, h.Op, err)
			}
		}
	}
	return out, nil
}

func (m *MergedHist) add(t *Trial, h *Hist) error {
	d, err := hdrhistogram.Decode([]byte(h.V2))
	if err != nil {
		return fmt.Errorf("broken histogram: %w", err)
	}
	if d.TotalCount() != h.Count {
		return fmt.Errorf("histogram of %d samples where %d are on the record", d.TotalCount(), h.Count)
	}
	m.trials = append(m.trials, bucketsOf(d))
	if m.hist == nil {
		m.hist = d
	} else if lost := m.hist.Merge(d); lost > 0 {
		return fmt.Errorf("%d samples do not fit the histogram of the earlier trials", lost)
	}
	m.Trials++
	m.Count += h.Count
	m.MaxNS = max(m.MaxNS, h.MaxNS)
	if start, err := time.Parse(time.RFC3339, t.Started); err == nil {
		stop := start.Add(time.Duration(t.WallNS))
		if m.started.IsZero() || start.Before(m.started) {
			m.started = start
		}
		if stop.After(m.stopped) {
			m.stopped = stop
		}
	}
	return nil
}

// writeHistLogs writes the merged histograms as HdrHistogram logs, one file a
// variant, one line a cell, role, operation and way of timing.
func (f *Folder) writeHistLogs() error {
	logs := map[string]*bytes.Buffer{}
	for _, c := range f.Cells() {
		ms, err := f.Merged(c)
		if err != nil {
			return err
		}
		for _, m := range ms {
			file := "latency-" + orUnknown(c.Variant) + ".hlog"
			if logs[file] == nil {
				logs[file] = new(bytes.Buffer)
				f.logHead(logs[file])
			}
			if err := m.log(logs[file]); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	for name, b := range logs {
		if err := ReplaceFile(filepath.Join(f.Dir, name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) logHead(b *bytes.Buffer) {
	w := hdrhistogram.NewHistogramLogWriter(b)
	w.OutputComment(fmt.Sprintf("[Nanoseconds; run %s; merged over the trials of each benchmark]", f.Run.ID))
	w.OutputLogFormatVersion()
	w.OutputLegend()
}

// log writes one line. The tag names benchmark, role, operation, timing and rate.
func (m *MergedHist) log(b *bytes.Buffer) error {
	rate := "closed"
	if m.RateHz > 0 {
		rate = strconv.FormatFloat(m.RateHz, 'f', -1, 64) + "Hz"
	}
	m.hist.SetTag(strings.Map(tagRune, strings.Join([]string{m.Cell.Name, m.Role, m.Op, m.Timed, rate}, ":")))
	if !m.started.IsZero() {
		m.hist.SetStartTimeMs(m.started.UnixMilli())
		m.hist.SetEndTimeMs(m.stopped.UnixMilli())
	}
	return hdrhistogram.NewHistogramLogWriter(b).OutputIntervalHistogram(m.hist)
}

// tagRune keeps a tag on its line and in its field.
func tagRune(r rune) rune {
	switch r {
	case ',', ' ', '\n', '\r':
		return '_'
	}
	return r
}
