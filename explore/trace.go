//go:build vmasim

package explore

import (
	"fmt"
	"path"
	"reflect"
	"runtime"
	"strings"
	"unicode/utf8"
	"unsafe"

	"vmabench/internal/atomic"
)

// recorder collects the lines of a timeline while a schedule is replayed.
type recorder struct {
	rows     []row
	was, now string // the access's values, before and after
	failed   bool   // a CAS that did not exchange
	older    int    // a weak load: how many versions back
}

// row is one line: what a thread did, and where.
type row struct {
	thread   int
	text     string
	where    string
	switched bool
	detail   bool // no step of its own
}

func (r *recorder) value(old, new uint64, ok bool) {
	r.was, r.now, r.failed = number(old), number(new), !ok
}

func (r *recorder) pointer(old, new unsafe.Pointer, ok bool) {
	r.was, r.now, r.failed = fmt.Sprintf("%x", uintptr(old)), fmt.Sprintf("%x", uintptr(new)), !ok
}

func (r *recorder) stale(v *version, back uint8) {
	r.was, r.older = number(v.word), int(back)
	if v.ptr != nil {
		r.was = fmt.Sprintf("%x", uintptr(v.ptr))
	}
}

func number(v uint64) string {
	switch {
	case int64(v) < 0:
		return fmt.Sprintf("-%#x", -int64(v))
	case v < 10:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%#x", v)
}

// step adds the line of t's step at d.
func (r *recorder) step(e *engine, t *thread, d int) {
	text := r.describe(e, t, d)
	r.rows = append(r.rows, row{
		thread: t.id, text: text, where: caller(),
		switched: d > 0 && int(e.nodes[d-1].thread) != t.id,
	})
	r.failed, r.older = false, 0
}

func (r *recorder) describe(e *engine, t *thread, d int) string {
	a := &t.next
	switch a.kind {
	case kLocal:
		return fmt.Sprintf("finds the clock at alternative %d", e.nodes[d].choice)
	case kPark, kTimed:
		return "wakes"
	case kUnpark:
		return "wakes " + a.of.name
	case kSection:
		if e.nodes[d].before != 0 {
			return "RCU section ends"
		}
		return "RCU section begins"
	case kDefer:
		return "hands in an RCU call"
	case kReturn:
		if t.name == "rcu" {
			return "the RCU call returns"
		}
		return "announces an RCU call"
	case kGrace:
		return "RCU grace period is over"
	}
	name, was, now := e.nameOf(a.p), r.was, r.now
	if a.kind == kPlain {
		return "plain write " + name
	}
	if a.ptr {
		was, now = e.objectAt(was), e.objectAt(now)
	}
	switch {
	case a.kind == kLock:
		return "locks " + name
	case a.kind == kRead && r.older > 0:
		return fmt.Sprintf("%s still reads as %s (%s, %d stores behind)", name, was, a.ord, r.older)
	case a.kind == kRead:
		return fmt.Sprintf("%s is %s", name, was)
	case r.failed:
		return fmt.Sprintf("%s cas fails, is %s", name, was)
	case a.kind == kCAS:
		return fmt.Sprintf("%s cas %s → %s", name, was, now)
	}
	return fmt.Sprintf("%s %s → %s", name, was, now)
}

func (r *recorder) plain(e *engine, t *thread, p unsafe.Pointer, write bool) {
	r.detail(t, "plain "+strings.TrimSuffix(verb(write), "s")+" "+e.nameOf(p))
}

func (r *recorder) life(e *engine, t *thread, p unsafe.Pointer, what string) {
	r.detail(t, what+" "+strings.SplitN(e.nameOf(p), ".", 2)[0])
}

func (r *recorder) detail(t *thread, text string) {
	r.rows = append(r.rows, row{thread: t.id, text: text, where: caller(), detail: true})
}

// objectAt names the object that a pointer's hexadecimal digits mean.
func (e *engine) objectAt(hex string) string {
	var a uintptr
	if _, err := fmt.Sscanf(hex, "%x", &a); err != nil || a == 0 {
		return "nil"
	}
	for i := range e.names {
		if e.names[i].lo == a {
			return "&" + e.names[i].name
		}
	}
	for _, t := range e.threads[:e.nthreads] {
		if uintptr(unsafe.Pointer(&t.task.Task)) == a {
			return t.name
		}
	}
	return "ptr"
}

// caller returns the function and line outside the door and the checker.
func caller() string {
	var pcs [24]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.Contains(f.Function, "internal/atomic.") && !strings.Contains(f.Function, "/explore.(*engine)") &&
			!strings.Contains(f.Function, "/explore.(*recorder)") && !strings.HasPrefix(f.Function, "iter.") &&
			!strings.HasPrefix(f.Function, "runtime.") {
			name := plainName(f.Function)
			return fmt.Sprintf("%s %s:%d", name, path.Base(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}

// plainName returns the function's own name: no package, receiver or closure.
func plainName(f string) string {
	parts := strings.Split(f[strings.LastIndexByte(f, '/')+1:], ".")
	for i := len(parts) - 1; i > 0; i-- {
		if p := strings.TrimPrefix(parts[i], "func"); strings.Trim(p, "0123456789-range]") != "" {
			return p
		}
	}
	return f
}

// longest is how many rows of a timeline are printed; an endless loop has more.
const longest = 150

// timeline lays the rows out in a column for each thread.
func (r *recorder) timeline(e *engine) string {
	const width = 40
	var b strings.Builder
	line := func(mark string, thread int, text, where string) {
		fmt.Fprintf(&b, "%-2s%s", mark, strings.Repeat(" ", width*thread))
		b.WriteString(text)
		if where != "" {
			pad := width*e.nthreads - width*thread - utf8.RuneCountInString(text)
			fmt.Fprintf(&b, "%s %s", strings.Repeat(" ", max(pad, 1)), where)
		}
		b.WriteByte('\n')
	}
	var head strings.Builder
	for _, t := range e.threads[:e.nthreads] {
		fmt.Fprintf(&head, "%-*s", width, t.name)
	}
	line("", 0, strings.TrimRight(head.String(), " "), "")
	rows := r.rows
	if n := len(rows) - longest; n > 0 {
		rows = rows[n:]
		fmt.Fprintf(&b, "  (%d lines left out)\n", n)
	}
	for _, w := range rows {
		mark, text := "", w.text
		if w.switched {
			mark = "↷"
		}
		if w.detail {
			text = "  " + text
		}
		line(mark, w.thread, text, w.where)
	}
	if e.failed != nil {
		fmt.Fprintf(&b, "✗ %s\n", strings.SplitN(e.failed.Error(), "\n", 2)[0])
	}
	return b.String()
}

// fieldPath returns ".a.b" for the field of *typ at offset off, by its type.
func fieldPath(typ any, off uintptr) string {
	t := reflect.TypeOf(typ)
	if t == nil || t.Kind() != reflect.Pointer {
		return fmt.Sprintf("+%d", off)
	}
	var out strings.Builder
	t = t.Elem()
	for {
		switch {
		case isAtomic(t):
			return out.String()
		case t.Kind() == reflect.Struct:
			f, ok := fieldAt(t, off)
			if !ok {
				return out.String()
			}
			if !f.Anonymous {
				out.WriteString("." + f.Name)
			}
			t, off = f.Type, off-f.Offset
		case t.Kind() == reflect.Array && t.Elem().Size() > 0:
			fmt.Fprintf(&out, "[%d]", off/t.Elem().Size())
			t, off = t.Elem(), off%t.Elem().Size()
		default:
			return out.String()
		}
	}
}

// isAtomic reports whether t is a word of the door's: its fields are nobody's
// business.
func isAtomic(t reflect.Type) bool {
	return t.PkgPath() == reflect.TypeFor[atomic.Uint32]().PkgPath() && t.Name() != "Task"
}

func fieldAt(t reflect.Type, off uintptr) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Name != "_" && f.Offset <= off && off < f.Offset+f.Type.Size() {
			return f, true
		}
	}
	return reflect.StructField{}, false
}
