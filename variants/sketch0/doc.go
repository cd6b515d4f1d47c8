// Package sketch0 is variants/sketch without its corrections, one at a time and
// all together: it is wrong, it is known to be, and it is here so that the
// checker shows how. It is in no benchmark table. lock.go is that of
// variants/sketch but for the sentences below, each behind a flag: it is made
// from it.
//
// # Protocol
//
// That of variants/sketch, with sentences of the mail in place of their
// corrections:
//
//	design             the mail has                                what happens
//	sketch0            all of the following                        the first mmap hangs
//	sketch0-target     a writer waits for 0x80000002               a new VMA, not in the tree yet, makes
//	                                                               0x80000001: it hangs
//	sketch0-leak       a writer subtracts 0x80000000, and puts     there is no vma_end_write: its count
//	                   its count in vma_end_write                  leaks, the next writer hangs
//	sketch0-resurrect  a reader does fetch_inc                     it makes a detached VMA's 0 a 1, which
//	                                                               the next reader takes for the tree's
//	sketch0-put        detaching is the final put                  a reader on its way out still has a
//	                                                               count; another gets in beside the end
//
// The timelines are in docs/flaws.md.
//
// # State table
//
// That of variants/sketch, and the values that must not be: 1 or 2 of a VMA
// that is in no tree, 2 of one that nobody reads.
//
// # Fields
//
// Those of variants/sketch.
//
// # Lock order
//
// That of variants/sketch.
//
// # Ordering
//
// That of variants/sketch.
//
// # Permitted errors
//
// None that would help.
//
// # Cost
//
// Not measured. With fetch_inc a reader has one addition where variants/sketch
// has a load and an exchange.
//
// # Differences from Linux
//
// It was never merged. The comparison of vm_mm, which the mail leaves to the
// lookup, is where variants/sketch has it.
package sketch0
