package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tinyTrace = `vmabench trace 1
command true
initial
10000-20000 rw-p
7ffffff00000-7ffffff21000 rw-p [stack]
ops
0.000001 0 mmap 30000 10000 rw-p
0.000002 1 fault 30123 write
0.000003 0 mprotect 30000 1000 r--
final
10000-20000 rw-p
30000-31000 r--p
31000-40000 rw-p
7ffffff00000-7ffffff21000 rw-p [stack]
`

// TestTraceCommands: a trace is shown, replayed and benched; bad input is one
// line and status 2, a replay that ends elsewhere status 1.
func TestTraceCommands(t *testing.T) {
	good := write(t, "good.trace", tinyTrace)
	wrong := write(t, "wrong.trace", strings.Replace(tinyTrace, "31000 r--p", "31000 r-xp", 1))
	head, _, _ := strings.Cut(tinyTrace, "final")
	cut, old := write(t, "cut.trace", head), write(t, "old", "")
	maps := write(t, "maps", "10000-20000 rw-p 00000000 00:00 0\n")
	for _, c := range []struct {
		args   string
		status int
		want   string // in stdout or stderr
	}{
		{"trace", exitUsage, "trace: want record, import, replay or show"},
		{"trace go", exitUsage, `trace "go": want record, import, replay or show`},
		{"trace record true", exitUsage, "trace record: want -o FILE"},
		{"trace record -o x", exitUsage, "trace record: want a command, after --"},
		{"trace show nosuch", exitUsage, "nosuch: no such file or directory"},
		{"trace show " + maps, exitUsage, maps + `:1: this is no trace: want "vmabench trace 1"`},
		{"trace show " + good, exitOK, "true; threads 2, VMAs 2 at the start, 4 at the end"},
		{"trace replay " + good, exitOK, "as recorded"},
		{"trace replay -timed -variants rwsem " + good, exitOK, "rwsem"},
		{"trace replay -variants rwsem " + wrong, exitFailed, "1 designs end in another address space than the process"},
		{"trace import -o x", exitUsage, "trace import: want -o, -initial, -final and a log"},
		{"trace import -o x -initial " + maps + " -final " + maps + " " + good, exitUsage, good + ":1:"},
		{"bench -run trace:nosuch", exitUsage, "nosuch: no such file or directory"},
		{"bench -vmas 5 -run trace:" + good, exitUsage, "-vmas and -layout: a trace has its own first mappings"},
		{"bench -plan smoke -variants rwsem,refcount -noreport -q -o run -run trace:" + good, exitOK, "4 trials"},
		{"layout", exitUsage, "layout: want a process's number or a file"},
		{"layout 999999999", exitUsage, "no process 999999999"},
		{"layout " + good, exitUsage, good + ":1: want address"},
		{"layout " + maps, exitOK, "00010000-00020000 rw-p 00000000 00:00 0\n"},
		{"layout -o " + good + " " + maps, exitUsage, good + ": is there already; -force replaces it"},
		{"layout -force -o " + old + " " + maps, exitOK, "1 VMAs"},
		{"trace show " + cut, exitUsage, cut + ":9: the trace is truncated"},
		{"trace -h", exitOK, "replay [flags] FILE"},
		{"trace show -h", exitOK, "usage: vmabench trace show FILE\n"},
		{"list -h", exitOK, "usage: vmabench list [flags] [designs|workloads]\nthe designs and the workloads\n"},
		{"bench -layout " + good, exitUsage, good + ":1: want address"},
		{"layout -o out " + maps, exitOK, "1 VMAs, 0 of files, 0 shared; 64 KiB mapped; pages of a VMA: median 16, largest 16"},
	} {
		cmd := vmabench(t, strings.Fields(c.args)...)
		cmd.Dir = t.TempDir()
		status, out, errs := try(t, cmd)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("%s\nstatus %d, stdout %.300q, stderr\n%swant %d, %s", c.args, status, out, errs, c.status, c.want)
		}
		if c.status == exitUsage && strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: not one line: %q", c.args, errs)
		}
		if b, err := os.ReadFile(filepath.Join(cmd.Dir, "run", "run.json")); err == nil && strings.Contains(string(b), cmd.Dir) {
			t.Errorf("%s: run.json names a folder", c.args)
		}
	}
}

// TestRecordStatus: the command's own status is vmabench's, and its trace is kept;
// one that cannot be started is bad input.
func TestRecordStatus(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a b.trace.gz")
	record := func(argv ...string) (status int, out, errs string) {
		return try(t, vmabench(t, append([]string{"trace", "record", "-o", file, "--"}, argv...)...))
	}
	if status, out, errs := record("true"); status != exitOK {
		t.Skipf("nothing can be recorded here: status %d\n%s%s", status, out, errs)
	}
	os.Remove(file)
	for _, c := range []struct {
		argv string
		want string
	}{{"/nosuch", "/nosuch: no such file or directory"}, {"no-such-program", "no-such-program: executable file not found in $PATH"}, {dir, dir + ": permission denied"}} {
		if status, out, errs := record(c.argv); status != exitUsage || out != "" || errs != "vmabench: "+c.want+"\n" {
			t.Errorf("%s: status %d, %q, %q", c.argv, status, out, errs)
		}
	}
	if status, _, errs := record("sh", "-c", "kill -TERM $$"); status != 128+15 || errs != "vmabench: signal: terminated: the command ended otherwise than by exit_group: its last mappings are not known\n" {
		t.Errorf("a signal: status %d, %q", status, errs)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if status, out, errs := record("sh", "-c", "exit 7"); status != 7 || errs != "vmabench: sh ended with status 7\n" {
		t.Errorf("exit 7: status %d, %q, %q", status, out, errs)
	}
	if status, _, errs := try(t, vmabench(t, "trace", "show", file)); status != exitOK {
		t.Errorf("the trace of a command that failed: status %d, %s", status, errs)
	}
	if status, out, errs := try(t, vmabench(t, "trace", "record", "-limit", "1s", "-o", file, "--", "sleep", "100")); status != exitOK || !strings.Contains(out, "cut after 1s") {
		t.Errorf("a limit: status %d, %q, %q", status, out, errs)
	}
}

// TestSplitSmaps: smaps is read as maps, its Rss summed up.
func TestSplitSmaps(t *testing.T) {
	const text = `10000-20000 rw-p 00000000 00:00 0
Size:                 64 kB
Rss:                  12 kB
VmFlags: rd wr mr mw me ac
30000-31000 r--p 00000000 08:01 7 /lib/x: y-z
Rss:                   4 kB
`
	maps, rss, err := splitSmaps(text)
	want := "10000-20000 rw-p 00000000 00:00 0\n30000-31000 r--p 00000000 08:01 7 /lib/x: y-z\n"
	if err != nil || rss != 16<<10 || maps != want {
		t.Errorf("%d bytes, %v\n%s", rss, err, maps)
	}
	if _, _, err := splitSmaps("Rss: many kB\n"); err == nil {
		t.Error("a bad Rss was accepted")
	}
}
