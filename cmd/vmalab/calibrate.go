//go:build vmasim

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"

	"vmabench/manycore"
	"vmabench/results"
)

// calibrate prints every published calibration figure beside the model's.
func calibrate(args []string) int {
	fs := flag.NewFlagSet("calibrate", flag.ContinueOnError)
	params := fs.String("params", "", "print a machine's parameters with their sources and stop")
	host := fs.String("host", "", "measure this machine, write it as a machine file and stop")
	if status, ok := parse(fs, args); !ok {
		return status
	}
	if *params != "" {
		return printParams(*params)
	}
	if *host != "" {
		if err := writeHost(*host); err != nil {
			return fail("calibrate", err)
		}
		return 0
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "machine\twhat\tat\tpublished ns\tmodelled ns\terror")
	row := func(machine, what, at string, published, modelled float64) {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%.1f\t%.1f\t%+.0f %%\n", machine, what, at, published, modelled, 100*(modelled/published-1))
	}
	for _, group := range []struct {
		tables  []manycore.Published
		what    string
		measure func(*manycore.Machine, int) (float64, error)
	}{{manycore.Counters, "contended counter", manycore.Counter}, {manycore.Bursts, "burst of writes", manycore.Burst}, {manycore.ReadBursts, "burst of reads", manycore.ReadBurst}, {manycore.ReadLocks, "read lock and unlock", manycore.ReadLock}} {
		for _, t := range group.tables {
			m, _, err := manycore.Load(t.Machine)
			if err != nil {
				return fail("calibrate", err)
			}
			for _, p := range t.Points {
				ns, err := group.measure(m, p.CPUs)
				if err != nil {
					return fail("calibrate", err)
				}
				row(t.Machine, group.what, fmt.Sprintf("%d CPUs", p.CPUs), p.NS, ns)
			}
		}
	}
	for _, p := range manycore.PingPongs {
		m, _, err := manycore.Load(p.Machine)
		if err != nil {
			return fail("calibrate", err)
		}
		ns, err := manycore.PingPong(m, p.Distance)
		if err != nil {
			return fail("calibrate", err)
		}
		row(p.Machine, "one-way latency", "same "+p.Distance.String(), p.NS, ns)
	}
	tw.Flush()
	return 0
}

func printParams(name string) int {
	m, params, err := manycore.Load(name)
	if err != nil {
		return fail("calibrate", err)
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "%s: %d CPUs\n", m.Title, m.CPUs())
	for _, p := range params {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", p.Name, p.Value, p.Source)
	}
	tw.Flush()
	return 0
}

// hostRounds is how often each cost of the host is measured; the median counts.
const hostRounds = 15

func writeHost(path string) error {
	if err := results.CanReplace(path); err != nil {
		return err
	}
	h, err := manycore.MeasureHost(hostRounds)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := h.Write(&text); err != nil {
		return err
	}
	return results.ReplaceFile(path, text.Bytes())
}
