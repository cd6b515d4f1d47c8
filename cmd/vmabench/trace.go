package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/variants"
	"vmabench/vmm"
	"vmabench/workload"
	"vmabench/workload/trace"
)

const traceUsage = `usage: vmabench trace COMMAND
record a process's calls and faults, and do them again to any design
  record -o FILE [flags] -- COMMAND               run a command and keep what it did
  import -o FILE -initial MAPS -final MAPS LOG    make a trace of a log of strace or perf trace
  replay [flags] FILE                             on every design: does each end in the same mappings
  show FILE                                       what a trace holds
vmabench trace COMMAND -h lists a command's flags.
`

// traces is the command on recorded processes.
func traces(args []string, out, errs io.Writer) error {
	if len(args) == 0 {
		return badf("trace: want record, import, replay or show")
	}
	switch args[0] {
	case "record":
		return recordTrace(args[1:], out, errs)
	case "replay":
		return replayTrace(args[1:], out, errs)
	case "import":
		return importTrace(args[1:], out, errs)
	case "show":
		return showTrace(args[1:], out, errs)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(errs, traceUsage)
		return nil
	}
	return badf("trace %q: want record, import, replay or show", args[0])
}

// recordTrace runs a command and keeps what it did.
func recordTrace(args []string, out, errs io.Writer) error {
	fs := flags("trace record -o FILE [flags] -- COMMAND", errs)
	file := fs.String("o", "", "the `file` to write; .gz is compressed")
	limit := fs.Duration("limit", 0, "end the command after that `time`")
	with := fs.String("with", "", "record calls with the `program`: strace, or perf, which slows the command down less and needs the right to trace (default strace if it is there)")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return usageError{err}
	}
	if err := noneEmpty(fs); err != nil {
		return err
	}
	switch {
	case *file == "":
		return badf("trace record: want -o FILE")
	case fs.NArg() == 0:
		return badf("trace record: want a command, after --")
	case *with != "" && *with != "strace" && *with != "perf":
		return badf("trace record: -with %q: want strace or perf", *with)
	case *limit < 0:
		return badf("trace record: -limit %v: want a time", *limit)
	}
	if err := results.CanReplace(*file); err != nil {
		return usageError{err}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	stdout := out
	if s, ok := out.(*screenFile); ok {
		stdout = s.File // itself: the command may ask what it is
	}
	t, status, err := trace.Record(ctx, fs.Args(), trace.Options{Limit: *limit, With: *with, Stdin: os.Stdin, Stdout: stdout, Stderr: errs})
	switch {
	case errors.Is(err, context.Canceled):
		return interruptedError("no trace was kept")
	case t == nil && status == 0:
		return usageError{notStarted(err)}
	case t != nil:
		if werr := writeTrace(*file, t); werr != nil {
			return werr
		}
		describeTrace(out, *file, t)
	}
	if status == 0 {
		return err // the calls do not explain the last mappings: kept, and said
	}
	if err == nil {
		err = fmt.Errorf("%s ended with status %d", fs.Arg(0), status)
	}
	fmt.Fprintf(errs, "vmabench: %v\n", err)
	return exitError(status) // the command's, as time and strace do
}

// notStarted is why a program was not started: which and why, not by which call.
func notStarted(err error) error {
	var unknown *exec.Error
	if errors.As(err, &unknown) {
		return fmt.Errorf("%s: %w", unknown.Name, unknown.Err)
	}
	return plain(err)
}

// importTrace makes a trace of a log that strace or perf trace wrote.
func importTrace(args []string, out, errs io.Writer) error {
	fs := flags("trace import -o FILE -initial MAPS -final MAPS LOG", errs)
	file := fs.String("o", "", "the `file` to write; .gz is compressed")
	initial := fs.String("initial", "", "a `file`: a copy of /proc/PID/maps when the log begins")
	final := fs.String("final", "", "a `file`: a copy of /proc/PID/maps when the log ends")
	perf := fs.Bool("perf", false, "the log is of: perf trace "+strings.Join(trace.PerfFlags, " ")+"; otherwise of: strace "+strings.Join(trace.StraceFlags, " "))
	pid := fs.Int("pid", 0, "the `process` to keep (default the first of the log)")
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	if *file == "" || *initial == "" || *final == "" || fs.NArg() == 0 {
		return badf("trace import: want -o, -initial, -final and a log")
	}
	files := trace.Files{}
	var maps [2][]vmm.Mapping
	for i, path := range []string{*initial, *final} {
		f, err := openInput(path)
		if err != nil {
			return err
		}
		maps[i], err = files.Maps(f, path)
		f.Close()
		if err != nil {
			return usageError{err}
		}
	}
	f, err := openInput(fs.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	read, how := trace.ParseStrace, "strace"
	if *perf {
		read, how = trace.ParsePerf, "perf trace"
	}
	l, err := read(f, fs.Arg(0), *pid, files)
	if err != nil {
		return usageError{err}
	}
	t := l.Trace(maps[0], maps[1])
	t.Command, t.Notes = "unknown", []string{"imported from a log of " + how}
	if err := writeTrace(*file, t); err != nil {
		return err
	}
	describeTrace(out, *file, t)
	return t.Verify()
}

func writeTrace(path string, t *trace.Trace) error {
	var text bytes.Buffer
	var err error
	if strings.HasSuffix(path, ".gz") {
		z, _ := gzip.NewWriterLevel(&text, gzip.BestCompression)
		err = errors.Join(t.Write(z), z.Close())
	} else {
		err = t.Write(&text)
	}
	if err != nil {
		return err
	}
	return fileError(results.ReplaceFile(path, text.Bytes()))
}

func readTrace(path string) (*trace.Trace, error) {
	f, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := trace.Read(f, path)
	if err != nil {
		return nil, usageError{err}
	}
	return t, nil
}

func showTrace(args []string, out, errs io.Writer) error {
	fs := flags("trace show FILE", errs)
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return badf("trace show: want a file")
	}
	t, err := readTrace(fs.Arg(0))
	if err != nil {
		return err
	}
	describeTrace(out, fs.Arg(0), t)
	return t.Verify()
}

