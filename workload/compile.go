package workload

import (
	"fmt"
	"math/rand/v2"

	"vmabench/vmm"
)

// streamOps is the length of a stream whose ops are drawn at random: 128 KiB,
// which stays in a core's second-level cache and is long enough that 0.1 % of
// it is 16 ops.
const streamOps = 1 << 14

// Stream is what one worker does, in a circle.
type Stream struct {
	Role    string
	Ops     []Op
	RateHz  float64
	Outside int
	// Turns says that one worker has all roles by turns.
	Turns bool
}

// Compile returns the streams of the workers. The same arguments give the same
// streams.
func (s *Spec) Compile(l *Layout, workers int, seed uint64) ([]Stream, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s.Recorded != nil {
		out, err := s.Recorded.streams(&s.Roles[0], workers)
		if err != nil {
			return nil, fmt.Errorf("workload %s: %w", s.FullName(), err)
		}
		return out, nil
	}
	out := make([]Stream, workers)
	for w := range out {
		c := compiler{spec: s, layout: l, touchable: l.touchable(), worker: w, workers: workers}
		roles := s.RoleOf(w, workers)
		parts := make([][]Op, len(roles))
		for i := range roles {
			c.role = &roles[i]
			c.rng = rand.New(rand.NewPCG(seed, uint64(w)<<8|uint64(i)))
			ops, err := c.compile()
			if err != nil {
				return nil, fmt.Errorf("workload %s: role %s: %w", s.FullName(), c.role.Name, err)
			}
			parts[i] = ops
		}
		out[w] = join(roles, parts)
	}
	return out, nil
}

// join makes one stream of a worker's roles. Each part is a cycle and appears
// in whole cycles, so that the stream is one.
func join(roles []Role, parts [][]Op) Stream {
	st := Stream{Role: roles[0].Name, Ops: parts[0], RateHz: roles[0].RateHz, Outside: roles[0].Outside}
	if len(roles) == 1 {
		return st
	}
	st.Turns, st.Ops = true, nil
	rounds := 0
	for i, r := range roles {
		rounds = max(rounds, (len(parts[i])+r.Turn-1)/r.Turn)
		if i > 0 {
			st.Role += "+" + r.Name
			st.RateHz += r.RateHz
		}
	}
	at := make([]int, len(roles))
	for range rounds {
		for i, r := range roles {
			for range r.Turn {
				st.Ops = append(st.Ops, parts[i][at[i]])
				at[i] = (at[i] + 1) % len(parts[i])
			}
		}
	}
	for i := range roles {
		for ; at[i] != 0; at[i] = (at[i] + 1) % len(parts[i]) {
			st.Ops = append(st.Ops, parts[i][at[i]])
		}
	}
	return st
}

// compiler makes the stream of one role of one worker.
type compiler struct {
	spec            *Spec
	role            *Role
	layout          *Layout
	touchable       []vmm.Range
	worker, workers int
	rng             *rand.Rand

	ops    []Op
	cursor []int // per step: where its walk is
	mapped Op    // what a Toggle has mapped; 0 is nothing
}

func (c *compiler) compile() ([]Op, error) {
	c.ops, c.mapped = nil, 0
	c.cursor = make([]int, len(c.role.Steps))
	total, random := 0.0, false
	for _, st := range c.role.Steps {
		total += st.Weight
		random = random || st.Random || st.Where == All
	}
	for {
		for i := range c.role.Steps {
			if total > 0 {
				i = c.draw(total)
			}
			for range max(1, c.role.Steps[i].Times) {
				if err := c.emit(i); err != nil {
					return nil, err
				}
			}
		}
		if len(c.ops) >= streamOps || total == 0 && !random {
			break
		}
	}
	if c.mapped != 0 {
		c.untoggle()
	}
	return c.ops, nil
}

// draw picks a step in proportion to the weights.
func (c *compiler) draw(total float64) int {
	x := c.rng.Float64() * total
	for i, st := range c.role.Steps {
		if x -= st.Weight; x < 0 {
			return i
		}
	}
	return len(c.role.Steps) - 1
}

