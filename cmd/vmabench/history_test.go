package main

import (
	"bytes"
	"strings"
	"testing"

	"vmabench/results"
)

// TestPrintSeries: headlines of each kind with interval and n, and a mark where
// a change has a verdict, nowhere else.
func TestPrintSeries(t *testing.T) {
	at := func(m float64, v results.Verdict) results.Point {
		p := results.Point{Summary: results.Summary{Median: m, Lo: m - 1, Hi: m + 1, N: 12}}
		if v != "" {
			p.Change = &results.Delta{Verdict: v, Ratio: 1.3}
		}
		return p
	}
	var b bytes.Buffer
	if err := printSeries([]results.Series{
		{Name: "a", Unit: "ns/op", Kind: results.Throughput, Points: []results.Point{at(100, ""), at(130, results.Slower)}},
		{Name: "b", Unit: "p99-ns", Kind: results.Latency, Points: []results.Point{at(100, ""), at(130, results.Same)}},
		{Name: "c", Unit: "B/vma", Points: []results.Point{at(7, "")}},
		{Name: "d", Unit: "parks/op", Points: []results.Point{at(7, "")}},
	}, &b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[1], "100 [99, 101] 12  130 [129, 131] 12 * +30.0%") ||
		strings.Contains(lines[2], "*") || !strings.Contains(lines[3], "7 [6, 8] 12") {
		t.Errorf("%s", b.String())
	}
}
