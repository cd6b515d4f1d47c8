//go:build vmasim

// Command vmalab runs the lock source where every shared access can be seen:
// under every interleaving (check) and on simulated machines (simulate).
//
// Exit status: 0 all as expected, 1 a verdict that was not expected, 2 bad
// input or a failure to run, 130 interrupted.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// exitInterrupted is the status after SIGINT or SIGTERM.
const exitInterrupted = 130

// command is one subcommand: it takes its arguments and returns the exit status.
type command struct {
	name, what string
	run        func(args []string) int
}

func commands() []command {
	return []command{
		{"check", "explore every design under every interleaving of small scenarios", check},
		{"simulate", "predict every design on simulated machines of many CPUs", simulate},
		{"calibrate", "hold the machines against published counters, latencies and bursts", calibrate},
	}
}

func main() {
	if len(os.Args) < 2 {
		usage(os.Stderr)
		os.Exit(2)
	}
	name := os.Args[1]
	switch name {
	case workerCommand:
		os.Exit(simulateWorker())
	case checkWorkerCommand:
		os.Exit(checkWorker())
	}
	if name == "help" || name == "-h" || name == "--help" {
		usage(os.Stdout)
		return
	}
	for _, c := range commands() {
		if c.name == name {
			os.Exit(c.run(os.Args[2:]))
		}
	}
	fmt.Fprintf(os.Stderr, "vmalab: no command %q; see `vmalab help`\n", name)
	os.Exit(2)
}

func usage(w *os.File) {
	fmt.Fprintln(w, "usage: vmalab COMMAND [FLAGS]\n\nCommands (-h after one lists its flags):")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.what)
	}
}

// parse parses flags that no arguments follow. Otherwise it returns the exit status:
// 0 after -h, 2 after one line about what is wrong.
func parse(fs *flag.FlagSet, args []string) (status int, ok bool) {
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(os.Stderr)
		fmt.Fprintf(os.Stderr, "usage: vmalab %s [flags]\n", fs.Name())
		fs.PrintDefaults()
		return 0, false
	}
	if err == nil && fs.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	fs.Visit(func(f *flag.Flag) { // what a script forgot to set must not mean the default
		if err == nil && f.Value.String() == "" {
			err = fmt.Errorf("-%s is empty", f.Name)
		}
	})
	if err != nil {
		return fail(fs.Name(), err), false
	}
	return 0, true
}

// fail prints one line and returns the status of bad input.
func fail(command string, err error) int {
	fmt.Fprintf(os.Stderr, "vmalab %s: %v\n", command, err)
	return 2
}
