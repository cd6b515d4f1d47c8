package main

import (
	"flag"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/variants"
	"vmabench/vmm"
	"vmabench/workload"
)

// options are bench's flags.
type options struct {
	plan, run, variants, procs, page, protocol, layout, shard, load, arrivals, clock, sched, outside, goroutines string

	count, vmas int
	seed        uint64
	budget      time.Duration
	dir         string
	resume      bool
	force       bool
	quiet       bool
	noReport    bool
	gated       bool            // both runs of the plan must be fit for a verdict
	set         map[string]bool // flags that were given
}

func (o *options) register(fs *flag.FlagSet) {
	fs.StringVar(&o.plan, "plan", "default", "the plan: default, full, figures, shape, writers, load or smoke")
	fs.StringVar(&o.run, "run", "", "only workloads whose name matches the `regexp`; or trace:FILE, what a recorded process did")
	fs.StringVar(&o.variants, "variants", "", "the designs, `a,b` or all (default "+strings.Join(headliners, ",")+", and rangelock in -plan figures); the first is the baseline")
	fs.StringVar(&o.procs, "procs", "", "the GOMAXPROCS of throughput trials, as `1,2,4`")
	fs.IntVar(&o.count, "count", 0, "repetitions; 10 or more for a verdict")
	fs.IntVar(&o.vmas, "vmas", 0, "VMAs of the address space")
	fs.StringVar(&o.layout, "layout", "", "lay the address space out as this `file`, a copy of /proc/PID/maps")
	fs.StringVar(&o.page, "page", "none", "what a fault does to its page: none or zero")
	fs.StringVar(&o.protocol, "protocol", "same", "rules around the lock: same (Linux 7.0 for all) or era (each design's kernel)")
	fs.StringVar(&o.load, "load", "", "offered loads of latency trials, times the workload's own, as `0.5,1,2`")
	fs.StringVar(&o.arrivals, "arrivals", "poisson", "arrivals of latency trials: poisson or constant")
	fs.StringVar(&o.clock, "clock", "", "clock of latency trials: tsc (the CPU's counter) or monotonic (default tsc where it is invariant)")
	fs.StringVar(&o.sched, "sched", "other", "scheduling of the workers: other, or fifo (real-time, half duty) for a busy machine")
	fs.StringVar(&o.outside, "outside", "", "turns of an empty loop (a cycle or so each) between two operations of throughput trials, as `0,100,1000`")
	fs.StringVar(&o.goroutines, "goroutines", "", "throughput trials, too, whose workers are plain goroutines, so many for each of GOMAXPROCS, as `1,2,4,8`; 1 is what the others are held against")
	fs.DurationVar(&o.budget, "budget", 0, "how long the run may take before it stops repeating disturbed trials (default the plan's)")
	fs.StringVar(&o.shard, "shard", "", "run part `i/n` of the plan")
	fs.Uint64Var(&o.seed, "seed", 1, "seed of the order and of the streams")
}

// registerRun adds the flags that say how to run, not what.
func (o *options) registerRun(fs *flag.FlagSet) {
	fs.StringVar(&o.dir, "o", "", "`folder` of the run (default results/DATE-TIME)")
	fs.BoolVar(&o.resume, "resume", false, "go on with the run in -o, or with the last one")
	fs.BoolVar(&o.force, "force", false, "replace a run that is in -o; with -resume, go on with another kernel, Go version or setting")
	fs.BoolVar(&o.quiet, "q", false, "no progress")
	fs.BoolVar(&o.noReport, "noreport", false, "no tables, charts or report")
}

// Bounds of what a plan may ask for: beyond them it would not end, or its
// trials would have no arrival at all.
const (
	maxCount         = 10_000
	minLoad, maxLoad = 0.001, 1000
)

// config turns the flags into a configuration.
func (o *options) config() (harness.Config, error) {
	c, err := presetPlan(o.plan)
	if err != nil {
		return c, err
	}
	c.Seed = o.seed
	if o.count < 0 || o.count > maxCount || o.set["count"] && o.count == 0 {
		return c, badf("-count %d: want 1 to %d", o.count, maxCount)
	}
	if o.count > 0 {
		if c.Budget > 0 {
			c.Budget = time.Duration(float64(c.Budget) * float64(o.count) / float64(c.Count))
		}
		c.Count = o.count
	}
	if o.set["budget"] {
		if o.budget <= 0 {
			return c, badf("-budget %v: want more than 0", o.budget)
		}
		c.Budget = o.budget
	}
	if o.variants != "" || c.Designs == nil {
		if c.Designs, err = pickDesigns(o.variants); err != nil {
			return c, err
		}
	}
	c.Elsewhere = realDesigns()
	if o.variants != "" || o.page != "none" || o.protocol != "same" {
		c.Beside = slices.DeleteFunc(c.Beside, func(p harness.Part) bool { return p.Designs != nil }) // what was asked for, and nothing else
	}
	if o.procs != "" {
		if c.Procs, err = numbers("-procs", o.procs); err != nil {
			return c, err
		}
	}
	if err := o.pickWorkloads(&c); err != nil {
		return c, err
	}
	if err := o.pickOutside(&c); err != nil {
		return c, err
	}
	if err := o.pickGoroutines(&c); err != nil {
		return c, err
	}
	if err := o.pickLayout(&c); err != nil {
		return c, err
	}
	c.Beside = slices.DeleteFunc(c.Beside, func(p harness.Part) bool { return p.VMAs == c.VMAs }) // it is there already
	c.Beside = onceEach(&c)
	if err := o.pickSubject(&c); err != nil {
		return c, err
	}
	return c, o.pickLoad(&c)
}

