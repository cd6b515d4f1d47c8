package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
)

// Verdicts of a fact.
const (
	vOK     = "ok"
	vWarn   = "warn"
	vBad    = "bad"
	vAbsent = "absent"
)

// Environment describes the machine, by allowlist: what a reader needs to
// judge the figures, and nothing that names the host or its user. The probes
// among the facts take about half a second.
func Environment() results.Env {
	e := results.Env{
		GoVersion: runtime.Version(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH,
		CPUs: len(AllowedCPUs()), Kernel: read("/proc/sys/kernel/osrelease"), GOGC: "off in slices",
	}
	b := &book{env: &e}
	b.build()
	b.processor()
	b.frequency()
	b.kernel()
	b.limits()
	b.probes()
	return e
}

// book collects facts.
type book struct{ env *results.Env }

func (b *book) add(name, value, verdict, advice string) {
	b.env.Facts = append(b.env.Facts, results.Fact{Name: name, Value: value, Verdict: verdict, Advice: advice})
}

// read returns a file's trimmed content, "" without it.
func read(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// build looks at how this program was compiled.
func (b *book) build() {
	bent := false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "GOAMD64":
				b.env.GOAMD64 = s.Value
			case "-race", "-pgo", "-tags", "-gcflags", "-ldflags", "-asan", "-msan", "-cover":
				if s.Value != "" && s.Value != "false" {
					b.env.Flags = append(b.env.Flags, s.Key+"="+filepath.Base(s.Value))
				}
				bent = bent || bends(s.Key, s.Value)
			}
		}
	}
	value := runtime.Version() + " " + strings.Join(append([]string{b.env.GOAMD64}, b.env.Flags...), " ")
	if bent {
		b.add("build", strings.TrimSpace(value), vBad, "build with make build and no GOFLAGS: what instruments the program is no part of a lock, and a profile favours one design")
		return
	}
	b.add("build", strings.TrimSpace(value), vOK, "")
}

// bends reports whether a program that was built with the flag is another one than
// is to be measured.
func bends(flag, value string) bool {
	switch flag {
	case "-race", "-asan", "-msan", "-cover":
		return value == "true"
	case "-pgo":
		return value != "" && value != "off"
	case "-gcflags":
		return value != ""
	case "-tags":
		return strings.Contains(value, "vmasim")
	}
	return false
}

// processor reads model, cores, sockets and siblings.
func (b *book) processor() {
	e := b.env
	info := read("/proc/cpuinfo")
	e.CPU = cpuinfo(info, "model name", "Model", "cpu model")
	if e.CPU == "" {
		e.CPU = runtime.GOARCH
	}
	cores, sockets, smt := topology()
	e.Cores, e.Sockets, e.SMT = cores, sockets, smt
	b.add("cpu", e.CPU, vOK, "")
	value := fmt.Sprintf("%d usable, %d cores, %d sockets", e.CPUs, cores, sockets)
	switch {
	case e.CPUs < 2:
		b.add("cpus", value, vBad, "with one CPU nothing runs side by side and every point above GOMAXPROCS 1 is oversubscribed")
	case smt:
		b.add("cpus", value+", SMT on", vWarn, "two workers may share a core; switch SMT off or pin to one thread of each core with taskset")
	default:
		b.add("cpus", value+", SMT off", vOK, "")
	}
	if strings.Contains(" "+cpuinfo(info, "flags", "Features")+" ", " hypervisor ") {
		e.Virt = "guest"
		b.add("virtualisation", "guest of a hypervisor", vWarn,
			"waking another CPU is an interrupt through the hypervisor (tens of µs), which decides every result that sleeps")
	} else {
		e.Virt = "none"
		b.add("virtualisation", "none seen", vOK, "")
	}
}

