//go:build vmasim

package manycore

import (
	"fmt"
	"strings"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// PointSpec names one point, so that another process can predict it.
type PointSpec struct {
	Machine  string             // preset or file
	Set      map[string]float64 `json:",omitempty"` // parameters and shared costs changed by a factor
	Design   string
	Workload string
	CPUs     int
	Seed     uint64
	WindowNS int64 `json:",omitempty"` // 0 is the default, and longer where little is done in it

	Spread bool     `json:",omitempty"` // threads are on the sockets in turns, whatever the machine says
	Share  int      `json:",omitempty"` // threads a CPU, 0 is 1: CPUs x Share threads run
	Off    []string `json:",omitempty"` // components left out (Components)
	WorkNS float64  `json:",omitempty"` // an operation's own time; 0 is the default
	// LineNS and PageNS are how long a reader of /proc/PID/maps prints a line, and is
	// busy elsewhere after each page of text.
	LineNS, PageNS float64 `json:",omitempty"`
	// PreemptEvery and PreemptFor replace those of the machine, in nanoseconds.
	PreemptEvery, PreemptFor float64 `json:",omitempty"`
}

// apply changes the case as p says.
func (p *PointSpec) apply(c *Case) error {
	if p.WindowNS > 0 {
		c.WindowNS = p.WindowNS
	}
	if p.WorkNS > 0 {
		c.Shared.Work = p.WorkNS
	}
	if p.Workload == mapsMapper.Name {
		c.MapNS = p.WorkNS
		c.Config = vmm.Config{MapsLineNS: int64(p.LineNS), MapsPageNS: int64(p.PageNS)}
	}
	c.Machine.Spread = c.Machine.Spread || p.Spread
	if p.PreemptEvery > 0 {
		c.Machine.PreemptEvery, c.Machine.PreemptFor = p.PreemptEvery, p.PreemptFor
	}
	for name, factor := range p.Set {
		if err := c.scale(name, factor); err != nil {
			return err
		}
	}
	for _, name := range p.Off {
		if err := leaveOut(name, c.Machine, &c.Shared); err != nil {
			return err
		}
	}
	return nil
}

// PointResult is what was predicted, in a form that travels.
type PointResult struct {
	Ops, Failed    int64
	OpsPerS, CPUNS float64
	Roles          []RolePoint
	Events         vmm.LockStats
	Waits          atomic.WaitStats
	Accesses       int64
	Lines          []LineCost
}

// RolePoint is a role's part of a PointResult.
type RolePoint struct {
	Role                string
	Workers             []int64 // operations of each
	Ops                 int64   // of all
	P50, P99, P999, Max int64   // simulated nanoseconds an operation
	Count               int64
	V2                  string // HdrHistogram V2 compressed, base64
}

// keepLines is how many of the costliest lines a PointResult keeps.
const keepLines = 12

// Predict predicts the point with a design of the caller's table.
func (p *PointSpec) Predict(designs func(string) (vmm.Design, bool)) (*PointResult, error) {
	m, _, err := Load(p.Machine)
	if err != nil {
		return nil, err
	}
	if p.Workload == Uprobe {
		c := &Case{Machine: m, CPUs: p.CPUs, Seed: p.Seed, Shared: DefaultShared(m), WarmNS: warmNS, WindowNS: windowNS}
		if err := p.apply(c); err != nil {
			return nil, err
		}
		pr, err := c.predictUprobe(p.Design)
		if err != nil {
			return nil, err
		}
		return pr.portable()
	}
	d, ok := designs(p.Design)
	if !ok {
		return nil, fmt.Errorf("no design %q", p.Design)
	}
	spec, ok := Spec(p.Workload)
	if !ok {
		return nil, fmt.Errorf("no workload %q", p.Workload)
	}
	c, err := NewCase(m, d, spec, p.CPUs*max(1, p.Share), p.Seed)
	if err != nil {
		return nil, err
	}
	c.OnCPUs = p.CPUs
	if err := p.apply(c); err != nil {
		return nil, err
	}
	pr, err := c.Predict()
	for longer := 1; err == nil && p.WindowNS == 0 && pr.Ops < fewOps*int64(c.CPUs) && longer < 16; {
		longer, c.WindowNS = 4*longer, 4*c.WindowNS
		pr, err = c.Predict()
	}
	if err != nil {
		return nil, err
	}
	return pr.portable()
}

// fewOps is how many operations each thread must begin in a default window, on
// average. With hundreds of threads on one mmap_lock an operation takes as long as the
// window, and what falls into it is chance.
const fewOps = 10

// portable returns p without what only this process can use.
func (p *Prediction) portable() (*PointResult, error) {
	out := &PointResult{
		Ops: p.Ops, Failed: p.Failed, OpsPerS: p.OpsPerS, CPUNS: p.CPUNS,
		Events: p.Events, Waits: p.Waits, Accesses: p.Accesses, Lines: p.Lines[:min(keepLines, len(p.Lines))],
	}
	for _, name := range p.roleNames() {
		r := p.Roles[name]
		v2, err := r.Latency.Encode(hdr.V2CompressedEncodingCookieBase)
		if err != nil {
			return nil, err
		}
		out.Roles = append(out.Roles, RolePoint{
			Role: name, Workers: r.Workers, Ops: r.Ops,
			P50: r.Latency.ValueAtQuantile(50), P99: r.Latency.ValueAtQuantile(99),
			P999: r.Latency.ValueAtQuantile(99.9), Max: r.Latency.Max(),
			Count: r.Latency.TotalCount(), V2: string(v2),
		})
	}
	return out, nil
}

// Scalable returns the names of every time that scale can change.
func Scalable() []string {
	var c Case
	c.Machine = new(Machine)
	var names []string
	for _, t := range c.times() {
		names = append(names, t.name)
	}
	return names
}

type namedTime struct {
	name  string
	value []*float64
}

// times lists every time of the machine and of the shared costs, those that
// belong together as one.
func (c *Case) times() []namedTime {
	m, s := c.Machine, &c.Shared
	all := func(a *[distances]float64, from Distance) (p []*float64) {
		for d := from; d < distances; d++ {
			p = append(p, &a[d])
		}
		return p
	}
	return []namedTime{
		{"load-hit", []*float64{&m.LoadHit}}, {"store-hit", []*float64{&m.StoreHit}}, {"rmw-hit", []*float64{&m.RMWHit}},
		{"latency", append(all(&m.Latency, SameCore), all(&m.Occupancy, SameCore)...)},
		{"remote", []*float64{&m.Latency[OtherSocket], &m.Occupancy[OtherSocket]}},
		{"occupancy", all(&m.Occupancy, SameCore)},
		{"hold", []*float64{&m.Hold}}, {"local-first", []*float64{&m.LocalFirst}}, {"llc", []*float64{&m.LLC}}, {"dram", []*float64{&m.DRAM}},
		{"pause", []*float64{&m.Pause}}, {"park", []*float64{&m.Park}}, {"unpark", []*float64{&m.Unpark}}, {"wake", []*float64{&m.Wake}},
		{"jitter", []*float64{&m.Jitter}}, {"smt-work", []*float64{&m.SMTWork}},
		{"turbo", []*float64{&m.Turbo}}, {"bandwidth", []*float64{&m.Bandwidth}},
		{"work", []*float64{&s.Work}}, {"clear", []*float64{&s.Clear}},
		{"zone", []*float64{&s.ZoneHold}}, {"lru", []*float64{&s.LRUHold}}, {"rss", []*float64{&s.RSSHold}},
	}
}

// scale multiplies a time by factor. Occupancies stay within their latencies.
func (c *Case) scale(name string, factor float64) error {
	for _, t := range c.times() {
		if t.name != name {
			continue
		}
		for _, p := range t.value {
			*p *= factor
		}
		for d := range distances {
			c.Machine.Occupancy[d] = min(c.Machine.Occupancy[d], c.Machine.Latency[d])
		}
		c.Machine.SMTWork, c.Machine.Turbo = max(1, c.Machine.SMTWork), max(1, c.Machine.Turbo)
		return nil
	}
	return fmt.Errorf("no parameter %q; one of %s", name, strings.Join(Scalable(), " "))
}
