package kernels

import (
	"bytes"
	"strings"
	"testing"

	"vmabench/results"
)

func TestPick(t *testing.T) {
	names := []string{
		"linux-image-cloud-amd64", "linux-image-6.1.0-9-cloud-amd64", "linux-image-6.1.0-10-cloud-amd64",
		"linux-image-6.1.0-57-cloud-amd64-unsigned", "linux-image-6.12-cloud-amd64", "linux-image-6.12.9+deb12-cloud-amd64",
		"linux-image-6.12.117+deb12-cloud-amd64", "linux-image-6.16.3+deb13-cloud-amd64", "linux-image-7.0.4+deb13-cloud-amd64",
		"linux-binary-7.0.4+deb13-cloud-amd64", "linux-image-7.0.4+deb13-cloud-amd64-dbg", "linux-headers-7.1.0-cloud-amd64",
	}
	for _, c := range []struct{ wanted, pkg, release string }{
		{"6.1", "linux-image-6.1.0-10-cloud-amd64", "6.1.0-10-cloud-amd64"},
		{"6.12", "linux-image-6.12.117+deb12-cloud-amd64", "6.12.117+deb12-cloud-amd64"},
		{"6.12.9", "linux-image-6.12.9+deb12-cloud-amd64", "6.12.9+deb12-cloud-amd64"},
		{Newest, "linux-binary-7.0.4+deb13-cloud-amd64", "7.0.4+deb13-cloud-amd64"},
		{"5.10", "", ""},
	} {
		if pkg, release := pick(names, c.wanted); pkg != c.pkg || release != c.release {
			t.Errorf("%s: %s %s, want %s %s", c.wanted, pkg, release, c.pkg, c.release)
		}
	}
}

func TestDesignOf(t *testing.T) {
	for release, want := range map[string]string{
		"6.1.0-56-cloud-amd64": "mmaponly", "6.3.13": "mmaponly", "6.4.0": "rwsem", "6.12.117+deb12-cloud-amd64": "rwsem",
		"6.15.0": "refcount", "7.3.4+deb13-cloud-amd64": "refcount",
	} {
		if got := DesignOf(release); got != want {
			t.Errorf("%s: %s, want %s", release, got, want)
		}
	}
}

