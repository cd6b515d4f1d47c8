package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"vmabench/vmm"
)

const magic = "vmabench trace 1"

var flagNames = []struct {
	name string
	flag vmm.MapFlags
}{{"fixed", vmm.MapFixed}, {"noreplace", vmm.MapFixedNoReplace}, {"growsdown", vmm.MapGrowsDown}, {"populate", vmm.MapPopulate}}

// Write writes the trace as text.
func (t *Trace) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s\ncommand %s\n", magic, t.Command)
	for _, n := range t.Notes {
		fmt.Fprintf(b, "# %s\n", n)
	}
	writeMaps(b, "initial", t.Initial)
	fmt.Fprintln(b, "ops")
	for i := range t.Ops {
		fmt.Fprintln(b, t.Ops[i].String())
	}
	writeMaps(b, "final", t.Final)
	return b.Flush()
}

func writeMaps(w io.Writer, head string, maps []vmm.Mapping) {
	fmt.Fprintln(w, head)
	for _, m := range maps {
		m.DontFork = false
		fmt.Fprintln(w, m)
	}
}

// String is the op's line in a file.
func (o *Op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.6f %d %v", o.At.Seconds(), o.Thread, o.Kind)
	switch o.Kind {
	case Mmap:
		m := vmm.Mapping{Prot: o.Prot, Shared: o.Flags&vmm.MapShared != 0, File: o.File}
		_, kind, _ := strings.Cut(m.String(), " ")
		fmt.Fprintf(&b, " %x %x %s", uint64(o.Addr), o.Len, kind)
		for _, f := range flagNames {
			if o.Flags&f.flag != 0 {
				b.WriteString(" " + f.name)
			}
		}
	case Munmap:
		fmt.Fprintf(&b, " %x %x", uint64(o.Addr), o.Len)
	case Mprotect:
		fmt.Fprintf(&b, " %x %x %v", uint64(o.Addr), o.Len, o.Prot)
	case Mremap:
		fmt.Fprintf(&b, " %x %x %x %x", uint64(o.Old), o.OldLen, uint64(o.Addr), o.Len)
	case Madvise:
		fmt.Fprintf(&b, " %x %x %s", uint64(o.Addr), o.Len, o.Advice)
	case Brk:
		fmt.Fprintf(&b, " %x", uint64(o.Addr))
	case Fault, KernelFault:
		fmt.Fprintf(&b, " %x %v", uint64(o.Addr), o.Access)
	}
	if o.Err != "" {
		b.WriteString(" = " + o.Err)
	}
	return b.String()
}

// maxText bounds a trace as text, maxLine a line of it.
const (
	maxText = 256 << 20
	maxLine = 4096
)

// ReadFile reads a trace from a file, gzipped or not.
func ReadFile(path string) (*Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f, path)
}

// Read reads a trace. name stands in errors, which say what is wrong in which
// line.
func Read(r io.Reader, name string) (*Trace, error) {
	b := bufio.NewReader(r)
	r = b
	if head, _ := b.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %v", name, truncated(err))
		}
		r = z
	}
	sc := bufio.NewScanner(io.LimitReader(r, maxText))
	sc.Buffer(nil, maxLine)
	p := reader{t: new(Trace)}
	n := 0
	for sc.Scan() {
		n++
		if err := p.line(n, sc.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %v", name, n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %v", name, n+1, truncated(err))
	}
	if p.part != "final" {
		return nil, fmt.Errorf("%s:%d: the trace is truncated: it ends before its last mappings", name, n)
	}
	return p.t, nil
}

// truncated says in plain words that gzip missed the end.
func truncated(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file is truncated")
	}
	return err
}

// reader reads a trace line by line.
type reader struct {
	t    *Trace
	part string // the head of the part that the line is in
}

func (p *reader) line(n int, s string) (err error) {
	switch {
	case n == 1:
		if s != magic {
			return fmt.Errorf("this is no trace: want %q", magic)
		}
		return nil
	case strings.HasPrefix(s, "# "):
		p.t.Notes = append(p.t.Notes, s[2:])
		return nil
	case n == 2 && strings.HasPrefix(s, "command "):
		p.t.Command = s[len("command "):]
		return nil
	case s == "initial" && p.part == "", s == "ops" && p.part == "initial", s == "final" && p.part == "ops":
		p.part = s
		return nil
	}
	switch p.part {
	case "initial":
		p.t.Initial, err = appendMapping(p.t.Initial, s)
	case "ops":
		var o Op
		if o, err = parseOp(s); err == nil {
			p.t.Ops = append(p.t.Ops, o)
		}
	case "final":
		p.t.Final, err = appendMapping(p.t.Final, s)
	default:
		err = fmt.Errorf("%q before the first mappings", s)
	}
	return err
}

// appendMapping reads a mapping as vmm.Mapping prints it.
func appendMapping(maps []vmm.Mapping, s string) ([]vmm.Mapping, error) {
	f := strings.Fields(s)
	if len(f) < 2 {
		return nil, fmt.Errorf("%q is no mapping", s)
	}
	var m vmm.Mapping
	lo, hi, _ := strings.Cut(f[0], "-")
	var err error
	if m.Start, err = parseAddr(lo); err != nil {
		return nil, err
	}
	if m.End, err = parseAddr(hi); err != nil {
		return nil, err
	}
	if m.Prot, m.Shared, err = parseKind(f[1]); err != nil {
		return nil, err
	}
	for _, w := range f[2:] {
		if w == "[stack]" {
			m.GrowsDown = true
		} else if m.File, err = parseFile(w); err != nil {
			return nil, err
		}
	}
	if !m.Start.Aligned() || !m.End.Aligned() || m.Start >= m.End {
		return nil, fmt.Errorf("range %q is empty or not made of pages", f[0])
	}
	if n := len(maps); n > 0 && maps[n-1].End > m.Start {
		return nil, fmt.Errorf("range %q is not above the line before it", f[0])
	}
	return append(maps, m), nil
}

func parseAddr(s string) (vmm.Addr, error) {
	a, err := strconv.ParseUint(s, 16, 64)
	if err != nil || a > uint64(vmm.TaskSize) {
		return 0, fmt.Errorf("bad address %q", s)
	}
	return vmm.Addr(a), nil
}

// parseKind reads "rw-p".
func parseKind(s string) (p vmm.Prot, shared bool, err error) {
	if len(s) != 4 || s[3] != 'p' && s[3] != 's' {
		return 0, false, fmt.Errorf("bad permissions %q", s)
	}
	p, err = parseProt(s[:3])
	return p, s[3] == 's', err
}

func parseProt(s string) (p vmm.Prot, err error) {
	for p = range vmm.Prot(8) {
		if p.String() == s {
			return p, nil
		}
	}
	return 0, fmt.Errorf("bad protection %q", s)
}

// parseFile reads "file3+0x1000".
func parseFile(s string) (f vmm.File, err error) {
	id, off, ok := strings.Cut(strings.TrimPrefix(s, "file"), "+0x")
	n, err1 := strconv.ParseUint(id, 10, 32)
	f.Off, err = strconv.ParseUint(off, 16, 63)
	if !ok || err1 != nil || err != nil || n == 0 || f.Off%vmm.PageSize != 0 {
		return f, fmt.Errorf("bad file %q", s)
	}
	f.ID = uint32(n)
	return f, nil
}

// parseSeconds reads a time of an op.
func parseSeconds(s string) (time.Duration, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x >= 0 && x < 1e6) {
		return 0, fmt.Errorf("bad time %q", s)
	}
	return time.Duration(x*1e6+0.5) * time.Microsecond, nil
}
