package trace

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tracer is a way to record with what is installed.
type tracer struct {
	calls  string // who records them: "strace" or "perf"
	faults bool   // perf records them
}

func (t tracer) String() string {
	switch {
	case t.calls == "perf":
		return "perf: calls and faults"
	case t.faults:
		return "strace (calls) and perf (faults)"
	}
	return "strace: calls, no faults"
}

// chooseTracer returns what can record here, by the program named if one is.
func chooseTracer(with string) (tracer, error) {
	if _, err := exec.LookPath("strace"); err == nil && with != "perf" {
		return tracer{calls: "strace", faults: perfRecords("page-faults")}, nil
	}
	if with != "strace" && perfRecords(sysEnter) {
		return tracer{calls: "perf", faults: true}, nil
	}
	return tracer{}, ErrNoTracer
}

// perfRecords reports whether perf is installed and may record the event.
func perfRecords(event string) bool {
	if _, err := exec.LookPath("perf"); err != nil {
		return false
	}
	return exec.Command("perf", "record", "-q", "-e", event, "-o", os.DevNull, "--", "true").Run() == nil
}

const (
	straceLog = "strace.log"
	faultData = "faults.data"
	callData  = "calls.data"

	sysEnter = "raw_syscalls:sys_enter"
	sysExit  = "raw_syscalls:sys_exit"
)

// commands are the tracers to start, in order.
func (t tracer) commands(pid int, dir string) (out [][]string) {
	p := strconv.Itoa(pid)
	perf := func(file string, events ...string) {
		argv := append([]string{"perf", "record", "-q", "-k", "CLOCK_MONOTONIC", "-D", "-1", "--control", "fd:3,4"}, events...)
		if os.Geteuid() == 0 { // others may not pin as much
			argv = append(argv, "-m", "2048")
		}
		out = append(out, append(argv, "-o", filepath.Join(dir, file), "-p", p))
	}
	if t.faults {
		perf(faultData, "-e", "page-faults", "-c", "1", "-d")
	}
	if t.calls == "perf" {
		perf(callData, "-e", sysEnter, "--filter", callFilter(), "-e", sysExit, "--filter", callFilter())
		return out
	}
	argv := append([]string{"strace"}, StraceFlags...)
	return append(out, append(argv, "-qq", "-o", filepath.Join(dir, straceLog),
		fmt.Sprintf("--inject=exit_group:delay_enter=%d", hold.Microseconds()),
		fmt.Sprintf("--inject=execve:delay_exit=%d", hold.Microseconds()), "-p", p))
}

// callFilter keeps the calls of PerfFlags, by number.
func callFilter() string {
	numbers := []int{unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MPROTECT, unix.SYS_MREMAP, unix.SYS_MADVISE, unix.SYS_BRK,
		unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMDT,
		unix.SYS_CLONE, unix.SYS_CLONE3, unix.SYS_EXECVE, unix.SYS_EXIT_GROUP}
	if runtime.GOARCH == "amd64" {
		numbers = append(numbers, 57, 58) // fork and vfork, which newer machines do not have
	}
	var b strings.Builder
	for i, n := range numbers {
		if i > 0 {
			b.WriteString("||")
		}
		fmt.Fprintf(&b, "id==%d", n)
	}
	return b.String()
}

// attach starts a tracer and waits until it holds the process.
func (r *recording) attach(c *exec.Cmd) error {
	if filepath.Base(c.Path) == "perf" {
		return r.startPerf(c)
	}
	if err := c.Start(); err != nil {
		return err
	}
	for range 500 {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.pid))
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

// startPerf starts perf, which begins disabled, tells it to begin by its
// descriptor 3, and waits for its word on 4.
func (r *recording) startPerf(c *exec.Cmd) error {
	hear, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	ack, say, err := os.Pipe()
	if err != nil {
		return errors.Join(err, hear.Close(), tell.Close())
	}
	defer ack.Close()
	r.control = append(r.control, tell) // open while perf records: it ends without
	c.ExtraFiles = []*os.File{hear, say}
	err = c.Start()
	hear.Close()
	say.Close()
	if err != nil {
		return err
	}
	if _, err := tell.WriteString("enable\n"); err != nil {
		return err
	}
	if n, err := ack.Read(make([]byte, 16)); n == 0 {
		return fmt.Errorf("it did not begin: %v", err)
	}
	return nil
}

// log reads what the tracers wrote.
func (t tracer) log(r *recording) (*Log, error) {
	l, err := t.readCalls(r)
	if err != nil || !t.faults {
		return l, err
	}
	out, err := exec.Command("perf", "script", "-F", "tid,time,ip,addr", "-G", "-i", filepath.Join(r.dir, faultData)).Output()
	if err != nil {
		return nil, fmt.Errorf("perf script: %v", err)
	}
	offset := r.offset
	if t.calls == "perf" {
		offset = 0 // one clock for both
	}
	faults, err := ParseFaults(bytes.NewReader(out), "perf script", offset)
	if err != nil {
		return nil, err
	}
	l.AddFaults(faults)
	return l, nil
}

func (t tracer) readCalls(r *recording) (*Log, error) {
	if t.calls == "perf" {
		argv := append([]string{"trace", "-i", filepath.Join(r.dir, callData)}, PerfFlags...)
		out, err := exec.Command("perf", argv...).CombinedOutput() // it prints to stderr
		if err != nil {
			return nil, fmt.Errorf("perf trace: %v", err)
		}
		return ParsePerf(bytes.NewReader(out), "perf trace", r.pid, r.files)
	}
	f, err := os.Open(filepath.Join(r.dir, straceLog))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ParseStrace(f, straceLog, r.pid, r.files)
}
