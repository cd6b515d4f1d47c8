package control

import (
	"reflect"

	"vmabench/vmm"
)

// Designs returns the controls in report order.
func Designs() []vmm.Design {
	return []vmm.Design{
		global("rwmutex", "sync.RWMutex for mmap_lock", "One sync.RWMutex an address space: faults share it, every change of the mappings takes it alone.",
			newGlobal[rwMutex], reflect.TypeFor[rwMutex]()),
		global("mutex", "sync.Mutex for mmap_lock", "One sync.Mutex an address space, for everything.",
			newGlobal[mutex], reflect.TypeFor[mutex]()),
		global("rbmutex", "BRAVO for mmap_lock", "One reader-biased lock an address space: faults mark a slot, a change of the mappings looks at every slot.",
			newGlobal[rbMutex], reflect.TypeFor[rbMutex]()),
		global("percpu", "per-CPU reader counts", "Faults count themselves in a slot of their own; a change of the mappings waits until every slot is 0.",
			newGlobal[perCPU], reflect.TypeFor[perCPU]()),
		global("seqlock", "speculation, then sync.RWMutex", "A fault of a resident page looks without any lock and validates by mm_lock_seq; all else is rwmutex.",
			newSeqlock, reflect.TypeFor[rwMutex]()),
		{Name: "rwmutexvma", Title: "sync.RWMutex in the VMA", Since: "never", Control: true, Extra: true,
			Doc: "Readers try the VMA's sync.RWMutex or fall back to mmap_lock; a writer takes it for as long as it needs to leave its mark.",
			New: newRWMutexVMA, Layout: []reflect.Type{reflect.TypeFor[lockedVMA]()}},
	}
}

func global(name, title, doc string, machine func(vmm.Config) vmm.Machine, lock reflect.Type) vmm.Design {
	return vmm.Design{Name: name, Title: title, Since: "never", Doc: doc, Control: true, Extra: true,
		New: machine, Layout: []reflect.Type{reflect.TypeFor[vma](), lock}}
}
