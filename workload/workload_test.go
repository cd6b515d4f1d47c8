package workload

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vmabench/vmm"
)

func uniform(t *testing.T, n int) *Layout {
	t.Helper()
	l, err := Uniform(n)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOpRoundTrip(t *testing.T) {
	last := vmm.TaskSize - vmm.PageSize
	for k := range NumKinds {
		for _, addr := range []vmm.Addr{0, vmm.PageSize, 1 << 32, last} {
			for _, pages := range []int{0, 1, 4096, MaxPages} {
				for _, arg := range []uint8{0, 1, 3, 7, 15} {
					op := NewOp(k, arg, addr, pages)
					if op.Kind() != k || op.Addr() != addr || op.Length() != uint64(pages)*vmm.PageSize ||
						uint8(op.Access()) != arg || uint8(op.Prot()) != arg {
						t.Fatalf("%v %d %#x %d came back as %v", k, arg, uint64(addr), pages, op)
					}
				}
			}
		}
	}
	for _, bad := range []func(){
		func() { NewOp(Fault, 0, 1, 0) },
		func() { NewOp(Fault, 0, 1<<47, 0) },
		func() { NewOp(Map, 0, 0, MaxPages+1) },
		func() { NewOp(Map, 16, 0, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("an op that does not fit was packed")
				}
			}()
			bad()
		}()
	}
}

// TestStreamsAreDeterministic: the same seed gives the same streams, another
// seed other ones wherever anything is drawn.
func TestStreamsAreDeterministic(t *testing.T) {
	l := uniform(t, 100)
	for _, s := range Presets() {
		for _, workers := range []int{1, 2, 4} {
			a, err := s.Compile(l, workers, 1)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := s.Compile(l, workers, 1)
			c, _ := s.Compile(l, workers, 2)
			drawn := map[string]bool{} // by role: its ops are drawn
			for _, r := range s.Roles {
				for _, st := range r.Steps {
					drawn[r.Name] = drawn[r.Name] || st.Random && workers > 1 || st.Where == All
				}
			}
			for w := range a {
				if !slices.Equal(a[w].Ops, b[w].Ops) {
					t.Errorf("%s: worker %d of %d: one seed, two streams", s.FullName(), w, workers)
				}
				if drawn[a[w].Role] && slices.Equal(a[w].Ops, c[w].Ops) {
					t.Errorf("%s: worker %d of %d: two seeds, one stream", s.FullName(), w, workers)
				}
			}
		}
	}
}

// TestStreamsAreCycles performs each worker's stream twice on a page map of
// its own and holds every op to what its stream may assume: what it maps was
// not mapped, what it unmaps was, and the end is the beginning.
func TestStreamsAreCycles(t *testing.T) {
	l := uniform(t, 50)
	for _, s := range Presets() {
		for _, workers := range []int{1, 3} {
			if s.Name == "pipeline" && workers > 1 {
				continue // its workers unmap each other's memory
			}
			streams, err := s.Compile(l, workers, 7)
			if err != nil {
				t.Fatal(err)
			}
			for w, st := range streams {
				if len(st.Ops) == 0 || len(st.Ops) > 4*streamOps {
					t.Errorf("%s: worker %d has %d ops", s.FullName(), w, len(st.Ops))
				}
				mapped, last := map[Op]bool{}, false
				for range 2 {
					for i, op := range st.Ops {
						place := NewOp(MapAt, 0, op.Addr(), int(op.Length()>>vmm.PageShift))
						var ok bool
						switch op.Kind() {
						case Map:
							ok, last = !last, true
						case Unmap, FaultIn:
							ok = last
							last = last && op.Kind() != Unmap
						case MapAt:
							ok = !mapped[place]
							mapped[place] = true
						case UnmapAt:
							ok = mapped[place]
							delete(mapped, place)
						default:
							ok = true
						}
						if !ok {
							t.Fatalf("%s: worker %d: op %d, %v, is out of place", s.FullName(), w, i, op)
						}
					}
				}
				if len(mapped) != 0 || last {
					t.Errorf("%s: worker %d leaves a mapping behind at the end of its cycle", s.FullName(), w)
				}
			}
		}
	}
}

// TestMixedShares: the share of mapper operations is what the name says.
func TestMixedShares(t *testing.T) {
	l := uniform(t, 1000)
	for _, want := range []float64{0, 0.1, 1, 10, 50} {
		s := mixed(want)
		streams, err := s.Compile(l, 4, 3)
		if err != nil {
			t.Fatal(err)
		}
		changes, n := 0.0, 0.0
		for _, st := range streams {
			for _, op := range st.Ops {
				n++
				if op.Kind() != Fault {
					changes++
				}
			}
		}
		if got := 100 * changes / n; got < want*0.7 || got > want*1.3+0.01 {
			t.Errorf("%s: %.3f %% of the operations are a mapper's", s.FullName(), got)
		}
	}
}

