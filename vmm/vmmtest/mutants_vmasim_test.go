//go:build vmasim

package vmmtest_test

import (
	"slices"
	"testing"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/variants/refcount"
	"vmabench/variants/rwsem"
	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
)

// mutated is a design whose operations use other lock steps than its faults.
func mutated(d vmm.Design, wrap func(addrspace.Locks) addrspace.Locks) vmm.Design {
	newMachine := d.New
	d.New = func(c vmm.Config) vmm.Machine { return mutatedMachine{newMachine(c), wrap} }
	return d
}

type mutatedMachine struct {
	vmm.Machine
	wrap func(addrspace.Locks) addrspace.Locks
}

func (m mutatedMachine) NewVMM(t *vmm.Task) vmm.VMM {
	v := m.Machine.NewVMM(t)
	s := addrspace.Of(v)
	s.Locks = m.wrap(s.Locks)
	return v
}

// Each leaves one step out.
type (
	noStartWrite struct{ addrspace.Locks }
	noEndSession struct{ addrspace.Locks }
	noReadLocked struct{ addrspace.Locks }
	writesTwice  struct{ addrspace.Locks }
)

func (noStartWrite) StartWrite(*vmm.Task, *mm.VMA)               {}
func (noStartWrite) StartWriteKillable(*vmm.Task, *mm.VMA) error { return nil }
func (noEndSession) EndSession(*mm.MM)                           {}
func (noReadLocked) StartReadLocked(*vmm.Task, *mm.VMA) bool     { return true }
func (noReadLocked) EndRead(*vmm.Task, *mm.VMA)                  {}
func (l writesTwice) StartWrite(t *vmm.Task, v *mm.VMA) {
	l.Locks.StartWrite(t, v)
	v.Flags.Set(v.Flags.Get())
}

// TestMutants: the deterministic checks catch a lock step that is left out or
// weakened, each by a check that is about it.
func TestMutants(t *testing.T) {
	for _, m := range []struct {
		name  string
		wrap  func(addrspace.Locks) addrspace.Locks
		check string
		kind  string
	}{
		{"vma_start_write is left out", func(l addrspace.Locks) addrspace.Locks { return noStartWrite{l} }, "sim-fields", vmmtest.WrongLock},
		{"vma_start_write is left out", func(l addrspace.Locks) addrspace.Locks { return noStartWrite{l} }, "sim-lock-states", vmmtest.NoExclusion},
		{"vma_start_write is left out", func(l addrspace.Locks) addrspace.Locks { return noStartWrite{l} }, "sim-preempt", vmmtest.Invariant},
		{"vma_end_write_all is left out", func(l addrspace.Locks) addrspace.Locks { return noEndSession{l} }, "sim-events", vmmtest.Unreached},
		{"vma_start_read_locked takes nothing", func(l addrspace.Locks) addrspace.Locks { return noReadLocked{l} }, "sim-lock-rules", vmmtest.NoExclusion},
		{"vma_start_write writes again", func(l addrspace.Locks) addrspace.Locks { return writesTwice{l} }, "sim-lock-rules", vmmtest.WrongLock},
	} {
		for _, d := range []vmm.Design{rwsem.Design, refcount.Design} {
			t.Run(d.Name+": "+m.name, func(t *testing.T) {
				vs := vmmtest.CheckDesign(mutated(d, m.wrap), vmmtest.Options{Run: m.check})
				if !slices.ContainsFunc(vs, func(v vmmtest.Violation) bool { return v.Kind == m.kind }) {
					t.Fatalf("want %s from %s, got %v", m.kind, m.check, vs)
				}
			})
		}
	}
}

// TestSimApplies: the deterministic checks reach the designs that have VMA
// locks; a check that finds nothing to check would pass too.
func TestSimApplies(t *testing.T) {
	for _, d := range []vmm.Design{rwsem.Design, refcount.Design} {
		v := d.New(vmm.Config{}).NewVMM(vmm.NewTask())
		if s := addrspace.Of(v); s == nil || !s.Rules.VMALocks {
			t.Errorf("%s is out of the deterministic checks' reach", d.Name)
		}
	}
}
