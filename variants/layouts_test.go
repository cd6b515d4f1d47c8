package variants_test

import (
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vmabench/variants"
	"vmabench/vmm/vmmtest"
)

// layout is a design whose source is that of another but for the struct: the
// same protocol, so that a difference is the layout's. Go has no way to choose
// a struct without either a copy or a call through a dictionary on the hot path;
// this is the copy, and TestLayoutsInSync keeps it one.
type layout struct {
	name, from       string
	title, doc, what string
	vma              string // the struct's lock fields and padding, up to the end
	size, perPage    int
	machine          string // what newMachine does first
}

var swept = []layout{{
	name: "line0", from: "refcount", title: "count beside vm_lock_seq", size: 192, perPage: 21,
	doc:  "As refcount, with the count in the VMA's first line, beside what every fault reads.",
	what: "vm_refcnt at 44, beside vm_lock_seq: two words that a fault needs anyhow, on a line that other\n// faults of the VMA only read. The authors of 6.15 measured it at 6 to 10 % fewer faults from 12 threads up.",
	vma: `	mm.VMA // line 0

	lockSeq atomic.Uint32
	refcnt  atomic.Uint32

	rest mm.Rest // ends in line 1
	_    [11]uintptr
`}, {
	name: "ownline", from: "refcount", title: "count on a fourth line", size: 256, perPage: 16,
	doc:  "As refcount, with the count alone on a fourth line.",
	what: "vm_refcnt at 192, alone on a line of its own, as the rw_semaphore was in the first patch of the series.",
	vma: `	mm.VMA // line 0

	lockSeq atomic.Uint32
	_       uint32

	rest mm.Rest // ends in line 1
	_    [11]uintptr

	refcnt atomic.Uint32 // line 3
	_      [15]uint32
`}, {
	name: "pairs", from: "refcount", title: "count in a line pair of its own", size: 256, perPage: 16,
	doc:  "As refcount, in 256 bytes, so that a prefetcher of line pairs fetches no other VMA's line with the count.",
	what: "vm_refcnt at 128 as in 6.15, and a fourth line of nothing. With 192 bytes the count's line makes a\n// 128-byte pair with the next VMA's first line, or with its own second; here it never does.",
	vma: `	mm.VMA // line 0

	lockSeq atomic.Uint32
	_       uint32

	rest mm.Rest // ends in line 1
	_    [3]uintptr

	refcnt atomic.Uint32 // line 2
	_      uint32
	_      [15]uintptr
`}, {
	name: "collected", from: "refcount", title: "count, no slab", size: 192, perPage: 21,
	doc:  "As refcount, with VMAs from the Go heap and freed by the collector: an object never turns up again.",
	what: "as in 6.15, but VMAs come from the Go heap and go to the collector.",
	vma: `	mm.VMA // line 0

	lockSeq atomic.Uint32
	_       uint32

	rest mm.Rest // ends in line 1
	_    [3]uintptr

	refcnt atomic.Uint32 // line 2
	_      uint32
	_      [7]uintptr
`, machine: "c.NoRecycle = true"}, {
	name: "rwsemmin", from: "rwsem", title: "per-VMA rw_semaphore, 160 + 40 bytes", size: 160, perPage: 25,
	doc:  "As rwsem, with the fields of a defconfig kernel: 160 bytes a VMA and 40 for its lock.",
	what: "without the fields that a defconfig kernel lacks.",
	vma: `	mm.VMA

	detached atomic.Cell[bool]
	_        [3]byte
	lockSeq  atomic.Uint32
	lock     atomic.Cell[*rwsem.RWSem]

	_    [4]uintptr
	rest mm.Rest
	_    [2]uintptr
`}}

var (
	structText = regexp.MustCompile(`(?s)// vma is vm_area_struct.*?(// Renew implements)`)
	designText = regexp.MustCompile(`(?s)// Design is the row.*?\n}\n`)
	perPage    = regexp.MustCompile(`(page is a slab page|The slab pages): \d+ VMAs`)
)