// TestSharing: Own and Hot pages of two workers are apart, Peers are not.
func TestSharing(t *testing.T) {
	l := uniform(t, 10)
	pages := func(st Stream) map[vmm.Addr]bool {
		m := map[vmm.Addr]bool{}
		for _, op := range st.Ops {
			if op.Kind() == Fault {
				m[op.Addr()] = true
			}
		}
		return m
	}
	for name, shared := range map[string]bool{"pft": false, "hotvma": false, "ownvma": false, "local": false, "global": true} {
		s, ok := Find(name)
		if !ok {
			t.Fatal(name)
		}
		streams, err := s.Compile(l, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		a, b := pages(streams[0]), pages(streams[1])
		common := 0
		for p := range a {
			if b[p] {
				common++
			}
		}
		if shared != (common > 0) {
			t.Errorf("%s: two workers have %d pages in common", name, common)
		}
		if name == "hotvma" && (len(a) != 512 || minOf(b) != minOf(a)+512*vmm.PageSize) {
			t.Errorf("hotvma: workers' pages are not two page tables side by side")
		}
	}
}

func minOf(m map[vmm.Addr]bool) vmm.Addr {
	low := vmm.TaskSize
	for a := range m {
		low = min(low, a)
	}
	return low
}

// TestRoles: with several workers the named number of them has the role; with
// one, it does everything by turns.
func TestRoles(t *testing.T) {
	l := uniform(t, 10)
	s, _ := Find("fork-storm")
	for workers, want := range map[int]int{2: 1, 3: 1, 8: 1} {
		streams, err := s.Compile(l, workers, 1)
		if err != nil {
			t.Fatal(err)
		}
		forkers := 0
		for _, st := range streams {
			if st.Role == "forker" {
				forkers++
			}
		}
		if forkers != want || streams[0].Role != "faulter" {
			t.Errorf("%d workers: %d forkers, worker 0 is a %s", workers, forkers, streams[0].Role)
		}
	}
	one, err := s.Compile(l, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]int{}
	for _, op := range one[0].Ops {
		kinds[op.Kind()]++
	}
	if !one[0].Turns || one[0].Role != "faulter+forker" || kinds[Fork] == 0 || kinds[Fault] < 500*kinds[Fork] {
		t.Errorf("one worker: role %q, ops %v", one[0].Role, kinds)
	}
}

func TestPresetsAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Presets() {
		name := s.FullName()
		if seen[name] {
			t.Errorf("%s appears twice", name)
		}
		seen[name] = true
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if s.Title == "" || len(s.Doc) < 60 || len(s.Source) < 10 || strings.HasSuffix(s.Source, ".") {
			t.Errorf("%s: title %q, doc %q, source %q", name, s.Title, s.Doc, s.Source)
		}
		for _, r := range s.Roles {
			if r.RateHz <= 0 {
				t.Errorf("%s: role %s has no rate for latency trials", name, r.Name)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	for expr, want := range map[string]string{
		"mixed":            "mixed/write=0 mixed/write=0.1 mixed/write=1 mixed/write=10 mixed/write=50",
		"mixed/write=1":    "mixed/write=1",
		"pft|mmap1":        "pft mmap1",
		"page":             "",
		"page_fault.":      "page_fault1 page_fault2 page_fault3",
		".*storm|maps-.*":  "fork-storm maps-scan",
		"mixed/write=(0|)": "mixed/write=0",
	} {
		specs, err := Match(expr)
		var names []string
		for _, s := range specs {
			names = append(names, s.FullName())
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s matches %q (%v), want %q", expr, got, err, want)
		}
	}
	if _, err := Match("("); err == nil {
		t.Error("a bad expression was accepted")
	}
}

func TestValidate(t *testing.T) {
	good := Spec{Name: "x", Bench: "X", Roles: []Role{{Name: "r", Arena: 4, Steps: []Step{{Op: Fault, Where: Own}}}}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Spec){
		"needs a name":      func(s *Spec) { s.Name = "" },
		"no steps":          func(s *Spec) { s.Roles[0].Steps = nil },
		"no arena":          func(s *Spec) { s.Roles[0].Arena = 0 },
		"no hot VMA":        func(s *Spec) { s.Roles[0].Steps[0].Where = Hot },
		"do not fit":        func(s *Spec) { s.Roles[0].Steps[0].Pages = 5 },
		"no operation 200":  func(s *Spec) { s.Roles[0].Steps[0].Op = 200 },
		"mmap of 0 pages":   func(s *Spec) { s.Roles[0].Steps[0].Op = Map },
		"no turn":           func(s *Spec) { s.Roles = append(s.Roles, s.Roles[0]) },
		"times or weight":   func(s *Spec) { s.Roles[0].Steps[0].Times = -1 },
		"without a number":  func(s *Spec) { s.Roles[0].Steps[0].Where = Last },
		"no readable mappi": func(s *Spec) { s.Roles[0].Steps[0].Where = All },
	} {
		s := good
		s.Roles = []Role{good.Roles[0]}
		s.Roles[0].Steps = []Step{good.Roles[0].Steps[0]}
		change(&s)
		if _, err := s.Compile(&Layout{}, 1, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestUniform(t *testing.T) {
	for _, n := range []int{1, 10, 100_000} {
		l := uniform(t, n)
		if len(l.Mappings) != n {
			t.Errorf("%d VMAs, want %d", len(l.Mappings), n)
		}
		for i := 1; i < n; i++ {
			if l.Mappings[i].Start <= l.Mappings[i-1].End {
				t.Fatalf("VMA %d would merge with the one before it", i)
			}
		}
		if l.Mappings[n-1].End >= hotBase {
			t.Errorf("the layout reaches into the arenas")
		}
	}
	for _, n := range []int{0, -1, MaxVMAs + 1} {
		if _, err := Uniform(n); err == nil {
			t.Errorf("%d VMAs were accepted", n)
		}
	}
}

func TestParseMaps(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "shell.maps"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := ParseMaps(f, "shell.maps")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range l.Mappings {
		b.WriteString(m.String() + "\n")
	}
	want, err := os.ReadFile(filepath.Join("testdata", "shell.want"))
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s", b.String())
	}
}

// TestParseMapsErrors: a malformed file gives one line with its name, the line
// and what is wrong.
func TestParseMapsErrors(t *testing.T) {
	const good = "1000-3000 r--p 00000000 08:01 7 /bin/x\n"
	for text, want := range map[string]string{
		"":                                       "m: no mapping in the file",
		good + "x y z":                           "m:2: want address, permissions, offset, device and inode, got 3 fields",
		"10:20 r--p 0 0 0":                       "m:1: bad address range \"10:20\"",
		strings.Repeat("\x01", 300) + " 2 3 4 5": `m:1: bad address range "` + strings.Repeat(`\x01`, 40) + `"`,
		"zz00-3000 r--p 0 0 0":                   "m:1: bad address range \"zz00-3000\"",
		"3000-3000 r--p 0 0 0":                   "m:1: range \"3000-3000\" is empty or reversed",
		"1000-2001 r--p 0 0 0":                   "m:1: range \"1000-2001\" is not made of pages",
		"1000-fffffffffffff000 r--p 0 0 0":       "m:1: range \"1000-fffffffffffff000\" crosses the end of the user address space",
		"1000-2000 rwz- 0 0 0":                   "m:1: bad permissions \"rwz-\"",
		"1000-2000 rwx 0 0 0":                    "m:1: bad permissions \"rwx\"",
		"1000-2000 rwx- 0 0 0":                   "m:1: bad permissions \"rwx-\"",
		"1000-2000 r--p 001 0 0":                 "m:1: bad offset \"001\"",
		"1000-2000 r--p 0 0 ino":                 "m:1: bad inode \"ino\"",
		good + "2000-4000 r--p 0 0 0":            "m:2: range [0x2000,0x4000) is not above the line before it",
		good + strings.Repeat("a", 2<<20):        "m:2: bufio.Scanner: token too long",
	} {
		_, err := ParseMaps(strings.NewReader(text), "m")
		if err == nil || err.Error() != want {
			t.Errorf("%.40q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzParseMaps(f *testing.F) {
	if b, err := os.ReadFile(filepath.Join("testdata", "shell.maps")); err == nil {
		f.Add(string(b))
	}
	f.Add("1000-3000 rw-p 00000000 00:00 0 [stack]")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseMaps(strings.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		var last vmm.Addr
		for _, m := range l.Mappings {
			if m.Start < last || m.End <= m.Start || m.End > vmm.TaskSize || !m.Start.Aligned() || !m.End.Aligned() {
				t.Fatalf("mapping %v after %#x", m, uint64(last))
			}
			last = m.End
		}
	})
}
