//go:build vmasim

package manycore

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// LineCost is what one cache line cost, per operation.
type LineCost struct {
	Name      string  // object and the fields on the line
	Transfers float64 // times it moved between caches
	WaitNS    float64 // waited for it
	QueueNS   float64 // of that, for its turn
}

// steady is called by each thread as it begins to be counted: what it has used
// of its CPU does not count, nor, with the first to come, what lines have cost.
func (s *Sim) steady() {
	th := s.cur
	th.warm = th.stats.BusyPS + th.stats.MissPS
	if s.counting {
		return
	}
	s.counting = true
	for _, pg := range s.mem.base {
		for i := range pg.lines {
			pg.lines[i].stat = LineStat{}
		}
	}
}

// explain returns the lines that cost most, by what was waited for them; lines
// of the same name (the same field of many VMAs) are added up.
func (s *Sim) explain(ops int64) []LineCost {
	names := s.sortedNames()
	sum := map[string]*LineStat{}
	for _, pg := range s.mem.base {
		for i := range pg.lines {
			st := &pg.lines[i].stat
			if st.WaitPS == 0 {
				continue
			}
			name := names.line(pg.page<<pageShift + uintptr(i)<<lineShift)
			if sum[name] == nil {
				sum[name] = new(LineStat)
			}
			sum[name].Transfers += st.Transfers
			sum[name].WaitPS += st.WaitPS
			sum[name].QueuePS += st.QueuePS
		}
	}
	var out []LineCost
	n := float64(max(ops, 1))
	for name, st := range sum {
		out = append(out, LineCost{name, float64(st.Transfers) / n, float64(st.WaitPS) / ps / n, float64(st.QueuePS) / ps / n})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].WaitNS != out[j].WaitNS {
			return out[i].WaitNS > out[j].WaitNS
		}
		return out[i].Name < out[j].Name
	})
	return out
}

// names are the named objects by address; of several at one address, which had
// it in turns, the first.
type names struct {
	objects []named
	longest uintptr
}

func (s *Sim) sortedNames() names {
	slices.SortStableFunc(s.names, func(a, b named) int { return cmp.Compare(a.addr, b.addr) })
	n := names{objects: s.names}
	for i := range n.objects {
		n.longest = max(n.longest, n.objects[i].size)
	}
	return n
}

// line names the object that has the line at addr and its fields there.
func (n names) line(addr uintptr) string {
	i := sort.Search(len(n.objects), func(i int) bool { return n.objects[i].addr >= addr+1<<lineShift })
	for ; i > 0 && n.objects[i-1].addr+n.longest > addr; i-- {
		o := &n.objects[i-1]
		if o.addr+o.size <= addr {
			continue
		}
		lo := uintptr(0)
		if addr > o.addr {
			lo = addr - o.addr
		}
		t := reflect.TypeOf(o.typ).Elem()
		name := strings.TrimRight(o.name, "0123456789") // which of its kind it is
		if t.Kind() == reflect.Array {                  // a table: its entries have no names
			return name
		}
		return fmt.Sprintf("%s+%d (%s)", name, lo, fieldsIn(t, lo, addr+1<<lineShift-o.addr))
	}
	return "unnamed"
}

// fieldsIn lists the named fields of t between two offsets.
func fieldsIn(t reflect.Type, lo, hi uintptr) string {
	if t.Kind() != reflect.Struct {
		return t.Name()
	}
	list := ""
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" || f.Offset >= hi || f.Offset+f.Type.Size() <= lo {
			continue
		}
		name := f.Name
		switch inner := func() string { return fieldsIn(f.Type, max(lo, f.Offset)-f.Offset, hi-f.Offset) }; {
		case f.Type.Kind() != reflect.Struct:
		case f.Anonymous:
			name = inner()
		case f.Offset < lo || f.Offset+f.Type.Size() > hi: // only a part of it is here
			name += "." + inner()
		}
		if list != "" && name != "" {
			list += " "
		}
		list += name
	}
	return list
}
