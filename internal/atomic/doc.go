// Package atomic is the one door through which lock code touches shared
// memory. The same lock source is built three ways:
//
//   - ordinary build: every type is an alias of the sync/atomic type and every
//     helper inlines to nothing or to one instruction, so the machine code is
//     that of direct use of sync/atomic (door_test.go shows it);
//   - -tags vmasim, no engine running: the types are instrumented structs of
//     the same size and alignment that behave like sync/atomic;
//   - -tags vmasim, inside an Engine (packages explore and manycore): each
//     access is handed to the engine, which decides who runs next and what the
//     access costs or returns.
//
// What a lock needs beyond sync/atomic stands here too: Task (the kernel's
// current: parking, killing, being on a CPU), SpinLock (the kernel's
// raw_spinlock_t), RCU, Cell (plain data that a lock protects), Pause and
// Until (bounded and unbounded waiting), Now and Work (the machine's clock),
// Free and Reuse (an object's life), and ordered forms of the accesses.
//
// # Ordered forms
//
// Go's atomics are sequentially consistent. LoadAcquire32 and its kin compile
// to the plain atomic operation; their names state the order that the
// algorithm needs, and the engines of the vmasim build take them at their
// word. The one exception is StoreRelaxed: a plain store in the ordinary
// build, because a Go atomic store is an XCHG on amd64 (about the price of a
// whole lock operation, and more under contention), where the kernel writes a
// plain MOV. It is atomic under -race. Only rwsem's owner, vm_lock_seq and the
// release of a SpinLock may use it or its release twin.
package atomic
