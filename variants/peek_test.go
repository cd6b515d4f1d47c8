package variants_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"vmabench/vmm"
)

// TestPeekBesideWriter: a look without a lock never sees half of a change. The
// writer cuts pages of a file off a mapping's start and puts them back, so that
// start and offset always move together; with a free list that hands memory out
// again at once, the look's VMA becomes somebody else's too.
func TestPeekBesideWriter(t *testing.T) {
	const base, pages, rounds = vmm.Addr(0x40_0000), 4, 3000
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		file := func(page uint64) vmm.File { return vmm.File{ID: 1, Off: page * vmm.PageSize} }
		put := func(task *vmm.Task, page, n uint64) {
			at := base + vmm.Addr(page)*vmm.PageSize
			if _, err := v.Mmap(task, at, n*vmm.PageSize, vmm.ProtRead, vmm.MapFixed, file(page)); err != nil {
				t.Error(err)
			}
		}
		put(k, 0, pages)
		var done atomic.Bool
		var writer sync.WaitGroup
		writer.Go(func() {
			defer done.Store(true)
			task := vmm.NewTask()
			defer task.Release()
			for i := range uint64(rounds) {
				n := 1 + i%(pages-1)
				if err := v.Munmap(task, base, n*vmm.PageSize); err != nil {
					t.Error(err)
				}
				put(task, 0, n)
			}
		})
		last := base + (pages-1)*vmm.PageSize
		for looks := 0; !done.Load(); looks++ {
			m, err := v.Peek(k, last)
			if err != nil || !m.Contains(last) || m.File.ID != 1 || m.File.Off != uint64(m.Start-base) || m.Prot != vmm.ProtRead {
				t.Errorf("look %d: %v, %v", looks, m, err)
				break
			}
			if _, err := v.Peek(k, base+pages*vmm.PageSize); !errors.Is(err, vmm.EFAULT) {
				t.Errorf("beyond the mapping: %v", err)
				break
			}
		}
		writer.Wait() // the address space is torn down behind this
	})
}