func describeTrace(out io.Writer, path string, t *trace.Trace) {
	kinds, failed := t.Count()
	fmt.Fprintf(out, "%s: %s; threads %d, VMAs %d at the start, %d at the end\n", path, t.Command, t.Threads(), len(t.Initial), len(t.Final))
	var parts []string
	for k, n := range kinds {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %v", n, trace.Kind(k)))
		}
	}
	if n := len(t.Ops); n > 0 {
		parts = append(parts, fmt.Sprintf("in %v", t.Ops[n-1].At.Round(time.Millisecond)))
	}
	fmt.Fprintf(out, "  %s; %d of the calls failed\n", strings.Join(parts, ", "), failed)
	for _, n := range t.Notes {
		fmt.Fprintf(out, "  %s\n", n)
	}
}

// replayTrace performs a trace on designs and holds each to the last mappings
// of the recorded process.
func replayTrace(args []string, out, errs io.Writer) error {
	fs := flags("trace replay [flags] FILE", errs)
	list := fs.String("variants", "all", "the designs, `a,b` or all")
	timed := fs.Bool("timed", false, "with the timing of the recording, not as fast as it goes")
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return badf("trace replay: want a file")
	}
	t, err := readTrace(fs.Arg(0))
	if err != nil {
		return err
	}
	names, err := pickDesigns(*list)
	if err != nil {
		return err
	}
	describeTrace(out, fs.Arg(0), t)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\ndesign\ttook\tfailed calls\tfailed faults\tlast mappings")
	different := 0
	for _, n := range names {
		d, _ := variants.Lookup(n)
		if d.Real {
			return badf("%s: a trace's addresses are not the running kernel's to give; bench -run trace:FILE moves them", n)
		}
		same, err := replayOn(w, d, t, *timed)
		if err != nil {
			return err
		}
		if !same {
			different++
		}
	}
	w.Flush()
	if different > 0 && !*timed {
		return fmt.Errorf("%d designs end in another address space than the process", different)
	}
	return nil
}

// replayOn performs the trace on d and prints a row.
func replayOn(w io.Writer, d vmm.Design, t *trace.Trace, timed bool) (same bool, err error) {
	task := vmm.NewTask()
	defer task.Release()
	v := d.New(vmm.Config{}).NewVMM(task)
	defer v.Exit(task)
	if err := t.Build(v, task); err != nil {
		return false, fmt.Errorf("%s: %w", d.Name, err)
	}
	play := t.Play
	if timed {
		play = t.PlayTimed
	}
	p := play(v)
	if err := v.Check(task); err != nil {
		return false, fmt.Errorf("%s: the address space is corrupt: %w", d.Name, err)
	}
	maps, err := v.Maps(task, nil)
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.Name, err)
	}
	all, calls := p.Failures()
	diff := trace.Diff(maps, t.Final)
	word := diff
	if diff == "" {
		word = "as recorded"
	}
	fmt.Fprintf(w, "%s\t%v\t%d\t%d\t%s\n", d.Name, p.Took.Round(time.Microsecond), calls, all-calls, word)
	return diff == "", nil
}

// pickTrace makes a recorded process the one workload of a plan.
func (o *options) pickTrace(c *harness.Config, path string) error {
	t, err := readTrace(path)
	if err != nil {
		return err
	}
	spec, l, err := t.Spec(nameOf(strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".trace")))
	if err != nil {
		return badf("%s: %v", path, err)
	}
	specs := []workload.Spec{spec}
	c.Throughput, c.Latency, c.Footprint, c.Layout = specs, nil, nil, l
	c.Beside = slices.DeleteFunc(c.Beside, func(p harness.Part) bool { return p.Designs == nil })
	for i := range c.Beside { // the running kernel
		c.Beside[i].Throughput = specs
	}
	threads := t.Threads()
	keep := func(procs []int) (out []int) {
		for _, n := range procs {
			if n <= threads || o.procs != "" {
				out = append(out, n)
			}
		}
		return out
	}
	c.Procs = keep(c.Procs)
	for i := range c.Beside {
		c.Beside[i].Procs = keep(c.Beside[i].Procs)
	}
	return nil
}
