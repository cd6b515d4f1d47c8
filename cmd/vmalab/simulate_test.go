//go:build vmasim

package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vmabench/manycore"
	"vmabench/results"
)

// TestTrialOfRoles: forks and faults are told apart, and each worker counts.
func TestTrialOfRoles(t *testing.T) {
	o := simOptions{machine: "broadwell-2s", designs: "refcount", workloads: "fork-storm", cpus: "8,4", limit: 256, share: 1}
	s, err := newSimulation(&o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.cpus, []int{4, 8}) {
		t.Errorf("-cpus %s is %v", o.cpus, s.cpus)
	}
	r := &manycore.PointResult{Ops: 410, OpsPerS: 4100, Roles: []manycore.RolePoint{
		{Role: "faulter", Ops: 400, Workers: []int64{100, 300}}, {Role: "forker", Ops: 10, Workers: []int64{10}},
	}}
	tr := s.trial(&s.points()[0], r)
	if len(tr.Workers) != 3 || tr.Kind != results.Modelled {
		t.Errorf("%d workers, kind %v", len(tr.Workers), tr.Kind)
	}
	for unit, want := range map[string]float64{
		"faulter-ops/s": 4000, "forker-ops/s": 100, "fair-min/max": 1.0 / 3, "fair-jain": 0.8,
	} {
		if got, ok := tr.Value(unit); !ok || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", unit, got, want)
		}
	}
	var shown []string
	for _, x := range rates(&s.specs[0]) {
		shown = append(shown, x.of(r))
	}
	if !slices.Equal(shown, []string{"4", "0.1"}) {
		t.Errorf("printed %v", shown)
	}
}

// TestBadOptions: what cannot be predicted is refused before anything runs.
func TestBadOptions(t *testing.T) {
	good := simOptions{machine: "broadwell-2s", designs: "refcount", workloads: "pft", limit: 256, share: 1}
	if _, err := newSimulation(&good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*simOptions){
		"machine":  func(o *simOptions) { o.machine = "abacus" },
		"design":   func(o *simOptions) { o.designs = "rwsem," },
		"control":  func(o *simOptions) { o.designs = "refcount,rwmutex" },
		"kernel":   func(o *simOptions) { o.designs = "linux" },
		"repeat":   func(o *simOptions) { o.designs = "rwsem,rwsem" },
		"count":    func(o *simOptions) { o.cpus = "1,1" },
		"again":    func(o *simOptions) { o.workloads = "pft,hotvma,pft" },
		"workload": func(o *simOptions) { o.workloads = "mixed" },
		"cpus":     func(o *simOptions) { o.cpus = "1,0" },
		"limit":    func(o *simOptions) { o.limit = 0 },
		"shard":    func(o *simOptions) { o.shard = "3/2" },
		"share":    func(o *simOptions) { o.share = 0 },
		"folder":   func(o *simOptions) { o.out = "/proc/nonexistent/run" },
		"preempt":  func(o *simOptions) { o.preemptEvery = -1 },
		"size":     func(o *simOptions) { o.cpus = "57" },
	} {
		o := good
		spoil(&o)
		if _, err := newSimulation(&o); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("a bad %s: %v, want one line", name, err)
		}
	}
}

// deadPool is a pool whose children have died.
func deadPool(t *testing.T) *pool {
	p, err := newPool()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	for _, c := range p.children {
		c.cmd.Process.Kill()
	}
	return p
}

// TestDeadSimulation: one that dies leaves no folder, so that the next can have
// its name.
func TestDeadSimulation(t *testing.T) {
	o := simOptions{machine: "broadwell-2s", designs: "refcount", workloads: "pft", cpus: "1", limit: 256, share: 1, out: filepath.Join(t.TempDir(), "run")}
	s, err := newSimulation(&o)
	if err != nil {
		t.Fatal(err)
	}
	s.pool = deadPool(t)
	if _, _, err := s.sweep(nil); err == nil {
		t.Fatal("nobody simulated and nothing failed")
	}
	if _, err := os.Lstat(o.out); err == nil {
		t.Error("a folder is left")
	}
	if _, err := newSimulation(&o); err != nil {
		t.Error(err)
	}
}

// TestResume: a run is given what it lacks, and no more.
func TestResume(t *testing.T) {
	o := simOptions{machine: "broadwell-2s", designs: "refcount", workloads: "pft", cpus: "1", limit: 256, share: 1,
		out: t.TempDir(), table: true, sensitivity: true, resume: true}
	s, err := newSimulation(&o)
	if err != nil {
		t.Fatal(err)
	}
	s.pool = deadPool(t)
	for _, name := range []string{"tables.json", "sensitivity.json"} {
		if err := s.rest(o.out); err == nil {
			t.Errorf("nothing was missed before there was a %s", name)
		}
		if err := writeJSON(o.out, name, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.rest(o.out); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(filepath.Join(o.out, "tables.json")); err != nil || string(b) != "\"tables.json\"\n" {
		t.Errorf("tables.json is now %s (%v)", b, err)
	}
	if err := s.goOn(); err == nil {
		t.Error("a folder without a run was gone on with")
	}
}

// TestAllIsModelled: -variants all, and each of them alone, can be simulated.
func TestAllIsModelled(t *testing.T) {
	for _, name := range append(designNames(), "all") {
		o := simOptions{machine: "broadwell-2s", designs: name, workloads: "pft", limit: 256, share: 1}
		if _, err := newSimulation(&o); err != nil {
			t.Error(err)
		}
	}
}
