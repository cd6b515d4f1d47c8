package vmmtest

import (
	"math/rand/v2"

	"vmabench/vmm"
)

// Generate returns a script of n operations, the same for the same seed. It
// carries a model along, so that most operations meet something: addresses lie
// at the edges of what is mapped, now and then anywhere, now and then wrong.
func Generate(seed uint64, n int) []Op {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), ms: models{0: NewModel()}}
	script := make([]Op, 0, n)
	for len(script) < n {
		op := g.op()
		if g.ms[op.Space] == nil && op.Kind != New {
			continue
		}
		g.ms.do(op, nil)
		script = append(script, op)
	}
	return script
}

type generator struct {
	*rand.Rand
	ms     models
	spaces int // handed out so far, beyond space 0
}

// maxSpaces bounds the address spaces alive at once.
const maxSpaces = 4

// weights says how often each kind is drawn.
var weights = [...]int{
	Mmap: 24, Munmap: 12, Mprotect: 12, Mremap: 10, Madvise: 8, Brk: 5, Fault: 30, FaultKernel: 4,
	UffdMove: 5, Maps: 2, Peek: 4, Fork: 2, New: 1, Exit: 2, Check: 1,
}

func (g *generator) kind() Kind {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	r := g.IntN(sum)
	for k, w := range weights {
		if r -= w; r < 0 {
			return Kind(k)
		}
	}
	panic("unreachable")
}

func (g *generator) op() Op {
	op := Op{Kind: g.kind(), Space: g.space()}
	switch op.Kind {
	case Mmap:
		g.mmap(&op)
	case Munmap, Mprotect, Madvise:
		op.Addr, op.Len = g.rangeOf(op.Space)
		if op.Kind == Mprotect {
			op.Prot = g.prot()
		} else if op.Kind == Madvise {
			op.Advice = vmm.Advice(g.IntN(4))
		}
	case Mremap:
		g.mremap(&op)
	case Brk:
		op.Addr = vmm.BrkBase + vmm.Addr(g.IntN(24*vmm.PageSize))
		if g.IntN(8) == 0 { // impossible ones
			op.Addr = [...]vmm.Addr{0, vmm.BrkBase - 1, vmm.TaskSize + 1}[g.IntN(3)]
		}
	case Fault, FaultKernel:
		op.Addr = g.addr(op.Space) + vmm.Addr(g.IntN(vmm.PageSize))
		op.Access = vmm.Access(g.IntN(3))
	case Peek:
		op.Addr = g.addr(op.Space) + vmm.Addr(g.IntN(vmm.PageSize))
	case UffdMove:
		op.Addr, op.Addr2 = g.addr(op.Space), g.addr(op.Space)
	case Fork, New:
		if len(g.ms) >= maxSpaces {
			return Op{Kind: Maps, Space: op.Space}
		}
		g.spaces++
		op.Other = g.spaces
	case Exit:
		if op.Space == 0 {
			op.Kind = Check
		}
	}
	if op.Kind == New {
		op.Space = 0
	}
	return op
}

// space picks a space that may exist, mostly space 0.
func (g *generator) space() int {
	if g.spaces == 0 || g.IntN(2) == 0 {
		return 0
	}
	return max(0, g.spaces-g.IntN(maxSpaces))
}

func (g *generator) mmap(op *Op) {
	op.Len, op.Prot = g.length(), g.prot()
	switch g.IntN(8) {
	case 0, 1, 2: // the kernel's choice
	case 3:
		op.Addr = g.addr(op.Space) // a hint
	case 4:
		op.Addr, op.Flags = g.addr(op.Space), vmm.MapFixedNoReplace
	default:
		op.Addr, op.Flags = g.addr(op.Space), vmm.MapFixed
	}
	switch g.IntN(10) {
	case 0:
		op.Flags |= vmm.MapGrowsDown
	case 1, 2:
		op.Flags |= vmm.MapShared
	case 3:
		op.Flags |= vmm.MapPopulate
	}
	if g.IntN(4) == 0 {
		op.File = vmm.File{ID: 1 + g.Uint32N(2), Off: uint64(g.IntN(8)) << vmm.PageShift}
		if op.Flags&vmm.MapFixed != 0 && g.IntN(2) == 0 {
			// Continue the file across the address space, so that pieces merge.
			op.File.Off = uint64(op.Addr) & (1<<30 - 1)
		}
	}
}