// headliners are the designs that a plan compares unless -variants says
// otherwise: the three of the mainline kernels, the oldest as the baseline.
var headliners = []string{"mmaponly", "rwsem", "refcount"}

// pickDesigns reads -variants.
func pickDesigns(list string) (names []string, err error) {
	var known []string
	for _, d := range variants.Subjects() {
		known = append(known, d.Name)
	}
	switch list {
	case "":
		return headliners, nil
	case "all":
		for _, d := range slices.Concat(variants.All(), variants.Layouts(), variants.Controls()) {
			names = append(names, d.Name)
		}
		return names, nil
	}
	for _, n := range strings.Split(list, ",") {
		if !slices.Contains(known, n) {
			return nil, badf("unknown design %q; there are %s", n, strings.Join(known, ", "))
		}
		if slices.Contains(names, n) {
			return nil, badf("-variants names %q twice", n)
		}
		names = append(names, n)
	}
	return names, nil
}

func (o *options) pickWorkloads(c *harness.Config) error {
	if o.run == "" {
		return nil
	}
	if o.run == "trace:" {
		return badf("-run trace: wants a file after the colon")
	}
	if path, ok := strings.CutPrefix(o.run, "trace:"); ok {
		return o.pickTrace(c, path)
	}
	specs, err := workload.Match(o.run)
	if err != nil {
		return usageError{err}
	}
	if len(specs) == 0 {
		return badf("no workload matches %q; vmabench list workloads names them", o.run)
	}
	in := func(list []workload.Spec) (out []workload.Spec) {
		for _, s := range list {
			if slices.ContainsFunc(specs, func(x workload.Spec) bool { return x.FullName() == s.FullName() }) {
				out = append(out, s)
			}
		}
		return out
	}
	c.Latency = in(c.Latency)
	for i := range c.Beside {
		c.Beside[i].Throughput, c.Beside[i].Latency, c.Beside[i].Footprint = in(c.Beside[i].Throughput), in(c.Beside[i].Latency), nil
	}
	c.Throughput, c.Footprint = specs, nil
	return nil
}

// pickOutside makes each throughput workload one for each time outside the
// lock. Operations of latency trials arrive when they arrive.
func (o *options) pickOutside(c *harness.Config) error {
	if o.outside == "" {
		return nil
	}
	var specs []workload.Spec
	var seen []int
	for _, f := range strings.Split(o.outside, ",") {
		n, err := strconv.Atoi(f)
		if err != nil || n < 0 || n > 10_000_000 || slices.Contains(seen, n) {
			return badf("-outside %q: want different numbers from 0 to 10000000", o.outside)
		}
		seen = append(seen, n)
		for _, s := range c.Throughput {
			s.Params = append(slices.Clone(s.Params), workload.Param{Key: "outside", Value: strconv.Itoa(n)})
			s.Roles = slices.Clone(s.Roles)
			for i := range s.Roles {
				s.Roles[i].Outside = n
			}
			specs = append(specs, s)
		}
	}
	c.Throughput = specs
	return nil
}

// pickGoroutines adds trials of goroutines to those of threads, in the place of the
// plan's own. GOMAXPROCS above the CPUs is another question than goroutines above
// GOMAXPROCS: the two are never asked at once.
func (o *options) pickGoroutines(c *harness.Config) error {
	if o.goroutines == "" {
		return nil
	}
	each, err := numbers("-goroutines", o.goroutines)
	if err != nil {
		return err
	}
	if o.sched == "fifo" {
		return badf("-goroutines and -sched fifo exclude each other: a goroutine has no thread of its own")
	}
	cpus := len(harness.AllowedCPUs())
	part := harness.Part{Throughput: c.Throughput, Goroutines: each}
	for _, n := range c.Procs {
		switch {
		case n <= cpus:
			part.Procs = append(part.Procs, n)
		case o.procs != "":
			return badf("-goroutines: GOMAXPROCS %d is above the %d CPUs; goroutines are measured within them", n, cpus)
		}
	}
	c.Beside = slices.DeleteFunc(c.Beside, func(p harness.Part) bool { return p.Goroutines != nil })
	c.Beside = append(c.Beside, part)
	return nil
}

