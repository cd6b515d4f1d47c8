// Package plots draws a run: charts as PNG and SVG files, one HTML page, a
// Markdown summary, parts of a README, a static site of several runs.
//
// There is one chart model (Figure, Panel, Series, Row) and one painter; it
// draws on a gonum/plot canvas for files and on an SVG writer for the page, so
// a chart looks the same in both. Everything is a function of the run folder:
// the same folder gives the same bytes. What may be concluded is decided in
// results; nothing here has a threshold of its own.
//
// Conventions, in every chart: a design has one colour, one marker and one
// dash; bands and whiskers are 95 % intervals over trials; hollow marks are
// oversubscribed (GOMAXPROCS above CPUs, on a shaded ground, or goroutines above
// GOMAXPROCS); what a model computed is dotted on hatched ground and says
// "modelled"; a title claims what has a verdict or an interval; a chart without
// data says what is missing. The list in figures.go is the order of the page: a
// new figure is a function there and a name in the list below.
//
// # Figures
//
//	overview        each design over the baseline, alone and with all CPUs
//	throughput      operations/s against GOMAXPROCS, with the ideal line
//	relative        the same over a baseline, once for each design as baseline
//	cpu             CPU time per operation against GOMAXPROCS
//	single          cost of every operation with one worker
//	oversubscribed  what more threads than CPUs, and more goroutines than
//	                GOMAXPROCS, leave of the throughput
//	sharing         disjoint, pipelined and global sharing
//	hot             one hot VMA against a VMA for each worker
//	vmas            time against the number of VMAs, of a fork too
//	mix             faults beside 0 to 50 % mappers: rate, aborts, fallbacks
//	fork, mprotect, applications   those workloads
//	roles           readers and mappers apart
//	fairness        Jain's index and slowest over fastest worker
//	latency         faults by percentile, beside the idle loop
//	load            p50 and p99 against offered load
//	writers         how long writers wait, by percentile
//	events          SUCCESS, ABORT by cause, RETRY, MISS
//	waits           spins, parks, wakes
//	footprint       bytes a VMA by part
//	layout, place   structs by cache line; the place of the lock and its cost
//	peers           controls and the running kernel beside the designs
//	shape           the running kernel's response beside its model's
//	law             universal scalability law with its residuals
//	modelled, modelled-cost, lines, published, ablation, published-latency,
//	sensitivity     the simulator's rates, its latencies and fallbacks, the cache
//	                lines it waits for, its errors in rates, its components, its
//	                errors in latencies, its parameters
//	guard, stability, selftest   disturbed trials; drift and warm-up; false
//	                alarms, smallest effect, broken subjects
//	check           the model checker's verdicts, by design
package plots
