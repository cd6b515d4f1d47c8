package selftest

import (
	"time"

	"vmabench/harness"
	"vmabench/workload"
)

// Repetitions of each subject: a pool from which runs are drawn.
const Repetitions = 60

// runLength is the number of repetitions in a drawn run: the default plan's
// longer sibling, at which a slowdown of 5 % must be found.
const runLength = 20

// Plan returns the trials of the pools: every copy of Base, and the null
// address space, on one workload that is nearly all lock, alone and side by
// side.
func Plan(count int, seed uint64, fifo bool) (*harness.Plan, error) {
	spec, _ := workload.Find("ownvma")
	c := harness.Config{
		Name: "selftest", Designs: Names(), Procs: []int{1, 2}, Count: count, Seed: seed, VMAs: 1000,
		Throughput: []workload.Spec{spec},
		Timing:     harness.Timing{Slice: 6 * time.Millisecond, Slices: 14, Spare: 10, Warm: 1},
		Budget:     150 * time.Second,
		FIFO:       fifo,
	}
	return harness.NewPlan(c)
}

// Names are the subjects of the pools, the one that all are compared with
// first.
func Names() []string {
	names := []string{sameName, againName}
	for _, s := range slowdowns {
		names = append(names, s.name)
	}
	return append(names, nullName)
}
