//go:build linux && amd64

package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

func countOn()
func countReport()
func markedLoad(p uintptr)
func markedKernelRead(p uintptr)

// crew are threads that begin together, each on a CPU of its own. The last CPU
// is for everything else: the main thread, the runtime's own.
type crew struct {
	size          int
	ready, done   atomic.Int32
	goOn, stopped atomic.Bool
	failed        atomic.Value
}

// housekeeping moves every thread that there is to the last CPU; those to come
// follow them.
func housekeeping() error {
	runtime.GOMAXPROCS(runtime.NumCPU() + 2) // threads that spin are not preempted
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err == nil {
			err = pin(id, runtime.NumCPU()-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func pin(thread, cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(thread, &set)
}

// member starts the next thread of the crew: prepare, wait for all, work.
func (c *crew) member(prepare, work func() error) {
	cpu := c.size
	c.size++
	go func() {
		runtime.LockOSThread()
		err := pin(0, cpu)
		if err == nil {
			err = prepare()
		}
		c.ready.Add(1)
		for !c.goOn.Load() {
		}
		if err == nil {
			err = work()
		}
		if err != nil {
			c.failed.Store(err)
		}
		c.done.Add(1)
	}()
}

// run lets the crew go while the plugin counts, until `until` of them are done,
// tells the others to stop, and reports under a name. More returns values of
// the guest's own.
func (c *crew) run(until int, name string, more func() string) error {
	await := func(n *atomic.Int32, want int) {
		for n.Load() < int32(want) {
			time.Sleep(time.Millisecond)
		}
	}
	await(&c.ready, c.size)
	countOn()
	c.goOn.Store(true)
	await(&c.done, until)
	countReport()
	c.stopped.Store(true)
	await(&c.done, c.size)
	if err, _ := c.failed.Load().(error); err != nil {
		return err
	}
	fmt.Printf("report %s%s\n", name, more())
	return nil
}
