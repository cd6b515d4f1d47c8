package pgtable

import (
	"fmt"
)

// PTE is a page-table entry.
//
//	bits    meaning
//	0       present: the other bits count only with it
//	1       writable: a write needs no fault
//	2       accessed
//	3       dirty
//	4       copy-on-write: another address space may map the frame too
//	8..63   frame: the page's contents
//
// Frames are numbered by the PTE page that the contents were first mapped in
// and a count under its lock, so that a first touch needs no counter that
// others share. Two pages of a Machine have one frame only if they share it.
type PTE uint64

const (
	present PTE = 1 << iota
	writable
	accessed
	dirty
	cow

	frameShift = 8
	countBits  = 30 // of a frame number; the PTE page's number is above
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

// Frame returns the number of the page's contents.
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