func (g *generator) mremap(op *Op) {
	op.Addr, op.Len = g.rangeOf(op.Space)
	op.Len2 = g.length()
	op.Remap = vmm.RemapFlags(g.IntN(2))
	if g.IntN(3) == 0 {
		op.Remap |= vmm.RemapFixed
		op.Addr2 = g.addr(op.Space)
	}
}

func (g *generator) prot() vmm.Prot {
	return [...]vmm.Prot{0, vmm.ProtRead, vmm.ProtRead | vmm.ProtWrite, vmm.ProtRead | vmm.ProtWrite,
		vmm.ProtRead | vmm.ProtExec, vmm.ProtRead | vmm.ProtWrite | vmm.ProtExec}[g.IntN(6)]
}

// length is small, rarely 0 or not whole pages, very rarely impossible.
func (g *generator) length() uint64 {
	switch g.IntN(64) {
	case 0:
		return 0
	case 1:
		return ^uint64(0) - uint64(g.IntN(2*vmm.PageSize))
	case 2:
		return uint64(vmm.TaskSize)
	case 3, 4, 5:
		return uint64(1 + g.IntN(4*vmm.PageSize))
	}
	return uint64(1+g.IntN(6)) << vmm.PageShift
}

// arenas are where scripts happen: the chosen area, a page-table boundary, the
// heap, and both ends of the address space.
var arenas = [...]vmm.Addr{
	vmm.MmapBase - 32<<vmm.PageShift,
	0x4000_0000_0000 - 8<<vmm.PageShift,
	vmm.BrkBase,
	vmm.MmapMinAddr,
	vmm.TaskSize - 16<<vmm.PageShift,
}

// addr is at or near an edge of a mapping, or anywhere in an arena.
func (g *generator) addr(space int) vmm.Addr {
	m := g.ms[space]
	if m != nil && len(m.pages) > 0 && g.IntN(3) > 0 {
		rs := m.runs(false)
		r := rs[g.IntN(len(rs))]
		edge := r.start
		if g.IntN(2) == 0 {
			edge = r.end - 1
		}
		return addr(edge + uint64(g.IntN(5)) - 2)
	}
	switch g.IntN(64) {
	case 0:
		return 0
	case 1:
		return vmm.TaskSize
	case 2:
		return arenas[0] + vmm.Addr(g.IntN(vmm.PageSize))
	case 3:
		return addr(g.Uint64N(endPage + 16))
	}
	return arenas[g.IntN(len(arenas))] + vmm.Addr(g.IntN(32))<<vmm.PageShift
}

// rangeOf picks a mapping, a part of one, or several with what lies between.
func (g *generator) rangeOf(space int) (vmm.Addr, uint64) {
	m := g.ms[space]
	if m == nil || len(m.pages) == 0 || g.IntN(4) == 0 {
		return g.addr(space), g.length()
	}
	rs := m.runs(false)
	i := g.IntN(len(rs))
	r := rs[i]
	switch g.IntN(4) {
	case 0: // all of it
		return addr(r.start), (r.end - r.start) << vmm.PageShift
	case 1: // to the end of the next, if that is near
		if i+1 < len(rs) && rs[i+1].end-r.start < 64 {
			return addr(r.start), (rs[i+1].end - r.start) << vmm.PageShift
		}
	}
	start := r.start + g.Uint64N(r.end-r.start)
	return addr(start), (1 + g.Uint64N(r.end-start)) << vmm.PageShift
}
