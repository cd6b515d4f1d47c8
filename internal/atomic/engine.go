//go:build vmasim

package atomic

import "unsafe"

// Simulated is true in the build whose accesses an Engine can see. Nothing
// that was measured in such a build is a measurement.
const Simulated = true

// Checking is true where Assert conditions are evaluated.
const Checking = true

// Op is what an access does.
type Op uint8

const (
	OpLoad  Op = iota
	OpStore    // new = x
	OpAdd      // new = old + x
	OpSwap     // new = x
	OpCAS      // new = y if old == x
	OpAnd      // new = old & x
	OpOr       // new = old | x
)

// String returns the verb that a trace prints.
func (o Op) String() string {
	return [...]string{"load", "store", "add", "swap", "cas", "and", "or"}[o]
}

// Writes reports whether the access may change memory.
func (o Op) Writes() bool { return o != OpLoad }

// RMW reports whether the access is one atomic read-modify-write.
func (o Op) RMW() bool { return o >= OpAdd }

// Order is the ordering an access asks for, as in C11.
type Order uint8

const (
	Relaxed Order = iota
	Acquire
	Release
	AcqRel
	SeqCst
)

// String returns C11's name of the order.
func (o Order) String() string {
	return [...]string{"relaxed", "acquire", "release", "acq_rel", "seq_cst"}[o]
}

// Engine runs simulated threads and sees all that they share. Its methods are
// called on the stack of the simulated thread that performs the access; an
// engine switches threads inside them. Exactly one simulated thread runs at a
// time, so an engine needs no locking of its own.
//
// An engine performs each access itself, by Apply or ApplyPointer or by
// returning an older value (weak memory).
type Engine interface {
	// Word performs an access to an integer of size 1, 4 or 8 bytes at p.
	// It returns the value before, and for OpCAS whether it was exchanged.
	Word(op Op, ord Order, p unsafe.Pointer, size uintptr, x, y uint64) (old uint64, ok bool)
	// Pointer performs an access to a pointer variable.
	Pointer(op Op, ord Order, p *unsafe.Pointer, x, y unsafe.Pointer) (old unsafe.Pointer, ok bool)
	// Plain is told of an access to plain data (a Cell), before it happens.
	Plain(p unsafe.Pointer, size uintptr, write bool)

	// Current returns the running simulated thread's task, nil outside.
	Current() *Task
	// Park blocks t until Unpark has left a token (sticky, one at most), at
	// most ns nanoseconds of simulated time if ns > 0; false on timeout.
	Park(t *Task, ns int64) bool
	Unpark(t *Task)
	// Pause is one turn of a bounded waiting loop, Until an unbounded await,
	// Yield an offer of the CPU.
	Pause(t *Task)
	Until(t *Task, cond func() bool)
	Yield()

	Now() int64
	Work(ns int64)

	// Free, Reuse and Name follow an object's life. typ is a value of type
	// *T, so that field names can be had by reflection.
	Free(p unsafe.Pointer, size uintptr)
	Reuse(p unsafe.Pointer, size uintptr)
	Name(p unsafe.Pointer, size uintptr, typ any, name string)

	// RCU sections and deferred calls of one domain.
	RCULock(r *RCU, t *Task)
	RCUUnlock(r *RCU, t *Task)
	RCUDefer(r *RCU, t *Task, run func(*Task, any), arg any)
	RCUSynchronize(r *RCU, t *Task)

	// Assert is called with the failed assertion's text; it does not return
	// to the caller in an engine that ends the execution there.
	Assert(msg string)
}

// engine is the one that runs, or nil. One engine runs at a time in a process.
var engine Engine

// Run makes e the engine while f runs. The caller is the engine's own loop.
func Run(e Engine, f func()) {
	if engine != nil {
		panic("atomic: an engine is running already")
	}
	engine = e
	defer func() { engine = nil }()
	f()
}

// Running reports whether an engine is in charge.
func Running() bool { return engine != nil }

// Apply performs an integer access for an engine, with no ordering of its own:
// engines run one simulated thread at a time.
func Apply(op Op, p unsafe.Pointer, size uintptr, x, y uint64) (old, new uint64, ok bool) {
	switch size {
	case 1:
		old = uint64(*(*uint8)(p))
	case 4:
		old = uint64(*(*uint32)(p))
	default:
		old = *(*uint64)(p)
	}
	new, ok = apply(op, old, x, y)
	if !ok || op == OpLoad {
		return old, old, ok
	}
	switch size {
	case 1:
		*(*uint8)(p) = uint8(new)
		new = uint64(uint8(new))
	case 4:
		*(*uint32)(p) = uint32(new)
		new = uint64(uint32(new))
	default:
		*(*uint64)(p) = new
	}
	return old, new, true
}

func apply(op Op, old, x, y uint64) (uint64, bool) {
	switch op {
	case OpStore, OpSwap:
		return x, true
	case OpAdd:
		return old + x, true
	case OpCAS:
		return y, old == x
	case OpAnd:
		return old & x, true
	case OpOr:
		return old | x, true
	}
	return old, true
}

// ApplyPointer performs a pointer access for an engine.
func ApplyPointer(op Op, p *unsafe.Pointer, x, y unsafe.Pointer) (old unsafe.Pointer, ok bool) {
	old = *p
	switch op {
	case OpStore, OpSwap:
		*p = x
	case OpCAS:
		if old != x {
			return old, false
		}
		*p = y
	}
	return old, true
}
