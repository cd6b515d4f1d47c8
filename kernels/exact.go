package kernels

import (
	"context"

	"vmabench/results"
)

// Exact boots the kernel under an emulator that counts instructions and has no
// other clock, and returns bytes per VMA and instructions per operation. They
// are the same in every boot, on any machine, however busy.
func (c *Cache) Exact(ctx context.Context, k *Kernel, guest string) ([]results.KernelRow, error) {
	return c.Boot(ctx, &Machine{
		Kernel: k,
		// The counter advances by one with each instruction; string instructions
		// are kept simple, and nothing random is left.
		Options: []string{"-M", "microvm,rtc=on", "-smp", "1", "-cpu", "max,-erms,-fsrm,-rdrand,-rdseed",
			"-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1"},
		// Without slab_nomerge caches of one size share a line of /proc/slabinfo.
		Boot:  []string{"slab_nomerge"},
		Guest: []string{"-job=exact"},
	}, guest)
}
