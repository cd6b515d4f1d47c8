// Code generated from variants/refcount by make designs. DO NOT EDIT.

// Package ownline is variants/refcount, line by line, but for the layout of the VMA:
// vm_refcnt at 192, alone on a line of its own, as the rw_semaphore was in the first patch of the series.
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
package ownline
