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

// Workloads are the names that a prediction covers by default, in report order.
var Workloads = []string{"pft", "hotvma", "local", "mixed/write=1", "mprotect-disjoint", "fork-storm"}

// Spec returns the workload with that full name.
func Spec(name string) (workload.Spec, bool) {
	if name == pftShared.Name {
		return pftShared, true
	}
	return workload.Find(name)
}
