//go:build linux && amd64

// Guest is the first and only process of an emulated kernel: it measures, it
// prints lines of the Go benchmark format, and it powers the machine off. It is
// linked statically and is the only file of its initramfs.
//
// It knows no clock. Counts are of instructions (the time-stamp counter of an
// emulator that counts them), bytes (/proc/slabinfo), or are taken by a plugin
// of the emulator that it tells when to begin and to end.
package main
