package trace

import (
	"strings"
	"testing"

	"vmabench/vmm"
)

const perfText = `         ? (         ): sh/100  ... [continued]: execve())                                           = 0
6204833.818 ( 0.016 ms): sh/100 brk()                                                                 = 0x20000
6204834.227 ( 0.037 ms): sh/100 mmap(len: 8192, prot: READ|WRITE, flags: PRIVATE|ANONYMOUS)           = 0x7f0000000000
6204834.331 ( 0.029 ms): sh/100 mmap(len: 4097, prot: READ, flags: PRIVATE, fd: 4, off: 0x1000)       = 0x7f0000010000
6204834.400 ( 0.000 ms): sh/100 minfault [_start+0x0] => /usr/lib/libc.so.6@0x2123 (d.)
6204834.410 ( 0.000 ms): sh/100 majfault [__libc+0x2a] => //anon@0x7f00000012c8 (d.)
6204834.450 (         ): sh/100 munmap(addr: 0x7f0000000000, len: 4096) ...
6204834.460 ( 0.001 ms): sh/101 mprotect(start: 0x7f0000010000, len: 4096)                            = -1 EACCES (Permission denied)
6204834.470 ( 0.022 ms): sh/100  ... [continued]: munmap())                                           = 0
6204834.480 ( 0.251 ms): sh/100 clone(clone_flags: VM|FS|0x11, child_tidptr: 0x7f)                    = 101 (sh)
6204834.490 ( 0.251 ms): sh/100 clone(clone_flags: CHILD_CLEARTID|CHILD_SETTID|0x11)                  = 102 (sh)
6204834.500 ( 0.016 ms): sh/102 brk(brk: 0x99000)                                                     = 0x99000
6204835.000 ( 0.016 ms): sh/101 brk(brk: 0x21800)                                                     = 0x21800
`

// TestParsePerf: calls and faults of one log, where a descriptor's file is
// known from the last mappings and a fault in a file from where it is mapped.
func TestParsePerf(t *testing.T) {
	files := Files{}
	final, err := files.Maps(strings.NewReader(`20000-22000 rw-p 00000000 00:00 0 [heap]
7f0000001000-7f0000002000 rw-p 00000000 00:00 0
7f0000010000-7f0000012000 r--p 00001000 08:01 7 /usr/lib/libc.so.6
`), "maps")
	if err != nil {
		t.Fatal(err)
	}
	l, err := ParsePerf(strings.NewReader(perfText), "p", 0, files)
	if err != nil {
		t.Fatal(err)
	}
	tr := l.Trace(nil, final)
	if err := tr.Verify(); err != nil {
		t.Error(err)
	}
	var got []string
	for i := range tr.Ops {
		_, op, _ := strings.Cut(tr.Ops[i].String(), " ")
		got = append(got, op)
	}
	want := []string{"0 brk 20000", "0 mmap 7f0000000000 2000 rw-p", "0 mmap 7f0000010000 1001 r--p file1+0x1000",
		"0 fault 7f0000011123 read", "0 fault 7f00000012c8 write", "0 munmap 7f0000000000 1000",
		"1 mprotect 7f0000010000 1000 --- = EACCES", "0 fork", "1 brk 21800"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	for text, want := range map[string]string{
		"":                          "p: no call and no fault in it",
		"nonsense":                  "p:1: \"nonsense\" is no line of perf trace",
		"x ( 0 ms): a/1 brk() = 0":  "p:1: bad time \"x\"",
		"1 ( 0 ms): a/b brk() = 0":  "p:1: \"1 ( 0 ms): a/b brk() = 0\": want name/thread",
		"1 ( 0 ms): a/1 minfault x": "p:1: \"x\" is no fault as perf trace prints it",
	} {
		if _, err := ParsePerf(strings.NewReader(text), "p", 0, Files{}); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzParsePerf(f *testing.F) {
	f.Add(perfText)
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := ParsePerf(strings.NewReader(text), "fuzz", 0, Files{}); err == nil && len(text) < 1<<16 {
			l.Trace(nil, []vmm.Mapping{})
		}
	})
}
