//go:build !vmasim

package control

import (
	"testing"

	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
)

func TestConformance(t *testing.T) {
	for _, d := range Designs() {
		t.Run(d.Name, func(t *testing.T) { vmmtest.Run(t, d) })
	}
}

// TestSpeculation: a fault of a resident page takes no lock, unless a write
// session is open or the page lacks the right.
func TestSpeculation(t *testing.T) {
	if !speculate {
		t.Skip("not under the race detector")
	}
	k := vmm.NewTask()
	defer k.Release()
	s := newSeqlock(vmm.Config{}).NewVMM(k).(*speculating)
	if _, err := s.Mmap(k, 0x100000, 2*vmm.PageSize, vmm.ProtRead|vmm.ProtWrite, vmm.MapFixed, vmm.File{}); err != nil {
		t.Fatal(err)
	}
	if s.resident(k, 0x100000, vmm.AccessWrite) {
		t.Error("a page that was never touched is resident")
	}
	if err := s.Fault(k, 0x100000, vmm.AccessWrite); err != nil {
		t.Fatal(err)
	}
	if !s.resident(k, 0x100000, vmm.AccessWrite) {
		t.Error("a page that was written to is not resident")
	}
	s.WriteLock(k)
	if s.resident(k, 0x100000, vmm.AccessRead) {
		t.Error("speculation beside a write session")
	}
	s.WriteUnlock(k)
	if err := s.Mprotect(k, 0x100000, vmm.PageSize, vmm.ProtRead); err != nil {
		t.Fatal(err)
	}
	if s.resident(k, 0x100000, vmm.AccessWrite) || !s.resident(k, 0x100000, vmm.AccessRead) {
		t.Error("the protection is not looked at")
	}
}
