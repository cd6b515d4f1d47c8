package plots

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vmabench/results"
)

// counters is the kind of samples that are counters of the locks, not times; the
// other kinds are those of trials.
const counters results.Kind = "counters"

// kindOrder is the order of samples on the page.
var kindOrder = []results.Kind{results.Throughput, counters, results.Latency, results.Footprint, results.Modelled}

// block is the samples of one kind and workload: a file that benchstat reads.
type block struct {
	ID       string // of the element on the page
	Kind     results.Kind
	Workload string // "" where the kind has none
	Title    string
	Text     string
}

// mostLines keeps the page of a long plan readable; the plans of the suite have
// fewer.
const mostLines = 3000

// blocks returns the run's samples, of each kind and workload, once.
func (d *data) blocks() ([]block, error) {
	if d.sampled != nil {
		return d.sampled, nil
	}
	by := map[block][]results.Trial{}
	var order []block
	add := func(k results.Kind, workload string, t results.Trial) {
		key := block{Kind: k, Workload: workload}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], t)
	}
	for _, c := range slices.Concat(d.order, d.turnOrder) {
		workload := d.workloadOf(c)
		for _, t := range c.Trials {
			add(c.key.kind, workload, *t)
			if c.key.kind == results.Throughput && c.key.goroutines == 0 && c.key.procs == d.ranked(c.key.scenario) && !d.control(c.key.variant) {
				add(counters, workload, lockCounters(t))
			}
		}
	}
	slices.SortStableFunc(order, func(a, b block) int { return slices.Index(kindOrder, a.Kind) - slices.Index(kindOrder, b.Kind) })
	most := mostLines / max(1, len(order))
	if len(d.folder.Trials) <= mostLines {
		most = mostLines
	}
	for i, b := range order {
		sub, never := &results.Folder{Dir: d.folder.Dir, Run: d.run, Trials: by[b]}, ""
		if b.Kind == counters {
			never = dropZeros(sub.Trials)
		}
		var err error
		if b.Text, err = b.write(sub, most); err != nil {
			return nil, err
		}
		b.Text += never
		b.ID, b.Title = fmt.Sprintf("s-%d", i), strings.TrimSpace(string(b.Kind)+" "+b.Workload)
		if strings.Contains(b.Text, "\nBenchmark") {
			d.sampled = append(d.sampled, b)
		}
	}
	return d.sampled, nil
}

// workloadOf is the plan's name of a cell's workload.
func (d *data) workloadOf(c *cell) string {
	_, s := keyOf(c.Trials[0])
	return s.workload
}

// lockCounters is a trial with what its locks did alone.
func lockCounters(t *results.Trial) results.Trial {
	x := *t
	x.Values, x.Events = nil, slices.DeleteFunc(slices.Clone(t.Events), func(v results.Value) bool { return !lockCounter.MatchString(v.Unit) })
	return x
}

// dropZeros takes the counters out that are zero in all of the trials, and says
// which in a comment.
func dropZeros(trials []results.Trial) string {
	var never, some []string
	for i := range trials {
		for _, v := range trials[i].Events {
			if v.Value != 0 && !slices.Contains(some, v.Unit) {
				some = append(some, v.Unit)
			} else if v.Value == 0 && !slices.Contains(never, v.Unit) {
				never = append(never, v.Unit)
			}
		}
	}
	zero := func(unit string) bool { return !slices.Contains(some, unit) }
	for i := range trials {
		trials[i].Events = slices.DeleteFunc(trials[i].Events, func(v results.Value) bool { return zero(v.Unit) })
	}
	if never = slices.DeleteFunc(never, func(unit string) bool { return !zero(unit) }); len(never) == 0 {
		return ""
	}
	return "\n# 0 in every trial: " + strings.Join(never, ", ")
}

var lockCounter = regexp.MustCompile(`^(success|abort-[a-z-]+|retry|miss|mmap-read|spins|parks|wakes)/op$|-share$`)

// guarded is what the disturbance guard adds to counters.
var guarded = regexp.MustCompile(`(?m)^Unit guard-.*\n| \S+ guard-[a-z-]+`)

// write is the block's file, of at most so many lines.
func (b *block) write(f *results.Folder, most int) (string, error) {
	var out bytes.Buffer
	var err error
	if b.Kind == counters {
		err = f.WriteEvents(&out)
	} else {
		err = f.WriteBench(&out)
	}
	text := strings.TrimSpace(guarded.ReplaceAllString(out.String(), ""))
	if lines := strings.Split(text, "\n"); len(lines) > most {
		text = strings.Join(append(lines[:most], fmt.Sprintf("# %d more lines: the run's folder has all", len(lines)-most)), "\n")
	}
	return text, err
}

// sampleLink leads to a block, or to all of a kind.
type sampleLink struct{ ID, Text string }

// sampleLinks are the blocks that a figure was drawn from: of its kinds, and of its
// panels' workloads where those are not all.
func (d *data) sampleLinks(f *Figure) (links []sampleLink, ids string) {
	blocks, _ := d.blocks() // page has seen the error
	var all []string
	for _, k := range kindOrder {
		if !slices.Contains(f.Samples, k) {
			continue
		}
		var some []sampleLink
		n := 0
		for i := range blocks {
			b := &blocks[i]
			if b.Kind != k {
				continue
			}
			n++
			if f.drawsWorkload(b.Workload) {
				some, all = append(some, sampleLink{b.ID, b.Title}), append(all, b.ID)
			}
		}
		if len(some) == n && n > 1 {
			some = []sampleLink{{kindID(k), string(k)}}
		}
		links = append(links, some...)
	}
	return links, strings.Join(all, " ")
}

func kindID(k results.Kind) string { return "samples-" + string(k) }

// drawsWorkload reports that a panel or a row is of the workload, or that none says
// which it is of.
func (f *Figure) drawsWorkload(w string) bool {
	any := false
	for i := range f.Panels {
		p := &f.Panels[i]
		if any = any || p.Workload != ""; p.Workload == w {
			return true
		}
		for j := range p.Rows {
			if any = any || p.Rows[j].Workload != ""; p.Rows[j].Workload == w && p.Rows[j].Heading != "" {
				return true
			}
		}
	}
	return !any
}

// sampleView is the samples of one kind on the page.
type sampleView struct {
	ID, Title string
	Blocks    []block
}

func (d *data) sampleViews() (out []sampleView, err error) {
	blocks, err := d.blocks()
	for _, b := range blocks {
		if len(out) == 0 || out[len(out)-1].ID != kindID(b.Kind) {
			out = append(out, sampleView{ID: kindID(b.Kind), Title: string(b.Kind)})
		}
		v := &out[len(out)-1]
		v.Blocks = append(v.Blocks, b)
	}
	return out, err
}