// cpuinfo returns the first value of one of the keys.
func cpuinfo(info string, keys ...string) string {
	for line := range strings.Lines(info) {
		k, v, ok := strings.Cut(line, ":")
		if ok && slices.Contains(keys, strings.TrimSpace(k)) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// topology counts the cores and sockets of the usable CPUs.
func topology() (cores, sockets int, smt bool) {
	core, socket := map[string]bool{}, map[string]bool{}
	for _, c := range AllowedCPUs() {
		dir := fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/", c)
		s := read(dir + "physical_package_id")
		socket[s] = true
		core[s+"/"+read(dir+"core_id")] = true
	}
	return len(core), len(socket), len(core) < len(AllowedCPUs())
}

// frequency looks at what changes the clock rate.
func (b *book) frequency() {
	const cpu = "/sys/devices/system/cpu/"
	switch g := read(cpu + "cpu0/cpufreq/scaling_governor"); g {
	case "":
		b.add("governor", "not visible", vAbsent, "a guest cannot see it: ask the host for performance")
	case "performance":
		b.env.Governor = g
		b.add("governor", g, vOK, "")
	default:
		b.env.Governor = g
		b.add("governor", g, vWarn, "cpupower frequency-set -g performance")
	}
	noTurbo, boost := read(cpu+"intel_pstate/no_turbo"), read(cpu+"cpufreq/boost")
	switch {
	case noTurbo == "1" || boost == "0":
		b.env.Turbo = "off"
		b.add("turbo", "off", vOK, "")
	case noTurbo == "0" || boost == "1":
		b.env.Turbo = "on"
		b.add("turbo", "on", vWarn, "the clock rate depends on how many CPUs are busy: switch turbo off to compare GOMAXPROCS")
	default:
		b.add("turbo", "not visible", vAbsent, "a guest cannot see it: compare designs at one GOMAXPROCS rather than GOMAXPROCS with each other")
	}
}

// kernel looks at clocksource, mitigations, address randomisation and huge
// pages.
func (b *book) kernel() {
	e := b.env
	b.add("kernel", e.GOOS+" "+e.Kernel, vOK, "")
	e.Clocksource = read("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	switch e.Clocksource {
	case "tsc", "arch_sys_counter":
		b.add("clocksource", e.Clocksource, vOK, "")
	case "":
		b.add("clocksource", "not visible", vAbsent, "look at what two clock readings in a row show, below")
	case "kvm-clock":
		b.add("clocksource", e.Clocksource, vWarn, "latencies carry its cost; tsc is cheaper where the host keeps it invariant")
	default:
		b.add("clocksource", e.Clocksource, vBad, "reading it is a system call; boot with clocksource=tsc")
	}
	e.Mitigations = mitigations()
	if e.Mitigations == "" {
		b.add("mitigations", "not visible", vAbsent, "mount sysfs to have them in the record")
	} else {
		b.add("mitigations", e.Mitigations, vOK, "")
	}
	if v := read("/proc/sys/kernel/randomize_va_space"); v != "" {
		b.add("address randomisation", v, vOK, "") // wanted: fresh processes average over layouts
	}
	if v := read("/sys/kernel/mm/transparent_hugepage/enabled"); v != "" {
		b.add("transparent huge pages", between(v, "[", "]"), vOK, "")
	}
}

// mitigations names the vulnerabilities that the kernel mitigates, and those
// that it leaves open.
func mitigations() string {
	const dir = "/sys/devices/system/cpu/vulnerabilities/"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	var on, open []string
	for _, f := range entries {
		switch v := read(dir + f.Name()); {
		case strings.HasPrefix(v, "Mitigation"):
			on = append(on, f.Name())
		case strings.HasPrefix(v, "Vulnerable"):
			open = append(open, f.Name())
		}
	}
	s := "none"
	if len(on) > 0 {
		s = "for " + strings.Join(on, ", ")
	}
	if len(open) > 0 {
		s += "; vulnerable: " + strings.Join(open, ", ")
	}
	return s
}

func memTotal(meminfo string) int64 {
	f := strings.Fields(cpuinfo(meminfo, "MemTotal"))
	if len(f) == 0 {
		return 0
	}
	kb, _ := strconv.ParseInt(f[0], 10, 64)
	return kb << 10
}
