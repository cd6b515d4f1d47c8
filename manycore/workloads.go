package manycore

import (
	"vmabench/vmm"
	"vmabench/workload"
)

// pftShared is pft as it shares memory: one mapping, of which each thread
// touches a part of its own for the first time.
var pftShared = workload.Spec{
	Name: "pft-shared", Bench: "Fault", Title: "page fault test: first touch of one shared mapping",
	Doc: "Each worker touches for the first time every page of its 2 MiB of one mapping that all share, drops them " +
		"with MADV_DONTNEED and starts again.",
	Source:   "pft, the page fault test of C. Lameter, as run by mmtests: its threads touch parts of one mapping",
	HotPages: 512,
	Roles: []workload.Role{{Name: "faulter", Steps: []workload.Step{
		{Op: workload.Fault, Where: workload.Hot, Pages: 512, Times: 512, Arg: uint8(vmm.AccessWrite)},
		{Op: workload.Drop, Where: workload.Hot, Pages: 512},
	}}},
}

// mapsMapper is the test with which the walk of /proc/PID/maps under VMA locks was
// measured.
var mapsMapper = workload.Spec{
	Name: "maps-mapper", Bench: "Map", Title: "a mapper beside readers of /proc/PID/maps",
	Doc:    "One worker maps a page and unmaps it, the others read the whole list of mappings again and again.",
	Source: "P. McKenney's proc-mmap_sem test",
	Roles: []workload.Role{
		{Name: "scanner", Turn: 1, Steps: []workload.Step{{Op: workload.Scan}}},
		{Name: "mapper", Workers: 1, Turn: 2, Arena: 1, Steps: []workload.Step{
			{Op: workload.MapAt, Where: workload.Own, Pages: 1, Arg: uint8(vmm.ProtRead | vmm.ProtWrite)},
			{Op: workload.UnmapAt, Where: workload.Own, Pages: 1},
		}},
	},
}

// unlisted are the specs that are no presets.
var unlisted = []workload.Spec{pftShared, mapsMapper}

// Workloads are the names that a prediction covers by default, in report order.
var Workloads = []string{"pft", "hotvma", "local", "mixed/write=1", "mprotect-disjoint", "fork-storm"}

// Spec returns the workload with that full name.
func Spec(name string) (workload.Spec, bool) {
	for _, s := range unlisted {
		if s.Name == name {
			return s, true
		}
	}
	return workload.Find(name)
}
