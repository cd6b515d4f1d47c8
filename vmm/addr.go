package vmm

import "fmt"

// Addr is a virtual address.
type Addr uint64

const (
	PageShift = 12
	PageSize  = 1 << PageShift

	// TaskSize bounds the user half of a four-level address space: every
	// mapping ends at or below it.
	TaskSize Addr = 1<<47 - PageSize
	// MmapBase is where a search for a free range starts, downwards.
	MmapBase Addr = TaskSize - 128<<20
	// BrkBase is where the heap starts.
	BrkBase Addr = 0x5555_5555_8000
	// MmapMinAddr is the lowest address that may be mapped.
	MmapMinAddr Addr = 0x10000

	// StackGuardGap is what stays free between a MapGrowsDown VMA and the
	// accessible mapping below it, in bytes (the kernel's stack_guard_gap).
	StackGuardGap = 256 << PageShift
	// StackLimit is the size to which a MapGrowsDown VMA may grow, in bytes
	// (the default RLIMIT_STACK).
	StackLimit = 8 << 20
)

// Page returns a's page number.
func (a Addr) Page() uint64 { return uint64(a) >> PageShift }

// Down returns the start of a's page.
func (a Addr) Down() Addr { return a &^ (PageSize - 1) }

// Aligned reports whether a is a page boundary.
func (a Addr) Aligned() bool { return a&(PageSize-1) == 0 }

// PageAlign rounds a length in bytes up to pages. It returns 0 on overflow.
func PageAlign(n uint64) uint64 { return (n + PageSize - 1) &^ (PageSize - 1) }

// Range is the half-open range [Start, End).
type Range struct{ Start, End Addr }

// Len returns the range's length in bytes.
func (r Range) Len() uint64 { return uint64(r.End - r.Start) }

// Pages returns the range's length in pages.
func (r Range) Pages() uint64 { return r.Len() >> PageShift }

// Contains reports whether a lies in r.
func (r Range) Contains(a Addr) bool { return r.Start <= a && a < r.End }

// Overlaps reports whether r and o share an address.
func (r Range) Overlaps(o Range) bool { return r.Start < o.End && o.Start < r.End }

func (r Range) String() string { return fmt.Sprintf("[%#x,%#x)", uint64(r.Start), uint64(r.End)) }

// Prot is a protection: a set of ProtRead, ProtWrite, ProtExec.
type Prot uint8

const (
	ProtRead Prot = 1 << iota
	ProtWrite
	ProtExec
	ProtNone Prot = 0
)

// String prints p as /proc/PID/maps does, without the sharing letter.
func (p Prot) String() string {
	s := []byte("---")
	for i, c := range "rwx" {
		if p&(1<<i) != 0 {
			s[i] = byte(c)
		}
	}
	return string(s)
}

// Allows reports whether an access is permitted. Write implies nothing else:
// as on x86, a readable page is needed for a read, a writable one for a write.
func (p Prot) Allows(a Access) bool { return p&(1<<a) != 0 }

// Access is what a fault wanted to do.
type Access uint8

const (
	AccessRead Access = iota
	AccessWrite
	AccessExec
)

func (a Access) String() string { return [...]string{"read", "write", "exec"}[a] }

// MapFlags are the flags of Mmap.
type MapFlags uint16

const (
	// MapFixed maps exactly at the address, over what is there (MAP_FIXED).
	MapFixed MapFlags = 1 << iota
	// MapFixedNoReplace fails with EEXIST where something is mapped.
	MapFixedNoReplace
	// MapShared makes a shared mapping; otherwise it is private.
	MapShared
	// MapGrowsDown makes a stack: a fault below it extends it downwards.
	MapGrowsDown
	// MapPopulate faults every page in after the mapping was made.
	MapPopulate
)

// File is what a mapping shows. The zero File is anonymous memory.
type File struct {
	ID  uint32 // 0 is anonymous
	Off uint64 // byte offset in the file of the mapping's first page
}

// RemapFlags are the flags of Mremap.
type RemapFlags uint8

const (
	RemapMayMove RemapFlags = 1 << iota
	RemapFixed              // move to newAddr; needs RemapMayMove
)

// Advice is what Madvise is told.
type Advice uint8

const (
	DontNeed Advice = iota // drop the pages; VMA read lock
	Free                   // drop them lazily; VMA read lock
	WillNeed               // mmap read lock
	DontFork               // changes vm_flags: mmap write and VMA write lock
)

func (a Advice) String() string {
	return [...]string{"dontneed", "free", "willneed", "dontfork"}[a]
}

// Mapping is one line of /proc/PID/maps.
type Mapping struct {
	Range
	Prot      Prot
	Shared    bool
	GrowsDown bool
	DontFork  bool
	File      File
}

func (m Mapping) String() string {
	share := "p"
	if m.Shared {
		share = "s"
	}
	s := fmt.Sprintf("%08x-%08x %s%s", uint64(m.Start), uint64(m.End), m.Prot, share)
	if m.File.ID != 0 {
		s += fmt.Sprintf(" file%d+%#x", m.File.ID, m.File.Off)
	}
	if m.GrowsDown {
		s += " [stack]"
	}
	return s
}
