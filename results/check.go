package results

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// What a benchmark name may be made of, so that benchfmt, benchproc's
// projections and file names all take it without quoting.
var (
	benchRE   = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]*$`)
	keyRE     = regexp.MustCompile(`^[a-z][a-z0-9_.]*$`)
	valueRE   = regexp.MustCompile(`^[A-Za-z0-9_.+%-]+$`)
	unitRE    = regexp.MustCompile(`^[A-Za-z0-9_.%+-]+(/[A-Za-z0-9_.%+-]+)?$`)
	procsRE   = regexp.MustCompile(`-[0-9]+$`)
	alikeSize = "a reader of the benchmark format would take it for GOMAXPROCS"
)

// CheckName reports what is wrong with a value of a name part, such as a
// design's or a workload's name; nil when it may be used.
func CheckName(value string) error {
	switch {
	case !valueRE.MatchString(value):
		return fmt.Errorf("name %q: only letters, digits and _ . + %% - are allowed", value)
	case procsRE.MatchString(value):
		return fmt.Errorf("name %q ends in %q: %s", value, procsRE.FindString(value), alikeSize)
	}
	return nil
}

// check reports what makes t unfit to be stored.
func (t *Trial) check() error {
	if !benchRE.MatchString(t.Bench) {
		return fmt.Errorf("benchmark name %q: want letters, digits and _ after a capital letter", t.Bench)
	}
	seen := map[string]bool{}
	for i, p := range t.Params {
		switch {
		case !keyRE.MatchString(p.Key) || p.Key == "gomaxprocs":
			return fmt.Errorf("%s: key %q of a name part", t.Bench, p.Key)
		case seen[p.Key]:
			return fmt.Errorf("%s: key %q twice", t.Bench, p.Key)
		case p.Key == "variant" && i != 0:
			return fmt.Errorf("%s: variant is not the first part of the name", t.Bench)
		}
		if err := CheckName(p.Value); err != nil {
			return fmt.Errorf("%s: %s: %v", t.Bench, p.Key, err)
		}
		seen[p.Key] = true
	}
	switch t.Kind {
	case Throughput, Latency, Footprint, Modelled:
	default:
		return fmt.Errorf("%s: unknown kind %q", t.Bench, t.Kind)
	}
	if t.Procs < 1 || t.Rep < 0 || t.Ops < 0 {
		return fmt.Errorf("%s: procs %d, repetition %d, ops %d", t.Name(), t.Procs, t.Rep, t.Ops)
	}
	if t.Failed == "" && len(t.Values) == 0 {
		return fmt.Errorf("%s: no values and no word why", t.Name())
	}
	return t.checkValues()
}

func (t *Trial) checkValues() error {
	seen := map[string]bool{}
	for _, vs := range [][]Value{t.Values, t.Events} {
		for _, v := range vs {
			switch {
			case !unitRE.MatchString(v.Unit):
				return fmt.Errorf("%s: unit %q", t.Name(), v.Unit)
			case seen[v.Unit]:
				return fmt.Errorf("%s: two values in %s", t.Name(), v.Unit)
			case math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || v.Value < 0:
				return fmt.Errorf("%s: %v %s is not a measurement", t.Name(), v.Value, v.Unit)
			}
			seen[v.Unit] = true
		}
	}
	for _, x := range [][]float64{t.Trace, t.Warmup, {t.Guard.CPUShare, t.Guard.Others, t.Guard.Steal, t.Guard.Pressure}} {
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("%s: %v in the trace or the guard", t.Name(), v)
			}
		}
	}
	return nil
}

// check reports what makes r unfit to be the head of a run.
func (r *Run) check() error {
	names := map[string]bool{}
	for _, d := range r.Designs {
		if err := CheckName(d.Name); err != nil {
			return err
		}
		if names[d.Name] {
			return fmt.Errorf("design %s twice", d.Name)
		}
		names[d.Name] = true
	}
	if r.Baseline != "" && len(names) > 0 && !names[r.Baseline] {
		return fmt.Errorf("the baseline %q is not among the designs", r.Baseline)
	}
	if r.Plan.Shard != "" {
		if _, _, err := ParseShard(r.Plan.Shard); err != nil {
			return err
		}
	}
	return nil
}

// ParseShard reads "i/n", i from 1 to n.
func ParseShard(s string) (i, n int, err error) {
	a, b, ok := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(a)
	n, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || i < 1 || i > n {
		return 0, 0, fmt.Errorf("shard %q: want i/n with i from 1 to n", s)
	}
	return i, n, nil
}
