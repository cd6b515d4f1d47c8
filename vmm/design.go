package vmm

import "reflect"

// Protocol says by which rules everything around the lock goes.
type Protocol uint8

const (
	// ProtocolSame runs every design by the rules of Linux 7.0, so that only
	// the lock differs: the headline.
	ProtocolSame Protocol = iota
	// ProtocolEra runs each design by the rules of the kernel that had it:
	// 6.1, 6.12, 6.16.
	ProtocolEra
)

func (p Protocol) String() string { return [...]string{"same", "era"}[p] }

// PageCost is what a fault does beside installing a page.
type PageCost uint8

const (
	PageNone  PageCost = iota // nothing
	PageZero                  // clears the Task's Zero page at each first touch
	PageIO                    // drops the lock as if to read the page, and retries
	PageModel                 // calls the Task's InFault: simulations only
)

func (p PageCost) String() string { return [...]string{"none", "zero", "io", "model"}[p] }

// Config is what a Machine is made with. The zero Config is the default.
type Config struct {
	Protocol Protocol
	Page     PageCost
	// MaxMapCount bounds the VMAs of an address space; 0 is no bound. As in
	// Linux, an Mmap into the middle of a mapping may end one above it.
	MaxMapCount int
	// Recycle false leaves freed objects to the collector instead of the slab.
	NoRecycle bool
	// MapsBuffer is how many bytes of text Maps lists under one hold of mmap_lock,
	// where it takes that: what a read(2) of /proc/PID/maps returns at most. 0 is
	// Linux's, a page (PAGE_SIZE of fs/seq_file.c).
	MapsBuffer int
	// MapsLineNS is how long Maps is busy with each VMA, under the lock that keeps it
	// in place: what printing a line takes. After each MapsBuffer of text it holds
	// nothing for MapsPageNS. Both are for engines that model time; 0 adds nothing.
	MapsLineNS, MapsPageNS int64
}

// Design is one lock design under test: a row of the table in variants.
type Design struct {
	// Name is the variant= of every result: lower case, no "-digits" ending.
	Name string
	// Title is the name on charts, Since the kernels that had it.
	Title, Since string
	// Doc is one sentence: what waits for what.
	Doc string
	// Control marks a subject that is no proposal for the kernel, Extra one that
	// the default plan leaves out.
	Control, Extra bool
	// Real marks the running kernel: no model, and no source to check or simulate.
	Real bool
	// Model names the design that models a Real one, Slab the sizes in bytes of
	// the kernel's objects by cache name, nil where they cannot be read.
	Model string
	Slab  func() map[string]int
	// New returns a machine whose address spaces use the design.
	New func(Config) Machine
	// Layout are the structs whose bytes the design pays for, VMA first; each
	// is drawn by cache line from its fields.
	Layout []reflect.Type
	// Facts are what docs/designs.md says of it in words.
	Facts Facts
}
