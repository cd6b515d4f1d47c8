package trace

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vmabench/vmm"
)

// TestFormat: what is read and written again is the same text.
func TestFormat(t *testing.T) {
	const text = `vmabench trace 1
command a b
# a note
initial
00010000-00012000 r-xp file1+0x1000
7ffffff00000-7ffffff21000 rw-p [stack]
ops
0.000000 0 mmap 7f0000000000 2000 rw-s file2+0x0 fixed
0.000100 1 mmap 7f0000010000 1001 --- = ENOMEM
0.000200 0 brk 20000
`
	lines := strings.Replace(text, " 1001 --- =", " 1001 ---p =", 1) + `0.000300 0 mprotect 7f0000000000 1000 r--
0.000400 0 mremap 7f0000000000 1000 7f0000020000 3000
0.000500 1 madvise 7f0000020000 1000 MADV_DONTNEED
0.000600 2 fault 7f0000020123 write
0.000700 2 kfault 7f0000020123 read
0.000800 0 fork
1.000000 0 munmap 7f0000020000 1000
final
00010000-00012000 r-xp file1+0x1000
`
	tr, err := Read(strings.NewReader(lines), "t")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := tr.Write(&b); err != nil || b.String() != lines {
		t.Errorf("%v\n%s", err, b.String())
	}
	if tr.Threads() != 3 || len(tr.Lower()) != 8 { // without the failed call and the first brk
		t.Errorf("%d threads, %d ops to replay", tr.Threads(), len(tr.Lower()))
	}
}

