// Code generated from variants/refcount by make designs. DO NOT EDIT.

// Package collected is variants/refcount, line by line, but for the layout of the VMA:
// as in 6.15, but VMAs come from the Go heap and go to the collector.
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
package collected
