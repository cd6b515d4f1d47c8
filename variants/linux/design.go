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
		Real: true,
		New:  func(c vmm.Config) vmm.Machine { return &machine{touch: touchPage} },
	}, {
		Name: "linux-mmaplock", Title: "Linux " + release + ", mmap_lock", Since: "this kernel: mmap_lock",
		Doc:  "the running kernel, faults inside access(2): mmap_lock in every version",
		Real: true,
		New:  func(c vmm.Config) vmm.Machine { return &machine{touch: touchByAccess} },
	}}
}

// LockDesign says which lock a user fault takes in a kernel of that release.
func LockDesign(release string) string {
	major, minor, ok := parseRelease(release)
	switch {
	case !ok:
		return "unknown design"
	case major < 6 || major == 6 && minor < 4:
		return "mmap_lock"
	case major == 6 && minor < 15:
		return "per-VMA rw_semaphore"
	}
	return "per-VMA reference count"
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
