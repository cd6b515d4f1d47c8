package vmmtest

import (
	"fmt"
	"strings"
	"time"

	"vmabench/vmm"
)

// player performs a script on a design: a machine and its numbered spaces.
type player struct {
	machine vmm.Machine
	spaces  map[int]vmm.VMM
	task    *vmm.Task
	watched bool // by the clock: not on an engine
	hung    bool // inside an operation, for ever
}

func newPlayer(d vmm.Design, c vmm.Config) *player {
	t := vmm.NewTask()
	m := d.New(c)
	return &player{machine: m, spaces: map[int]vmm.VMM{0: m.NewVMM(t)}, task: t, watched: true}
}

// close ends every address space and the task.
func (p *player) close() {
	if p.hung {
		return
	}
	for _, v := range p.spaces {
		v.Exit(p.task)
	}
	p.task.Release()
}

// do performs op; ok is false if its space does not exist.
func (p *player) do(op Op) (r Result, ok bool) {
	v := p.spaces[op.Space]
	if op.Kind == New {
		if p.spaces[op.Other] != nil {
			return r, false
		}
		p.spaces[op.Other] = p.machine.NewVMM(p.task)
		return r, true
	}
	if v == nil {
		return r, false
	}
	if !p.watched {
		return p.perform(op, v)
	}
	p.alone(op, func() { r, ok = p.perform(op, v) })
	return r, ok
}

// hang is what alone panics with.
type hang string

// alone runs f, which performs op, and panics if it sleeps for good: there is no
// other task that could wake it.
func (p *player) alone(op Op, f func()) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	for asleep := 0; ; {
		select {
		case e := <-done:
			if e != nil {
				panic(e)
			}
			return
		case <-time.After(lookEvery):
			if asleep++; p.task.OnCPU() {
				asleep = 0
			} else if asleep == stuckAfter {
				p.hung = true
				panic(hang(op.String() + " sleeps, and nobody else is there to wake it"))
			}
		}
	}
}

func (p *player) perform(op Op, v vmm.VMM) (r Result, ok bool) {
	switch op.Kind {
	case Fork:
		if p.spaces[op.Other] != nil {
			return r, false
		}
		var child vmm.VMM
		if child, r.Err = v.Fork(p.task); r.Err == nil {
			p.spaces[op.Other] = child
		}
	case Exit:
		v.Exit(p.task)
		delete(p.spaces, op.Space)
	default:
		r = op.Do(v, p.task)
	}
	return r, true
}

// models is the oracle's side of a script.
type models map[int]*Model

// do performs op on the models. saw is what the design answered.
func (ms models) do(op Op, saw error) (r Result) {
	switch op.Kind {
	case New:
		ms[op.Other] = NewModel()
	case Fork:
		ms[op.Other] = ms[op.Space].fork()
	case Exit:
		delete(ms, op.Space)
	case Maps, VMAs:
		r.Maps = ms[op.Space].Maps()
	default:
		r = ms[op.Space].Do(op, saw)
	}
	return r
}

// Failure is a script on which a design and the model differ.
type Failure struct {
	Script  []Op
	History []string // what was done, with results, up to the difference
	Reason  string
}

func (f *Failure) Error() string {
	return f.Reason + "\nscript:\n  " + strings.Join(f.History, "\n  ")
}

// Replay performs script on a new machine of the design and on the model, and
// returns the first difference, or nil. Maps are compared after each
// operation; every space is checked each checkEvery operations and at the end.
func Replay(d vmm.Design, c vmm.Config, script []Op) (f *Failure) {
	p := newPlayer(d, c)
	ms := models{0: NewModel()}
	var history []string
	fail := func(format string, args ...any) *Failure {
		return &Failure{script, history, fmt.Sprintf(format, args...)}
	}
	defer func() {
		if e := recover(); p.hung {
			panic(e)
		} else if e != nil {
			f = fail("panic: %v", e)
		} else if f == nil {
			p.close()
		}
	}()
	for i, op := range script {
		history = append(history, op.String())
		got, ok := p.do(op)
		if !ok {
			history = history[:len(history)-1]
			continue
		}
		want := ms.do(op, got.Err)
		history[len(history)-1] += " = " + got.Text(op.Kind)
		if g, w := got.Text(op.Kind), want.Text(op.Kind); g != w {
			return fail("%s\n  got  %s\n  want %s", op, g, w)
		}
		if reason := p.compare(ms, i%checkEvery == checkEvery-1); reason != "" {
			return fail("after %s: %s", op, reason)
		}
	}
	if reason := p.compare(ms, true); reason != "" {
		return fail("at the end: %s", reason)
	}
	return nil
}

const checkEvery = 16

// compare holds every space's Maps against its model and lets the model adopt
// the boundaries; with check, also the design's invariants.
func (p *player) compare(ms models, check bool) string {
	for i, m := range ms {
		raw, err := p.spaces[i].Maps(p.task, nil)
		if err != nil {
			return fmt.Sprintf("s%d.maps: %v", i, err)
		}
		if reason := wellFormed(raw); reason != "" {
			return fmt.Sprintf("s%d: %s", i, reason)
		}
		got, want := Result{Maps: Canonical(raw)}.Text(Maps), Result{Maps: m.Maps()}.Text(Maps)
		if got != want {
			return fmt.Sprintf("s%d.maps differ\n%s", i, DiffLines(want, got))
		}
		m.Adopt(raw)
		if check {
			if err := p.spaces[i].Check(p.task); err != nil {
				return fmt.Sprintf("s%d.check: %v", i, err)
			}
		}
	}
	return ""
}

// wellFormed reports what is wrong with a list of mappings in itself.
func wellFormed(ms []vmm.Mapping) string {
	for i := 1; i < len(ms); i++ {
		if ms[i].Start < ms[i-1].End {
			return fmt.Sprintf("overlapping: %s and %s", fmtMapping(ms[i-1]), fmtMapping(ms[i]))
		}
	}
	return wellFormedLive(ms)
}

// wellFormedLive is wellFormed of a list that was made beside mappers: only the
// ends are sure to rise.
func wellFormedLive(ms []vmm.Mapping) string {
	var end vmm.Addr
	for _, m := range ms {
		switch {
		case m.Start >= m.End || !m.Start.Aligned() || !m.End.Aligned():
			return "no range: " + fmtMapping(m)
		case m.End <= end:
			return "out of order: " + fmtMapping(m)
		case m.Start < vmm.MmapMinAddr || m.End > vmm.TaskSize:
			return "outside the address space: " + fmtMapping(m)
		case m.File.ID == 0 && m.File.Off != 0:
			return "anonymous memory with a file offset: " + fmtMapping(m)
		}
		end = m.End
	}
	return ""
}
