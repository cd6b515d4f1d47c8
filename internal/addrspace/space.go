package addrspace

import (
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/internal/pgtable"
	"vmabench/vmm"
)

// Rules are what goes on around the lock and changed between kernels. With
// vmm.ProtocolSame every design that has VMA locks uses those of Linux 7.0.
type Rules struct {
	// VMALocks: the design has VMA locks; without them all goes under mmap_lock.
	VMALocks bool
	// SeqAtLock: mm_lock_seq steps at mmap_write_lock too, and is odd in a
	// session (6.14).
	SeqAtLock bool
	// MapsVMA: the /proc/PID/maps walk locks one VMA at a time (6.17).
	MapsVMA bool
	// MadviseVMA: DontNeed and Free try the VMA lock first (6.17).
	MadviseVMA bool
	// ForkKillable: fork's vma_start_write on the parent ends with a fatal
	// signal (7.0).
	ForkKillable bool
	// RangeLocks: whoever looks up, changes or empties a part of the address space
	// holds its range in a range lock above all this (RangeLocker). So page tables
	// change outside mmap_lock, which guards the index and the fields of VMAs.
	RangeLocks bool
	// LockOnTwoLines: mmap_lock's count ends a cache line and its owner starts the
	// next (Debian's 6.16), else they share one (its 6.1 and 6.12).
	LockOnTwoLines bool
}

// Linux70 are the rules of Linux 7.0.
var Linux70 = Rules{VMALocks: true, SeqAtLock: true, MapsVMA: true, MadviseVMA: true, ForkKillable: true, LockOnTwoLines: true}

// Machine is what the machines of all designs have: the RCU domain and the
// page-table pages that their address spaces share.
type Machine struct {
	Config vmm.Config
	RCU    atomic.RCU
	Pool   pgtable.Pool
}

// Quiesce waits for grace periods, so that what was freed is reusable.
func (m *Machine) Quiesce(t *vmm.Task) { m.RCU.Synchronize(&t.Task) }

// Space is one address space: every operation of vmm.VMM but the fault's hot
// path, written once for all designs. A design embeds it.
//
// Its fields are immutable after Init.
type Space struct {
	MM     *mm.MM
	Locks  Locks
	Rules  Rules
	Config vmm.Config

	rest    uintptr // offset of mm.Rest in the design's VMA
	machine *Machine
	sibling func(*vmm.Task) (vmm.VMM, *Space) // a new empty space of the same machine
}

// Setup is what a design hands to Init.
type Setup struct {
	Machine *Machine
	Locks   Locks
	Rules   Rules
	// Rest is the offset of mm.Rest in the design's VMA.
	Rest uintptr
	// Sibling returns a new, empty address space on the same machine.
	Sibling func(*vmm.Task) (vmm.VMM, *Space)
}

// Init makes a zero s an empty address space.
func (s *Space) Init(u Setup) {
	s.MM = mm.New(!u.Rules.LockOnTwoLines)
	s.MM.Init(&u.Machine.RCU)
	s.MM.Table.Init(&u.Machine.Pool)
	s.Locks, s.Rules, s.Config = u.Locks, u.Rules, u.Machine.Config
	s.rest, s.machine, s.sibling = u.Rest, u.Machine, u.Sibling
	atomic.Name(s.MM, "mm")
}

// Rest returns the second common part of v.
func (s *Space) Rest(v *mm.VMA) *mm.Rest {
	return mm.RestOf(v, s.rest)
}

// rangeOf returns v's bounds; the caller holds v stable.
func rangeOf(v *mm.VMA) vmm.Range { return vmm.Range{Start: v.Start.Get(), End: v.End.Get()} }
