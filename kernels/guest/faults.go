//go:build linux && amd64

package main

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	perThread = 0x800000 // bytes between what threads fault on: page tables of their own
	touches   = 500      // pages of a thread
	passes    = 4
	others    = 1000 // VMAs
)

// faultLines measures what a fault costs by kernel function: one thread and
// four, on VMAs of their own and on one for all, from user mode and from within
// a system call, where every kernel takes mmap_lock.
func faultLines() error {
	for _, c := range []struct {
		vmas    string
		threads int
	}{{"own", 1}, {"own", 4}, {"shared", 4}} {
		for _, fault := range []string{"user", "kernel"} {
			name := fmt.Sprintf("KernelLines/design=%s/fault=%s/vmas=%s/threads=%d", *design, fault, c.vmas, c.threads)
			if err := measure(name, fault, c.vmas, c.threads, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// faultTails measures how long a fault takes beside a thread that changes
// another VMA.
func faultTails() error {
	for _, c := range []struct {
		writer  string
		threads int
	}{{"none", 1}, {"mmap", 1}, {"mprotect", 1}, {"mprotect.8M", 1}, {"none", 3}, {"mmap", 3}} {
		for _, fault := range []string{"user", "kernel"} {
			name := fmt.Sprintf("KernelTail/design=%s/fault=%s/writer=%s/threads=%d", *design, fault, c.writer, c.threads)
			if err := measure(name, fault, "own", c.threads, c.writer); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure lets threads fault, beside a writer if one is named.
func measure(name, fault, vmas string, threads int, writer string) error {
	if err := areas(vmas, threads); err != nil {
		return err
	}
	turns := passes
	if writer == "mprotect.8M" {
		turns = 1 // each of its changes is long
	}
	c := new(crew)
	for i := range threads {
		at := uintptr(tested + i*perThread)
		c.member(func() error { return once(at, store, load) }, func() error {
			for range turns {
				for j := uintptr(0); j < touches; j++ {
					if fault == "user" {
						markedLoad(at + j*page)
					} else {
						markedKernelRead(at + j*page)
					}
				}
				if err := madvise(at, touches, unix.MADV_DONTNEED); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var written atomic.Int64
	if writer != "" && writer != "none" {
		c.member(func() error { return writerArea() }, func() error {
			for !c.stopped.Load() {
				if err := write(writer, written.Load()); err != nil {
					return err
				}
				written.Add(1)
			}
			return nil
		})
	}
	return c.run(threads, name, func() string {
		if writer == "" {
			return ""
		}
		return fmt.Sprintf(" %d writer-ops", written.Load())
	})
}

// areas maps what the threads fault on: a VMA each or one for all.
func areas(vmas string, threads int) error {
	if err := unmap(tested, 16*perThread); err != nil {
		return err
	}
	for i := range uintptr(others / 2) {
		for _, at := range []uintptr{below, above} {
			if err := mapAt(at+2*i*page, 1, rw); err != nil {
				return err
			}
		}
	}
	if vmas == "shared" {
		return mapAt(tested, threads*perThread/page, rw)
	}
	for i := range threads {
		if err := mapAt(uintptr(tested+i*perThread), touches, rw); err != nil {
			return err
		}
	}
	return nil
}

// once touches every page of an area, so that it has page tables and an
// anon_vma, and drops the pages.
func once(at uintptr, first, rest func(uintptr) int64) error {
	first(at)
	for j := uintptr(1); j < touches; j++ {
		rest(at + j*page)
	}
	return madvise(at, touches, unix.MADV_DONTNEED)
}

const (
	written1 = tested + 12*perThread // a page of the writer's
	written8 = tested + 13*perThread // 8 MiB
	big      = 2048                  // pages
)

func writerArea() error {
	if err := mapAt(written1, 1, rw); err != nil {
		return err
	}
	if err := mapAt(written8, big, rw); err != nil {
		return err
	}
	for j := uintptr(0); j < big; j++ {
		store(written8 + j*page)
	}
	return nil
}

// write is the n-th change that a writer makes.
func write(what string, n int64) error {
	prot := []uintptr{readOnly, rw}[n%2]
	switch what {
	case "mmap":
		at, err := do(unix.SYS_MMAP, 0, page, unix.PROT_READ|unix.PROT_EXEC, private)
		if err != nil {
			return err
		}
		return unmap(at, page)
	case "mprotect":
		return mprotect(written1, 1, prot)
	case "mprotect.8M":
		return mprotect(written8, big, prot)
	}
	return fmt.Errorf("no writer %q", what)
}
