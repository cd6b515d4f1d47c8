package manycore

// Machine is the simulated machine: its CPUs and what memory costs on it.
// Times are nanoseconds. A Machine is data; a text file describes one (Parse).
type Machine struct {
	Name, Title string

	// Topology. CPU i is thread i%Threads of a core; cores fill a cluster (a
	// group that shares a last-level cache), clusters a socket.
	Sockets, Clusters, Cores, Threads int // clusters per socket, cores per cluster, threads per core

	// Spread places threads on the sockets in turns.
	Spread bool

	// Cost of an access to a line that the CPU may use as it is.
	LoadHit, StoreHit, RMWHit float64

	// Latency is what one CPU waits for a line when nobody else wants it, by
	// the distance of the cache that has it. Occupancy is how long the line is
	// busy with the hand-over, so that nobody else can be served: the service
	// time of a contended line is about Occupancy, not Latency.
	Latency, Occupancy [distances]float64
	// LLC is a load from the cluster's cache, DRAM one that no cache has.
	LLC, DRAM float64

	// Hold is half the longest time for which a core keeps a line that others
	// wait for: the local-first arbitration that makes contended service time
	// shorter than ping-pong latency.
	Hold float64

	// LocalFirst is the weight of the cluster that holds a contended line
	// against each other cluster that asks for it, when its owner gives it up.
	LocalFirst float64

	// SerialReads makes the line's home serve reads one by one. Otherwise a
	// cluster's cache fetches a line once for all of its CPUs that wait for it.
	SerialReads bool

	// AdjacentLine makes the prefetcher fetch lines in pairs of 128 bytes.
	AdjacentLine bool
	// BufferedStores lets relaxed and release stores retire through the store
	// buffer, as the kernel's do; otherwise every store is an XCHG, as Go's.
	BufferedStores bool

	// Pause is one turn of a spin loop.
	Pause float64
	// Park is what going to sleep costs the sleeper, Unpark what waking costs
	// the waker, Wake how long after that the sleeper runs.
	Park, Unpark, Wake float64
	// Quantum is the time slice where threads outnumber CPUs, Switch the cost
	// of a context switch.
	Quantum, Switch float64
	// PreemptEvery is the mean time between losses of a CPU to something outside,
	// from whoever holds no spin lock, PreemptFor the mean time for which it is
	// lost; 0 is never.
	PreemptEvery, PreemptFor float64
	// SMTWork is the factor by which work takes longer while the core's other
	// thread runs; 1 where there is none.
	SMTWork float64
	// Turbo is how much faster a core runs while no other core of its socket
	// does; the gain falls to nothing at TurboCores active cores. 0 is no turbo.
	Turbo, TurboCores float64
	// Bandwidth is what a socket's memory takes, in bytes a nanosecond (GB/s), of
	// the pages that its CPUs clear; 0 is no limit.
	Bandwidth float64
	// Jitter is the relative spread of work, so that CPUs do not march in step.
	Jitter float64
}

// Distance is how far apart two CPUs are.
type Distance uint8

const (
	SameCPU     Distance = iota
	SameCore             // another thread of the core
	SameCluster          // another core that shares the last-level cache
	SameSocket
	OtherSocket
	distances = iota
)

var distanceNames = [distances]string{"cpu", "core", "cluster", "socket", "remote"}

func (d Distance) String() string { return distanceNames[d] }

// CPUs returns the number of hardware threads.
func (m *Machine) CPUs() int { return m.Sockets * m.Clusters * m.Cores * m.Threads }

// CPU returns the hardware thread that the i-th simulated thread runs on:
// one thread of every core first, then the siblings. Cores are taken socket by
// socket, as a pinned benchmark fills a machine, or with Spread from all
// sockets in turns, as the scheduler's load balancer places unpinned threads.
func (m *Machine) CPU(i int) int {
	cores := m.CPUs() / m.Threads
	i %= m.CPUs()
	core := i % cores
	if m.Spread {
		core = core%m.Sockets*(cores/m.Sockets) + core/m.Sockets
	}
	return core*m.Threads + i/cores
}

// Distance returns how far apart CPUs a and b are.
func (m *Machine) Distance(a, b int) Distance {
	switch {
	case a == b:
		return SameCPU
	case a/m.Threads == b/m.Threads:
		return SameCore
	case a/(m.Threads*m.Cores) == b/(m.Threads*m.Cores):
		return SameCluster
	case a/(m.Threads*m.Cores*m.Clusters) == b/(m.Threads*m.Cores*m.Clusters):
		return SameSocket
	}
	return OtherSocket
}
