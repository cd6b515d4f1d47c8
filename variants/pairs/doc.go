// Code generated from variants/refcount by make designs. DO NOT EDIT.

// Package pairs is variants/refcount, line by line, but for the layout of the VMA:
// vm_refcnt at 128 as in 6.15, and a fourth line of nothing. With 192 bytes the count's line makes a
// 128-byte pair with the next VMA's first line, or with its own second; here it never does.
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
// The read-modify-writes of variants/refcount. 256 bytes a VMA, 16 in a 4 KiB page; which lines
// they fall on is what is compared.
//
// # Differences from Linux
//
// Those of variants/refcount, and the layout.
package pairs
