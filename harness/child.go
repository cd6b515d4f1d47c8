package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"

	"vmabench/results"
)

// Child is the other side of Spawn: it reads a TrialSpec as JSON, runs it and
// writes the results.Trial as JSON. The command wires it to a hidden
// subcommand; it returns the exit status.
func Child(in io.Reader, out, errs io.Writer, find Subjects) int {
	debug.SetTraceback("all") // what a hang's SIGQUIT prints
	var s TrialSpec
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		fmt.Fprintf(errs, "trial: bad specification: %v\n", err)
		return 2
	}
	t, err := RunTrial(&s, find)
	if err == nil {
		err = json.NewEncoder(out).Encode(t)
	}
	if err != nil {
		fmt.Fprintf(errs, "%v\n", err)
		return 1
	}
	return 0
}

// Command starts children: the program and arguments that reach Child.
type Command []string

// Limits on what a child may take and say.
const (
	maxOutput = 64 << 20
	maxErrors = 1 << 20
	dumpTime  = 2 * time.Second // to print its goroutines after SIGQUIT
)

// Failure is a trial that gave no result. Dump is what the child said, such as
// the states of its goroutines when it hung; it may be long.
type Failure struct {
	Why  string
	Dump string
}

func (f *Failure) Error() string { return f.Why }

// Spawn runs one trial in a child process. A child that outlives the timeout
// is asked for its goroutines and killed. The error is ctx's, or a *Failure.
func (c Command) Spawn(ctx context.Context, s *TrialSpec, timeout time.Duration) (*results.Trial, error) {
	o := Together(ctx, []Member{{Command: c, Spec: s, Timeout: timeout}})[0]
	return o.Trial, o.Err
}

// died says how a child ended, in one line.
func died(err error, said string) string {
	line := firstLine(said)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		if line == "" {
			return fmt.Sprintf("the trial's process ended with status %d", exit.ExitCode())
		}
		return line + held(said)
	}
	if line != "" {
		return fmt.Sprintf("the trial's process died (%v): %s", err, line+held(said))
	}
	return fmt.Sprintf("the trial's process died (%v)", err)
}

// held adds who holds and waits for which lock, and the goroutines' states, when
// the child printed them, as it does when it hangs.
func held(said string) string {
	out := ""
	for _, s := range []string{locks(said), goroutines(said)} {
		if s != "" {
			out += " (" + s + ")"
		}
	}
	return out
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// goroutines condenses a traceback: what state each goroutine is in and where,
// so that one sees who waits for which lock and who may be holding it.
func goroutines(dump string) string {
	var out []string
	count := map[string]int{}
	for g := range strings.SplitSeq(dump, "\n\n") {
		head, rest, _ := strings.Cut(strings.TrimSpace(g), "\n")
		if !strings.HasPrefix(head, "goroutine ") {
			continue
		}
		where := ours(rest)
		if where == "" && !strings.Contains(head, "running") {
			continue // the runtime's own
		}
		key := strings.TrimSpace(between(head, "[", "]") + " in " + where)
		if count[key]++; count[key] == 1 {
			out = append(out, key)
		}
	}
	for i, k := range out {
		if count[k] > 1 {
			out[i] = fmt.Sprintf("%s (%d times)", k, count[k])
		}
	}
	return strings.Join(out, "; ")
}

// ours returns the innermost three functions of this module in a goroutine's
// trace, without the door: what parks says nothing, who parked does.
func ours(trace string) string {
	var names []string
	for line := range strings.Lines(trace) {
		i := strings.LastIndex(line, "(")
		if i < 0 || !strings.HasPrefix(line, "vmabench/") || strings.HasPrefix(line, "vmabench/internal/atomic.") {
			continue
		}
		name := strings.TrimPrefix(strings.TrimPrefix(line[:i], "vmabench/"), "internal/")
		if names = append(names, name); len(names) == 3 {
			break
		}
	}
	return strings.Join(names, " < ")
}

func between(s, open, close string) string {
	_, s, _ = strings.Cut(s, open)
	s, _, _ = strings.Cut(s, close)
	return s
}

// capped keeps the first max bytes written to it.
type capped struct {
	b   bytes.Buffer
	max int
}

func (c *capped) Write(p []byte) (int, error) {
	if room := c.max - c.b.Len(); room > 0 {
		c.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
