package harness

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// limits looks at what the process's cgroup and those above it grant.
func (b *book) limits() {
	b.env.MemBytes = memTotal(read("/proc/meminfo"))
	var quota float64
	for _, dir := range cgroups(read("/proc/self/cgroup"), "cpu") {
		q := cpuQuota(read(dir+"/cpu.max"), read(dir+"/cpu.cfs_quota_us"), read(dir+"/cpu.cfs_period_us"))
		if q > 0 && (quota == 0 || q < quota) {
			quota = q
		}
	}
	switch {
	case quota == 0:
		b.add("cpu quota", "none", vOK, "")
	case quota < float64(b.env.CPUs):
		b.add("cpu quota", fmt.Sprintf("%.2g CPUs", quota), vBad, "the cgroup stops the process when its quota is used up: raise it to the number of CPUs or use a cpuset")
	default:
		b.add("cpu quota", fmt.Sprintf("%.2g CPUs", quota), vOK, "")
	}
	var mem int64
	for _, dir := range cgroups(read("/proc/self/cgroup"), "memory") {
		for _, file := range []string{"/memory.max", "/memory.limit_in_bytes"} {
			if n := memLimit(read(dir + file)); n > 0 && (mem == 0 || n < mem) {
				mem = n
			}
		}
	}
	switch {
	case mem == 0:
		b.add("memory limit", "none", vOK, "")
	case mem < memoryLimit:
		b.add("memory limit", fmt.Sprintf("%d MiB", mem>>20), vWarn, "trials with many VMAs may be killed")
	default:
		b.add("memory limit", fmt.Sprintf("%d MiB", mem>>20), vOK, "")
	}
}

// cgroups returns the folders of the process's cgroups that have the controller,
// each before the one above it, by the text of /proc/self/cgroup; where there is
// none, the topmost of both hierarchies.
func cgroups(self, controller string) (dirs []string) {
	const mount = "/sys/fs/cgroup"
	if self == "" {
		return []string{mount, path.Join(mount, controller)}
	}
	for line := range strings.Lines(self) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		top := mount // of version 2, whose line names no controller
		if f[1] != "" {
			if top = path.Join(mount, controller); !slices.Contains(strings.Split(f[1], ","), controller) {
				continue
			}
		}
		for at := path.Clean("/" + f[2]); ; at = path.Dir(at) {
			dirs = append(dirs, path.Join(top, at))
			if at == "/" {
				break
			}
		}
	}
	return dirs
}

// cpuQuota reads the CPUs granted from cgroup v2's cpu.max or v1's two files;
// 0 is no limit.
func cpuQuota(max, quota, period string) float64 {
	if q, p, ok := strings.Cut(max, " "); ok {
		quota, period = q, p
	}
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q / p
}

// memLimit reads memory.max of cgroup v2 or v1's memory.limit_in_bytes; 0 is no
// limit, which v1 writes as the largest number of pages.
func memLimit(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n >= 1<<62 {
		return 0
	}
	return n
}
