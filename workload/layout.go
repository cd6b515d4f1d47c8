package workload

import (
	"fmt"

	"vmabench/vmm"
)

// Where things lie. The regions are far enough apart that none can touch
// another, and each VMA has an unmapped page behind it so that none merge.
const (
	layoutBase vmm.Addr = 1 << 32    // VMAs of a generated layout, 64 KiB each
	hotBase    vmm.Addr = 0x30 << 40 // the shared VMA of Hot steps
	arenaBase  vmm.Addr = 0x40 << 40 // the arenas, one a worker
	arenaStep  vmm.Addr = 1 << 33
)

// layoutPages is the size of a generated VMA: 64 KiB, near the median of real
// processes' maps.
const layoutPages = 16

// MaxVMAs bounds a generated layout.
const MaxVMAs = 10_000_000

// Layout is the mappings that an address space has before the workload starts.
type Layout struct {
	Name     string // "" for a generated one
	Mappings []vmm.Mapping
}

// Uniform returns n anonymous VMAs of 64 KiB, readable and writable, each with
// an unmapped page behind it.
func Uniform(n int) (*Layout, error) {
	if n < 1 || n > MaxVMAs {
		return nil, fmt.Errorf("number of VMAs %d: want 1 to %d", n, MaxVMAs)
	}
	l := &Layout{Mappings: make([]vmm.Mapping, n)}
	for i := range l.Mappings {
		start := layoutBase + vmm.Addr(i)*(layoutPages+1)*vmm.PageSize
		l.Mappings[i] = vmm.Mapping{
			Range: vmm.Range{Start: start, End: start + layoutPages*vmm.PageSize},
			Prot:  vmm.ProtRead | vmm.ProtWrite,
		}
	}
	return l, nil
}

// Shift moves all mappings up by pages.
func (l *Layout) Shift(pages int) {
	by := vmm.Addr(pages) * vmm.PageSize
	for i := range l.Mappings {
		l.Mappings[i].Start += by
		l.Mappings[i].End += by
	}
}

// Build maps the layout into v.
func (l *Layout) Build(v vmm.VMM, t *vmm.Task) error {
	for _, m := range l.Mappings {
		flags := vmm.MapFixedNoReplace
		if m.Shared {
			flags |= vmm.MapShared
		}
		if m.GrowsDown {
			flags |= vmm.MapGrowsDown
		}
		if _, err := v.Mmap(t, m.Start, m.Len(), m.Prot, flags, m.File); err != nil {
			return fmt.Errorf("layout: mmap %v: %w", m, err)
		}
	}
	return nil
}

// touchable returns the mappings that a read fault may go to.
func (l *Layout) touchable() []vmm.Range {
	var out []vmm.Range
	for _, m := range l.Mappings {
		if m.Prot.Allows(vmm.AccessRead) {
			out = append(out, m.Range)
		}
	}
	return out
}

// Room is where the addresses of a recorded process may be moved to: all the
// arenas together.
func Room() vmm.Range { return vmm.Range{Start: arenaBase, End: arenaBase + 8<<40} }

// arena returns the arena of worker w.
func arena(w, pages int) vmm.Range {
	start := arenaBase + vmm.Addr(w)*arenaStep
	return vmm.Range{Start: start, End: start + vmm.Addr(pages)*vmm.PageSize}
}

// Setup builds the layout, the shared VMA and the arenas of s for workers.
func (s *Spec) Setup(v vmm.VMM, t *vmm.Task, l *Layout, workers int) error {
	if err := l.Build(v, t); err != nil {
		return err
	}
	const rw = vmm.ProtRead | vmm.ProtWrite
	if s.HotPages > 0 {
		n := uint64(s.HotPages*workers) * vmm.PageSize
		if _, err := v.Mmap(t, hotBase, n, rw, vmm.MapFixedNoReplace, vmm.File{}); err != nil {
			return fmt.Errorf("hot VMA: %w", err)
		}
	}
	for w := range workers {
		for _, r := range s.RoleOf(w, workers) {
			if r.Arena == 0 || !r.ArenaMapped {
				continue
			}
			a := arena(w, r.Arena)
			if _, err := v.Mmap(t, a.Start, a.Len(), rw, vmm.MapFixedNoReplace, vmm.File{}); err != nil {
				return fmt.Errorf("arena of worker %d: %w", w, err)
			}
			break
		}
	}
	return nil
}
