//go:build vmasim

package atomic

import (
	stdatomic "sync/atomic"
	"unsafe"
)

// align64 gives 8-byte alignment on 32-bit machines, as sync/atomic has it.
type align64 [0]stdatomic.Int64

// word performs an integer access by the engine, or by sync/atomic when none
// runs (ordinary tests under the tag).
func word(op Op, ord Order, p unsafe.Pointer, size uintptr, x uint64) uint64 {
	if e := engine; e != nil {
		old, _ := e.Word(op, ord, p, size, x, 0)
		return old
	}
	if size == 8 {
		return native64((*uint64)(p), op, x)
	}
	return uint64(native32((*uint32)(p), op, uint32(x)))
}

func cas(ord Order, p unsafe.Pointer, size uintptr, old, new uint64) bool {
	if size == 4 {
		old, new = uint64(uint32(old)), uint64(uint32(new))
	}
	if e := engine; e != nil {
		_, ok := e.Word(OpCAS, ord, p, size, old, new)
		return ok
	}
	if size == 8 {
		return stdatomic.CompareAndSwapUint64((*uint64)(p), old, new)
	}
	return stdatomic.CompareAndSwapUint32((*uint32)(p), uint32(old), uint32(new))
}

func native64(p *uint64, op Op, x uint64) uint64 {
	switch op {
	case OpLoad:
		return stdatomic.LoadUint64(p)
	case OpStore:
		stdatomic.StoreUint64(p, x)
		return 0
	case OpAdd:
		return stdatomic.AddUint64(p, x) - x
	case OpAnd:
		return stdatomic.AndUint64(p, x)
	case OpOr:
		return stdatomic.OrUint64(p, x)
	}
	return stdatomic.SwapUint64(p, x)
}

func native32(p *uint32, op Op, x uint32) uint32 {
	switch op {
	case OpLoad:
		return stdatomic.LoadUint32(p)
	case OpStore:
		stdatomic.StoreUint32(p, x)
		return 0
	case OpAdd:
		return stdatomic.AddUint32(p, x) - x
	case OpAnd:
		return stdatomic.AndUint32(p, x)
	case OpOr:
		return stdatomic.OrUint32(p, x)
	}
	return stdatomic.SwapUint32(p, x)
}

// Int32 is sync/atomic's Int32, seen by the engine.
type Int32 struct {
	v int32
}

func (x *Int32) Load() int32       { return x.load(SeqCst) }
func (x *Int32) Store(v int32)     { x.store(SeqCst, v) }
func (x *Int32) Add(d int32) int32 { return x.add(SeqCst, d) }
func (x *Int32) Swap(v int32) int32 {
	return int32(word(OpSwap, SeqCst, unsafe.Pointer(&x.v), 4, uint64(v)))
}
func (x *Int32) And(v int32) int32 {
	return int32(word(OpAnd, SeqCst, unsafe.Pointer(&x.v), 4, uint64(v)))
}
func (x *Int32) Or(v int32) int32 {
	return int32(word(OpOr, SeqCst, unsafe.Pointer(&x.v), 4, uint64(v)))
}
func (x *Int32) CompareAndSwap(old, new int32) bool { return x.cas(SeqCst, old, new) }

func (x *Int32) load(o Order) int32 {
	return int32(word(OpLoad, o, unsafe.Pointer(&x.v), 4, 0))
}
func (x *Int32) store(o Order, v int32) {
	word(OpStore, o, unsafe.Pointer(&x.v), 4, uint64(v))
}
func (x *Int32) add(o Order, d int32) int32 {
	return int32(word(OpAdd, o, unsafe.Pointer(&x.v), 4, uint64(d))) + d
}
func (x *Int32) cas(o Order, old, new int32) bool {
	return cas(o, unsafe.Pointer(&x.v), 4, uint64(old), uint64(new))
}

// Int64 is sync/atomic's Int64, seen by the engine.
type Int64 struct {
	_ align64
	v int64
}

