// Package kernels runs real Linux kernels under an emulator and keeps what they
// do to VMAs: how many bytes one takes, how many instructions each operation.
// The models are held against it.
//
// Open finds Debian's packages through the machine's own apt, in a private
// state, and unpacks them into a cache folder: no root, nothing installed.
// A Machine boots one of the kernels with package guest as its only process,
// which measures and prints benchmark lines. Exact and Compare keep them as a
// golden file by kernel, emulator and options.
//
// No figure is a time. An emulator's clock says nothing about a machine's, but
// the instructions that a kernel executes are the same in it, one for one.
package kernels