func (o *options) pickLayout(c *harness.Config) error {
	switch {
	case o.layout != "" && o.vmas != 0:
		return badf("-vmas and -layout exclude each other")
	case o.vmas < 0 || o.vmas > workload.MaxVMAs || o.set["vmas"] && o.vmas == 0:
		return badf("-vmas %d: want 1 to %d", o.vmas, workload.MaxVMAs)
	case c.Layout != nil && (o.layout != "" || o.vmas != 0):
		return badf("-vmas and -layout: a trace has its own first mappings")
	case o.vmas > 0:
		c.VMAs = o.vmas
	case o.layout != "":
		f, err := openInput(o.layout)
		if err != nil {
			return err
		}
		defer f.Close()
		if c.Layout, err = workload.ParseMaps(f, o.layout); err != nil {
			return usageError{err}
		}
		c.Layout.Name = nameOf(o.layout)
	}
	return nil
}

// nameOf makes a name part of a file's name.
func nameOf(path string) string {
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	base = regexp.MustCompile(`[^A-Za-z0-9_.]+`).ReplaceAllString(base, "_")
	if results.CheckName(base) != nil {
		return "file"
	}
	return base
}

func (o *options) pickSubject(c *harness.Config) error {
	c.Subject.MapsBuffer = vmm.PageSize // as if left out, but on record
	switch o.page {
	case "none":
	case "zero":
		c.Subject.Page = vmm.PageZero
	default:
		return badf("-page %q: want none or zero", o.page)
	}
	switch o.protocol {
	case "same":
	case "era":
		c.Subject.Protocol = vmm.ProtocolEra
	default:
		return badf("-protocol %q: want same or era", o.protocol)
	}
	return nil
}

func (o *options) pickLoad(c *harness.Config) error {
	if o.sched != "other" && o.sched != "fifo" {
		return badf("-sched %q: want other or fifo", o.sched)
	}
	c.FIFO = o.sched == "fifo"
	switch harness.Arrivals(o.arrivals) {
	case harness.Poisson, harness.Constant:
		c.Arrivals = harness.Arrivals(o.arrivals)
	default:
		return badf("-arrivals %q: want poisson or constant", o.arrivals)
	}
	switch c.Clock = harness.Clock(o.clock); c.Clock {
	case "":
		c.Clock = harness.BestClock()
	case harness.Monotonic:
	case harness.TSC:
		if why := harness.CounterUnfit(); why != "" {
			return badf("-clock tsc: %s", why)
		}
	default:
		return badf("-clock %q: want tsc or monotonic", o.clock)
	}
	if o.load == "" {
		return nil
	}
	c.LoadX = nil
	for _, f := range strings.Split(o.load, ",") {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || !(x >= minLoad && x <= maxLoad) {
			return badf("-load %q: want numbers from %v to %d", o.load, minLoad, maxLoad)
		}
		if slices.Contains(c.LoadX, x) {
			return badf("-load %q names %v twice", o.load, x)
		}
		c.LoadX = append(c.LoadX, x)
	}
	return nil
}

// numbers reads a comma-separated list of GOMAXPROCS.
func numbers(name, list string) (out []int, err error) {
	for _, f := range strings.Split(list, ",") {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 || n > 1024 {
			return nil, badf("%s %q: want numbers from 1 to 1024", name, list)
		}
		if slices.Contains(out, n) {
			return nil, badf("%s %q names %d twice", name, list, n)
		}
		out = append(out, n)
	}
	return out, nil
}

// newPlan returns the plan that the flags ask for.
func (o *options) newPlan() (*harness.Plan, error) {
	c, err := o.config()
	if err != nil {
		return nil, err
	}
	p, err := harness.NewPlan(c)
	if err != nil {
		return nil, usageError{err}
	}
	return o.part(p)
}

// part is -shard.
func (o *options) part(p *harness.Plan) (*harness.Plan, error) {
	if o.shard == "" {
		return p, nil
	}
	i, n, err := results.ParseShard(o.shard)
	if err != nil {
		return nil, usageError{err}
	}
	if p, err = p.Shard(i, n); err != nil {
		return nil, usageError{err}
	}
	return p, nil
}

// given records which flags were on the command line.
func (o *options) given(fs *flag.FlagSet) {
	o.set = map[string]bool{}
	fs.Visit(func(f *flag.Flag) { o.set[f.Name] = true })
}
