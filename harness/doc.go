// Package harness runs workloads against designs and measures them.
//
//	Config -> Plan -> one child process per trial -> results.Trial
//
// A trial is one (design, workload, layout, GOMAXPROCS, repetition) in a fresh
// process: set up, warm up, measure, check, report. The processes of the trials
// that are compared with each other are there at the same time and take turns,
// a slice each. Its measured time is cut
// into slices, and a slice in which a worker did not get its CPU does not
// count. Within a slice:
//
//	coordinator: collect garbage if much is due; let the workers go
//	workers:     meet at a spinning barrier; the last one reads the clock for all
//	             perform ops until worker 0 says stop
//	             stamp; go on performing ops until every worker has stamped
//	coordinator: judge the slice
//
// Worker 0 looks at the clock once in about 64 short ops and nobody else does,
// so a throughput trial has no clock per op. The workers are the GOMAXPROCS:
// while they run there is no P for anything else, and the coordinator sleeps.
// A slice is shorter than the 10 ms after which the runtime would preempt a
// worker, and between slices each worker has been through the scheduler, so
// that the preemption never falls into a slice.
//
// With TrialSpec.Goroutines the workers are plain goroutines, as many as that, and
// Go's scheduler gives them turns: slices are long against these, whoever runs ends
// them, and the guard judges the process (goroutines.go).
//
// On a machine that is never quiet, TrialSpec.FIFO runs the workers at a
// real-time priority and lets the machine rest for as long as each slice.
//
// The package knows no design: it is handed constructors.
package harness
