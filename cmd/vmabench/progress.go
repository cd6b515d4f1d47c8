package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"vmabench/harness"
)

// progress shows where a run stands: on a terminal one line that is painted
// between trials only, for a painter that ran beside them would take a CPU
// from them; elsewhere a plain line per trial.
type progress struct {
	out      io.Writer
	quiet    bool
	terminal bool
	color    bool
	painted  bool
}

func newProgress(out io.Writer, quiet bool) *progress {
	s := &progress{out: out, quiet: quiet}
	if f, ok := out.(interface{ Stat() (os.FileInfo, error) }); ok {
		info, err := f.Stat()
		s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}
	s.color = s.terminal && os.Getenv("NO_COLOR") == ""
	return s
}

func (s *progress) show(p harness.Progress) {
	if s.quiet {
		return
	}
	t := p.Trial
	switch {
	case !s.terminal && t == nil:
		return
	case !s.terminal:
		fmt.Fprintf(s.out, "%*d/%d  %s  %s  eta %v\n", width(p.Total), p.Index, p.Total, t.Name(), harness.Describe(t), p.Left)
		return
	case t != nil && t.Failed != "":
		s.clear()
		fmt.Fprintf(s.out, "%s  %s\n", t.Name(), harness.Describe(t))
	}
	done := 0
	if p.Total > 0 {
		done = 20 * p.Index / p.Total
	}
	bar := strings.Repeat("#", done) + strings.Repeat(".", 20-done)
	if s.color {
		bar = "\x1b[32m" + bar + "\x1b[0m"
	}
	name := p.Spec.Name()
	if len(name) > 70 {
		name = name[:67] + "..."
	}
	fmt.Fprintf(s.out, "\r\x1b[K%s %d/%d  %v left  %s", bar, p.Index, p.Total, p.Left.Round(time.Second), name)
	s.painted = true
}

// clear takes the line away.
func (s *progress) clear() {
	if s.painted {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.painted = false
	}
}

func width(n int) int { return len(fmt.Sprint(n)) }
