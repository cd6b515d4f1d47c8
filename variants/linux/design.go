//go:build linux

package linux

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// Designs returns the two subjects of the running kernel.
func Designs() []vmm.Design {
	release := kernelRelease()
	design := LockDesign(release)
	return []vmm.Design{{
		Name: "linux", Title: "Linux " + release, Since: "this kernel: " + design,
		Doc:  "the running kernel, faults from user mode: " + design,
		Real: true, Model: modelOf(design), Slab: slabs,
		New: func(c vmm.Config) vmm.Machine { return &machine{touch: touchPage} },
	}, {
		Name: "linux-mmaplock", Title: "Linux " + release + ", mmap_lock", Since: "this kernel: mmap_lock",
		Doc:  "the running kernel, faults inside access(2): mmap_lock in every version",
		Real: true, Model: modelOf(mmapLock),
		New: func(c vmm.Config) vmm.Machine { return &machine{touch: touchByAccess} },
	}}
}

// What LockDesign says.
const (
	mmapLock  = "mmap_lock"
	perVMASem = "per-VMA rw_semaphore"
	perVMARef = "per-VMA reference count"
	notKnown  = "unknown design"
)

// modelOf names the design that models what LockDesign says; "" is none.
func modelOf(lockDesign string) string {
	return map[string]string{mmapLock: "mmaponly", perVMASem: "rwsem", perVMARef: "refcount"}[lockDesign]
}

// slabs returns the sizes of the kernel's objects that the models have.
func slabs() map[string]int {
	m := map[string]int{}
	for _, name := range []string{"vm_area_struct", "vma_lock"} {
		if size := slabOf(name).size; size > 0 {
			m[name] = size
		}
	}
	return m
}

// LockDesign says which lock a user fault takes in a kernel of that release.
func LockDesign(release string) string {
	major, minor, ok := parseRelease(release)
	switch {
	case !ok:
		return notKnown
	case major < 6 || major == 6 && minor < 4:
		return mmapLock
	case major == 6 && minor < 15:
		return perVMASem
	}
	return perVMARef
}

func parseRelease(s string) (major, minor int, ok bool) {
	a, rest, _ := strings.Cut(s, ".")
	b := rest
	if i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		b = rest[:i]
	}
	major, err1 := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	return major, minor, err1 == nil && err2 == nil
}

// kernelRelease is the version without a local suffix, which may name a host's
// own build: "6.18.44".
func kernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	full := unix.ByteSliceToString(u.Release[:])
	major, minor, ok := parseRelease(full)
	if !ok {
		return "unknown"
	}
	version := fmt.Sprintf("%d.%d", major, minor)
	if rest, found := strings.CutPrefix(full, version+"."); found {
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		if end > 0 {
			version += "." + rest[:end]
		}
	}
	return version
}
