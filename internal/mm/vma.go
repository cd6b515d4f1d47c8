package mm

import (
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// VMA is the head of every design's vm_area_struct: its first 40 bytes, at the
// kernel's offsets. A design's own struct embeds VMA at offset 0 and Rest
// where that kernel has it, and places its lock fields between; the index and
// the edits see only this head and find Rest by the design's constant offset.
//
// "Lock" below is mmap_lock, or the VMA lock in designs that have one.
type VMA struct {
	// Start and End: written under mmap write + VMA write; read under either
	// lock. Unstable for a reader that holds neither: the object may be
	// somebody else's by now.
	Start, End atomic.Cell[vmm.Addr]
	// MM: written once per life, before the VMA can be found. A reader may peek
	// at it without a lock, and must look again once it holds one.
	MM atomic.Pointer[MM]
	// PageProt and Flags: written under mmap write + VMA write; read under
	// either lock.
	PageProt atomic.Cell[uint64]
	Flags    atomic.Cell[Flags]
}

// Rest is the second common part of a vm_area_struct, 56 bytes.
type Rest struct {
	anonVMAChain [2]uintptr // list of anon_vma_chain: not modelled, bytes only
	// AnonVMA: nil to set by the first write fault, under a read lock and the
	// mm's page-table lock; set to nil under every write lock. Peeked under a
	// read lock.
	AnonVMA atomic.Pointer[AnonVMA]
	ops     uintptr // vm_ops: bytes only
	// Pgoff and File: written under mmap write + VMA write (Pgoff) or once
	// (File); read under either lock. Pgoff is in pages: of the file, or of
	// the address at which anonymous memory was first mapped.
	Pgoff   atomic.Cell[uint64]
	File    atomic.Cell[uint64] // vmm.File.ID
	private uintptr             // vm_private_data: bytes only
}

// AnonVMA stands for the reverse map that the first write fault creates: only
// its identity matters, for merging.
type AnonVMA struct {
	// Forked: made by fork from a parent's, so that its VMAs stand in more than
	// one chain and merge only with VMAs that have the same one. Immutable.
	Forked bool
	_      [63]byte
}

// Flags are a VMA's vm_flags: the protection in the low bits.
type Flags uint64

const (
	FlagRead Flags = 1 << iota
	FlagWrite
	FlagExec
	FlagShared
	FlagGrowsDown
	FlagDontFork
	// FlagAccount is VM_ACCOUNT: the memory is counted against the commit limit,
	// being private and writable, or having been. Nothing is counted here: it is one
	// of the flags in which VMAs that merge must agree.
	FlagAccount
)

// Prot returns the protection in f.
func (f Flags) Prot() vmm.Prot { return vmm.Prot(f & (FlagRead | FlagWrite | FlagExec)) }
