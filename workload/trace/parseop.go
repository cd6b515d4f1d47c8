package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vmabench/vmm"
)

// maxThreads bounds the thread numbers of a file.
const maxThreads = 1 << 16

// operands is how many words follow each kind, at least.
var operands = [numKinds]int{Mmap: 3, Munmap: 2, Mprotect: 3, Mremap: 4, Madvise: 3, Brk: 1, Fault: 2, KernelFault: 2}

// parseOp reads a line of the ops, as Op.String writes it.
func parseOp(s string) (o Op, err error) {
	s, o.Err, _ = strings.Cut(s, " = ")
	f := strings.Fields(s)
	if len(f) < 3 {
		return o, fmt.Errorf("%q: want time, thread and call", s)
	}
	if o.At, err = parseSeconds(f[0]); err != nil {
		return o, err
	}
	if o.Thread, err = strconv.Atoi(f[1]); err != nil || o.Thread < 0 || o.Thread >= maxThreads {
		return o, fmt.Errorf("bad thread %q", f[1])
	}
	k := slices.Index(kindNames[:], f[2])
	if k < 0 {
		return o, fmt.Errorf("unknown call %q", f[2])
	}
	o.Kind = Kind(k)
	w := f[3:]
	if len(w) < operands[k] || o.Kind != Mmap && len(w) > operands[k] {
		return o, fmt.Errorf("%s with %d operands", f[2], len(w))
	}
	if err = o.operands(w); err == nil {
		err = o.check()
	}
	return o, err
}

// operands reads what follows the kind.
func (o *Op) operands(w []string) (err error) {
	if o.Kind == Fork {
		return nil
	}
	if o.Kind == Mremap {
		if o.Old, err = parseAddr(w[0]); err != nil {
			return err
		}
		if o.OldLen, err = parseLen(w[1]); err != nil {
			return err
		}
		w = w[2:]
	}
	if o.Addr, err = parseAddr(w[0]); err != nil {
		return err
	}
	switch o.Kind {
	case Brk:
		return nil
	case Fault, KernelFault:
		for o.Access = range vmm.AccessExec + 1 {
			if o.Access.String() == w[1] {
				return nil
			}
		}
		return fmt.Errorf("bad access %q", w[1])
	}
	if o.Len, err = parseLen(w[1]); err != nil {
		return err
	}
	switch o.Kind {
	case Mprotect:
		o.Prot, err = parseProt(w[2])
	case Madvise:
		o.Advice = w[2]
	case Mmap:
		err = o.mapping(w[2:])
	}
	return err
}

// mapping reads "rw-p file1+0x0 fixed".
func (o *Op) mapping(w []string) error {
	p, shared, err := parseKind(w[0])
	if err != nil {
		return err
	}
	o.Prot = p
	if shared {
		o.Flags |= vmm.MapShared
	}
next:
	for _, s := range w[1:] {
		for _, f := range flagNames {
			if s == f.name {
				o.Flags |= f.flag
				continue next
			}
		}
		if o.File, err = parseFile(s); err != nil {
			return err
		}
	}
	return nil
}

// check holds what succeeded to the address space.
func (o *Op) check() error {
	if o.Err != "" {
		return nil
	}
	if e := o.Range(); e.End > vmm.TaskSize || e.End < e.Start {
		return fmt.Errorf("%v: the range leaves the address space", o.Kind)
	}
	if end := o.Old + vmm.Addr(vmm.PageAlign(o.OldLen)); end > vmm.TaskSize {
		return fmt.Errorf("%v: the range leaves the address space", o.Kind)
	}
	if k := o.Kind; k < Brk && (!o.Addr.Aligned() || !o.Old.Aligned()) {
		return fmt.Errorf("%v: an address is not aligned", k)
	}
	return nil
}

func parseLen(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 16, 63)
	if err != nil {
		return 0, fmt.Errorf("bad length %q", s)
	}
	return n, nil
}
