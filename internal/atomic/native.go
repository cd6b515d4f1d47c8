//go:build !vmasim

package atomic

import stdatomic "sync/atomic"

// Simulated is true in the build whose accesses an Engine can see. Nothing
// that was measured in such a build is a measurement.
const Simulated = false

// Checking is true where Assert conditions are evaluated. It is a constant so
// that an ordinary build drops the condition and its loads.
const Checking = false

type (
	Bool           = stdatomic.Bool
	Int32          = stdatomic.Int32
	Int64          = stdatomic.Int64
	Uint32         = stdatomic.Uint32
	Uint64         = stdatomic.Uint64
	Pointer[T any] = stdatomic.Pointer[T]
)

func LoadRelaxed32(x *Uint32) uint32                          { return x.Load() }
func LoadAcquire32(x *Uint32) uint32                          { return x.Load() }
func StoreRelease32(x *Uint32, v uint32)                      { x.Store(v) }
func AddRelaxed32(x *Uint32, d uint32) uint32                 { return x.Add(d) }
func AddAcquire32(x *Uint32, d uint32) uint32                 { return x.Add(d) }
func AddRelease32(x *Uint32, d uint32) uint32                 { return x.Add(d) }
func CompareAndSwapRelaxed32(x *Uint32, old, new uint32) bool { return x.CompareAndSwap(old, new) }
func CompareAndSwapAcquire32(x *Uint32, old, new uint32) bool { return x.CompareAndSwap(old, new) }
func CompareAndSwapRelease32(x *Uint32, old, new uint32) bool { return x.CompareAndSwap(old, new) }
func LoadRelaxed64(x *Int64) int64                            { return x.Load() }
func LoadAcquire64(x *Int64) int64                            { return x.Load() }
func StoreRelease64(x *Int64, v int64)                        { x.Store(v) }
func AddRelaxed64(x *Int64, d int64) int64                    { return x.Add(d) }
func AddAcquire64(x *Int64, d int64) int64                    { return x.Add(d) }
func AddRelease64(x *Int64, d int64) int64                    { return x.Add(d) }
func CompareAndSwapAcquire64(x *Int64, old, new int64) bool   { return x.CompareAndSwap(old, new) }
func CompareAndSwapRelaxed64(x *Int64, old, new int64) bool   { return x.CompareAndSwap(old, new) }
func LoadRelaxedPointer[T any](x *Pointer[T]) *T              { return x.Load() }
func LoadAcquirePointer[T any](x *Pointer[T]) *T              { return x.Load() }
func StoreReleasePointer[T any](x *Pointer[T], v *T)          { x.Store(v) }

// Cell holds plain data that a lock protects. In the ordinary build it is a
// field like any other; an engine sees each access and reports a data race.
type Cell[T any] struct{ v T }

func (c *Cell[T]) Get() T  { return c.v }
func (c *Cell[T]) Set(v T) { c.v = v }

// Assert documents a condition that holds here. Guard it with Checking when
// the condition itself loads shared memory.
func Assert(bool, string) {}

// holdsPreemption, lockInOneStep and unlockInOneStep are for engines.
func holdsPreemption(int) {}

func lockInOneStep(*Task, *Uint32) bool { return false }

func unlockInOneStep(*Uint32) bool { return false }

// Free says that the object at p is dead: an access to it before Reuse is a
// use after free. Natively memory is the collector's business.
func Free[T any](*T) {}

// Reuse says that the object at p lives again.
func Reuse[T any](*T) {}

// Name gives the object at p the name under which engines print its fields.
func Name[T any](*T, string) {}

// Kind says of what kind the object at p is, to engines that add up what lines of
// memory cost.
func Kind[T any](*T, string) {}