func TestParseMirrors(t *testing.T) {
	const main = "'http://mirror.invalid/debian/dists/bookworm/InRelease' name 0 \n"
	const updates = "'http://mirror.invalid/debian/dists/bookworm-updates/InRelease' name 0 \n"
	const security = "'http://other.invalid/sec/dists/bookworm-security/InRelease' name 0 \n"
	m, err := parseMirrors(main + updates + security + "'http://third.invalid/dists/nodistro/InRelease' name 0\n")
	if want := (mirrors{"http://mirror.invalid/debian", "http://other.invalid/sec"}); err != nil || m != want {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := parseMirrors(main + updates); err == nil {
		t.Error("no security updates, and no error")
	}
}

// TestInitramfs reads the archive back by the description of the format.
func TestInitramfs(t *testing.T) {
	var b bytes.Buffer
	if err := writeInitramfs(&b, []byte("program")); err != nil {
		t.Fatal(err)
	}
	data, names := b.Bytes(), ""
	field := func(i int) (n int) {
		for _, c := range data[6+8*i : 14+8*i] {
			n = n<<4 + strings.IndexByte("0123456789ABCDEF", c)
		}
		return n
	}
	pad := func(n int) int { return (n + 3) &^ 3 }
	for len(data) > 0 {
		if string(data[:6]) != "070701" {
			t.Fatalf("magic %q", data[:6])
		}
		size, nameSize := field(6), field(11)
		name := string(data[110 : 110+nameSize-1])
		body := data[pad(110+nameSize):][:size]
		switch {
		case name == "init" && (string(body) != "program" || field(1) != modeFile):
			t.Errorf("init: %q, mode %o", body, field(1))
		case name == "dev/console" && (field(9) != 5 || field(10) != 1 || field(1) != modeChar):
			t.Errorf("console: %d %d, mode %o", field(9), field(10), field(1))
		}
		names += name + " "
		data = data[pad(110+nameSize)+pad(size):]
	}
	if names != "dev dev/console proc sys init TRAILER!!! " {
		t.Error(names)
	}
}

func TestGuestSaid(t *testing.T) {
	const console = "[    0.1] PCI: Fatal\r\nBenchmarkA/x=1 1 2 insn\r\n"
	for text, want := range map[string]string{
		console + "guest: done\r\nlater\r\n":     "done",
		console + "guest: failed: no memory\r\n": "failed: no memory",
		console + "[ 3.0] Oops: int3\r\n":        "",
	} {
		lines, verdict := guestSaid([]byte(text))
		if len(lines) != 1 || lines[0] != "BenchmarkA/x=1 1 2 insn" || verdict != want {
			t.Errorf("%q: %q, %q", text, lines, verdict)
		}
	}
}

func rows(t *testing.T, text string) []results.KernelRow {
	t.Helper()
	r, err := results.ReadKernels(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const golden = `kernel: 6.1.0-56
options: -smp 1
guest: a
BenchmarkInsn/design=mmaponly/op=mmap 2000 5253 p50-insn 5000 min-insn
BenchmarkInsn/design=mmaponly/op=munmap 2000 6589 p50-insn
BenchmarkVMABytes/design=mmaponly 1 152 vm_area_struct-B

kernel: 7.0.4
options: -smp 1
guest: a
BenchmarkInsn/design=refcount/op=mmap 2000 4534 p50-insn
`

func TestCompare(t *testing.T) {
	g := rows(t, golden)
	const whole = "6.1.0-56: the experiment on record; 4 figures compared, exactly; 7.0.4: the experiment on record; 1 figures compared, exactly"
	first := golden[:strings.Index(golden, "\nkernel: 7")]
	guest := strings.Replace(first, "guest: a", "guest: b", 1)
	const near = "6.1.0-56: another guest program than on record; 1 sizes compared exactly, 1 counts within 10 %, 2 not (medians, which jump)"
	for _, c := range []struct{ name, text, differ, said string }{
		{"the same", golden, "", whole},
		{"one kernel of them", golden[strings.Index(golden, "kernel: 7"):], "", "7.0.4: the experiment on record; 1 figures compared, exactly"},
		{"a figure", strings.Replace(golden, "5253", "5254", 1), "6.1.0-56: Insn/design=mmaponly/op=mmap: 5254 p50-insn, was 5253", whole},
		{"a row less", strings.Replace(golden, "BenchmarkInsn/design=mmaponly/op=munmap 2000 6589 p50-insn\n", "", 1),
			"6.1.0-56: Insn/design=mmaponly/op=munmap is gone", strings.Replace(whole, "4", "3", 1)},
		{"a row more", golden + "BenchmarkInsn/design=refcount/op=brk 1 1 p50-insn\n", "7.0.4: Insn/design=refcount/op=brk is new", whole},
		{"a kernel", strings.Replace(first, "6.1.0-56", "6.1.0-57", 1), "", "6.1.0-57: not on record with these options; nothing was compared"},
		{"an option", strings.Replace(first, "-smp 1", "-smp 2", 1), "", "6.1.0-56: not on record with these options; nothing was compared"},
		{"a guest", guest, "", near},
		{"a guest, a median", strings.Replace(guest, "5253", "6253", 1), "", near},
		{"a guest, a count", strings.Replace(guest, "5000", "5499", 1), "", near},
		{"a guest, a count too far", strings.Replace(guest, "5000", "5501", 1), "6.1.0-56: Insn/design=mmaponly/op=mmap: 5501 min-insn, was 5000", near},
		{"a guest, a size", strings.Replace(guest, "152", "160", 1), "6.1.0-56: VMABytes/design=mmaponly: 160 vm_area_struct-B, was 152", near},
	} {
		got := Compare(g, rows(t, c.text))
		if differ := strings.Join(got.Differ, "; "); differ != c.differ {
			t.Errorf("%s: differs: %q, want %q", c.name, differ, c.differ)
		}
		if said := strings.Join(got.Said, "; "); said != c.said {
			t.Errorf("%s: said %q, want %q", c.name, said, c.said)
		}
		if whole := strings.HasPrefix(c.said, "6.1.0-56: the") || strings.HasPrefix(c.said, "7.0.4: the"); got.Whole != whole {
			t.Errorf("%s: whole %v, want %v", c.name, got.Whole, whole)
		}
	}
}

// TestKeep: rows of the same key are replaced, others stay, oldest kernel first.
func TestKeep(t *testing.T) {
	g := rows(t, golden)
	kept := Keep(g, rows(t, strings.Replace(golden[:strings.Index(golden, "\nkernel: 7")], "5253", "9", 1)+"\nkernel: 6.12.9\nBenchmarkX 1 1 B\n"))
	var got strings.Builder
	if err := results.WriteKernels(&got, kept); err != nil {
		t.Fatal(err)
	}
	again := rows(t, got.String())
	want := "6.1.0-56 6.1.0-56 6.1.0-56 6.12.9 7.0.4"
	var kernels []string
	for i := range again {
		kernels = append(kernels, again[i].Get("kernel"))
	}
	if strings.Join(kernels, " ") != want {
		t.Errorf("%v, want %s\n%s", kernels, want, got.String())
	}
	if v, _ := again[0].Value("p50-insn"); v != 9 {
		t.Errorf("not replaced: %v", again[0].Values)
	}
}
