//go:build vmasim

package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"vmabench/manycore"
)

// savedTable is an element of tables.json.
type savedTable struct {
	Table    manycore.RateTable
	Rows     []manycore.TableRow
	Score    manycore.Score
	Bands    []manycore.Band     `json:",omitempty"`
	Ablation []manycore.Ablation `json:",omitempty"`
}

// published predicts the published tables and writes tables.json.
func (s *simulation) published(dir string) error {
	var all []savedTable
	for i := range manycore.RateTables {
		t := &manycore.RateTables[i]
		rs, err := s.pool.all(t.Points())
		if err != nil {
			return err
		}
		saved := savedTable{Table: *t, Rows: t.Join(rs)}
		saved.Score = manycore.ScoreTable(saved.Rows)
		printTable(t, saved.Rows, saved.Score)
		if t.Band {
			if err := s.bandOf(t, &saved); err != nil {
				return err
			}
		}
		all = append(all, saved)
	}
	if err := s.latencies(dir); err != nil {
		return err
	}
	return writeJSON(dir, "tables.json", all)
}

// savedLatencies is an element of latencies.json: Results are base and new by guess.
type savedLatencies struct {
	Table   manycore.LatencyTable
	Results []*manycore.PointResult
}

// latencies predicts the published latencies and writes latencies.json.
func (s *simulation) latencies(dir string) error {
	var all []savedLatencies
	for i := range manycore.LatencyTables {
		t := &manycore.LatencyTables[i]
		rs, err := s.pool.all(t.Points())
		if err != nil {
			return err
		}
		printLatencyTable(t, rs)
		all = append(all, savedLatencies{*t, rs})
	}
	return writeJSON(dir, "latencies.json", all)
}

// printLatencyTable prints the published figures and under them the modelled ones,
// with the error of each against what was published, or the nearer end of it.
func printLatencyTable(t *manycore.LatencyTable, rs []*manycore.PointResult) {
	fmt.Printf("%s: %s, microseconds, published and modelled on %s with %d threads\n%s\n", t.Name, t.What, t.Machine, t.Threads, t.Source)
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "a reader's line, page\t")
	for _, r := range t.Rows {
		fmt.Fprintf(tw, "%s of %s\terror\t%s\terror\t", r.What, t.Base, t.New)
	}
	fmt.Fprint(tw, "signs\t\npublished\t")
	for _, r := range t.Rows {
		fmt.Fprintf(tw, "%s\t\t%s\t\t", micros(r.Base), micros(r.New))
	}
	fmt.Fprintln(tw, "\t")
	for i, reader := range t.Readers {
		base, new := rs[2*i], rs[2*i+1]
		fmt.Fprintf(tw, "modelled, %.0f ns, %.1f us\t", reader[0], reader[1]/1e3)
		for j := range t.Rows {
			r := &t.Rows[j]
			a, b := t.Of(r, base), t.Of(r, new)
			fmt.Fprintf(tw, "%.1f\t%+.0f %%\t%.1f\t%+.0f %%\t", a/1e3, off(a, r.Base), b/1e3, off(b, r.New))
		}
		fmt.Fprintf(tw, "%d of %d\t\n", t.Signs(base, new), len(t.Rows))
	}
	tw.Flush()
	fmt.Println()
}

func micros(ns [2]float64) string {
	if ns[0] == ns[1] {
		return fmt.Sprintf("%.0f", ns[0]/1e3)
	}
	return fmt.Sprintf("%.0f to %.0f", ns[0]/1e3, ns[1]/1e3)
}

// off is the error in per cent against the nearest value between two.
func off(ns float64, published [2]float64) float64 {
	return 100 * (ns/min(max(ns, published[0]), published[1]) - 1)
}

// bandOf models a table under every known arbitration, and with each component
// left out: its machine has no counter of its own, and no other parameter matters
// as much.
func (s *simulation) bandOf(t *manycore.RateTable, saved *savedTable) error {
	m, _, err := manycore.Load(t.Machine)
	if err != nil {
		return err
	}
	as, err := manycore.Arbitrations(m)
	if err != nil {
		return err
	}
	rs, err := s.pool.all(t.BandPoints(as))
	if err != nil {
		return err
	}
	saved.Bands = t.Bands(as, rs)
	printBands(t, saved.Bands)
	if !s.o.ablation {
		return nil
	}
	if rs, err = s.pool.all(t.AblationPoints()); err != nil {
		return err
	}
	saved.Ablation = t.Ablate(saved.Rows, rs)
	printAblation(t, saved.Ablation)
	return nil
}

func printTable(t *manycore.RateTable, rows []manycore.TableRow, sc manycore.Score) {
	fmt.Printf("%s: %s against %s, published and modelled on %s (%s)\n%s\n", t.Name, t.New, t.Base, t.Machine, t.Workload, t.Source)
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "threads\t%s M/s published\tmodelled\terror\t%s M/s published\tmodelled\terror\tgain published\tmodelled\t\n", t.Base, t.New)
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(tw, "%d\t%.2f\t%.2f\t%+.0f %%\t%.2f\t%.2f\t%+.0f %%\t%+.1f %%\t%+.1f %%\t\n", r.Threads,
			r.BasePerS/1e6, r.Base.OpsPerS/1e6, 100*(r.Base.OpsPerS/r.BasePerS-1),
			r.NewPerS/1e6, r.New.OpsPerS/1e6, 100*(r.New.OpsPerS/r.NewPerS-1), r.Gain(), r.Predicted())
	}
	tw.Flush()
	fmt.Printf("sign agrees in %d of %d rows; first gain above 5 %%: published %d, modelled %d threads; gain off by %.1f points at most; rates off by %.0f %% (%s) and %.0f %% (%s) at most\n\n",
		sc.Signs, sc.Of, sc.PublishedKnee, sc.PredictedKnee, sc.WorstGain, sc.WorstRate, t.Base, sc.WorstNew, t.New)
}

// byRow prints a line of per-cents, one a row of the table.
func byRow(tw *tabwriter.Writer, name string, percent []float64) {
	fmt.Fprintf(tw, "%s\t", name)
	for _, p := range percent {
		fmt.Fprintf(tw, "%+.1f\t", p)
	}
	fmt.Fprintln(tw)
}

func printBands(t *manycore.RateTable, bands []manycore.Band) {
	fmt.Printf("the band: contended lines served as on another machine (error of %s in per cent by threads, then gain in per cent)\n", t.Base)
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, b := range bands {
		var off []float64
		for i, r := range t.Rows {
			off = append(off, 100*(b.BasePerS[i]/r.BasePerS-1))
		}
		byRow(tw, b.Name+", "+t.Base, off)
		byRow(tw, "gain", b.GainPct)
	}
	tw.Flush()
	fmt.Println()
}

func printAblation(t *manycore.RateTable, all []manycore.Ablation) {
	fmt.Printf("ablation: each component left out in turns (change of %s in per cent by threads, then change of the gain in points)\n", t.Base)
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "threads\t")
	for _, r := range t.Rows {
		fmt.Fprintf(tw, "%d\t", r.Threads)
	}
	fmt.Fprintln(tw)
	for _, a := range all {
		byRow(tw, "without "+a.Without, a.BaseChange)
		byRow(tw, "gain", a.GainChange)
	}
	tw.Flush()
	fmt.Println()
}
