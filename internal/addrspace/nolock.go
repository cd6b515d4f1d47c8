package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// NoVMALock are the lock steps of a design without VMA locks: mmap_lock alone
// protects every VMA, and what holds one holds it (or a range lock above it does).
type NoVMALock struct{}

func (NoVMALock) BeginSession(*mm.MM)                         {}
func (NoVMALock) EndSession(*mm.MM)                           {}
func (NoVMALock) StartWrite(*vmm.Task, *mm.VMA)               {}
func (NoVMALock) StartWriteKillable(*vmm.Task, *mm.VMA) error { return nil }
func (NoVMALock) Attach(*mm.VMA)                              {}
func (NoVMALock) Detach(*vmm.Task, *mm.VMA)                   {}
func (NoVMALock) Lookup(*vmm.Task, *mm.MM, vmm.Addr) *mm.VMA  { return nil }
func (NoVMALock) StartReadLocked(*vmm.Task, *mm.VMA) bool     { return true }
func (NoVMALock) EndRead(*vmm.Task, *mm.VMA)                  {}
func (NoVMALock) State(*mm.VMA) LockState                     { return LockState{Attached: true} }
func (NoVMALock) StartRead(t *vmm.Task, m *mm.MM, _ *mm.VMA) vmm.Event {
	m.RCU.Unlock(&t.Task)
	return vmm.AbortNoVMA
}
