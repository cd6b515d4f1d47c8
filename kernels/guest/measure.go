//go:build linux && amd64

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func none() int64
func load(p uintptr) int64
func store(p uintptr) int64
func call(nr, a, b, c, d uintptr) (n int64, result uintptr)

// counted performs a system call and returns the instructions that it took.
func counted(nr, a, b, c, d uintptr) (int64, error) {
	n, r := call(nr, a, b, c, d)
	if e := -int(r); e > 0 && e < 4096 {
		return 0, fmt.Errorf("system call %d: %w", nr, unix.Errno(e))
	}
	return n, nil
}

// do performs a system call that must succeed, and returns its result.
func do(nr, a, b, c, d uintptr) (uintptr, error) {
	_, r := call(nr, a, b, c, d)
	if e := -int(r); e > 0 && e < 4096 {
		return 0, fmt.Errorf("system call %d: %w", nr, unix.Errno(e))
	}
	return r, nil
}

const (
	page     = 4096
	readOnly = unix.PROT_READ
	rw       = unix.PROT_READ | unix.PROT_WRITE
	private  = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
)

// mapAt maps n pages at an address.
func mapAt(at uintptr, n int, prot uintptr) error {
	_, err := do(unix.SYS_MMAP, at, uintptr(n)*page, prot, private|unix.MAP_FIXED)
	return err
}

func madvise(at uintptr, n int, advice uintptr) error {
	_, err := do(unix.SYS_MADVISE, at, uintptr(n)*page, advice, 0)
	return err
}

func mprotect(at uintptr, n int, prot uintptr) error {
	_, err := do(unix.SYS_MPROTECT, at, uintptr(n)*page, prot, 0)
	return err
}

// report prints the median and the least of sorted counts. A mean would have the
// kernel's own threads in it.
func report(op string, vmas int, counts []int64, less int64) {
	fmt.Printf("BenchmarkKernelInsn/design=%s/op=%s/vmas=%d %d %d p50-insn %d min-insn\n",
		*design, op, vmas, len(counts), counts[len(counts)/2]-less, counts[0]-less)
}
