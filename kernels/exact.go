package kernels

import (
	"context"
	"strings"

	"vmabench/results"
)

// Exact boots the kernel under an emulator that counts instructions and has no
// other clock, and returns bytes per VMA and instructions per operation. They
// are the same in every boot, on any machine, however busy. Init is the guest
// program.
func (c *Cache) Exact(ctx context.Context, k *Kernel, init []byte) ([]results.KernelRow, error) {
	m := &Machine{
		Kernel: k,
		// The counter advances by one with each instruction; string instructions
		// are kept simple, and nothing random is left.
		Options: []string{"-M", "microvm,rtc=on", "-smp", "1", "-cpu", "max,-erms,-fsrm,-rdrand,-rdseed", "-accel", "tcg",
			"-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1"},
		// Without slab_nomerge caches of one size share a line of /proc/slabinfo.
		Boot:  []string{"slab_nomerge"},
		Guest: []string{"-job=exact"},
	}
	lines, err := c.boot(ctx, m, init)
	if err != nil {
		return nil, err
	}
	rows, err := results.ReadKernels(strings.NewReader(strings.Join(lines, "\n")+"\n"), k.Release)
	for i := range rows {
		rows[i].Key = c.key(m, init)
	}
	return rows, err
}