// emit appends the next op of step i.
func (c *compiler) emit(i int) error {
	st := &c.role.Steps[i]
	switch st.Op {
	case Fault:
		return c.fault(i)
	case Map, Unmap:
		c.add(st, st.Op, 0, st.Pages)
	case Fork, Scan:
		c.add(st, st.Op, 0, 0)
	case Break:
		c.add(st, Break, vmm.BrkBase+vmm.Addr(st.Offset)*vmm.PageSize, 0)
	case Toggle:
		c.toggle(st)
	default:
		r := c.region(st.Where)
		if st.Where == Hot {
			r = vmm.Range{Start: hotBase, End: hotBase + vmm.Addr(c.spec.HotPages*c.workers)*vmm.PageSize}
		}
		if st.Random && st.Pages > 0 {
			r.Start += vmm.Addr(c.rng.IntN(max(1, int(r.Pages())/st.Pages))*st.Pages) * vmm.PageSize
		}
		r.Start += vmm.Addr(st.Offset) * vmm.PageSize
		pages := int(r.Pages())
		if st.Pages > 0 {
			pages = st.Pages
		}
		c.add(st, st.Op, r.Start, min(pages, MaxPages))
	}
	return nil
}

// region returns what Own, Prev, Peers and Hot mean to the worker's faults.
func (c *compiler) region(where Where) vmm.Range {
	switch where {
	case Prev:
		return arena((c.worker+c.workers-1)%c.workers, c.role.Arena)
	case Peers:
		return arena(c.rng.IntN(c.workers), c.role.Arena)
	case Hot:
		n := vmm.Addr(c.spec.HotPages) * vmm.PageSize
		start := hotBase + vmm.Addr(c.worker)*n
		return vmm.Range{Start: start, End: start + n}
	}
	return arena(c.worker, c.role.Arena)
}

func (c *compiler) add(st *Step, k Kind, addr vmm.Addr, pages int) {
	op := NewOp(k, st.Arg, addr, pages)
	if st.File {
		op |= fileBit
	}
	if st.Shared {
		op |= sharedBit
	}
	c.ops = append(c.ops, op)
}

// toggle maps a random place of the arena, or unmaps the one that is mapped.
func (c *compiler) toggle(st *Step) {
	if c.mapped != 0 {
		c.untoggle()
		return
	}
	slots := c.role.Arena / (st.Pages + 1) // with a gap, so that none merge
	slot := vmm.Addr(c.rng.IntN(max(1, slots)) * (st.Pages + 1))
	c.add(st, MapAt, arena(c.worker, 1).Start+slot*vmm.PageSize, st.Pages)
	c.mapped = c.ops[len(c.ops)-1]
}

func (c *compiler) untoggle() {
	c.add(&Step{}, UnmapAt, c.mapped.Addr(), int(c.mapped.Length()>>vmm.PageShift))
	c.mapped = 0
}

// touchPages bounds how far into one VMA of the layout faults go, so that a
// real process's largest mappings do not make the test one of page tables.
const touchPages = 512

// fault appends a fault of step i.
func (c *compiler) fault(i int) error {
	st := c.role.Steps[i]
	if st.Where == Last {
		if st.Pages == 0 {
			return fmt.Errorf("fault in the last mapping without a number of pages")
		}
		c.add(&st, FaultIn, vmm.Addr(c.page(i, st.Pages))*vmm.PageSize, 0)
		return nil
	}
	r := c.region(st.Where)
	if st.Where == All {
		if len(c.touchable) == 0 {
			return fmt.Errorf("no readable mapping in the layout")
		}
		r = c.touchable[c.rng.IntN(len(c.touchable))]
		if !c.writable(r.Start) {
			st.Arg = uint8(vmm.AccessRead)
		}
	}
	pages := min(int(r.Pages()), touchPages)
	if st.Pages > 0 {
		pages = min(int(r.Pages()), st.Pages)
	}
	c.add(&st, Fault, r.Start+vmm.Addr(st.Offset+c.page(i, pages))*vmm.PageSize, 0)
	return nil
}

// page picks the page that step i goes to next.
func (c *compiler) page(i, pages int) int {
	if st := &c.role.Steps[i]; st.Random || st.Where == All || st.Where == Peers {
		return c.rng.IntN(pages)
	}
	p := c.cursor[i] % pages
	c.cursor[i] = p + 1
	return p
}

// writable reports whether the layout's mapping that starts at a may be written.
func (c *compiler) writable(a vmm.Addr) bool {
	lo, hi := 0, len(c.layout.Mappings)
	for lo < hi {
		mid := (lo + hi) / 2
		if c.layout.Mappings[mid].Start < a {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return c.layout.Mappings[lo].Prot.Allows(vmm.AccessWrite)
}