func (x *Int64) Load() int64       { return x.load(SeqCst) }
func (x *Int64) Store(v int64)     { x.store(SeqCst, v) }
func (x *Int64) Add(d int64) int64 { return x.add(SeqCst, d) }
func (x *Int64) Swap(v int64) int64 {
	return int64(word(OpSwap, SeqCst, unsafe.Pointer(&x.v), 8, uint64(v)))
}
func (x *Int64) And(v int64) int64 {
	return int64(word(OpAnd, SeqCst, unsafe.Pointer(&x.v), 8, uint64(v)))
}
func (x *Int64) Or(v int64) int64 {
	return int64(word(OpOr, SeqCst, unsafe.Pointer(&x.v), 8, uint64(v)))
}
func (x *Int64) CompareAndSwap(old, new int64) bool { return x.cas(SeqCst, old, new) }

func (x *Int64) load(o Order) int64 {
	return int64(word(OpLoad, o, unsafe.Pointer(&x.v), 8, 0))
}
func (x *Int64) store(o Order, v int64) {
	word(OpStore, o, unsafe.Pointer(&x.v), 8, uint64(v))
}
func (x *Int64) add(o Order, d int64) int64 {
	return int64(word(OpAdd, o, unsafe.Pointer(&x.v), 8, uint64(d))) + d
}
func (x *Int64) cas(o Order, old, new int64) bool {
	return cas(o, unsafe.Pointer(&x.v), 8, uint64(old), uint64(new))
}

// Uint32 is sync/atomic's Uint32, seen by the engine.
type Uint32 struct {
	v uint32
}

func (x *Uint32) Load() uint32        { return x.load(SeqCst) }
func (x *Uint32) Store(v uint32)      { x.store(SeqCst, v) }
func (x *Uint32) Add(d uint32) uint32 { return x.add(SeqCst, d) }
func (x *Uint32) Swap(v uint32) uint32 {
	return uint32(word(OpSwap, SeqCst, unsafe.Pointer(&x.v), 4, uint64(v)))
}
func (x *Uint32) And(v uint32) uint32 {
	return uint32(word(OpAnd, SeqCst, unsafe.Pointer(&x.v), 4, uint64(v)))
}
func (x *Uint32) Or(v uint32) uint32 {
	return uint32(word(OpOr, SeqCst, unsafe.Pointer(&x.v), 4, uint64(v)))
}
func (x *Uint32) CompareAndSwap(old, new uint32) bool { return x.cas(SeqCst, old, new) }

func (x *Uint32) load(o Order) uint32 {
	return uint32(word(OpLoad, o, unsafe.Pointer(&x.v), 4, 0))
}
func (x *Uint32) store(o Order, v uint32) {
	word(OpStore, o, unsafe.Pointer(&x.v), 4, uint64(v))
}
func (x *Uint32) add(o Order, d uint32) uint32 {
	return uint32(word(OpAdd, o, unsafe.Pointer(&x.v), 4, uint64(d))) + d
}
func (x *Uint32) cas(o Order, old, new uint32) bool {
	return cas(o, unsafe.Pointer(&x.v), 4, uint64(old), uint64(new))
}

// Uint64 is sync/atomic's Uint64, seen by the engine.
type Uint64 struct {
	_ align64
	v uint64
}

func (x *Uint64) Load() uint64        { return x.load(SeqCst) }
func (x *Uint64) Store(v uint64)      { x.store(SeqCst, v) }
func (x *Uint64) Add(d uint64) uint64 { return x.add(SeqCst, d) }
func (x *Uint64) Swap(v uint64) uint64 {
	return uint64(word(OpSwap, SeqCst, unsafe.Pointer(&x.v), 8, uint64(v)))
}
func (x *Uint64) And(v uint64) uint64 {
	return uint64(word(OpAnd, SeqCst, unsafe.Pointer(&x.v), 8, uint64(v)))
}
func (x *Uint64) Or(v uint64) uint64 {
	return uint64(word(OpOr, SeqCst, unsafe.Pointer(&x.v), 8, uint64(v)))
}
func (x *Uint64) CompareAndSwap(old, new uint64) bool { return x.cas(SeqCst, old, new) }

