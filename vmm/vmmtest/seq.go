package vmmtest

import (
	"fmt"
	"strings"

	"vmabench/vmm"
)

// The sequential checks: one task, every answer known.

func (o Options) selects(name string) bool { return strings.Contains(name, o.Run) }

// checkScripts replays seeded scripts beside the model and shrinks the first
// that fails.
func checkScripts(d vmm.Design, o Options) []Violation {
	for i := range o.scale(60) {
		seed := o.Seed*1000 + uint64(i)
		config := vmm.Config{Page: vmm.PageCost(i % 3), NoRecycle: i%8 == 7, Protocol: vmm.Protocol(i / 3 % 2)}
		if f := Replay(d, config, Generate(seed, 150)); f != nil {
			f = ShrinkFailure(d, config, f)
			return violation(WrongResult, "seed %d, %+v\n%s", seed, config, f.Error())
		}
	}
	return nil
}

// ShrinkFailure returns a failure of the design on a shortest part of f's
// script.
func ShrinkFailure(d vmm.Design, c vmm.Config, f *Failure) *Failure {
	Shrink(f.Script, func(script []Op) bool {
		g := Replay(d, c, script)
		if g != nil {
			f = g
		}
		return g != nil
	})
	return f
}

// checkMapCount bounds the VMAs of an address space: what would exceed the
// bound fails and changes nothing, and what frees a VMA still works.
func checkMapCount(d vmm.Design, _ Options) []Violation {
	const limit = 8
	p := newPlayer(d, vmm.Config{MaxMapCount: limit})
	defer p.close()
	v, at := p.spaces[0], vmm.Addr(0x1000_0000)
	mapped := 0
	for mapped < 2*limit {
		// A page between keeps them apart.
		a := at + vmm.Addr(mapped*4*vmm.PageSize)
		if _, err := v.Mmap(p.task, a, 3*vmm.PageSize, vmm.ProtRead, vmm.MapFixed, vmm.File{}); err != nil {
			if err != vmm.ENOMEM {
				return violation(WrongResult, "mmap beyond MaxMapCount: %v", err)
			}
			break
		}
		mapped++
	}
	if mapped < limit || mapped > limit+1 {
		return violation(WrongResult, "MaxMapCount %d let %d VMAs be mapped", limit, mapped)
	}
	if vs := CheckFull(v, p.task, at); len(vs) > 0 {
		return vs
	}
	if err := v.Munmap(p.task, at, 3*vmm.PageSize); err != nil {
		return violation(WrongResult, "munmap of a whole VMA at MaxMapCount: %v", err)
	}
	ms, err := v.Maps(p.task, nil)
	if err != nil || len(ms) != mapped-1 {
		return violation(WrongMaps, "%d mappings after %d of %d were refused or unmapped, %v", len(ms), 1, mapped, err)
	}
	if err := v.Check(p.task); err != nil {
		return violation(Invariant, "%v", err)
	}
	return nil
}

// checkRecycle uses objects up and hands them from space to space: mappings
// made, exited and made again must never show what an object was before.
func checkRecycle(d vmm.Design, o Options) []Violation {
	var script []Op
	for round := range 6 {
		s := 1 + round
		script = append(script, Op{Kind: New, Other: s})
		for i := range 40 {
			a := 0x1000_0000 + vmm.Addr(i*2*vmm.PageSize)
			prot := vmm.ProtRead | vmm.Prot(i+round)&vmm.ProtWrite
			script = append(script,
				Op{Kind: Mmap, Space: s, Addr: a, Len: vmm.PageSize, Prot: prot, Flags: vmm.MapFixed},
				Op{Kind: Fault, Space: s, Addr: a, Access: vmm.AccessWrite})
			if i%3 == round%3 {
				script = append(script, Op{Kind: Munmap, Space: s, Addr: a, Len: vmm.PageSize})
			}
		}
		if s > 2 {
			script = append(script, Op{Kind: Exit, Space: s - 2})
		}
	}
	if f := Replay(d, vmm.Config{}, script); f != nil {
		f = ShrinkFailure(d, vmm.Config{}, f)
		return violation(WrongResult, "%s", f.Error())
	}
	return nil
}

// checkKilled: a killed task's operations end, with EINTR or done, and leave
// the address space whole.
func checkKilled(d vmm.Design, _ Options) []Violation {
	p := newPlayer(d, vmm.Config{})
	defer p.close()
	v := p.spaces[0]
	m := NewModel()
	p.task.Kill()
	for _, op := range []Op{
		{Kind: Mmap, Len: 4 * vmm.PageSize, Prot: vmm.ProtRead | vmm.ProtWrite},
		{Kind: Mprotect, Addr: vmm.MmapBase - 3*vmm.PageSize, Len: vmm.PageSize},
		{Kind: Fault, Addr: vmm.MmapBase - 1, Access: vmm.AccessWrite},
		{Kind: Brk, Addr: vmm.BrkBase + vmm.PageSize},
		{Kind: Munmap, Addr: vmm.MmapBase - vmm.PageSize, Len: vmm.PageSize},
	} {
		got := op.Do(v, p.task)
		if got.Err == vmm.EINTR {
			continue
		}
		if want := m.Do(op, got.Err); want.Text(op.Kind) != got.Text(op.Kind) {
			return violation(WrongResult, "killed task: %s = %s, want %s or EINTR", op, got.Text(op.Kind), want.Text(op.Kind))
		}
	}
	p.task.ClearSignal()
	if reason := p.compare(models{0: m}, true); reason != "" {
		return violation(WrongMaps, "after a killed task: %s", reason)
	}
	return nil
}

// goldenText returns the text of a script performed on the design: the script's
// own comments and operations, with the design's results.
func goldenText(d vmm.Design, text string) (string, error) {
	lines, err := ParseScript(text)
	if err != nil {
		return "", err
	}
	p := newPlayer(d, vmm.Config{})
	defer p.close()
	var b strings.Builder
	for _, l := range lines {
		if !l.IsOp {
			fmt.Fprintln(&b, l.Comment)
			continue
		}
		r, ok := p.do(l.Op)
		if !ok {
			return "", fmt.Errorf("%s: no such space, or it exists already", l.Op)
		}
		s := r.Text(l.Op.Kind)
		if !strings.HasPrefix(s, "\n") {
			s = " " + s
		}
		fmt.Fprintf(&b, "%s =%s\n", l.Op, s)
	}
	return b.String(), nil
}
