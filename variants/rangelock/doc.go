// Package rangelock is the other road that was discussed for mmap_lock: a lock of
// ranges of the address space, above it. Nothing of it was merged.
//
// The lock follows Davidlohr Bueso's patches for the kernel (LKML, "locking:
// Introduce range reader/writer lock", v2, April 2017; "mm: towards parallel address
// space operations", February 2018), which go back to Jan Kara's of 2013: a tree of
// the ranges held and waited for under a spin lock, and in each the number of
// earlier ones in its way. What is locked by whom begins with A. Kogan, D. Dice,
// S. Issa, "Scalable Range Locks for Scalable Address Spaces and Beyond" (EuroSys
// 2020, arXiv 2006.12144).
//
// # Protocol
//
// A fault locks its page for read, finds the VMA without mmap_lock and handles the
// fault. The VMA cannot change meanwhile, because whoever changes it holds all of
// it for write. Page tables are changed under a range alone.
//
//	operation                        range                          mmap_lock within
//	fault, either mode               its page, read                 none; read for a first anon_vma
//	fault on nothing                 its page, read                 read
//	stack growth                     all, write                     write
//	mmap at a fixed address,         what it touches, write         write for the index: pages are dropped
//	munmap                                                          before it, tables freed under what is left
//	mprotect                         what it touches, write         write; page tables after it
//	madvise DontNeed, Free           the range, read                none
//	madvise WillNeed, maps, Peek     none                           read
//	userfaultfd move                 from page to page, read        read
//	mmap elsewhere, mremap, brk,     all, write                     as without ranges
//	madvise DontFork, fork, exit
//
// What a change touches (addrspace.Space.Touched) is its range, a page more on
// each side, and the whole of the VMAs that either end falls into: those it may
// split, and those it may become one with. The page is for what is not there yet:
// two mappings that come to lie side by side must know of each other. It is found
// without a lock, and looked at again under the range: then it cannot change any
// more. If it grew, the task lets go and asks for both; after three times it takes
// everything.
//
// To choose a place is to look everywhere, so an mmap without an address excludes
// every fault of the process, and waits for each.
//
// # State table
//
// A range is in the tree from the moment it is asked for until it is let go.
// conflicts is how many earlier ranges overlap it, not both for reading.
//
//	conflicts  state    meaning
//	0          granted  held
//	n          waiting  its task watches state, 400 turns at most
//	n          asleep   its task sleeps, or is about to
//	0          other    let in under the guard; the leaver is about to say so
//
//	step      does
//	acquire   counts who is in the way; in the tree
//	leave     out of the tree; one less for each later range that it was in the
//	          way of; then, after the guard, those that have 0 are told
//	give up   as leave, after a fatal signal, unless it was let in meanwhile
//
// So who asked first goes first among those that conflict, and nobody starves. A
// reader behind a writer that waits, waits.
//
// # Fields
//
//	field        written under                  read under
//	vm_mm        Alloc                          either lock
//	vm_start,    range write + mmap write       range or mmap_lock
//	vm_end,
//	vm_flags,
//	vm_pgoff
//	anon_vma     nil to set: mmap read          range or mmap_lock
//	             + AnonLock
//	page table   range, its own locks           the same
//	tables'      mmap_lock (FreeTables), of     the same
//	freeing      a range that nobody can find
//	index        mmap write                     nothing
//	the tree     guard                          guard
//	state        its task, under the guard; by  its task
//	             a leaver that took it to 0
//
// A fault reads only flags and anon_vma of its VMA. Who reads a neighbour, to
// merge or to share its anon_vma, holds mmap_lock.
//
// # Lock order
//
// A range, then mmap_lock, then page-table locks; guard last, alone. One range a
// task. mmap_lock's holder never waits for a range.
//
// # Ordering
//
//	O1  guard's release -> its acquire: what a holder did is seen by all who come later
//	O2  state, release in wake -> acquire in awaitSlow: by who waited
//	O3  state, CAS to asleep -> swap to granted: who may sleep is woken
//	O4  the index: mm.Index's edit -> a reader that finds it
//
// # Permitted errors
//
// EINTR where a range, or mmap_lock within, is waited for killably: all but
// madvise of pages, userfaultfd's move, Peek and Exit. A munmap or an mmap over
// something that is killed while it waits for mmap_lock has dropped the pages
// already; the mappings stand, and the process is dying. A fault counts SUCCESS
// where it ends under its range, RETRY where it starts again, and ABORT (no VMA)
// and MmapRead where it finds nothing.
//
// # Cost
//
//	operation                        read-modify-writes    lines written
//	fault, nobody beside it          2 (guard, twice)      the lock's, the node's two
//	fault, n ranges in the tree      the same              and some of the nodes on a path of about 2 log2 n
//	fault, a range in the way        3 more, and the wait  and the leaver's
//	mprotect, mmap, munmap           2 more than mmaponly's
//
// Every fault of every thread writes the lock's one line twice, as mmaponly's
// writes mmap_lock's, and holds it for as long as the tree takes. 152 bytes a VMA,
// 128 an address space, 128 a task.
//
// # Where it wins and where it loses
//
// It lets changes of mappings apart from each other, and faults beside them, go on
// together, which mmaponly does not, and changes beside changes, which no VMA lock
// does: those serialise on mmap_lock for the whole of an operation, this one for
// the index alone. It pays with the guard: faults that conflict with nobody still
// meet there, one after the other, twice each, while the tree is changed on lines
// that the one before had.
//
// So it comes out. On two CPUs (results/reference/figures) it is ahead of mmaponly in
// mprotect apart, in short-lived threads' stacks and in the start of an application;
// in mixed with a tenth or a half of writers no difference shows, and modelled on 4 to
// 16 CPUs it is ahead there too. It is behind where nearly all are faults, by a sixth on
// one CPU, to a quarter of mmaponly's throughput on two, by more the more there are. The
// VMA locks are ahead of it wherever faults count. Its throughput is at its best at
// about 4 CPUs and falls from there: the guard is then all that is seen, which is
// what Kogan, Dice and Issa found of such locks. Of changes, worst is what takes everything
// (mmap1): first come, first served is then a queue of sleepers, where mmap_lock's
// writers overtake those that sleep; and overlapping writers, where each that leaves
// has a number to take down in all that wait.
//
// # Differences from Bueso's patches
//
//   - A treap where they have the kernel's interval tree of red-black trees; and a
//     node knows how far the writers below it reach, so that a reader among readers
//     looks at none of them.
//   - A node lies in the task, not on its stack. Waiting spins first, for a fixed
//     number of turns, and does not ask whether a holder sleeps.
//   - They put the range lock in mmap_sem's place and took the full range
//     everywhere, as the worst case. Here mmap_lock stays, for the index: a maple
//     tree has one writer.
//
// # Differences from Kogan, Dice and Issa
//
//   - Their list without a lock (a CAS to come in, a mark to leave) is not modelled:
//     it does away with the guard, and not with the one line that all write to.
//   - They narrow the ranges of faults and of mprotect, which speculates that bounds
//     move and no more, with its VMA and a page on each side locked; all else takes
//     everything. Here every change of a known range is narrow, and takes
//     neighbours as a whole: a VMA that is joined with another goes back to its
//     slab at once.
//
// # What it cannot do
//
// Two ranges at once. Downgrade. Tell a fault that somebody is in the way without
// making it wait: there is no fallback, so RETRY is its page's alone.
package rangelock
