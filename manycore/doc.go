// Package manycore runs the source of the locks on a simulated machine of many
// CPUs (build tag vmasim) and says what it would cost there. Its figures are
// modelled, never measured, and are marked so wherever they go.
//
// # The model
//
// A simulated thread is a coroutine on a CPU. The thread with the smallest time
// runs; it may run ahead while it only touches what its cache holds and nobody
// can have taken that from it by then. A run is a function of the machine, the
// case and the seed, bit for bit.
//
// Memory is the real memory of the locks, in lines of 64 bytes at the offsets
// of the real structs. A line is in one of these states:
//
//	state     owner  sharers  read by another CPU         write by another CPU
//	memory    none   none     DRAM, then shared           DRAM, then owned
//	shared    none   some     LLC or the nearest copy     invalidates the farthest copy
//	owned     one    none     from the owner, then shared from the owner, then owned
//
// A request for a free line waits Latency, by the distance between the CPUs: the
// core, the cluster that shares a cache, the socket, another socket. A request for a
// busy line waits in the line's queue and is served in Occupancy, since the way
// of the message overlaps with waiting: ping-pong latency is not the service
// time of a contended line. Two parameters shape the queue: an owner keeps
// the line for a random time of Hold on average before it serves others, and
// the cluster that has it is served first with weight LocalFirst. Reads of a
// cluster that wait together are served by one fetch, then one by one. A locked operation blocks its core; a
// relaxed or release store may retire through the store buffer.
//
// Threads beyond the CPUs take turns of a Quantum; a thread that waits for a
// line to change wakes when it is written, and gives up its CPU at the end of
// its slice if others want it. Park, Unpark and Wake are sleeping. PreemptEvery
// takes a CPU away. Who holds a spin lock or waits for one keeps its CPU, as in the
// kernel.
//
// A spin lock is the kernel's queued one (spinlock.go): a hand-over moves a few lines,
// however many wait.
//
// A fault also pays for what else it shares in a kernel (Shared): the zone and
// LRU locks and counters, at the kernel's batch sizes. Page-table locks are in the
// source of the address space itself.
//
// # What it can say, and what not
//
// It can say which line a design waits for, how often that line moves, where
// throughput bends and which of two designs bends first. It says nothing about
// weak memory orders, about NUMA placement of memory, TLB shootdowns, and garbage
// collection. Bandwidth is that of cleared pages alone. Sibling threads have caches
// of their own, at the cost of a near hand-over. A locked operation does not wait
// for the store buffer to drain. Lines are never evicted for want of room. A thread
// may see a line that nobody queues for as it was up to one message ago.
//
// # Where parameters come from
//
// A parameter is a published or measured figure, or a guess that says so. Only
// contended counters, core-to-core latencies and burst costs are fitted to
// (Counters, PingPongs, Bursts; `vmalab calibrate` prints every error). A
// machine without a published counter takes the median Hold and LocalFirst of
// those that have one. That rule is a choice, and it matters: the published
// table of faults (RateTables) comes out with a gain several times larger or
// half as large under the arbitration of another machine. So the table is
// printed with the gain under each (Arbitrations), and that band, not the row of
// the median, is what the model knows about the size. What holds over the whole
// band is that the gain is small up to 7 threads and positive from 21 on.
//
// Nothing is fitted to the table, with one exception that is no prediction: Work
// and Clear, the time of a fault that no lock takes part in, are what its first
// row leaves. Fitting more to eight rows would make them agree and say nothing.
// A saturated lock line is served too fast, by up to half; of all components only
// LocalFirst can be to blame (Ablation), and with none the rates agree. On the one
// machine where a lock's own curve is published (ReadLocks) LocalFirst is right.
//
// # Writing a machine
//
// A machine is a text file, `name value # source` on each line, times in
// nanoseconds; the source is mandatory, and "guess" is one. Start from a preset
// in machines/ or from this host:
//
//	vmalab calibrate -host my.machine
//	vmalab calibrate -params my.machine
//	vmalab simulate -machine my.machine
//
// CPUs are sockets x clusters x cores x threads. latency.X and occupancy.X want a
// value for core, cluster, socket and remote, also where the machine has no such
// pair. rmw-hit, the ping-pong latencies and one contended counter are what
// matters most: fit Hold to the counter.
package manycore