func (x *Uint64) load(o Order) uint64 {
	return uint64(word(OpLoad, o, unsafe.Pointer(&x.v), 8, 0))
}
func (x *Uint64) store(o Order, v uint64) {
	word(OpStore, o, unsafe.Pointer(&x.v), 8, uint64(v))
}
func (x *Uint64) add(o Order, d uint64) uint64 {
	return uint64(word(OpAdd, o, unsafe.Pointer(&x.v), 8, uint64(d))) + d
}
func (x *Uint64) cas(o Order, old, new uint64) bool {
	return cas(o, unsafe.Pointer(&x.v), 8, uint64(old), uint64(new))
}

// Bool is sync/atomic's Bool, seen by the engine.
type Bool struct{ v uint32 }

func (x *Bool) Load() bool   { return word(OpLoad, SeqCst, unsafe.Pointer(&x.v), 4, 0) != 0 }
func (x *Bool) Store(v bool) { word(OpStore, SeqCst, unsafe.Pointer(&x.v), 4, b64(v)) }
func (x *Bool) Swap(v bool) bool {
	return word(OpSwap, SeqCst, unsafe.Pointer(&x.v), 4, b64(v)) != 0
}
func (x *Bool) CompareAndSwap(old, new bool) bool {
	return cas(SeqCst, unsafe.Pointer(&x.v), 4, b64(old), b64(new))
}

