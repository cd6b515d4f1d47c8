//go:build vmasim

package manycore

import (
	"fmt"
	"reflect"
	"sort"
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
	sort.Slice(s.names, func(i, j int) bool { return s.names[i].addr < s.names[j].addr })
	sum := map[string]*LineCost{}
	for _, pg := range s.mem.base {
		for i := range pg.lines {
			st := &pg.lines[i].stat
			if st.WaitPS == 0 {
				continue
			}
			name := s.lineName(pg.page<<pageShift + uintptr(i)<<lineShift)
			lc := sum[name]
			if lc == nil {
				lc = &LineCost{Name: name}
				sum[name] = lc
			}
			// Whole numbers: the sum does not depend on the order of the pages.
			lc.Transfers += float64(st.Transfers)
			lc.WaitNS += float64(st.WaitPS)
			lc.QueueNS += float64(st.QueuePS)
		}
	}
	var out []LineCost
	for _, lc := range sum {
		n := float64(max(ops, 1))
		lc.Transfers, lc.WaitNS, lc.QueueNS = lc.Transfers/n, lc.WaitNS/n/ps, lc.QueueNS/n/ps
		out = append(out, *lc)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].WaitNS != out[j].WaitNS {
			return out[i].WaitNS > out[j].WaitNS
		}
		return out[i].Name < out[j].Name
	})
	return out
}

// lineName names the object that has the line at addr and its fields there.
func (s *Sim) lineName(addr uintptr) string {
	i := sort.Search(len(s.names), func(i int) bool { return s.names[i].addr >= addr+1<<lineShift })
	for ; i > 0; i-- {
		n := s.names[i-1]
		if n.addr+n.size <= addr {
			continue
		}
		lo := uintptr(0)
		if addr > n.addr {
			lo = addr - n.addr
		}
		return fmt.Sprintf("%s+%d (%s)", n.name, lo, fieldsIn(reflect.TypeOf(n.typ).Elem(), lo, addr+1<<lineShift-n.addr))
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
