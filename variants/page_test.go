//go:build vmasim && !vmatiny

package variants_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"vmabench/internal/addrspace"
	"vmabench/internal/count"
	"vmabench/internal/mm"
	"vmabench/variants"
	"vmabench/vmm"
)

const pageFile = "../docs/designs.md"

// TestDesignsPage holds docs/designs.md against what the designs do today.
func TestDesignsPage(t *testing.T) {
	text := designsPage(t)
	if *update {
		if err := os.WriteFile(pageFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != text {
		t.Error("docs/designs.md is not what the designs do: make designs, and look at the difference")
	}
}

// costs are a design's counts.
type costs struct {
	d                                          vmm.Design
	lock, unlock, marked, waiting, between     count.Counts // the VMA read lock; no VMA lock: all zero
	startWrite, again, attach, detach, session count.Counts
	fault, mapUnmap                            count.Counts
	ranged                                     bool // lock and unlock are of a range
}

func hasLocks(d vmm.Design) bool {
	k := vmm.NewTask()
	defer k.Release()
	return addrspace.Of(d.New(vmm.Config{}).NewVMM(k)).Rules.VMALocks
}

// costsOf runs d's steps on the counting engine.
func costsOf(d vmm.Design) (c costs) {
	c.d = d
	locks := hasLocks(d)
	k, writer := vmm.NewTask(), vmm.NewTask()
	defer k.Release()
	defer writer.Release()
	count.Run(func(e *count.Engine) {
		v := d.New(vmm.Config{}).NewVMM(k)
		s := addrspace.Of(v)
		release := holdAll(s, k)
		s.WriteLock(k)
		a, b := s.Place(k, here, rw), s.Place(k, there, rw)
		s.WriteUnlock(k)
		release()
		c.ranges(e, s, k)
		if locks {
			c.readers(e, s, k, writer, a)
			c.writers(e, s, k, a, b)
		}
		_ = v.Fault(k, here.Start, vmm.AccessWrite)
		c.fault = e.Of(func() { _ = v.Fault(k, here.Start, vmm.AccessWrite) }, nil)
		pair := func() {
			_, _ = v.Mmap(k, 0x900000, page, rw, vmm.MapFixed, vmm.File{})
			_ = v.Munmap(k, 0x900000, page)
		}
		pair()
		c.mapUnmap = e.Of(pair, nil)
	})
	return c
}

// ranges counts the lock of a page's range, where there is a range lock.
func (c *costs) ranges(e *count.Engine, s *addrspace.Space, k *vmm.Task) {
	r, ok := s.Locks.(addrspace.RangeLocker)
	if c.ranged = ok; !ok {
		return
	}
	c.lock = e.Of(func() { _ = r.LockRange(k, vmm.Range{Start: here.Start, End: here.Start + page}, false, true) }, nil)
	c.unlock = e.Of(func() { r.UnlockRange(k) }, nil)
}

// readers counts StartRead alone, beside each kind of writer, and EndRead.
func (c *costs) readers(e *count.Engine, s *addrspace.Space, k, writer *vmm.Task, v *mm.VMA) {
	got := vmm.Success
	start := func() {
		s.MM.RCU.Lock(&k.Task)
		got = s.Locks.StartRead(k, s.MM, v)
		if got == vmm.Success {
			s.MM.RCU.Unlock(&k.Task)
		}
	}
	must := func(want vmm.Event) {
		if got != want {
			panic(fmt.Sprintf("%s: %v, want %v", c.d.Name, got, want))
		}
	}
	write := func() {
		s.WriteLock(writer)
		s.Locks.StartWrite(writer, v)
	}
	c.lock = e.Of(start, nil)
	must(vmm.Success)
	c.unlock = e.Of(func() { s.Locks.EndRead(k, v) }, nil)

	write()
	c.marked = e.Of(start, nil)
	must(vmm.AbortWriteLocked)
	s.WriteUnlock(writer)

	c.between = e.Of(start, write)
	must(vmm.AbortWriteLocked)
	s.WriteUnlock(writer)

	start() // a reader inside, so that the writer waits
	must(vmm.Success)
	goOn := e.Go(write)
	c.waiting = e.Of(start, nil)
	must(vmm.AbortWriterWaiting)
	s.Locks.EndRead(k, v)
	for goOn() {
	}
	s.WriteUnlock(writer)
}

// writers counts the steps of a write session in which nobody is in the way.
func (c *costs) writers(e *count.Engine, s *addrspace.Space, k *vmm.Task, v, w *mm.VMA) {
	s.WriteLock(k)
	c.startWrite = e.Of(func() { s.Locks.StartWrite(k, v) }, nil)
	c.again = e.Of(func() { s.Locks.StartWrite(k, v) }, nil)
	s.Locks.StartWrite(k, w)
	c.detach = e.Of(func() { s.Locks.Detach(k, w) }, nil)
	c.attach = e.Of(func() { s.Locks.Attach(w) }, nil)
	c.session = e.Of(func() { s.Locks.EndSession(s.MM) }, nil)
	s.MM.Lock.UpWrite(&k.Task)
}

// rmw writes read-modify-writes by kind.
func rmw(c count.Counts) string {
	var parts []string
	if c.CAS > 0 {
		parts = append(parts, fmt.Sprintf("%d cas", c.CAS))
	}
	if c.Add > 0 {
		parts = append(parts, fmt.Sprintf("%d add", c.Add))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, " + ")
}

func rmwStores(c count.Counts) string {
	if c.Stores == 0 {
		return rmw(c)
	}
	return fmt.Sprintf("%s, %d st", rmw(c), c.Stores)
}

func full(c count.Counts) string {
	return fmt.Sprintf("%d / %d / %d", c.RMW(), c.Stores, c.Dirty)
}

// stated is what the discussion of the designs has said of their reader's
// read-modify-writes: to lock, to fail where a writer waits, to unlock.
var stated = map[string][3]int{
	"rwsem": {1, 0, 1}, "rwseminline": {1, 0, 1}, "twobit": {1, 0, 1},
	"offset": {1, 2, 1}, "sketch": {1, 2, 1}, "refcount": {1, 0, 1},
}

// TestCountsAsStated: two for a reader whom only the number keeps out, in any design.
func TestCountsAsStated(t *testing.T) {
	for _, d := range modelled() {
		if !hasLocks(d) {
			continue
		}
		c := costsOf(d)
		got := [3]int{c.lock.RMW(), c.waiting.RMW(), c.unlock.RMW()}
		if want, ok := stated[d.Name]; ok && got != want {
			t.Errorf("%s: read lock, beside a writer, unlock: %v read-modify-writes, stated %v", d.Name, got, want)
		}
		if c.marked.RMW() != 0 || c.between.RMW() != 2 {
			t.Errorf("%s: %d where the number is seen at once, %d where only the second look sees it; want 0 and 2",
				d.Name, c.marked.RMW(), c.between.RMW())
		}
	}
}

// modelled are the designs of the page.
func modelled() (ds []vmm.Design) {
	for _, d := range variants.All() {
		if !d.Control {
			ds = append(ds, d)
		}
	}
	return ds
}

func designsPage(t *testing.T) string {
	var b strings.Builder
	b.WriteString(pageHead)
	var all []costs
	for _, d := range modelled() {
		all = append(all, costsOf(d))
	}
	table(&b, "design | words of the lock | bytes a VMA | VMAs a page | lock object", all, func(c costs) []string {
		return append([]string{words(c.d)}, bytesOf(c.d)...)
	})
	b.WriteString(pageLayouts)
	var laid []costs
	for _, d := range variants.Layouts() {
		laid = append(laid, costs{d: d})
	}
	table(&b, "layout | of | words of the lock | bytes a VMA | VMAs a page | lock object", laid, func(c costs) []string {
		return append([]string{strings.TrimPrefix(c.d.Since, "a layout of "), words(c.d)}, bytesOf(c.d)...)
	})
	b.WriteString(pageReaders)
	table(&b, "design | lock | fail: marked | fail: writer waits | fail: second look | unlock | lines", all, func(c costs) []string {
		lines := fmt.Sprintf("%d, %d written", c.lock.Lines, c.lock.Dirty)
		switch {
		case c.ranged:
			return []string{rmwStores(c.lock), "waits", "waits", "", rmwStores(c.unlock), lines}
		case !hasLocks(c.d):
			return []string{"none", "", "", "", "", ""}
		}
		return []string{rmwStores(c.lock), rmw(c.marked), rmw(c.waiting), rmw(c.between), rmw(c.unlock), lines}
	})
	b.WriteString(pageWriters)
	table(&b, "design | start_write | again | attach | detach | end of session | fault | mmap + munmap", all, func(c costs) []string {
		return []string{full(c.startWrite), full(c.again), full(c.attach), full(c.detach), full(c.session), full(c.fault), full(c.mapUnmap)}
	})
	b.WriteString(pageFacts)
	table(&b, "design | a writer | a VMA's memory is reused | forbidden | exposed to", all, func(c costs) []string {
		f := c.d.Facts
		var races []string
		for _, r := range f.Races {
			races = append(races, cell(t, c.d, r))
		}
		return []string{cell(t, c.d, f.Waits), cell(t, c.d, f.Reuse), cell(t, c.d, f.Forbids), strings.Join(races, "; ")}
	})
	b.WriteString(pageTail)
	return b.String()
}

func table(b *strings.Builder, head string, all []costs, row func(costs) []string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", head, strings.Repeat("---|", strings.Count(head, "|")+1))
	for _, c := range all {
		fmt.Fprintf(b, "| %s | %s |\n", c.d.Name, strings.Join(row(c), " | "))
	}
}

// cell is a fact and what shows it, which must exist.
func cell(t *testing.T, d vmm.Design, f vmm.Fact) string {
	t.Helper()
	if f.Text == "" || !named(f.Shown) {
		t.Errorf("%s: %q: nothing is named %q", d.Name, f.Text, f.Shown)
	}
	return fmt.Sprintf("%s (`%s`)", f.Text, f.Shown)
}

var sources []string

var digit = regexp.MustCompile(`\d`)

// named reports whether a test, check or scenario has that name.
func named(name string) bool {
	if sources == nil {
		for _, g := range []string{"*_test.go", "*/*_test.go", "../internal/*/*_test.go", "../vmm/vmmtest/*.go", "../explore/lockcheck/*.go"} {
			files, _ := filepath.Glob(g)
			for _, f := range files {
				text, _ := os.ReadFile(f)
				sources = append(sources, string(text))
			}
		}
	}
	for _, s := range sources {
		if strings.Contains(s, "func "+name+"(") || strings.Contains(s, `"`+name+`"`) ||
			strings.Contains(s, `"`+digit.ReplaceAllString(name, "%d")+`"`) {
			return true
		}
	}
	return false
}

// words lists the fields of a VMA that the lock uses, and their offsets.
func words(d vmm.Design) string {
	var out []string
	vma := d.Layout[0]
	for i := range vma.NumField() {
		f := vma.Field(i)
		switch f.Name {
		case "VMA", "rest", "_":
			continue
		}
		size := fmt.Sprint(f.Type.Size())
		if f.Type.Kind() == reflect.Struct && strings.HasPrefix(f.Type.Name(), "Cell[*") {
			size = "8, a pointer"
		}
		out = append(out, fmt.Sprintf("%s @%d (%s)", f.Name, f.Offset, size))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// bytesOf are the bytes of a VMA, how many fit a page, the bytes of its lock object.
func bytesOf(d vmm.Design) []string {
	k := vmm.NewTask()
	defer k.Release()
	v := d.New(vmm.Config{}).NewVMM(k)
	_, _ = v.Mmap(k, 0x100000, page, rw, vmm.MapFixed, vmm.File{})
	f := v.Footprint()
	lock := "none"
	if f.Locks > 0 {
		lock = fmt.Sprintf("%d, %d a page", f.LockBytes, vmm.PageSize/f.LockBytes)
	}
	return []string{fmt.Sprint(f.VMABytes), fmt.Sprint(vmm.PageSize / f.VMABytes), lock}
}
