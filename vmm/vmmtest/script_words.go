package vmmtest

import (
	"fmt"
	"strconv"
	"strings"

	"vmabench/vmm"
)

// The words of a script: addresses, lengths, flags, errors.

var (
	mapFlagNames   = []string{"fixed", "noreplace", "shared", "growsdown", "populate"}
	remapFlagNames = []string{"maymove", "fixed"}
	errNames       = map[vmm.Errno]string{
		vmm.ENOMEM: "ENOMEM", vmm.EINVAL: "EINVAL", vmm.EACCES: "EACCES", vmm.EFAULT: "EFAULT",
		vmm.EEXIST: "EEXIST", vmm.EINTR: "EINTR", vmm.EAGAIN: "EAGAIN",
		vmm.SEGV_MAPERR: "SEGV_MAPERR", vmm.SEGV_ACCERR: "SEGV_ACCERR",
	}
	bases = []struct {
		name string
		at   vmm.Addr
	}{{"end", vmm.TaskSize}, {"top", vmm.MmapBase}, {"heap", vmm.BrkBase}}
)

// errName returns the script's word for err, or its text.
func errName(err error) string {
	if e, ok := err.(vmm.Errno); ok && errNames[e] != "" {
		return errNames[e]
	}
	return fmt.Sprintf("%q", err.Error())
}

// baseReach is how far from a base an address is still written relative to it.
const baseReach = 64 << 20

func fmtAddr(a vmm.Addr) string {
	for _, b := range bases {
		switch d := int64(a - b.at); {
		case d == 0:
			return b.name
		case d > 0 && d < baseReach:
			return b.name + "+" + fmtLen(uint64(d))
		case d < 0 && d > -baseReach:
			// Down to the page, then up to the byte: top-3p+0x10.
			page := uint64(b.at - a.Down())
			s := b.name + "-" + fmtLen(page)
			if off := uint64(a - a.Down()); off != 0 {
				s += fmt.Sprintf("+%#x", off)
			}
			return s
		}
	}
	return fmtLen(uint64(a))
}

// fmtLen writes a number of bytes: pages where they are whole.
func fmtLen(n uint64) string {
	pages, off := n>>vmm.PageShift, n&(vmm.PageSize-1)
	switch {
	case n == 0:
		return "0"
	case pages == 0 || n > 1<<50:
		return fmt.Sprintf("%#x", n)
	case off == 0:
		return fmt.Sprintf("%dp", pages)
	}
	return fmt.Sprintf("%dp+%#x", pages, off)
}

func fmtFlags(f uint, names []string) string {
	var on []string
	for i, n := range names {
		if f>>i&1 != 0 {
			on = append(on, n)
		}
	}
	if len(on) == 0 {
		return "0"
	}
	return strings.Join(on, "|")
}

// argParser takes an operation's arguments one by one; the first error stays.
type argParser struct {
	args []string
	err  error
}

func (p *argParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *argParser) next() string {
	if len(p.args) == 0 {
		p.fail("too few arguments")
		return ""
	}
	s := p.args[0]
	p.args = p.args[1:]
	return s
}

func (p *argParser) into(op *Op) {
	switch op.Kind {
	case Mmap:
		op.Addr, op.Len, op.Prot = p.addr(), p.length(), p.prot()
		if len(p.args) > 0 {
			op.Flags = vmm.MapFlags(p.flags(mapFlagNames))
		}
		if len(p.args) > 0 {
			op.File = p.file()
		}
	case Munmap:
		op.Addr, op.Len = p.addr(), p.length()
	case Mprotect:
		op.Addr, op.Len, op.Prot = p.addr(), p.length(), p.prot()
	case Mremap:
		op.Addr, op.Len, op.Len2 = p.addr(), p.length(), p.length()
		op.Remap = vmm.RemapFlags(p.flags(remapFlagNames))
		if op.Remap&vmm.RemapFixed != 0 {
			op.Addr2 = p.addr()
		}
	case Madvise:
		op.Addr, op.Len = p.addr(), p.length()
		op.Advice = vmm.Advice(p.word("dontneed", "free", "willneed", "dontfork"))
	case Brk, Peek:
		op.Addr = p.addr()
	case Fault, FaultKernel:
		op.Addr = p.addr()
		op.Access = vmm.Access(p.word("read", "write", "exec"))
	case UffdMove:
		op.Addr, op.Addr2 = p.addr(), p.addr()
	case Fork, New:
		n, err := strconv.Atoi(strings.TrimPrefix(p.next(), "s"))
		if err != nil {
			p.fail("no number of a space")
		}
		op.Other = n
	}
}

// addr reads base, base+len, base-len+len or a plain number.
func (p *argParser) addr() vmm.Addr {
	s := p.next()
	var at vmm.Addr
	for _, b := range bases {
		if rest, ok := strings.CutPrefix(s, b.name); ok {
			at, s = b.at, rest
			if down, ok := strings.CutPrefix(s, "-"); ok {
				down, up, _ := strings.Cut(down, "+")
				at, s = at-vmm.Addr(p.size(down)), up
			}
			s = strings.TrimPrefix(s, "+")
			if s == "" {
				return at
			}
			break
		}
	}
	return at + vmm.Addr(p.size(s))
}

func (p *argParser) length() uint64 { return p.size(p.next()) }

// size reads 3p, 0x10 or 3p+0x10.
func (p *argParser) size(s string) uint64 {
	var sum uint64
	for _, part := range strings.Split(s, "+") {
		digits, pages := strings.CutSuffix(part, "p")
		n, err := strconv.ParseUint(digits, 0, 64)
		if err != nil {
			p.fail("%q is no address or length", s)
		}
		if pages {
			n <<= vmm.PageShift
		}
		sum += n
	}
	return sum
}

func (p *argParser) prot() (prot vmm.Prot) {
	s := p.next()
	for v := range vmm.Prot(8) {
		if v.String() == s {
			return v
		}
	}
	p.fail("%q is no protection", s)
	return 0
}

func (p *argParser) flags(names []string) (f uint) {
	s := p.next()
	if s == "0" {
		return 0
	}
	for _, w := range strings.Split(s, "|") {
		i := 0
		for i < len(names) && names[i] != w {
			i++
		}
		if i == len(names) {
			p.fail("%q is no flag", w)
		}
		f |= 1 << i
	}
	return f
}

func (p *argParser) word(words ...string) int {
	s := p.next()
	for i, w := range words {
		if s == w {
			return i
		}
	}
	p.fail("%q is none of %s", s, strings.Join(words, ", "))
	return 0
}

func (p *argParser) file() vmm.File {
	s := p.next()
	id, off, _ := strings.Cut(strings.TrimPrefix(s, "file"), "+")
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil || off == "" {
		p.fail("%q is no file", s)
		return vmm.File{}
	}
	return vmm.File{ID: uint32(n), Off: p.size(off)}
}
