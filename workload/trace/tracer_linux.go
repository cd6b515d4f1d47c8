package trace

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tracer is a way to record with what is installed.
type tracer struct {
	name   string
	strace bool // calls
	perf   bool // faults
}

func chooseTracer() (tracer, error) {
	_, err1 := exec.LookPath("strace")
	t := tracer{strace: err1 == nil, perf: perfWorks()}
	switch {
	case t.strace && t.perf:
		t.name = "strace (calls) and perf (faults)"
	case t.strace:
		t.name = "strace: calls, no faults"
	default:
		return t, ErrNoTracer
	}
	return t, nil
}

// perfWorks reports whether perf is installed and may count page faults.
func perfWorks() bool {
	if _, err := exec.LookPath("perf"); err != nil {
		return false
	}
	return exec.Command("perf", "record", "-q", "-e", "page-faults", "-o", os.DevNull, "--", "true").Run() == nil
}

const (
	straceLog = "strace.log"
	perfData  = "perf.data"
)

// commands are the tracers to start, in order.
func (t tracer) commands(pid int, dir string) (out [][]string) {
	p := strconv.Itoa(pid)
	if t.perf {
		out = append(out, []string{"perf", "record", "-q", "-k", "CLOCK_MONOTONIC", "-e", "page-faults", "-c", "1", "-d",
			"-o", filepath.Join(dir, perfData), "-p", p})
	}
	if t.strace {
		argv := append([]string{"strace"}, StraceFlags...)
		out = append(out, append(argv, "-qq", "-o", filepath.Join(dir, straceLog),
			fmt.Sprintf("--inject=exit_group:delay_enter=%d", exitDelay.Microseconds()), "-p", p))
	}
	return out
}

// ready waits until the tracer holds the process.
func (t tracer) ready(name string, pid int) error {
	if name == "perf" {
		time.Sleep(700 * time.Millisecond) // it does not say when
		return nil
	}
	for range 500 {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return err
		}
		if _, rest, _ := bytes.Cut(b, []byte("TracerPid:\t")); len(rest) > 0 && rest[0] != '0' {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("it did not attach")
}

// log reads what the tracers wrote.
func (t tracer) log(r *recording) (*Log, error) {
	f, err := os.Open(filepath.Join(r.dir, straceLog))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := ParseStrace(f, straceLog, r.pid, r.files)
	if err != nil || !t.perf {
		return l, err
	}
	out, err := exec.Command("perf", "script", "-F", "tid,time,ip,addr", "-G", "-i", filepath.Join(r.dir, perfData)).Output()
	if err != nil {
		return nil, fmt.Errorf("perf script: %v", err)
	}
	faults, err := ParseFaults(strings.NewReader(string(out)), "perf script", r.offset)
	if err != nil {
		return nil, err
	}
	l.AddFaults(faults)
	return l, nil
}
