package workload

import (
	"fmt"

	"vmabench/vmm"
)

// Kind is what an op does.
type Kind uint8

const (
	Fault   Kind = iota // VMM.Fault with an absolute address
	FaultIn             // VMM.Fault; the address is an offset into the last Map
	Map                 // VMM.Mmap, address chosen by the VMM
	MapAt               // VMM.Mmap with MapFixed
	Unmap               // VMM.Munmap; the last Map
	UnmapAt             // VMM.Munmap with an absolute address
	Protect             // VMM.Mprotect; the argument is the protection
	Drop                // VMM.Madvise(DontNeed)
	Fork                // VMM.Fork, then Exit of the child
	Scan                // VMM.Maps
	Break               // VMM.Brk; the address is the new end of the heap
	Peek                // VMM.Peek
	NumKinds
)

// Toggle stands in a Step only: MapAt and UnmapAt of one place in turns, so
// that a share of such ops leaves the number of VMAs alone.
const Toggle = NumKinds

var kindNames = [NumKinds]string{
	"fault", "fault", "mmap", "mmap", "munmap", "munmap", "mprotect", "dontneed", "fork", "maps", "brk", "peek",
}

// String returns the name of the operation; kinds that differ only in how
// their address is given share one.
func (k Kind) String() string {
	if k >= NumKinds {
		return "toggle"
	}
	return kindNames[k]
}

// Names lists the distinct names of kinds, in report order.
func Names() []string {
	return []string{"fault", "mmap", "munmap", "mprotect", "dontneed", "fork", "maps", "brk", "peek"}
}

// Op is one compiled operation, 8 bytes:
//
//	bits  0 to 3   kind
//	bits  4 to 7   access of a fault, protection of Map, MapAt and Protect
//	bit  8         Map, MapAt: of a file, the worker's own
//	bit  9         Map, MapAt: shared
//	bits 10 to 11  unit of the length: pages, or 512 or 512*512 of them
//	bits 12 to 46  page number of the address (all user addresses are below 1<<47)
//	bits 48 to 63  length in that unit
type Op uint64

const (
	fileBit   Op = 1 << 8
	sharedBit Op = 1 << 9

	scaleAt   = 10
	scaleBits = 9 // of each step of the scale
	maxScale  = 2
)

// MaxPages is the longest range that an Op can name in pages.
const MaxPages = 1<<16 - 1

const addrMask = (1<<47 - 1) &^ (vmm.PageSize - 1)

// NewOp packs an op. addr is page-aligned; arg is a vmm.Access or vmm.Prot.
func NewOp(k Kind, arg uint8, addr vmm.Addr, pages int) Op {
	if uint64(addr)&^addrMask != 0 || pages < 0 || pages > MaxPages || arg > 15 {
		panic(fmt.Sprintf("workload: op %v arg %d addr %#x pages %d cannot be packed", k, arg, uint64(addr), pages))
	}
	return Op(uint64(k) | uint64(arg)<<4 | uint64(addr) | uint64(pages)<<48)
}

// Kind returns what the op does.
func (o Op) Kind() Kind { return Kind(o & 15) }

// Addr returns the address, or the offset into the last Map.
func (o Op) Addr() vmm.Addr { return vmm.Addr(o & addrMask) }

// Access returns the access of a fault.
func (o Op) Access() vmm.Access { return vmm.Access(o >> 4 & 15) }

// Prot returns the protection of Map, MapAt and Protect.
func (o Op) Prot() vmm.Prot { return vmm.Prot(o >> 4 & 15) }

// File reports whether Map and MapAt map a file.
func (o Op) File() bool { return o&fileBit != 0 }

// Shared reports whether Map and MapAt make a shared mapping.
func (o Op) Shared() bool { return o&sharedBit != 0 }

// Length returns the range's length in bytes.
func (o Op) Length() uint64 { return uint64(o>>48) << (vmm.PageShift + scaleBits*(o>>scaleAt&3)) }

func (o Op) String() string {
	switch o.Kind() {
	case Fault:
		return fmt.Sprintf("fault %v %#x", o.Access(), uint64(o.Addr()))
	case FaultIn:
		return fmt.Sprintf("fault %v map+%#x", o.Access(), uint64(o.Addr()))
	case Unmap:
		return fmt.Sprintf("munmap map+0 %#x", o.Length())
	case Fork, Scan:
		return o.Kind().String()
	case Break:
		return fmt.Sprintf("brk %#x", uint64(o.Addr()))
	case Map:
		return fmt.Sprintf("mmap %#x %v", o.Length(), o.Prot())
	case Protect, MapAt:
		return fmt.Sprintf("%v %#x %#x %v", o.Kind(), uint64(o.Addr()), o.Length(), o.Prot())
	}
	return fmt.Sprintf("%v %#x %#x", o.Kind(), uint64(o.Addr()), o.Length())
}
