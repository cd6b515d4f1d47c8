// Vmabench measures designs of the locking of a process address space: it
// runs workloads against them, keeps every sample, and shows what may be
// concluded.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"vmabench/harness"
	"vmabench/selftest"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1   // the work could not be finished, or a gate failed
	exitUsage       = 2   // what was asked for cannot be done
	exitInterrupted = 130 // SIGINT; what was completed is kept
)

// command is a subcommand.
type command struct {
	name, args, doc string
	run             func(args []string, out, errs io.Writer) error
}

func commands() []command {
	return []command{
		{"bench", "[flags]", "run a plan, then show tables, charts and a report", bench},
		{"plan", "[flags of bench]", "show what bench would run, and how long it takes", plan},
		{"list", "[-l] [designs|workloads]", "the designs and the workloads", list},
		{"doctor", "", "is this machine fit to measure", doctor},
		{"selftest", "[flags]", "the suite's proof of itself: A/A, known slowdowns, broken locks", proveSelf},
		{"targets", "[flags]", "how close locks, index and harness are to the machine", measureTargets},
		{"report", "RUN", "the tables, charts and report of a run again", report},
		{"publish", "[-o FOLDER] RUN...", "a static site of several runs", publish},
		{"compare", "[flags] [OLD NEW]", "two runs, or two commits in turns, and a verdict", compare},
		{"history", "[-root FOLDER]", "the runs of a folder, and how each benchmark moved", history},
		{"layout", "[flags] PID|FILE", "the mappings of a process, for bench -layout", layout},
		{"trace", "record|import|replay|show", "record a process's calls and faults, and do them again to any design", traces},
		{"kernels", "[flags]", "real kernels under an emulator: bytes and instructions", realKernels},
		{"merge", "-o FOLDER SHARD...", "join the parts of a plan that was run with -shard", merge},
	}
}

func main() { os.Exit(mainStatus()) }

func mainStatus() int {
	out := &screenFile{File: os.Stdout}
	code := run(os.Args[1:], os.Stdin, out, os.Stderr)
	if code == exitOK && out.failed != nil { // what was asked for is not there
		return status(plain(out.failed), os.Stderr)
	}
	return code
}

// screenFile is standard output, and the first error of writing to it.
type screenFile struct {
	*os.File
	failed error
}

func (s *screenFile) Write(b []byte) (n int, err error) {
	if n, err = s.File.Write(b); err != nil && s.failed == nil {
		s.failed = err
	}
	return n, err
}

// run performs one command line and returns its exit status.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	if len(args) == 0 {
		usage(errs)
		return exitUsage
	}
	switch args[0] {
	case "trial": // hidden: the child process of a trial
		return harness.Child(in, out, errs, proofSubjects)
	case busyCommand: // hidden: a busy loop
		harness.Spin()
	case checkCommand: // hidden: the child process of a conformance check
		if len(args) != 2 {
			return exitUsage
		}
		return status(selftest.CheckChild(args[1], out), errs)
	case "help", "-h", "-help", "--help":
		usage(out)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return status(c.run(args[1:], out, errs), errs)
		}
	}
	fmt.Fprintf(errs, "vmabench: unknown command %q; vmabench help lists them\n", args[0])
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "vmabench measures designs of address-space locks.")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  vmabench %-28s %s\n", c.name+" "+c.args, c.doc)
	}
	fmt.Fprintln(w, "\nvmabench COMMAND -h lists a command's flags.")
}

// usageError is bad input: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func badf(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitError is a status that needs no further word.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// interruptedError is SIGINT or SIGTERM, and what is left of the work.
type interruptedError string

func (e interruptedError) Error() string { return "interrupted; " + string(e) }

// status prints err as one line and returns the exit status that it means.
func status(err error, errs io.Writer) int {
	var exit exitError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &exit):
		return int(exit)
	}
	fmt.Fprintf(errs, "vmabench: %v\n", err)
	switch {
	case errors.As(err, new(interruptedError)):
		return exitInterrupted
	case errors.As(err, new(usageError)):
		return exitUsage
	}
	return exitFailed
}

// flags returns a flag set whose errors are usage errors of one line. name is
// the command, with its arguments where it has any.
func flags(name string, errs io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("vmabench "+name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {
		fs.SetOutput(errs)
		line := name
		if !strings.Contains(line, " ") {
			line += " [flags]"
		}
		fmt.Fprintf(errs, "usage: vmabench %s\n", line)
		for _, c := range commands() {
			if c.name == strings.Fields(name)[0] && c.name != "trace" {
				fmt.Fprintf(errs, "%s\n", c.doc)
			}
		}
		fs.PrintDefaults()
		fs.SetOutput(io.Discard)
	}
	return fs
}

// parse parses args, in which flags may stand behind arguments, and refuses
// what is left over beyond want arguments.
func parse(fs *flag.FlagSet, args []string, want int) error {
	show := fs.Usage
	fs.Usage = func() {} // only for -h, not for every error
	var plain []string
	for {
		if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
			show()
			return err
		} else if err != nil {
			return usageError{err}
		}
		rest := fs.Args()
		if n := len(args) - len(rest); len(rest) == 0 || n > 0 && args[n-1] == "--" {
			plain = append(plain, rest...)
			break
		}
		plain, args = append(plain, rest[0]), rest[1:]
	}
	if len(plain) > want {
		return badf("unexpected argument %q", plain[want])
	}
	if slices.Contains(plain, "") {
		return badf("an argument is empty")
	}
	if err := fs.Parse(append([]string{"--"}, plain...)); err != nil {
		return err
	}
	return noneEmpty(fs)
}

// noneEmpty refuses flags that are given and empty: a variable that a script forgot
// to set must not mean the default.
func noneEmpty(fs *flag.FlagSet) (err error) {
	fs.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" {
			err = badf("-%s is empty", f.Name)
		}
	})
	return err
}
