package vmmtest

import (
	"fmt"
	"strconv"
	"strings"

	"vmabench/vmm"
)

// A script is text: one operation a line, in call syntax, with its result.
//
//	# a comment
//	mmap(0, 3p, rw-) = top-3p
//	mmap(top-16p, 2p, r--, fixed|shared, file1+4p) = top-16p
//	s1.fault(top-3p+0x10, write) = SEGV_MAPERR
//	mremap(top-3p, 1p, 2p, maymove|fixed, top-20p) = top-20p
//	maps() =
//	  top-20p 2p rw-p
//
// An address is an offset in pages (p) or bytes from top (MmapBase), heap
// (BrkBase), end (TaskSize) or 0; a length is in pages or bytes. sN names an
// address space, s0 may be left out.

// Line is one line of a script: a comment or blank line, or an operation.
type Line struct {
	Comment string
	Op      Op
	IsOp    bool
}

// ParseScript reads a script; results are not kept.
func ParseScript(text string) ([]Line, error) {
	var lines []Line
	for i, s := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch t := strings.TrimSpace(s); {
		case strings.HasPrefix(s, "  "): // a line of a list of mappings
		case t == "" || t[0] == '#':
			lines = append(lines, Line{Comment: t})
		default:
			op, err := ParseOp(t)
			if err != nil {
				return nil, fmt.Errorf("line %d: %q: %w", i+1, t, err)
			}
			lines = append(lines, Line{Op: op, IsOp: true})
		}
	}
	return lines, nil
}

func (op Op) String() string {
	var args []string
	add := func(s string) { args = append(args, s) }
	switch op.Kind {
	case Mmap:
		add(fmtAddr(op.Addr))
		add(fmtLen(op.Len))
		add(op.Prot.String())
		if op.Flags != 0 || op.File.ID != 0 {
			add(fmtFlags(uint(op.Flags), mapFlagNames))
		}
		if op.File.ID != 0 {
			add(fmt.Sprintf("file%d+%s", op.File.ID, fmtLen(op.File.Off)))
		}
	case Munmap:
		args = []string{fmtAddr(op.Addr), fmtLen(op.Len)}
	case Mprotect:
		args = []string{fmtAddr(op.Addr), fmtLen(op.Len), op.Prot.String()}
	case Mremap:
		args = []string{fmtAddr(op.Addr), fmtLen(op.Len), fmtLen(op.Len2), fmtFlags(uint(op.Remap), remapFlagNames)}
		if op.Remap&vmm.RemapFixed != 0 {
			add(fmtAddr(op.Addr2))
		}
	case Madvise:
		args = []string{fmtAddr(op.Addr), fmtLen(op.Len), op.Advice.String()}
	case Brk, Peek:
		add(fmtAddr(op.Addr))
	case Fault, FaultKernel:
		args = []string{fmtAddr(op.Addr), op.Access.String()}
	case UffdMove:
		args = []string{fmtAddr(op.Addr), fmtAddr(op.Addr2)}
	case Fork, New:
		add(fmt.Sprintf("s%d", op.Other))
	}
	s := op.Kind.String() + "(" + strings.Join(args, ", ") + ")"
	if op.Space != 0 {
		s = fmt.Sprintf("s%d.%s", op.Space, s)
	}
	return s
}

// Text returns r as a script shows it after the operation.
func (r Result) Text(k Kind) string {
	if r.Err != nil {
		return errName(r.Err)
	}
	switch k {
	case Mmap, Mremap, Brk:
		return fmtAddr(r.Addr)
	case Maps, VMAs, Peek:
		var b strings.Builder
		for _, m := range r.Maps {
			fmt.Fprintf(&b, "\n  %s", fmtMapping(m))
		}
		if len(r.Maps) == 0 {
			return "nothing"
		}
		return b.String()
	}
	return "ok"
}

func fmtMapping(m vmm.Mapping) string {
	share := "p"
	if m.Shared {
		share = "s"
	}
	s := fmt.Sprintf("%s %s %s%s", fmtAddr(m.Start), fmtLen(m.Len()), m.Prot, share)
	if m.File != (vmm.File{}) {
		s += fmt.Sprintf(" file%d+%s", m.File.ID, fmtLen(m.File.Off))
	}
	if m.GrowsDown {
		s += " growsdown"
	}
	if m.DontFork {
		s += " dontfork"
	}
	return s
}

// ParseOp reads one operation; what follows it on the line is its result.
func ParseOp(s string) (Op, error) {
	var op Op
	if i := strings.IndexByte(s, '.'); i > 1 && s[0] == 's' && i < strings.IndexByte(s, '(') {
		n, err := strconv.Atoi(s[1:i])
		if err != nil {
			return op, fmt.Errorf("no space %q", s[:i])
		}
		op.Space, s = n, s[i+1:]
	}
	name, rest, ok := strings.Cut(s, "(")
	inner, _, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return op, fmt.Errorf("not a call")
	}
	k := -1
	for i, n := range kindNames {
		if n == name {
			k = i
		}
	}
	if k < 0 {
		return op, fmt.Errorf("no operation %q", name)
	}
	op.Kind = Kind(k)
	p := argParser{args: splitArgs(inner)}
	p.into(&op)
	if len(p.args) > 0 {
		p.fail("too many arguments")
	}
	return op, p.err
}

func splitArgs(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	args := strings.Split(s, ",")
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	return args
}
