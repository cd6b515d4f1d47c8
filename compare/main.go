// Compare holds the locks, the index and the fault against peers that the main
// module does not depend on: C11, other trees, another lock, gVisor.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"vmabench/harness"
	"vmabench/targets"
)

// all returns the targets in the order in which they are measured.
func all() []targets.Target { return slices.Concat(cTargets, treeTargets(), gvisorTargets) }

func main() {
	run := flag.String("run", "", "only targets whose name matches the `regexp`")
	rounds := flag.Int("rounds", 21, "paired rounds of each ratio")
	slice := flag.Duration("slice", 8*time.Millisecond, "length of a slice, 1ms to 15ms")
	sched := flag.String("sched", "other", "scheduling of the threads: other, or fifo")
	markdown := flag.Bool("markdown", false, "print the result as the table that METHOD.md has, too")
	flag.Parse()
	re, err := regexp.Compile(*run)
	if err != nil || *rounds < 1 || *slice < time.Millisecond || *slice > 15*time.Millisecond ||
		*sched != "other" && *sched != "fifo" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "compare: -rounds from 1, -slice from 1ms to 15ms, -sched other or fifo, -run a regular expression; no arguments")
		os.Exit(2)
	}
	if *sched == "fifo" {
		if err := harness.RealtimePermitted(); err != nil {
			fmt.Fprintln(os.Stderr, "compare: -sched fifo:", err)
			os.Exit(2)
		}
	}
	fmt.Printf("%s\n\n%s\n", targets.Machine(), targets.Header())
	rep := targets.Run(targets.Options{
		Targets: all(), Run: re,
		Rounds: *rounds, Slice: *slice, FIFO: *sched == "fifo",
		Each: func(r targets.Result) { fmt.Println(r.Line()) },
	})
	fmt.Printf("\n%s", rep.Summary())
	if *markdown {
		fmt.Printf("\n%s", rep.Markdown())
	}
	switch {
	case rep.Failed():
		os.Exit(1)
	case rep.Disturbed != "":
		os.Exit(3)
	}
}
