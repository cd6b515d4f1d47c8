// Package targets measures how close the designs, the index and the harness are
// to what the machine allows: each target is a ratio of two things measured
// side by side, with the bounds within which it is excellent and beyond which
// something is broken.
//
//	round:    slice of A, slice of B   (the next round: B, A)
//	slice:    pinned threads meet at a spinning barrier, work for some
//	          milliseconds, stamp; they go on until all have stamped
//	ratio:    median over the rounds of A/B, with the interval of order statistics
//
// A slice counts only if each thread that did not sleep had its CPU for 98.5 %
// of it; one that does not count is repeated, a bounded number of times. What
// a target needs beside its subject (a bare pair of atomic operations, a fault
// without a lock, an index that copies paths) is here or beside the subject.
package targets
