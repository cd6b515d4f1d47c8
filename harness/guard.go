package harness

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"vmabench/results"
)

// maxOthers is how much CPU other processes may use beside workers that sleep
// in locks where nothing tells how long these were kept from their CPUs: how long
// they slept may be the others' doing.
const maxOthers = 0.5

// maxBeside is the same where the workers are goroutines, of which no slice shows
// whether they had their CPUs: as little as can be told from nothing (machine).
const maxBeside = 0.25

// maxSteal is how much the host may take, in CPUs, beside workers that sleep: one
// step of the counter in a trial of 100 ms.
const maxSteal = 0.1

// guard watches the machine while a trial measures: what it says is of the
// slices, whatever the machine did between them.
type guard struct {
	before machine
	wall   float64 // seconds watched
	sum    machine // what was used in them
	notes  []string
}

// machine is a snapshot of the whole machine's use, or a difference of two.
type machine struct {
	at          time.Time
	busy, steal float64 // CPU seconds since boot
	pressure    float64 // seconds in which some task waited for a CPU
	self        usage
	ok          bool // busy and steal are known
	psi         bool // pressure is known
}

func snapshot() machine {
	m := machine{at: time.Now(), self: processUsage()}
	if b, err := os.ReadFile("/proc/stat"); err == nil {
		m.busy, m.steal, m.ok = parseStat(b)
	}
	if b, err := os.ReadFile("/proc/pressure/cpu"); err == nil {
		m.pressure, m.psi = parsePressure(b)
	}
	return m
}

// userHZ is the unit of /proc/stat, fixed by the kernel's interface.
const userHZ = 100

// parseStat reads the first line of /proc/stat. guest time is part of user.
func parseStat(b []byte) (busy, steal float64, ok bool) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	f := strings.Fields(string(line))
	if len(f) < 9 || f[0] != "cpu" {
		return 0, 0, false
	}
	v := make([]float64, len(f))
	for i := 1; i < len(f); i++ {
		n, err := strconv.ParseUint(f[i], 10, 64)
		if err != nil {
			return 0, 0, false
		}
		v[i] = float64(n) / userHZ
	}
	// user nice system idle iowait irq softirq steal
	return v[1] + v[2] + v[3] + v[6] + v[7], v[8], true
}

// parsePressure reads the total of the "some" line of /proc/pressure/cpu.
func parsePressure(b []byte) (seconds float64, ok bool) {
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "some ") {
			continue
		}
		if _, total, found := strings.Cut(line, "total="); found {
			us, err := strconv.ParseUint(strings.TrimSpace(total), 10, 64)
			return float64(us) / 1e6, err == nil
		}
	}
	return 0, false
}

func (g *guard) start() { g.before = snapshot() }

func (g *guard) stop() {
	a, b := &g.before, snapshot()
	g.wall += b.at.Sub(a.at).Seconds()
	g.sum.busy += b.busy - a.busy
	g.sum.steal += b.steal - a.steal
	g.sum.pressure += b.pressure - a.pressure
	g.sum.self.cpu += b.self.cpu - a.self.cpu
	g.sum.ok, g.sum.psi = a.ok && b.ok, a.psi && b.psi
}

// reset forgets what was watched.
func (g *guard) reset() { g.wall, g.sum = 0, machine{} }

func (g *guard) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// finish writes the verdict on tr into t.
func (g *guard) finish(tr *trial, t *results.Trial) {
	used := tr.used()
	v := &t.Guard
	v.Oversubscribed = tr.over || tr.spec.Goroutines > tr.spec.Procs
	v.Slices = len(tr.accepted) + len(tr.rejected)
	v.Rejected = len(tr.rejected)
	v.CPUShare = tr.cpuShare(used)
	for _, sl := range used {
		v.GCs += int(sl.gcs)
		if tr.shared > 0 {
			v.Switches += sl.all.involuntary
		}
		for i := range sl.workers {
			v.Switches += sl.workers[i].involuntary()
		}
	}
	v.Others, v.Steal, v.Pressure = g.machine()
	v.OK, v.Why = true, ""
	fail := func(format string, args ...any) {
		if v.OK {
			v.OK, v.Why = false, fmt.Sprintf(format, args...)
		}
	}
	if len(tr.accepted) < tr.spec.Timing.Slices {
		fail("only %d of %d slices undisturbed, the last because %s",
			len(tr.accepted), tr.spec.Timing.Slices, tr.rejected[len(tr.rejected)-1].why)
	}
	if v.GCs > 0 {
		fail("%d garbage collections in the slices", v.GCs)
	}
	slept, unwatched := tr.slept()
	limit := maxOthers
	if tr.shared > 0 {
		limit = maxBeside
	}
	if room := float64(len(tr.cpus) - tr.spec.Procs); unwatched && !tr.spec.FIFO && v.Others > max(room, 0)+limit {
		fail("other processes used %.1f CPUs beside workers that slept", v.Others)
	}
	// No slice shows what the host took from a worker that slept.
	if slept && v.Steal > maxSteal {
		fail("the host took %.2f CPUs beside workers that slept", v.Steal)
	}
	t.Warnings = append(t.Warnings, g.notes...)
}

// cpuShare is the CPU time that the workers got over what they asked for: all
// of the wall time each, or of the CPUs where those are fewer or shared.
func (tr *trial) cpuShare(slices []slice) float64 {
	cpus := len(tr.cpus)
	if tr.shared > 0 {
		cpus = tr.shared
	}
	var cpu, asked float64
	for _, sl := range slices {
		if tr.shared > 0 || len(sl.workers) > cpus {
			cpu += float64(sl.all.cpu)
			asked += float64(sl.all.wall) * float64(cpus)
			continue
		}
		for i := range sl.workers {
			cpu += float64(sl.workers[i].cpu())
			asked += float64(sl.workers[i].wall())
		}
	}
	if asked == 0 {
		return 0
	}
	return min(1, cpu/asked)
}

// machine returns the CPUs that others used and that were stolen, and the
// share of the time under pressure. /proc/stat counts in 10 ms and the errors
// of a trial's slices cancel, so that some tenth of a CPU is the resolution.
func (g *guard) machine() (others, steal, pressure float64) {
	if g.wall <= 0 {
		return 0, 0, 0
	}
	if g.sum.ok {
		others = max(0, (g.sum.busy-float64(g.sum.self.cpu)/1e9)/g.wall)
		steal = g.sum.steal / g.wall
	}
	if g.sum.psi {
		pressure = min(1, g.sum.pressure/g.wall)
	}
	return others, steal, pressure
}
