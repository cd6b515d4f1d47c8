package workload

import (
	"fmt"
	"strings"
)

// Where says which addresses a step uses.
type Where uint8

const (
	Own   Where = iota // the worker's own arena
	Prev               // the arena of the worker before, round the circle
	Hot                // one VMA that all share: faults go to the worker's part of its pages, ranges are in all of it
	All                // the VMAs of the layout
	Peers              // the arenas of all workers
	Last               // the mapping that the worker's last Map step made
)

// Step is a rule that ops are made from.
type Step struct {
	Op    Kind // any Kind, or Toggle
	Where Where
	// Pages is the length of the range of Map, MapAt, UnmapAt, Protect, Drop
	// and of the part of an arena that faults go to; 0 is the whole arena.
	Pages int
	// Offset is the first of those pages.
	Offset int
	// Times is how many ops the step gives in a row; 0 is one.
	Times int
	// Random faults pick pages at random; otherwise they walk upwards. Random
	// ranges are pages of their number, at a multiple of it.
	Random bool
	// Arg is the vmm.Access of a fault, the vmm.Prot of Map, MapAt, Protect.
	Arg uint8
	// File and Shared are of Map, MapAt and Toggle.
	File, Shared bool
	// Weight: in a role with weights each op is drawn from the steps in
	// proportion to it; in one without the steps follow each other.
	Weight float64
}

// Role is what some of the workers do.
type Role struct {
	Name string // "faulter", "mapper", "scanner", "forker"
	// Workers have the role: that many of them, the highest-numbered, or with
	// 0 all the others.
	Workers int
	// Turn: where one worker has all roles (GOMAXPROCS 1) they take turns of
	// that many ops.
	Turn  int
	Steps []Step
	// Arena is the room in pages that each worker of the role has for itself.
	Arena int
	// ArenaMapped says that set-up maps the arena, readable and writable.
	ArenaMapped bool
	// RateHz is the offered load of a latency trial, in ops a second of each
	// worker of the role. For a role with weights it is all its ops together.
	RateHz float64
	// Outside is how many turns of an empty loop, about a CPU cycle each, a
	// worker of a throughput trial spends between ops.
	Outside int
}

// Spec is a workload.
type Spec struct {
	// Name is the workload= of every result; Params are the name parts that it
	// varies, such as {"write", "1"}.
	Name   string
	Params []Param `json:",omitempty"`
	Title  string
	// Doc says what it stands for, Source where that is from.
	Doc, Source string
	// Bench is the benchmark's base name: what an op is.
	Bench string
	// HotPages is the size per worker of the VMA that Hot steps use; 0 is none.
	HotPages int `json:",omitempty"`
	Roles    []Role
	// MayFail: an op can meet what another worker has done and fail, as it would
	// in a kernel. In other workloads no op fails unless a change was lost or two
	// were inside at once.
	MayFail bool `json:",omitempty"`
	// Recorded is what a recorded process did, in place of the roles' steps.
	Recorded *Recorded `json:",omitempty"`
}

// Param is a key=value part of a name.
type Param struct{ Key, Value string }

// FullName is Name with its params: "mixed/write=1".
func (s *Spec) FullName() string {
	var b strings.Builder
	b.WriteString(s.Name)
	for _, p := range s.Params {
		b.WriteString("/" + p.Key + "=" + p.Value)
	}
	return b.String()
}

// RoleNames returns the names of the roles.
func (s *Spec) RoleNames() []string {
	var names []string
	for _, r := range s.Roles {
		names = append(names, r.Name)
	}
	return names
}

// RoleOf returns the roles of worker w of workers: one, or all of them where
// one worker has to take turns.
func (s *Spec) RoleOf(w, workers int) []Role {
	if workers == 1 {
		return s.Roles
	}
	top := workers
	for _, r := range s.Roles {
		if r.Workers == 0 {
			continue
		}
		if low := top - r.Workers; w >= low && low > 0 {
			return []Role{r}
		} else if low > 0 {
			top = low
		}
	}
	for _, r := range s.Roles {
		if r.Workers == 0 {
			return []Role{r}
		}
	}
	return s.Roles[:1]
}

// Validate reports the first thing in the spec that cannot be compiled.
func (s *Spec) Validate() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("workload %s: %s", s.FullName(), fmt.Sprintf(format, args...))
	}
	if s.Name == "" || s.Bench == "" || len(s.Roles) == 0 {
		return bad("needs a name, a benchmark name and a role")
	}
	if s.Recorded != nil {
		if n := len(s.Recorded.Ops); n == 0 || n != len(s.Recorded.Threads) {
			return bad("a recording of %d ops by %d threads", n, len(s.Recorded.Threads))
		}
		return nil
	}
	for i := range s.Roles {
		r := &s.Roles[i]
		if len(r.Steps) == 0 {
			return bad("role %s has no steps", r.Name)
		}
		if len(s.Roles) > 1 && r.Turn <= 0 {
			return bad("role %s has no turn for GOMAXPROCS 1", r.Name)
		}
		for _, st := range r.Steps {
			if err := st.check(s, r); err != nil {
				return bad("role %s: %v", r.Name, err)
			}
		}
	}
	return nil
}

func (st *Step) check(s *Spec, r *Role) error {
	switch {
	case st.Op > Toggle:
		return fmt.Errorf("no operation %d", st.Op)
	case st.Pages < 0 || st.Pages > MaxPages || st.Offset < 0 || st.Times < 0 || st.Weight < 0:
		return fmt.Errorf("%v: pages, times or weight out of range", st.Op)
	case st.Where == Hot && s.HotPages == 0:
		return fmt.Errorf("%v: no hot VMA", st.Op)
	case (st.Where == Own || st.Where == Prev || st.Where == Peers) && needsRange(st.Op) && r.Arena == 0:
		return fmt.Errorf("%v: no arena", st.Op)
	case st.Where == Own && st.Offset+st.Pages > r.Arena && needsRange(st.Op):
		return fmt.Errorf("%v: %d pages do not fit an arena of %d", st.Op, st.Pages, r.Arena)
	case st.Op == Map && st.Pages == 0:
		return fmt.Errorf("mmap of 0 pages")
	}
	return nil
}

// needsRange reports whether the op names an absolute range or address.
func needsRange(k Kind) bool {
	switch k {
	case Fault, Peek, MapAt, UnmapAt, Protect, Drop, Toggle:
		return true
	}
	return false
}
