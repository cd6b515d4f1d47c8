// Package trace holds what a real process did to its address space, and does
// it again to any design: the mappings it began with, its calls and faults in
// order with their times and threads, and the mappings it ended with.
//
// A trace is made from the output of strace or perf trace (ParseStrace,
// ParsePerf) and kept as text (Write, Read), gzipped or not. Play performs it
// on a VMM. Since the last mappings are in the trace, a replay can be checked:
// Diff says where two address spaces differ.
//
// # Format
//
//	vmabench trace 1
//	command python3 -c pass
//	initial
//	555555554000-555555556000 r--p file1+0x0
//	ops
//	0.000412 0 mmap 7ffff7fc0000 2000 rw-p
//	0.000560 0 mmap 7ffff7d00000 1e2000 r--p file2+0x0 fixed
//	0.001020 1 fault 7ffff7fc0010 write
//	0.001200 0 mprotect 7ffff7fc0000 1000 r-- = ENOMEM
//	final
//	...
//
// A line of ops has the seconds since the start, the thread (0 is the first),
// the call, and its result: an address where the kernel chose one, an error
// behind "=". Addresses and lengths are in hexadecimal bytes. Files are
// numbers: what they were is not kept.
//
// # What a replay leaves out
//
// Calls that failed are not made again. Addresses that the kernel chose are
// asked for. The heap's growth and shrinking is replayed as the mmap or munmap
// that it is, since the contract's heap lies at one place. A fork's child ends
// at once, and what children did is not in the trace. Advice that changes no
// page and no mapping of the contract is kept and not replayed.
package trace
