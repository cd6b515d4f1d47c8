package main

import (
	"path/filepath"
	"strings"
	"testing"

	"vmabench/results"
)

// TestShards: the parts of a plan, run apart and merged, are the plan.
func TestShards(t *testing.T) {
	root := t.TempDir()
	var parts []string
	for _, shard := range []string{"1/2", "2/2"} {
		dir := filepath.Join(root, strings.ReplaceAll(shard, "/", "of"))
		parts = append(parts, dir)
		cmd := vmabench(t, "bench", "-plan", "smoke", "-shard", shard, "-o", dir, "-noreport", "-q")
		cmd.Dir = root // no checkout, whose commit might change between the shards
		status, out, errs := try(t, cmd)
		if status != exitOK {
			t.Fatalf("shard %s: status %d\n%s%s", shard, status, out, errs)
		}
	}
	dir := filepath.Join(root, "whole")
	if status, out, errs := try(t, vmabench(t, append([]string{"merge", "-o", dir}, parts...)...)); status != exitOK {
		t.Fatalf("merge: status %d\n%s%s", status, out, errs)
	}
	part := filepath.Join(root, "part")
	if status, _, errs := try(t, vmabench(t, "merge", "-o", part, parts[0])); status != exitOK || errs != "vmabench: warning: shard 2/2 is missing\n" {
		t.Errorf("merge without a shard: status %d, %q", status, errs)
	}
	f, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := options{plan: "smoke", page: "none", protocol: "same", arrivals: "poisson", sched: "other", seed: 1}
	p, err := o.newPlan()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for i := range p.Trials {
		want[p.Trials[i].ID()] = true
	}
	for i := range f.Trials {
		delete(want, f.Trials[i].ID())
	}
	if len(f.Trials) != len(p.Trials) || len(want) != 0 {
		t.Errorf("%d trials of %d, missing %v", len(f.Trials), len(p.Trials), want)
	}
}
