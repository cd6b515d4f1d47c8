// Package vmmtest is the one conformance suite that every design under test
// has to pass. It knows a design only through package vmm.
//
// Reading order:
//
//	model.go    what every operation must do: a map from page to its kind
//	op.go       operations as values, script.go as text
//	gen.go      seeded scripts; shrink.go makes a failing one short
//	replay.go   a script on a design and on the model, side by side
//	golden.go   the scripts in testdata, the same for all designs
//	crew.go     many tasks at once under a watchdog
//	disjoint.go shared.go forks.go sharing.go
//	            what such tasks do, each against what it knows for certain
//	linear.go   small concurrent histories, checked for linearizability
//	check.go    the list of all checks: CheckDesign for a command, Run for a test
//	dumb.go     the model behind one lock, as a design: the suite's own subject
//	broken.go   designs that are wrong on purpose, and what must catch them
//
// With -tags vmasim also
//
//	sched_vmasim.go    threads that stop in front of a chosen access
//	sim_vmasim.go      worlds of such threads, waiters that are killed, assertions
//	states_vmasim.go   the tables of what excludes what
//	events_vmasim.go   a way to every lock event; the rules no table holds
//	fields_vmasim.go   the kernel's field table, at each access
//	preempt_vmasim.go  every operation stopped everywhere, another beside it
//
// A check reports Violations. Each has a Kind, so that a subject that is broken
// on purpose is not only caught but named.
package vmmtest
