//go:build vmasim

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"vmabench/harness"
	"vmabench/manycore"
	"vmabench/results"
	"vmabench/variants"
	"vmabench/workload"
)

// simOptions are the flags of simulate.
type simOptions struct {
	machine, designs, workloads, cpus, out string
	seed                                   uint64
	limit                                  int
	table, sensitivity, ablation           bool
	spread, resume                         bool
	share                                  int
	preemptEvery, preemptFor               time.Duration
	shard                                  string
}

func simulate(args []string) int {
	o := simOptions{}
	fs := flag.NewFlagSet("simulate", flag.ContinueOnError)
	fs.StringVar(&o.machine, "machine", "skylake-8s", "a preset ("+strings.Join(manycore.Presets(), ", ")+") or a machine file")
	fs.StringVar(&o.designs, "variants", "mmaponly,rwsem,refcount", "designs, comma-separated, or all")
	fs.StringVar(&o.workloads, "workloads", strings.Join(manycore.Workloads, ","), "workloads, comma-separated")
	fs.StringVar(&o.cpus, "cpus", "", "CPU counts, comma-separated (default a sweep up to -limit)")
	fs.IntVar(&o.limit, "limit", 256, "most CPUs of the sweep")
	fs.Uint64Var(&o.seed, "seed", 1, "seed of streams and jitter")
	fs.StringVar(&o.out, "o", "", "run folder to write (default results/<time>-modelled)")
	fs.BoolVar(&o.table, "table", true, "predict the published tables too")
	fs.BoolVar(&o.sensitivity, "sensitivity", true, "vary every parameter by 30 % and see whether the ranking holds")
	fs.BoolVar(&o.ablation, "ablation", true, "model the first published table with each component left out")
	fs.BoolVar(&o.spread, "spread", false, "threads are on the sockets in turns, as a scheduler places them; otherwise socket by socket")
	fs.IntVar(&o.share, "oversubscribe", 1, "threads that take turns on each CPU")
	fs.DurationVar(&o.preemptEvery, "preempt-every", 0, "mean time between losses of a CPU to something outside, whatever lock is held but a spin lock; 0 is as the machine says")
	fs.DurationVar(&o.preemptFor, "preempt-for", 50*time.Microsecond, "mean time for which it is lost")
	fs.BoolVar(&o.resume, "resume", false, "make what the run in -o still lacks of its tables and its sensitivity")
	fs.StringVar(&o.shard, "shard", "", "i/n: only that part of the points")
	if status, ok := parse(fs, args); !ok {
		return status
	}
	s, err := newSimulation(&o)
	if err != nil {
		return fail("simulate", err)
	}
	if o.resume {
		err = s.goOn()
	} else {
		err = s.run(args)
	}
	if err != nil {
		return fail("simulate", err)
	}
	return 0
}

// simulation is one call of simulate.
type simulation struct {
	o       *simOptions
	machine *manycore.Machine
	params  []manycore.Param
	designs []string
	specs   []workload.Spec
	cpus    []int
	pool    *pool
}