func b64(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// Pointer is sync/atomic's Pointer, seen by the engine.
type Pointer[T any] struct {
	_ [0]*T
	v unsafe.Pointer
}

func (x *Pointer[T]) Load() *T   { return x.load(SeqCst) }
func (x *Pointer[T]) Store(v *T) { x.store(SeqCst, v) }
func (x *Pointer[T]) Swap(v *T) *T {
	if e := engine; e != nil {
		old, _ := e.Pointer(OpSwap, SeqCst, &x.v, unsafe.Pointer(v), nil)
		return (*T)(old)
	}
	return (*T)(stdatomic.SwapPointer(&x.v, unsafe.Pointer(v)))
}
func (x *Pointer[T]) CompareAndSwap(old, new *T) bool {
	if e := engine; e != nil {
		_, ok := e.Pointer(OpCAS, SeqCst, &x.v, unsafe.Pointer(old), unsafe.Pointer(new))
		return ok
	}
	return stdatomic.CompareAndSwapPointer(&x.v, unsafe.Pointer(old), unsafe.Pointer(new))
}

func (x *Pointer[T]) load(o Order) *T {
	if e := engine; e != nil {
		old, _ := e.Pointer(OpLoad, o, &x.v, nil, nil)
		return (*T)(old)
	}
	return (*T)(stdatomic.LoadPointer(&x.v))
}

func (x *Pointer[T]) store(o Order, v *T) {
	if e := engine; e != nil {
		e.Pointer(OpStore, o, &x.v, unsafe.Pointer(v), nil)
		return
	}
	stdatomic.StorePointer(&x.v, unsafe.Pointer(v))
}

func LoadRelaxed32(x *Uint32) uint32                          { return x.load(Relaxed) }
func LoadAcquire32(x *Uint32) uint32                          { return x.load(Acquire) }
func StoreRelaxed32(x *Uint32, v uint32)                      { x.store(Relaxed, v) }
func StoreRelease32(x *Uint32, v uint32)                      { x.store(Release, v) }
func AddRelaxed32(x *Uint32, d uint32) uint32                 { return x.add(Relaxed, d) }
func AddAcquire32(x *Uint32, d uint32) uint32                 { return x.add(Acquire, d) }
func AddRelease32(x *Uint32, d uint32) uint32                 { return x.add(Release, d) }
func CompareAndSwapRelaxed32(x *Uint32, old, new uint32) bool { return x.cas(Relaxed, old, new) }
func CompareAndSwapAcquire32(x *Uint32, old, new uint32) bool { return x.cas(Acquire, old, new) }
func CompareAndSwapRelease32(x *Uint32, old, new uint32) bool { return x.cas(Release, old, new) }
func LoadRelaxed64(x *Int64) int64                            { return x.load(Relaxed) }
func LoadAcquire64(x *Int64) int64                            { return x.load(Acquire) }
func StoreRelaxed64(x *Uint64, v uint64)                      { x.store(Relaxed, v) }
func StoreRelease64(x *Int64, v int64)                        { x.store(Release, v) }
func AddRelaxed64(x *Int64, d int64) int64                    { return x.add(Relaxed, d) }
func AddAcquire64(x *Int64, d int64) int64                    { return x.add(Acquire, d) }
func AddRelease64(x *Int64, d int64) int64                    { return x.add(Release, d) }
func CompareAndSwapAcquire64(x *Int64, old, new int64) bool   { return x.cas(Acquire, old, new) }
func CompareAndSwapRelaxed64(x *Int64, old, new int64) bool   { return x.cas(Relaxed, old, new) }
func LoadRelaxedPointer[T any](x *Pointer[T]) *T              { return x.load(Relaxed) }
func LoadAcquirePointer[T any](x *Pointer[T]) *T              { return x.load(Acquire) }
func StoreReleasePointer[T any](x *Pointer[T], v *T)          { x.store(Release, v) }

// Cell holds plain data that a lock protects; an engine sees each access and
// reports a data race.
type Cell[T any] struct{ v T }

func (c *Cell[T]) Get() T {
	if e := engine; e != nil {
		e.Plain(unsafe.Pointer(&c.v), unsafe.Sizeof(c.v), false)
	}
	return c.v
}

// Peek is Get without the lock, which is no race: what it returns means nothing
// until a look at mm_lock_seq has shown that nobody wrote. An engine sees a
// relaxed load of a word.
//
//go:norace
func (c *Cell[T]) Peek() T {
	if e := engine; e != nil {
		e.Word(OpLoad, Relaxed, unsafe.Pointer(&c.v), unsafe.Sizeof(c.v), 0, 0)
	}
	return c.v
}

func (c *Cell[T]) Set(v T) {
	if e := engine; e != nil {
		e.Plain(unsafe.Pointer(&c.v), unsafe.Sizeof(c.v), true)
	}
	c.v = v
}

// Assert reports a condition that does not hold.
func Assert(ok bool, msg string) {
	if ok {
		return
	}
	if e := engine; e != nil {
		e.Assert(msg)
		return
	}
	panic("assertion failed: " + msg)
}

// Free says that the object at p is dead: an access to it before Reuse is a
// use after free.
func Free[T any](p *T) {
	if e := engine; e != nil {
		e.Free(unsafe.Pointer(p), unsafe.Sizeof(*p))
	}
}

// Reuse says that the object at p lives again.
func Reuse[T any](p *T) {
	if e := engine; e != nil {
		e.Reuse(unsafe.Pointer(p), unsafe.Sizeof(*p))
	}
}

// Name gives the object at p the name under which engines print its fields.
func Name[T any](p *T, name string) {
	if e := engine; e != nil {
		e.Name(unsafe.Pointer(p), unsafe.Sizeof(*p), p, name)
	}
}

// Kind says of what kind the object at p is, to engines that add up what lines of
// memory cost: those with a method Kind. Others are not bothered.
func Kind[T any](p *T, kind string) {
	if e, ok := engine.(interface {
		Kind(unsafe.Pointer, uintptr, any, string)
	}); ok {
		e.Kind(unsafe.Pointer(p), unsafe.Sizeof(*p), p, kind)
	}
}
