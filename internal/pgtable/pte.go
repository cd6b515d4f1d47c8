package pgtable

import (
	"fmt"

	"vmabench/vmm"
)

// PTE is a page-table entry.
//
//	bits    meaning
//	0       present: the other bits count only with it
//	1       writable: a write needs no fault
//	2       accessed
//	3       dirty
//	4       copy-on-write: another address space may map the frame too
//	8..63   frame: a label, not a number that is allocated
//
// A frame's label is where the page was first touched: the table's number, how
// often the page was copied, the page number. So labels come from no shared
// counter, and two pages that must differ do.
type PTE uint64

const (
	present PTE = 1 << iota
	writable
	accessed
	dirty
	cow

	frameShift = 8
	pageBits   = 35 // a page number below vmm.TaskSize
	copyBits   = 7
	idBits     = 64 - frameShift - pageBits - copyBits
)

// Present reports whether a page is mapped.
func (e PTE) Present() bool { return e&present != 0 }

// Writable reports whether a write needs no fault.
func (e PTE) Writable() bool { return e&writable != 0 }

// Accessed reports whether the page was read or written through the entry.
func (e PTE) Accessed() bool { return e&accessed != 0 }

// Dirty reports whether the page was written through the entry.
func (e PTE) Dirty() bool { return e&dirty != 0 }

// COW reports whether a write must copy the page first.
func (e PTE) COW() bool { return e&cow != 0 }

// Frame returns the label of the page's contents.
func (e PTE) Frame() uint64 { return uint64(e) >> frameShift }

func (e PTE) String() string {
	if !e.Present() {
		return "none"
	}
	s := []byte("p----")
	for i, c := range "wadc" {
		if e&(writable<<i) != 0 {
			s[i+1] = byte(c)
		}
	}
	return fmt.Sprintf("%s:%#x", s, e.Frame())
}

// firstTouch returns the entry of a page never mapped before.
func firstTouch(id uint32, a vmm.Addr) PTE {
	id &= 1<<idBits - 1
	return PTE(uint64(id)<<(pageBits+copyBits)|a.Page()&(1<<pageBits-1))<<frameShift | present
}

// copied returns the entry of table id's copy of e's page at a.
func (e PTE) copied(id uint32, a vmm.Addr) PTE {
	n := (e.Frame()>>pageBits + 1) & (1<<copyBits - 1)
	return firstTouch(id, a) | PTE(n<<pageBits)<<frameShift
}
