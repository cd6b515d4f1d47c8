//go:build vmasim

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"

	"vmabench/explore"
	"vmabench/explore/lockcheck"
	"vmabench/results"
)

// checkOptions are the flags of check.
type checkOptions struct {
	scenario, design *regexp.Regexp
	mutant           *regexp.Regexp
	mode             explore.Mode
	bound, jobs      int
	short, full      bool
	mutants          bool
	budget           time.Duration
	out, shard       string
	replay           string
}

func check(args []string) int {
	o, status := parseCheck(args)
	if o == nil {
		return status
	}
	dir, remove, err := scratch()
	if err != nil {
		return fail("check", err)
	}
	defer remove()
	c := &checking{o: o, begin: time.Now(), dir: dir}
	if err := c.run(); err != nil {
		return fail("check", err)
	}
	if c.unexpected > 0 {
		return 1
	}
	return 0
}

// parseCheck returns the options, or nil and the exit status.
func parseCheck(args []string) (*checkOptions, int) {
	o := &checkOptions{}
	fs := flag.NewFlagSet("check", flag.ContinueOnError)
	scenario := fs.String("scenario", "", "only scenarios whose name matches this regular expression")
	design := fs.String("design", "", "only designs whose name matches (mmap_lock is the rw_semaphore alone)")
	mode := fs.String("mode", "dpor", "search: dpor, sleep, dfs, pct")
	fs.IntVar(&o.bound, "bound", -1, "preemptions at most, with -mode dfs; -1 is no bound")
	fs.IntVar(&o.jobs, "j", runtime.NumCPU(), "worker processes")
	fs.BoolVar(&o.short, "short", false, "leave out the long scenarios")
	fs.BoolVar(&o.full, "full", false, "also scenarios with four threads or three that spin, and the long ones of every design: some take hours, and end at -budget")
	fs.BoolVar(&o.mutants, "mutants", false, "also change the lock source, a line at a time, and see each change caught (needs go and the source)")
	mutant := fs.String("mutant", "", "only mutants whose name or file matches")
	fs.DurationVar(&o.budget, "budget", time.Minute, "time for one scenario")
	fs.StringVar(&o.out, "o", "", "run folder to write check.json into")
	fs.StringVar(&o.shard, "shard", "", "i/n: only that part of the scenarios and mutants")
	fs.StringVar(&o.replay, "replay", "", "replay this schedule in the one scenario that -scenario and -design name")
	if status, ok := parse(fs, args); !ok {
		return nil, status
	}
	if err := o.finish(*scenario, *design, *mutant, *mode); err != nil {
		return nil, fail("check", err)
	}
	return o, 0
}

func (o *checkOptions) finish(scenario, design, mutant, mode string) (err error) {
	if o.scenario, err = regexp.Compile(scenario); err != nil {
		return err
	}
	if o.design, err = regexp.Compile(design); err != nil {
		return err
	}
	if o.mutant, err = regexp.Compile(mutant); err != nil {
		return err
	}
	if mutant != "" && !o.mutants {
		return errors.New("-mutant needs -mutants")
	}
	if o.mutants && len(o.mutantList()) == 0 {
		return errors.New("no mutant matches")
	}
	if o.mode, err = explore.ParseMode(mode); err != nil {
		return err
	}
	if o.bound < -1 {
		return fmt.Errorf("-bound %d: want 0 or more, or -1 for none", o.bound)
	}
	if o.bound >= 0 && o.mode != explore.DFS {
		return errors.New("-bound needs -mode dfs: the reduction is exact without a bound only")
	}
	if o.jobs < 1 || o.budget <= 0 {
		return errors.New("-j and -budget must be positive")
	}
	if o.shard != "" {
		if _, _, err := results.ParseShard(o.shard); err != nil {
			return err
		}
	}
	if err := explore.CheckSchedule(o.replay); err != nil {
		return fmt.Errorf("-replay: %w", err)
	}
	if o.out != "" {
		return results.CanMake(o.out)
	}
	return nil
}

// takes reports whether the flags ask for the scenario.
func (o *checkOptions) takes(r *lockcheck.Row) bool {
	return o.scenario.MatchString(r.Scenario) && o.design.MatchString(r.Design) && (!r.Long || !o.short) && (!r.Full || o.full)
}

// job returns the order for a scenario.
func (o *checkOptions) job(r *lockcheck.Row) lockcheck.Job {
	return lockcheck.Job{Design: r.Design, Scenario: r.Scenario, Mode: o.mode, Bound: o.bound, Budget: o.budget, Replay: o.replay}
}

// checking is one call of check.
type checking struct {
	o          *checkOptions
	begin      time.Time
	dir        string // of binaries built for this call
	report     report
	unexpected int
}

// scratch makes a folder that is gone when remove is called, and when the process
// is asked to end before.
func scratch() (dir string, remove func(), err error) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	if dir, err = os.MkdirTemp("", "vmalab-check-"); err != nil {
		return "", nil, err
	}
	go func() {
		<-asked
		os.RemoveAll(dir)
		fmt.Fprintln(os.Stderr, "vmalab check: interrupted; nothing was kept")
		os.Exit(exitInterrupted)
	}()
	return dir, func() {
		signal.Stop(asked)
		os.RemoveAll(dir)
	}, nil
}

func (c *checking) run() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	plain, err := listOf(self, checkWorkerCommand)
	if err != nil {
		return err
	}
	tasks := c.tasks(plain, self, checkWorkerCommand)
	if c.o.replay != "" {
		return c.replay(tasks)
	}
	if src, err := sourceTree(); err != nil {
		fmt.Printf("not checked: scenarios with tiny counters (%v)\n", err)
	} else if err := c.addTiny(&tasks, src); err != nil {
		return err
	}
	if len(tasks) == 0 && !c.o.mutants {
		return errors.New("no scenario matches")
	}
	if err := c.scenarios(tasks); err != nil {
		return err
	}
	if c.o.mutants {
		if err := c.mutants(); err != nil {
			return err
		}
	}
	return c.finish()
}

// task is a scenario and the binary that has it.
type task struct {
	row lockcheck.Row
	bin []string
}

func (c *checking) tasks(list []lockcheck.Row, bin ...string) (out []task) {
	for i := range list {
		if c.o.takes(&list[i]) {
			out = append(out, task{list[i], bin})
		}
	}
	return out
}

// addTiny builds the worker with tiny counters and adds its scenarios.
func (c *checking) addTiny(tasks *[]task, src string) error {
	bin, err := c.build(src, "tiny", "vmasim,vmatiny", "")
	if err != nil {
		return err
	}
	list, err := listOf(bin)
	if err != nil {
		return err
	}
	*tasks = append(*tasks, c.tasks(list, bin)...)
	return nil
}

// replay prints the timeline of one schedule.
func (c *checking) replay(tasks []task) error {
	if len(tasks) != 1 {
		return fmt.Errorf("-replay needs exactly one scenario; %d match", len(tasks))
	}
	w, _, err := startWorker(tasks[0].bin)
	if err != nil {
		return err
	}
	defer w.stop()
	row, err := w.do(c.o.job(&tasks[0].row))
	if err != nil {
		return err
	}
	fmt.Printf("%s/%s: %s: %s\n%s", row.Design, row.Scenario, row.Failure.Kind, row.Failure.Msg, row.Failure.Trace)
	return nil
}
