// Code generated from variants/rwsem by make designs. DO NOT EDIT.

// Package rwsemmin is variants/rwsem, line by line, but for the layout of the VMA:
// without the fields that a defconfig kernel lacks.
//
// # Protocol
//
// That of variants/rwsem.
//
// # State table
//
// That of variants/rwsem.
//
// # Fields
//
// That of variants/rwsem.
//
// # Lock order
//
// That of variants/rwsem.
//
// # Ordering
//
// That of variants/rwsem.
//
// # Permitted errors
//
// That of variants/rwsem.
//
// # Cost
//
// The read-modify-writes of variants/rwsem. 160 bytes a VMA, 25 in a 4 KiB page; which lines
// they fall on is what is compared.
//
// # Differences from Linux
//
// Those of variants/rwsem, and the layout.
package rwsemmin
