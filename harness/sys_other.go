//go:build !linux

package harness

import (
	"errors"
	"runtime"
)

// AllowedCPUs returns the CPUs that this process may run on.
func AllowedCPUs() []int {
	cpus := make([]int, runtime.NumCPU())
	for i := range cpus {
		cpus[i] = i
	}
	return cpus
}

func pin(int) error { return errors.New("threads cannot be pinned on " + runtime.GOOS) }

func confine([]int) error { return errors.New("threads cannot be pinned on " + runtime.GOOS) }

func realtime() error { return errors.New("no SCHED_FIFO on " + runtime.GOOS) }

// usage is what a thread or process has used; unknown here.
type usage struct{ cpu, voluntary, involuntary, faults int64 }

func threadUsage() usage  { return usage{} }
func processUsage() usage { return usage{} }

func osYield() { runtime.Gosched() }
