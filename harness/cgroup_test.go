package harness

import (
	"slices"
	"testing"
)

// TestCgroups: a limit may lie in the process's own cgroup or in any above it, of
// either version.
func TestCgroups(t *testing.T) {
	const both = "12:cpu,cpuacct:/a/b\n11:cpuset:/c\n4:memory:/\n0::/user.slice/x:y\n"
	for _, c := range []struct {
		self, controller string
		want             []string
	}{
		{both, "cpu", []string{"/sys/fs/cgroup/cpu/a/b", "/sys/fs/cgroup/cpu/a", "/sys/fs/cgroup/cpu",
			"/sys/fs/cgroup/user.slice/x:y", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"}},
		{both, "memory", []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup/user.slice/x:y", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"}},
		{"0::/../../up", "cpu", []string{"/sys/fs/cgroup/up", "/sys/fs/cgroup"}},
		{"", "cpu", []string{"/sys/fs/cgroup", "/sys/fs/cgroup/cpu"}},
		{"nonsense\n", "cpu", nil},
	} {
		if got := cgroups(c.self, c.controller); !slices.Equal(got, c.want) {
			t.Errorf("%q of %q: %q, want %q", c.controller, c.self, got, c.want)
		}
	}
	for text, want := range map[string]int64{"max": 0, "": 0, "9223372036854771712": 0, "41943040": 40 << 20} {
		if got := memLimit(text); got != want {
			t.Errorf("memory limit %q: %d, want %d", text, got, want)
		}
	}
}

// TestBends: a build that instruments the locks, or favours one, is not fit.
func TestBends(t *testing.T) {
	for _, c := range []struct {
		flag, value string
		want        bool
	}{
		{"-race", "true", true}, {"-race", "false", false}, {"-cover", "true", true}, {"-pgo", "off", false}, {"-pgo", "default.pgo", true},
		{"-gcflags", "-N -l", true}, {"-gcflags", "", false}, {"-tags", "netgo,vmasim", true}, {"-tags", "netgo", false}, {"-ldflags", "-s -w", false},
	} {
		if got := bends(c.flag, c.value); got != c.want {
			t.Errorf("%s=%s: %v", c.flag, c.value, got)
		}
	}
}
