package manycore

// Published measurements that machines are calibrated against: the only data
// that a parameter may be fitted to.

// Point is one row of a published table: a number of CPUs and nanoseconds.
type Point struct {
	CPUs int
	NS   float64
}

// Published is a table with where it is from.
type Published struct {
	Machine, What, Source string
	Points                []Point
}

// Counters are contended counters: every CPU adds to one word in a loop;
// nanoseconds an add on each CPU.
var Counters = []Published{
	{"skylake-8s", "contended atomic increment, ns per increment per CPU",
		"perfbook (P. McKenney), raw data of the 448-thread Xeon Platinum 8176",
		[]Point{{1, 4.83}, {2, 63.9}, {4, 113}, {8, 203}, {16, 372}, {28, 624}, {56, 1325}, {112, 3206}, {224, 7064}, {320, 11636}, {420, 14820}}},
	{"milan-vm", "contended atomic increment, ns per increment per CPU",
		"perfbook (P. McKenney), raw data of the EPYC Milan virtual machine",
		[]Point{{1, 2.53}, {2, 11.2}, {4, 24.9}, {8, 51.7}, {16, 115.5}, {32, 268}, {64, 584}, {96, 992}, {128, 1605}, {160, 2672}}},
	{"graviton2", "contended fetch-add, ns per add per CPU",
		"xsync counter benchmarks: 9.4 ns an add in total at 16 CPUs, 12.9 at 64",
		[]Point{{1, 5.3}, {16, 150}, {64, 826}}},
}

// PingPongs are core-to-core latencies, one way, by distance.
var PingPongs = []struct {
	Machine, Source string
	Distance        Distance
	NS              float64
}{
	{"broadwell-2s", "core-to-core-latency, Xeon E5-2695 v4", SameCore, 7.6},
	{"broadwell-2s", "core-to-core-latency, Xeon E5-2695 v4", SameCluster, 44},
	{"broadwell-2s", "core-to-core-latency, Xeon E5-2695 v4", OtherSocket, 118},
	{"icelake-2s", "core-to-core-latency, Xeon 8375C", SameCore, 8.1},
	{"icelake-2s", "core-to-core-latency, Xeon 8375C", SameCluster, 51},
	{"icelake-2s", "core-to-core-latency, Xeon 8375C", OtherSocket, 108},
	{"milan-2s", "core-to-core-latency, EPYC 7R13", SameCore, 9.8},
	{"milan-2s", "core-to-core-latency, EPYC 7R13", SameCluster, 23},
	{"milan-2s", "core-to-core-latency, EPYC 7R13", SameSocket, 107},
	{"milan-2s", "core-to-core-latency, EPYC 7R13", OtherSocket, 197},
	{"rome-2s", "core-to-core-latency, EPYC 7742", SameCluster, 30},
	{"rome-2s", "core-to-core-latency, EPYC 7742", SameSocket, 120},
	{"rome-2s", "core-to-core-latency, EPYC 7742", OtherSocket, 261},
	{"graviton2", "core-to-core-latency, Graviton2", SameCluster, 47},
	{"milan-vm", "core-to-core-latency, EPYC 7R13", SameCluster, 23},
	{"milan-vm", "core-to-core-latency, EPYC 7R13", SameSocket, 107},
	{"milan-vm", "core-to-core-latency, EPYC 7R13", OtherSocket, 197},
	{"skylake-8s", "perfbook, Xeon Platinum 8176, blind compare-and-swap", SameCore, 7.2},
	{"skylake-8s", "perfbook, Xeon Platinum 8176, blind compare-and-swap", SameCluster, 47.5},
	{"skylake-8s", "perfbook, Xeon Platinum 8176, blind compare-and-swap", OtherSocket, 148.8},
	{"skylake-2s", "core-to-core-latency, Xeon Gold 6242 (Cascade Lake)", SameCore, 7.5},
	{"skylake-2s", "core-to-core-latency, Xeon Gold 6242 (Cascade Lake)", SameCluster, 48},
	{"skylake-2s", "core-to-core-latency, Xeon Gold 6242 (Cascade Lake)", OtherSocket, 136},
}

// Bursts are the costs of one access by all CPUs at once: the mean wait in
// nanoseconds (published in cycles, here at 2.4 GHz).
var Bursts = []Published{
	{"westmere-8s", "all CPUs write one line at once, mean ns", "scalable-locking measurements of an 80-core Xeon E7-8870",
		cycles(2.4, Point{1, 30}, Point{2, 135}, Point{4, 200}, Point{8, 396}, Point{10, 493}, Point{12, 1159}, Point{20, 2881}, Point{30, 6685}, Point{40, 10069}, Point{60, 17674}, Point{80, 24045})},
	{"istanbul-8s", "all CPUs write one line at once, mean ns", "scalable-locking measurements of a 48-core Opteron 8431",
		cycles(2.4, Point{1, 22}, Point{2, 120}, Point{6, 350}, Point{12, 1058}, Point{24, 2944}, Point{36, 5358}, Point{48, 8105})},
}

// ReadBursts are bursts in which one CPU has written the line and all the others
// read it at once: the mean wait of a reader in nanoseconds. Points count all the
// CPUs, the writer too. Nothing is fitted to them.
var ReadBursts = []Published{
	{"westmere-8s", "one CPU wrote, all others read at once, mean ns", "scalable-locking measurements of an 80-core Xeon E7-8870",
		cycles(2.4, Point{2, 90}, Point{10, 247}, Point{12, 685}, Point{20, 796}, Point{40, 1640}, Point{60, 2460}, Point{80, 3368})},
	{"istanbul-8s", "one CPU wrote, all others read at once, mean ns", "scalable-locking measurements of a 48-core Opteron 8431",
		cycles(2.4, Point{2, 87}, Point{6, 374}, Point{12, 1031}, Point{24, 2603}, Point{48, 7087})},
}

// ReadLocks are locks that every CPU takes and releases for reading in a loop: the
// nanoseconds of a pair on each CPU, which is the pair of one CPU over the published
// efficiency. Nothing is fitted to them.
var ReadLocks = []Published{
	{"skylake-8s", "read lock and unlock of a pthread rwlock, ns a pair per CPU",
		"perfbook (P. McKenney), the 448-thread Xeon Platinum 8176: efficiency against one CPU, whose lock pair takes 15.4 ns",
		pairs(15.4, Point{2, .173}, Point{4, .033}, Point{8, .024}, Point{16, .0135}, Point{32, .0060}, Point{64, .0024}, Point{128, .00098}, Point{256, .00045})},
}

func pairs(ns float64, p ...Point) []Point {
	for i := range p {
		p[i].NS = ns / p[i].NS
	}
	return p
}

func cycles(ghz float64, p ...Point) []Point {
	for i := range p {
		p[i].NS /= ghz
	}
	return p
}
