// Code generated from variants/refcount by make designs. DO NOT EDIT.

// Package line0 is variants/refcount, line by line, but for the layout of the VMA:
// vm_refcnt at 44, beside vm_lock_seq: two words that a fault needs anyhow, on a line that other
// faults of the VMA only read. The authors of 6.15 measured it at 6 to 10 % fewer faults from 12 threads up.
//
// # Protocol
//
// That of variants/refcount.
//
// # State table
//
// That of variants/refcount.
//
// # Fields
//
// That of variants/refcount.
//
// # Lock order
//
// That of variants/refcount.
//
// # Ordering
//
// That of variants/refcount.
//
// # Permitted errors
//
// That of variants/refcount.
//
// # Cost
//
// The read-modify-writes of variants/refcount. 192 bytes a VMA, 21 in a 4 KiB page; which lines
// they fall on is what is compared.
//
// # Differences from Linux
//
// Those of variants/refcount, and the layout.
package line0