// files returns what the layout's folder must hold.
func (l *layout) files(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{"doc.go": l.docText()}
	sources, err := filepath.Glob(l.from + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sources {
		name := filepath.Base(file)
		if strings.HasSuffix(name, "_test.go") || name == "doc.go" || name == "facts.go" || name == "surface.go" {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := strings.Replace(string(b), "package "+l.from, "package "+l.name, 1)
		s = structText.ReplaceAllLiteralString(s, l.structText())
		s = designText.ReplaceAllLiteralString(s, l.designText())
		s = perPage.ReplaceAllString(s, fmt.Sprintf("$1: %d VMAs", l.perPage))
		if page%l.size == 0 { // Go pads a struct that ends in a field of no size
			s = strings.Replace(s, "\t_    [vmm.PageSize % vmaSize]byte\n", "", 1)
		}
		if l.machine != "" {
			s = strings.Replace(s, "func newMachine(c vmm.Config) vmm.Machine {\n", "func newMachine(c vmm.Config) vmm.Machine {\n\t"+l.machine+"\n", 1)
		}
		if name != "fault.go" { // the same text in every design
			s = fmt.Sprintf("// Code generated from variants/%s by make designs. DO NOT EDIT.\n\n", l.from) + s
		}
		out[name] = s
	}
	for name, s := range out {
		b, err := format.Source([]byte(s))
		if err != nil {
			t.Fatalf("%s/%s: %v", l.name, name, err)
		}
		out[name] = string(b)
	}
	return out
}

func (l *layout) structText() string {
	lock := ""
	if l.from == "rwsem" {
		lock = "\tlockSize   = 40\n"
	}
	return fmt.Sprintf(`// vma is that of variants/%s, laid out as doc.go says.
type vma struct {
%s}

const (
	vmaSize    = %d
%s	restOffset = unsafe.Offsetof(vma{}.rest)
)

// A wrong size does not compile.
var _ [0]struct{} = [unsafe.Sizeof(vma{}) - vmaSize]struct{}{}

// Renew implements`, l.from, l.vma, l.size, lock)
}

func (l *layout) designText() string {
	return fmt.Sprintf(`// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   %q,
	Title:  %q,
	Since:  "a layout of %s",
	Doc:    %q,
	Extra:  true,
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
}
`, l.name, l.title, l.from, l.doc)
}

func (l *layout) docText() string {
	head := fmt.Sprintf("// Code generated from variants/%s by make designs. DO NOT EDIT.\n\n// Package %s is variants/%s, line by line, but for the layout of the VMA:\n// %s\n//\n",
		l.from, l.name, l.from, l.what)
	same := fmt.Sprintf("// That of variants/%s.\n//\n", l.from)
	var b strings.Builder
	b.WriteString(head)
	for _, h := range []string{"Protocol", "State table", "Fields", "Lock order", "Ordering", "Permitted errors"} {
		fmt.Fprintf(&b, "// # %s\n//\n%s", h, same)
	}
	fmt.Fprintf(&b, "// # Cost\n//\n// The read-modify-writes of variants/%s. %d bytes a VMA, %d in a 4 KiB page; which lines\n// they fall on is what is compared.\n//\n", l.from, l.size, l.perPage)
	fmt.Fprintf(&b, "// # Differences from Linux\n//\n// Those of variants/%s, and the layout.\npackage %s\n", l.from, l.name)
	return b.String()
}

// TestLayoutsInSync holds the layouts' folders against what they are made from.
func TestLayoutsInSync(t *testing.T) {
	for i := range swept {
		l := &swept[i]
		want := l.files(t)
		for name, text := range want {
			path := filepath.Join(l.name, name)
			if *update {
				if err := os.MkdirAll(l.name, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if have, _ := os.ReadFile(path); string(have) != text {
				t.Errorf("%s is not made from variants/%s: make designs", path, l.from)
			}
		}
		have, _ := filepath.Glob(l.name + "/*.go")
		if len(have) != len(want) {
			t.Errorf("variants/%s has %d files, want %d", l.name, len(have), len(want))
		}
	}
}

// TestLayoutsConform: a layout must not change what operations do.
func TestLayoutsConform(t *testing.T) {
	for _, d := range variants.Layouts() {
		t.Run(d.Name, func(t *testing.T) {
			if n := int(d.Layout[0].Size()); n != sizeOf(d.Name) {
				t.Errorf("a VMA has %d bytes, want %d", n, sizeOf(d.Name))
			}
			for _, v := range vmmtest.CheckDesign(d, vmmtest.Options{Short: true}) {
				if v.Kind == vmmtest.Allocates && d.Name == "collected" {
					continue // what it is for
				}
				t.Error(v)
			}
		})
	}
}

func sizeOf(name string) int {
	for _, l := range swept {
		if l.name == name {
			return l.size
		}
	}
	return 0
}