func newSimulation(o *simOptions) (*simulation, error) {
	s := &simulation{o: o}
	var err error
	if s.machine, s.params, err = manycore.Load(o.machine); err != nil {
		return nil, err
	}
	if o.designs == "all" {
		s.designs = designNames()
	} else {
		s.designs = strings.Split(o.designs, ",")
	}
	for i, name := range s.designs {
		if slices.Contains(s.designs[:i], name) {
			return nil, fmt.Errorf("-variants names %q twice", name)
		}
		if err := modelled(name); err != nil {
			return nil, err
		}
	}
	names := strings.Split(o.workloads, ",")
	for i, name := range names {
		spec, ok := manycore.Spec(name)
		if !ok {
			return nil, fmt.Errorf("no workload %q; vmabench list workloads names them", name)
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("-workloads names %q twice", name)
		}
		s.specs = append(s.specs, spec)
	}
	if s.cpus, err = o.counts(s.machine); err != nil {
		return nil, err
	}
	if o.share < 1 || o.share > 64 {
		return nil, fmt.Errorf("-oversubscribe: %d threads a CPU; 1 to 64", o.share)
	}
	if o.preemptEvery < 0 || o.preemptFor < 0 {
		return nil, fmt.Errorf("-preempt-every and -preempt-for are times, not negative")
	}
	if n := slices.Max(s.cpus); n > s.machine.CPUs() && o.cpus != "" {
		return nil, fmt.Errorf("-cpus: %s has %d CPUs, not %d; -oversubscribe puts several threads on each", s.machine.Name, s.machine.CPUs(), n)
	}
	if o.resume && o.out == "" {
		return nil, fmt.Errorf("-resume: -o names the run")
	}
	if o.out != "" && !o.resume {
		if err := results.Vacant(o.out); err != nil {
			return nil, err
		}
		if err := results.CanMake(o.out); err != nil {
			return nil, err
		}
	}
	if o.shard != "" {
		if _, _, err := results.ParseShard(o.shard); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// modelled says why a design cannot be simulated.
func modelled(name string) error {
	if _, ok := variants.LookupModelled(name); ok {
		return nil
	}
	what := fmt.Sprintf("no design %q", name)
	if d, ok := variants.Lookup(name); ok && d.Real {
		what = fmt.Sprintf("-variants: %q is the running kernel, which has no source to simulate", name)
	} else if ok {
		what = fmt.Sprintf("-variants: %q is a control, which can be measured only", name)
	}
	return fmt.Errorf("%s; one of %s", what, strings.Join(designNames(), ", "))
}

func designNames() (names []string) {
	for _, d := range variants.Modelled() {
		names = append(names, d.Name)
	}
	return names
}

// counts returns the CPU counts to predict.
func (o *simOptions) counts(m *manycore.Machine) ([]int, error) {
	if o.limit < 1 {
		return nil, fmt.Errorf("-limit: %d is no number of CPUs", o.limit)
	}
	if o.cpus == "" {
		return m.Sweep(o.limit), nil
	}
	var out []int
	for _, f := range strings.Split(o.cpus, ",") {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 || n > 1024 {
			return nil, fmt.Errorf("-cpus: %q is no number of CPUs from 1 to 1024", f)
		}
		if slices.Contains(out, n) {
			return nil, fmt.Errorf("-cpus %q names %d twice", o.cpus, n)
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return out, nil
}

// points are those of the sweep that are this shard's, in report order. The
// designs of one workload and number of CPUs are in one shard.
func (s *simulation) points() []manycore.PointSpec {
	i, n := 1, 1
	if s.o.shard != "" {
		i, n, _ = results.ParseShard(s.o.shard) // checked with the other flags
	}
	var out []manycore.PointSpec
	for w, spec := range s.specs {
		for _, d := range s.designs {
			for k, cpus := range s.cpus {
				if (w*len(s.cpus)+k)%n != i-1 {
					continue
				}
				out = append(out, s.point(d, spec.FullName(), cpus))
			}
		}
	}
	return out
}

// point is one point under the switches of the command line.
func (s *simulation) point(design, load string, cpus int) manycore.PointSpec {
	return manycore.PointSpec{
		Machine: s.o.machine, Design: design, Workload: load, CPUs: cpus, Seed: s.o.seed,
		Spread: s.o.spread, Share: s.o.share,
		PreemptEvery: float64(s.o.preemptEvery), PreemptFor: float64(s.o.preemptFor),
	}
}

func (s *simulation) run(args []string) error {
	var err error
	if s.pool, err = newPool(); err != nil {
		return err
	}
	defer s.pool.close()
	fmt.Printf("Modelled, not measured: %s\n\n", s.machine.Title)
	w, dir, err := s.sweep(args)
	if err != nil {
		return err
	}
	if s.o.shard == "" && (s.o.table || s.o.sensitivity) {
		fmt.Printf("The sweep is in %s. Should this be ended early: vmalab simulate -resume -o %s\n\n", dir, harness.Quote(dir))
	}
	if err := errors.Join(s.rest(dir), w.Close()); err != nil {
		return err
	}
	fmt.Printf("\n%s\n", dir)
	return nil
}

// goOn is run for a folder that has a sweep.
func (s *simulation) goOn() error {
	w, r, _, err := results.Resume(s.o.out)
	if err != nil {
		return err
	}
	defer w.Close()
	if r.Plan.Name != planName {
		return fmt.Errorf("%s: not a simulation", s.o.out)
	}
	s.o.shard = r.Plan.Shard
	if s.pool, err = newPool(); err != nil {
		return err
	}
	defer s.pool.close()
	return s.rest(s.o.out)
}

// rest makes what follows the sweep, as far as dir has not got it.
func (s *simulation) rest(dir string) error {
	if s.o.shard != "" {
		return nil
	}
	for _, part := range []struct {
		wanted bool
		file   string
		make   func(string) error
	}{{s.o.table, "tables.json", s.published}, {s.o.sensitivity, "sensitivity.json", s.vary}} {
		if _, err := os.Lstat(filepath.Join(dir, part.file)); err == nil || !part.wanted {
			continue
		}
		if err := part.make(dir); err != nil {
			return err
		}
	}
	return nil
}

// sweep predicts every point, prints one table a workload and records the run.
// The folder is made last: a simulation that dies leaves none that is half full.
func (s *simulation) sweep(args []string) (*results.Writer, string, error) {
	points := s.points()
	head, start := s.head(args), time.Now()
	rs, err := s.pool.all(points)
	if err != nil {
		return nil, "", err
	}
	w, dir, err := s.create(head, start)
	if err != nil {
		return nil, "", err
	}
	var accesses int64
	for i, r := range rs {
		accesses += r.Accesses
		if err := w.Add(s.trial(&points[i], r)); err != nil {
			return nil, "", errors.Join(err, w.Close())
		}
	}
	s.print(points, rs)
	fmt.Printf("%d points, %.3g simulated accesses, %.1f s\n", len(points), float64(accesses), time.Since(start).Seconds())
	return w, dir, nil
}

// rate is a column of the printed tables: a workload, or a role of one.
type rate struct{ title, role string }

// rates returns the whole of a workload, or each of its roles: forks and faults
// have no sum that says anything.
func rates(spec *workload.Spec) []rate {
	roles := spec.RoleNames()
	if len(roles) < 2 {
		return []rate{{spec.FullName() + ", million " + strings.ToLower(spec.Bench) + " operations a second", ""}}
	}
	var out []rate
	for _, r := range roles {
		out = append(out, rate{spec.FullName() + ", thousand operations a second of its " + r + "s", r})
	}
	return out
}

// of returns the rate of r in the unit of its title, "-" where one worker takes
// turns at all roles.
func (x rate) of(r *manycore.PointResult) string {
	if x.role == "" {
		return fmt.Sprintf("%.3g", r.OpsPerS/1e6)
	}
	for _, role := range r.Roles {
		if role.Role == x.role && len(r.Roles) > 1 {
			return fmt.Sprintf("%.4g", r.OpsPerS*float64(role.Ops)/float64(max(r.Ops, 1))/1e3)
		}
	}
	return "-"
}

// create makes the folder of the run that began at start.
func (s *simulation) create(head *results.Run, start time.Time) (w *results.Writer, dir string, err error) {
	if dir = s.o.out; dir == "" {
		if dir, err = results.NewDir(results.DefaultRoot, results.NewID(start)+"-modelled"); err != nil {
			return nil, "", err
		}
	}
	w, err = results.Create(dir, head)
	return w, dir, err
}
