package trace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// ErrNoTracer is returned where no program that can trace is installed.
var ErrNoTracer = errors.New("neither strace nor a perf that may trace system calls is installed; install one, or import a log that was made elsewhere")

// hold is how long strace holds the process at the entry of exit_group, where
// its last mappings are read, and at the end of execve, where its first ones
// are.
const hold = 200 * time.Millisecond

// Options say how to record.
type Options struct {
	Limit          time.Duration // end the process after that long; 0 is never
	With           string        // "strace" or "perf" for the calls; "" is strace if it is there
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Record runs argv and returns its trace: the first mappings are those right
// after its last execve, before the first instruction; the last those at its
// end, or where the limit stopped it. status is the command's exit status as a
// shell has it, 128 and the signal that ended it; 0 where the limit did, or where
// it was not recorded to its end.
func Record(ctx context.Context, argv []string, o Options) (_ *Trace, status int, err error) {
	t, err := chooseTracer(o.With)
	if err != nil {
		return nil, 0, err
	}
	dir, err := os.MkdirTemp("", "vmabench-trace")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(dir)
	runtime.LockOSThread() // ptrace is of the thread
	defer runtime.UnlockOSThread()
	r := &recording{dir: dir, files: Files{}, tracer: t}
	if err := r.start(argv, &o); err != nil {
		return nil, 0, err
	}
	defer r.end()
	if err := r.attachAll(); err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if err := unix.Kill(r.pid, unix.SIGCONT); err != nil {
		return nil, 0, err
	}
	if err := r.wait(ctx, began, o.Limit); errors.Is(err, errDied) {
		r.end()
		return nil, r.status(), fmt.Errorf("%s: %w", r.cmd.ProcessState, err)
	} else if err != nil {
		return nil, 0, err
	}
	r.end()
	done, err := r.trace(argv)
	return done, r.status(), err
}

// errDied is of a process of which there were no last mappings to read.
var errDied = errors.New("the command ended otherwise than by exit_group: its last mappings are not known")

// status is the exit status of a process that has ended, but not at the limit.
func (r *recording) status() int {
	ws, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case r.cut > 0 || !ok:
		return 0
	case ws.Signaled():
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

// recording is a process that is being traced.
type recording struct {
	dir     string
	files   Files
	tracer  tracer
	cmd     *exec.Cmd
	pid     int
	initial []vmm.Mapping
	final   []vmm.Mapping
	cut     time.Duration // when the limit stopped it
	image   []byte        // the auxiliary vector, which every execve changes
	execs   int           // seen, the first apart
	late    bool          // the last was seen when the program had begun
	helpers []*exec.Cmd   // strace, perf
	control []*os.File    // how perf is told
	offset  time.Duration // of the wall clock from the monotonic one
	ended   bool
}

// start starts the process and stops it before its first instruction.
func (r *recording) start(argv []string, o *Options) error {
	r.cmd = exec.Command(argv[0], argv[1:]...)
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = o.Stdin, o.Stdout, o.Stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := r.cmd.Start(); err != nil {
		return err
	}
	r.pid = r.cmd.Process.Pid
	var ws unix.WaitStatus
	if _, err := unix.Wait4(r.pid, &ws, unix.WALL, nil); err != nil || !ws.Stopped() {
		r.end()
		return fmt.Errorf("%s did not stop at its start: %v", argv[0], err)
	}
	err := r.begin()
	if err == nil {
		unix.Kill(r.pid, unix.SIGSTOP) // taken when it is let go, in place of an instruction
		err = syscall.PtraceDetach(r.pid)
	}
	if err != nil {
		r.end()
	}
	return err
}

// begin reads the first mappings of a program that has not begun.
func (r *recording) begin() (err error) {
	if r.image, err = os.ReadFile(fmt.Sprintf("/proc/%d/auxv", r.pid)); err == nil {
		r.initial, err = r.maps()
	}
	return err
}

func (r *recording) maps() ([]vmm.Mapping, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", r.pid))
	if err != nil {
		return nil, err
	}
	return r.files.Maps(bytes.NewReader(b), "maps")
}

// attachAll starts the tracers and waits until they hold the process.
func (r *recording) attachAll() error {
	mono, wall := clock(unix.CLOCK_MONOTONIC), clock(unix.CLOCK_REALTIME)
	r.offset = wall - mono
	if r.tracer.calls == "perf" { // which traces and does not hold
		if err := seize(r.pid); err != nil {
			return err
		}
	}
	for _, argv := range r.tracer.commands(r.pid, r.dir) {
		c := exec.Command(argv[0], argv[1:]...)
		var said bytes.Buffer
		c.Stderr = &said
		if err := r.attach(c); err != nil {
			if c.Process != nil {
				r.helpers = append(r.helpers, c)
			}
			return fmt.Errorf("%s: %v: %s", argv[0], err, strings.TrimSpace(said.String()))
		}
		r.helpers = append(r.helpers, c)
	}
	return nil
}

func clock(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// wait waits for the process to end or the limit, and reads its last mappings
// there.
func (r *recording) wait(ctx context.Context, began time.Time, limit time.Duration) error {
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		exiting, err := r.look()
		if err != nil {
			return err
		}
		if exiting {
			r.final, err = r.maps()
			return err
		}
		if limit > 0 && time.Since(began) > limit {
			r.cut = limit
			return r.stop()
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/%d/maps", r.pid)); err != nil || r.zombie() {
			return errDied
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// look reports whether the process is held at its end; held behind an execve,
// it is a new program.
func (r *recording) look() (exiting bool, err error) {
	if r.tracer.calls == "perf" {
		return r.step()
	}
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", r.pid)); err == nil && len(b) > 0 && !bytes.Equal(b, r.image) {
		if err := r.begin(); err != nil {
			return false, err
		}
		r.late = !r.inside(unix.SYS_EXECVE)
		r.execs++
	}
	return r.inside(unix.SYS_EXIT_GROUP), nil
}

// inside reports whether a thread of the process is inside that call.
func (r *recording) inside(call int) bool {
	list, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", r.pid))
	for _, f := range list {
		b, _ := os.ReadFile(f)
		if nr, _, _ := strings.Cut(string(b), " "); nr == strconv.Itoa(call) {
			return true
		}
	}
	return false
}

// states returns the states of the process's threads, as in /proc/PID/stat.
func (r *recording) states() (s string) {
	list, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", r.pid))
	for _, f := range list {
		b, _ := os.ReadFile(f)
		if i := bytes.LastIndexByte(b, ')'); i > 0 && i+2 < len(b) {
			s += string(b[i+2])
		}
	}
	return s
}

func (r *recording) zombie() bool { return strings.Trim(r.states(), "ZX") == "" }

// stop stops all threads, then reads the mappings.
func (r *recording) stop() (err error) {
	if err := unix.Kill(r.pid, unix.SIGSTOP); err != nil {
		return err
	}
	for range 500 {
		if r.tracer.calls == "perf" {
			if _, err := r.step(); err != nil {
				return err
			}
		}
		if strings.Trim(r.states(), "TtZX") == "" {
			time.Sleep(50 * time.Millisecond) // what strace has yet to write
			r.final, err = r.maps()
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the command did not stop at the limit")
}

// end ends the process and what traced it.
func (r *recording) end() {
	if r.ended {
		return
	}
	r.ended = true
	if r.tracer.calls == "perf" {
		_ = unix.PtraceDetach(r.pid) // it is gone, or held at its end
	}
	if r.cut > 0 || r.final == nil {
		unix.Kill(r.pid, unix.SIGKILL)
	}
	r.cmd.Wait()
	for _, c := range r.helpers {
		c.Process.Signal(os.Interrupt)
		c.Wait()
	}
	for _, f := range r.control {
		f.Close()
	}
}

// trace reads what the tracers wrote.
func (r *recording) trace(argv []string) (*Trace, error) {
	l, err := r.tracer.log(r)
	if err != nil {
		return nil, err
	}
	if r.late || l.Execs > 0 && r.execs == 0 {
		return nil, errors.New("the command replaced itself by execve, which was seen too late; record the program that it starts")
	}
	t := l.Trace(r.initial, r.final)
	t.Command = commandLine(argv)
	t.Notes = append(t.Notes, "recorded with "+r.tracer.String())
	if r.execs > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("what it became by %d execve, from the last on", r.execs))
	}
	if r.cut > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("cut after %v", r.cut))
	}
	for name, n := range l.Skipped {
		t.Notes = append(t.Notes, fmt.Sprintf("%d calls of %s are left out", n, name))
	}
	return t, t.Verify()
}

// commandLine is the command without the folders of its paths.
func commandLine(argv []string) string {
	var out []string
	for _, a := range argv {
		if flag, value, ok := strings.Cut(a, "="); ok && strings.Contains(value, "/") {
			a = flag + "=" + filepath.Base(value)
		} else if strings.Contains(a, "/") && !strings.ContainsAny(a, " \n") {
			a = filepath.Base(a)
		}
		out = append(out, strings.Join(strings.Fields(a), " "))
	}
	return strings.Join(out, " ")
}
