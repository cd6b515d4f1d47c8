// Package workload says what is done to an address space, as data: a Spec is
// roles, each a list of steps, over a layout of mappings. Compile turns a Spec
// into one stream of 8-byte operations per worker before any clock starts, the
// same for the same seed.
//
// A stream is a cycle and is legal at any moment: an operation that finds the
// address space in another state than its stream expects (a fault on a page
// that another worker has just unmapped) fails with the kernel's error, and
// the failure is an outcome that is counted.
//
// Words: an op is one call of the VMM; a stream is the ops of one worker; a
// step is a rule that ops are made from; a role is a list of steps; an arena
// is the mapping, or the room for one, that a worker has for itself.
package workload
