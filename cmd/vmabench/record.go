package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/variants"
	"vmabench/vmm"
	"vmabench/workload"
)

// newRun returns the head of a run of plan p.
func newRun(p *harness.Plan, o *options, args []string) *results.Run {
	c := &p.Config
	r := &results.Run{
		Created:  time.Now().UTC().Format(time.RFC3339),
		Command:  "vmabench bench " + commandLine(args),
		Env:      harness.Environment(),
		Baseline: c.Designs[0],
		Plan: results.PlanInfo{
			Name: c.Name, Seed: c.Seed, Count: c.Count, Procs: c.Procs, Trials: len(p.Trials), Shard: o.shard,
			Workloads: workloads(c),
		},
	}
	r.Plan.Config, _ = json.Marshal(c)
	r.Version, r.Commit = version()
	for _, name := range c.Designs {
		if d, ok := variants.Lookup(name); ok {
			r.Designs = append(r.Designs, designInfo(d))
		}
	}
	return r
}

// commandLine is the arguments without those that name a place on this
// machine.
func commandLine(args []string) string {
	var keep []string
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		switch name {
		case "o":
			if !joined {
				i++
			}
			continue
		case "layout":
			if !joined {
				i++
			}
			keep = append(keep, "-layout FILE")
			continue
		}
		keep = append(keep, args[i])
	}
	return strings.Join(keep, " ")
}

func workloads(c *harness.Config) (out []results.WorkloadInfo) {
	seen := map[string]bool{}
	for _, s := range append(append([]workload.Spec(nil), c.Throughput...), c.Latency...) {
		if !seen[s.FullName()] {
			seen[s.FullName()] = true
			out = append(out, results.WorkloadInfo{Name: s.FullName(), Title: s.Title, Doc: s.Doc, Source: s.Source, Roles: s.RoleNames()})
		}
	}
	return out
}

// version returns this program's version and the revision it was built from.
func version() (version, commit string) {
	version, commit = "unknown", "unknown"
	dirty := false
	if b, ok := debug.ReadBuildInfo(); ok {
		if b.Main.Version != "" {
			version = b.Main.Version
		}
		for _, s := range b.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
	}
	if commit == "unknown" {
		if out, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
			commit = strings.TrimSpace(string(out))
			out, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no").Output()
			dirty = err == nil && len(out) > 0
		}
	}
	if dirty {
		commit += "+dirty"
	}
	return version, commit
}

func designInfo(d vmm.Design) results.DesignInfo {
	i := results.DesignInfo{Name: d.Name, Title: d.Title, Since: d.Since, Doc: d.Doc, Control: d.Control}
	for _, t := range d.Layout {
		i.Layout = append(i.Layout, results.Struct{Name: t.Name(), Size: int(t.Size()), Fields: fieldsOf(t, 0)})
	}
	return i
}

// fieldsOf lists the fields of a struct, those of its parts in their place.
func fieldsOf(t reflect.Type, base uintptr) (out []results.Field) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Struct && f.Type.PkgPath() != "sync/atomic" && f.Type.NumField() > 0 && !isLock(f) {
			out = append(out, fieldsOf(f.Type, base+f.Offset)...)
			continue
		}
		out = append(out, results.Field{
			Name: f.Name, Type: typeName(f.Type), Offset: int(base + f.Offset), Size: int(f.Type.Size()), Lock: isLock(f),
		})
	}
	return out
}

// isLock reports whether a field is part of the lock: its tag says so.
func isLock(f reflect.StructField) bool {
	_, ok := f.Tag.Lookup("lock")
	return ok
}

// typeName is a type's name without the module's path in type arguments.
func typeName(t reflect.Type) string { return strings.ReplaceAll(t.String(), "vmabench/internal/", "") }

// modulePresent reports whether the go tool can be asked from here.
func modulePresent() bool {
	_, err := exec.LookPath("go")
	if err != nil {
		return false
	}
	b, err := os.ReadFile("go.mod")
	return err == nil && strings.HasPrefix(string(b), "module vmabench")
}