func TestReadErrors(t *testing.T) {
	const head = magic + "\ncommand x\ninitial\n"
	for text, want := range map[string]string{
		"":                                         "t:0: the trace is truncated: it ends before its last mappings",
		"hello":                                    "t:1: this is no trace: want \"vmabench trace 1\"",
		"\x1f\x8bno":                               "t: the file is truncated",
		magic + "\ncommand x\nwhat":                "t:3: \"what\" before the first mappings",
		head + "ops\nfinal\n1000 rwxp":             "t:6: bad address \"\"",
		head + "1000-1000 rw-p":                    "t:4: range \"1000-1000\" is empty or not made of pages",
		head + "1000-2000 rwxq":                    "t:4: bad permissions \"rwxq\"",
		head + "1000-2000 rw-p file0+0x0":          "t:4: bad file \"file0+0x0\"",
		head + "ops\n0 0":                          "t:5: \"0 0\": want time, thread and call",
		head + "ops\n-1 0 fork":                    "t:5: bad time \"-1\"",
		head + "ops\nNaN 0 fork":                   "t:5: bad time \"NaN\"",
		head + "ops\n0 -1 fork":                    "t:5: bad thread \"-1\"",
		head + "ops\n0 0 jump 1":                   "t:5: unknown call \"jump\"",
		head + "ops\n0 0 munmap 1000":              "t:5: munmap with 1 operands",
		head + "ops\n0 0 fault 1000 wrote":         "t:5: bad access \"wrote\"",
		head + "ops\n0 0 munmap 7ffffffff000 1000": "t:5: munmap: the range leaves the address space",
		head + "ops\n0 0 munmap 1001 1000":         "t:5: munmap: an address is not aligned",
		head + "ops\n0 0 mmap 1000 1000 rw-p far":  "t:5: bad file \"far\"",
		head + "ops\n":                             "t:4: the trace is truncated: it ends before its last mappings",
	} {
		if _, err := Read(strings.NewReader(text), "t"); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	const text = "strace: Process 1 attached\n1 1.000000 brk(NULL) = 0x1000\n"
	if _, err := ParseStrace(strings.NewReader(text), "s", 2, Files{}); err == nil || err.Error() != "s: no call of process 2 in it" {
		t.Errorf("a process that is not in the log: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(magic + "\ncommand x\ninitial\n1000-2000 rw-p\nops\n0.1 0 mmap 3000 1000 rw-p\n0.2 0 fault 3000 write\nfinal\n")
	f.Fuzz(func(t *testing.T, text string) {
		tr, err := Read(strings.NewReader(text), "fuzz")
		if err != nil || len(text) > 1<<16 {
			return
		}
		tr.Verify()
		var b bytes.Buffer
		if err := tr.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(&b, "again"); err != nil {
			t.Fatalf("written and not read: %v", err)
		}
	})
}

const straceText = `100 1700000000.000000 brk(NULL) = 0x20000
100 1700000000.000100 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
100 1700000000.000200 mmap(NULL, 4097, PROT_READ, MAP_SHARED, 3</a b, c>, 0x1000 <unfinished ...>
101 1700000000.000250 munmap(0x7f0000000000, 4096) = 0
100 1700000000.000300 <... mmap resumed>) = 0x7f0000010000
100 1700000000.000350 clone3({flags=CLONE_VM|CLONE_FS, child_tid=0x7f00, stack_size=0x7fff00}, 88 <unfinished ...>
100 1700000000.000360 <... clone3 resumed> => {parent_tid=[101]}, 88) = 101
100 1700000000.000400 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f10) = 102
102 1700000000.000410 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000090000
100 1700000000.000420 vfork( <unfinished ...>
103 1700000000.000430 mprotect(0x7f0000001000, 4096, PROT_NONE) = 0
103 1700000000.000440 execve("/bin/x", ["x", "y)"], 0x7ffc /* 39 vars */) = 0
100 1700000000.000445 <... vfork resumed>) = 103
103 1700000000.000450 brk(0x30000) = 0x30000
103 1700000000.000460 clone3({flags=CLONE_VM|CLONE_FS, child_tid=0x7f00, stack_size=0x7fff00}, 88) = 104
104 1700000000.000470 munmap(0x20000, 0x2000) = 0
101 1700000000.000500 mremap(0x7f0000010000, 8192, 12288, MREMAP_MAYMOVE) = 0x7f0000020000
101 1700000000.000600 madvise(0x7f0000020000, 4096, MADV_DONTNEED) = -1 EINVAL (Invalid argument)
101 1700000000.000610 mlock(0x7f0000020000, 4096) = 0
100 1700000000.000700 brk(0x22000) = 0x22000
100 1700000000.000705 shmget(IPC_PRIVATE, 65536, IPC_CREAT|0600) = 8
100 1700000000.000706 shmat(8, NULL, SHM_RDONLY) = 0x7f0000050000
100 1700000000.000707 shmdt(0x7f0000050000) = 0
100 1700000000.000708 mremap(0x20000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_DONTUNMAP) = 0x7f0000060000
100 1700000000.000709 munmap(0x7f0000060000, 4096) = 0
100 1700000000.000710 shmat(7, NULL, 0) = 0x7f0000040000
100 1700000000.000800 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
101 1700000000.000850 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>
100 1700000000.000900 exit_group(0) = ? (DELAYED)
100 1700000000.001000 +++ exited with 0 +++
`

// TestParseStrace: interrupted calls are put together, what removes comes at
// its start and what creates at its end, and only one address space is kept.
func TestParseStrace(t *testing.T) {
	files := Files{}
	l, err := ParseStrace(strings.NewReader(straceText), "s", 0, files)
	if err != nil {
		t.Fatal(err)
	}
	maps, err := files.Maps(strings.NewReader(`20000-22000 rw-p 00000000 00:00 0 [heap]
7f0000001000-7f0000002000 ---p 00000000 00:00 0
7f0000020000-7f0000023000 r--s 00001000 08:01 7 /a b, c (deleted)
7f0000040000-7f0000044000 rw-s 00000000 00:05 9 /SYSV00000000 (deleted)
7ffffff00000-7ffffff21000 rw-p 00000000 00:00 0 [stack]
`), "maps")
	if err != nil {
		t.Fatal(err)
	}
	l.AddFaults([]FaultAt{{At: 1700000000*time.Second + 150*time.Microsecond, TID: 101, Addr: 0x7f0000001008},
		{At: 1700000000*time.Second + 160*time.Microsecond, TID: 102, Addr: 0x7f0000001008}})
	tr := l.Trace([]vmm.Mapping{{Range: vmm.Range{Start: 0x7ffffff10000, End: 0x7ffffff21000}, Prot: 3, GrowsDown: true}}, maps)
	if err := tr.Verify(); err != nil {
		t.Error(err)
	}
	var got []string
	for i := range tr.Ops {
		got = append(got, tr.Ops[i].String())
	}
	want := []string{
		"0.000000 0 brk 20000",
		"0.000100 0 mmap 7f0000000000 2000 rw-p",
		"0.000150 1 fault 7f0000001008 write",
		"0.000250 1 munmap 7f0000000000 1000",
		"0.000200 0 mmap 7f0000010000 1001 r--s file1+0x1000",
		"0.000400 0 fork",
		"0.000430 2 mprotect 7f0000001000 1000 ---",
		"0.000500 1 mremap 7f0000010000 2000 7f0000020000 3000",
		"0.000600 1 madvise 7f0000020000 1000 MADV_DONTNEED = EINVAL",
		"0.000700 0 brk 22000",
		"0.000706 0 mmap 7f0000050000 10000 r--s",
		"0.000707 0 munmap 7f0000050000 10000",
		"0.000708 0 mmap 7f0000060000 1000 rw-p",
		"0.000708 0 madvise 20000 1000 MADV_DONTNEED",
		"0.000709 0 munmap 7f0000060000 1000",
		"0.000710 0 mmap 7f0000040000 4000 rw-s",
		"0.000710 0 fault 7ffffff00000 write",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if l.Execs != 0 || l.Skipped["mlock"] != 1 || len(l.Skipped) != 1 {
		t.Errorf("execs %d, skipped %v", l.Execs, l.Skipped)
	}
}

func TestParseStraceErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "s: no call in it",
		"hello world":                         "s:1: \"hello world\" is no line of strace -f -ttt",
		"1 12:00:01 brk(NULL) = 0":            "s:1: \"1 12:00:01 brk(NULL) = 0\": want a time as strace -ttt prints it",
		"1 1.000000 brk":                      "s:1: \"brk\" is no call",
		"1 1.000000 munmap(zero, 4096) = 0":   "s: munmap by 1: \"zero\" is no number",
		"1 1.000000 munmap(0x1001, 4096) = 0": "s: munmap by 1: munmap: an address is not aligned",
	} {
		if _, err := ParseStrace(strings.NewReader(text), "s", 0, Files{}); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzParseStrace(f *testing.F) {
	f.Add(straceText)
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := ParseStrace(strings.NewReader(text), "fuzz", 0, Files{}); err == nil && len(text) < 1<<16 {
			l.Trace(nil, nil)
		}
	})
}

func TestParseFaults(t *testing.T) {
	got, err := ParseFaults(strings.NewReader("  12  10.000001:     7f0000000123     55550000\n"+
		" 13  10.5: 7f0000001000 ffffffff81000000\n 13 11.0: ffffffff82000000 ffffffff81000000\n"), "p", time.Second)
	want := []FaultAt{{At: 11*time.Second + time.Microsecond, TID: 12, Addr: 0x7f0000000123}, {At: 11*time.Second + 500*time.Millisecond, TID: 13, Addr: 0x7f0000001000, Kernel: true}}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"1 2", "x 1.0: 1 1", "1 y: 1 1", "1 1.0: zz 1"} {
		if _, err := ParseFaults(strings.NewReader(bad), "p", 0); err == nil {
			t.Errorf("%q was taken for a fault", bad)
		}
	}
}

// TestRecord records a real process with either tracer alone, where that can be
// done here, and with none. The command forks, and becomes another program.
func TestRecord(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for _, with := range []string{"strace", "perf", ""} {
		t.Run("with "+cmp.Or(with, "none"), func(t *testing.T) {
			t.Setenv("PATH", onlyTool(t, with))
			script := "exec " + sh + " -c '" + sh + " -c : | " + sh + " -c :; true'"
			tr, _, err := Record(t.Context(), []string{sh, "-c", script}, Options{Stdout: io.Discard, Stderr: io.Discard})
			if (with == "") != errors.Is(err, ErrNoTracer) {
				if with != "" {
					t.Skip(err)
				}
				t.Fatal(err)
			}
			if with == "" {
				return
			}
			if tr == nil {
				t.Skipf("no process can be traced here: %v", err)
			}
			if err != nil {
				t.Fatal(err) // the calls do not explain the last mappings
			}
			kinds, _ := tr.Count()
			if kinds[Mmap] == 0 || kinds[Fork] != 2 || len(tr.Final) <= len(tr.Initial) || !strings.HasPrefix(tr.Command, "sh -c exec") {
				t.Errorf("%q: %v, %d mappings became %d", tr.Command, kinds, len(tr.Initial), len(tr.Final))
			}
			if n := strings.Join(tr.Notes, "\n"); !strings.Contains(n, "recorded with "+with) || !strings.Contains(n, "by 1 execve") {
				t.Errorf("notes %q", n)
			}
			if _, _, err := Record(t.Context(), []string{"/no/such/program"}, Options{}); err == nil {
				t.Error("a program that is not there was recorded")
			}
		})
	}
}

// onlyTool returns a folder with that tracer, if it is installed, and true(1).
func onlyTool(t *testing.T, name string) string {
	dir := t.TempDir()
	for _, n := range []string{name, "true"} {
		if n == "" {
			continue
		}
		path, err := exec.LookPath(n)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, n)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
