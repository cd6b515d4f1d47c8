//go:build linux

package linux

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
	"vmabench/workload"
)

func open(t *testing.T, i int) (vmm.VMM, *vmm.Task) {
	t.Helper()
	task := vmm.NewTask()
	v := Designs()[i].New(vmm.Config{}).NewVMM(task)
	t.Cleanup(func() {
		v.Exit(task)
		task.Release()
	})
	return v, task
}

const rw = vmm.ProtRead | vmm.ProtWrite

// TestOperations walks through every call; what the kernel says of the mappings
// is the oracle.
func TestOperations(t *testing.T) {
	for i, d := range Designs() {
		t.Run(d.Name, func(t *testing.T) {
			v, task := open(t, i)
			base := vmm.Addr(0x30 << 40)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			_, err := v.Mmap(task, base, 8*vmm.PageSize, rw, vmm.MapFixedNoReplace, vmm.File{})
			must(err)
			if _, err := v.Mmap(task, base, vmm.PageSize, rw, vmm.MapFixedNoReplace, vmm.File{}); !errors.Is(err, vmm.EEXIST) {
				t.Errorf("over a mapping: %v", err)
			}
			must(v.Fault(task, base, vmm.AccessWrite))
			must(v.Mprotect(task, base+2*vmm.PageSize, vmm.PageSize, vmm.ProtNone))
			if err := v.Fault(task, base+2*vmm.PageSize, vmm.AccessRead); !errors.Is(err, vmm.EFAULT) {
				t.Errorf("a page without access: %v", err)
			}
			must(v.Munmap(task, base+4*vmm.PageSize, vmm.PageSize))
			if m, err := v.Peek(task, base+7*vmm.PageSize+5); !errors.Is(err, vmm.EINVAL) {
				must(err)
				if want := (vmm.Mapping{Range: vmm.Range{Start: base + 5*vmm.PageSize, End: base + 8*vmm.PageSize}, Prot: rw}); m != want {
					t.Errorf("peek: %v, want %v", m, want)
				}
				if m, err := v.Peek(task, base+4*vmm.PageSize); !errors.Is(err, vmm.EFAULT) {
					t.Errorf("peek at a hole: %v, %v", m, err)
				}
			}
			if err := v.Fault(task, base+4*vmm.PageSize, vmm.AccessRead); !errors.Is(err, vmm.EFAULT) {
				t.Errorf("a hole: %v", err)
			}
			ms, err := v.Maps(task, nil)
			must(err)
			want := []vmm.Range{{Start: base, End: base + 2*vmm.PageSize}, {Start: base + 2*vmm.PageSize, End: base + 3*vmm.PageSize},
				{Start: base + 3*vmm.PageSize, End: base + 4*vmm.PageSize}, {Start: base + 5*vmm.PageSize, End: base + 8*vmm.PageSize}}
			var got []vmm.Range
			for _, m := range ms {
				got = append(got, m.Range)
			}
			if !slices.Equal(got, want) {
				t.Errorf("maps: %v, want %v", got, want)
			}
			a, err := v.Mmap(task, 0, 4*vmm.PageSize, rw, 0, vmm.File{})
			must(err)
			b, err := v.Mremap(task, a, 4*vmm.PageSize, 16*vmm.PageSize, vmm.RemapMayMove, 0)
			must(err)
			if _, ok := host(b, 16*vmm.PageSize); !ok {
				t.Errorf("mremap moved to %#x, outside the windows", uint64(b))
			}
			must(v.Munmap(task, b, 16*vmm.PageSize))
			if _, err := v.Mmap(task, 0x1000_0000, vmm.PageSize, rw, vmm.MapFixed, vmm.File{}); !errors.Is(err, vmm.ENOMEM) {
				t.Errorf("outside the windows: %v", err)
			}
		})
	}
}

// TestAccounted: private memory that was writable stays counted, and so apart from
// what never was, but for anonymous memory that was never touched: as the models have
// it (variants.TestMergeAccounted).
func TestAccounted(t *testing.T) {
	v, task := open(t, 0)
	base := vmm.Addr(0x30 << 40)
	mid := base + 4*vmm.PageSize
	if _, err := v.Mmap(task, base, 16*vmm.PageSize, vmm.ProtRead, vmm.MapFixedNoReplace, vmm.File{}); err != nil {
		t.Fatal(err)
	}
	vmas := func(touch bool) int {
		t.Helper()
		err := v.Mprotect(task, mid, 4*vmm.PageSize, rw)
		if touch {
			err = errors.Join(err, v.Fault(task, mid, vmm.AccessWrite))
		}
		ms, err2 := v.Maps(task, nil)
		if err = errors.Join(err, v.Mprotect(task, mid, 4*vmm.PageSize, vmm.ProtRead), err2); err != nil || len(ms) != 3 {
			t.Fatalf("%v, %v", ms, err)
		}
		if ms, err = v.Maps(task, nil); err != nil {
			t.Fatal(err)
		}
		return len(ms)
	}
	if untouched, touched := vmas(false), vmas(true); untouched != 1 || touched != 3 {
		t.Errorf("%d VMAs where nothing was touched, %d where a page was: want 1, 3", untouched, touched)
	}
}

// TestPagesOfText: a read(2) of /proc/self/maps with room enough returns whole lines
// of less than a page, as many as fit, and no reader of ours has less room: so a hold
// of the kernel's lock is as long as the models have it.
func TestPagesOfText(t *testing.T) {
	v, task := open(t, 0)
	base := vmm.Addr(0x30 << 40)
	for i := range vmm.Addr(300) {
		if _, err := v.Mmap(task, base+2*i*vmm.PageSize, vmm.PageSize, rw, vmm.MapFixedNoReplace, vmm.File{}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &reads{Reader: f}
	data, err := readPages(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.n) < 4 {
		t.Fatalf("%d reads for %d bytes", len(r.n), len(data))
	}
	for i, n := range r.n {
		page, rest := data[:n], data[n:]
		data = rest
		next, _, more := bytes.Cut(rest, []byte("\n"))
		switch {
		case r.room[i] < vmm.PageSize:
			t.Errorf("read %d has room for %d bytes", i, r.room[i])
		case n >= vmm.PageSize || n > 0 && page[n-1] != '\n':
			t.Errorf("read %d returns %d bytes, which end in %q", i, n, page[max(0, n-1):])
		case more && n+len(next)+1 < vmm.PageSize:
			t.Errorf("read %d returns %d bytes, and a line of %d would have fitted", i, n, len(next)+1)
		}
	}
}

// reads notes the reads of a reader.
type reads struct {
	io.Reader
	room, n []int
}

func (r *reads) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.room, r.n = append(r.room, len(b)), append(r.n, n)
	return n, err
}

// TestNeighbours: mappings that two tasks have where the kernel chooses are one
// VMA, those of other sizes and of files are not, and places come back.
func TestNeighbours(t *testing.T) {
	v, one := open(t, 0)
	two := vmm.NewTask()
	defer two.Release()
	if d := int(two.ID()) - int(one.ID()); d != 1 && d != -1 {
		t.Skipf("tasks %d and %d are no neighbours", one.ID(), two.ID())
	}
	vmas := func() int {
		ms, err := v.Maps(one, nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(ms)
	}
	for _, length := range []uint64{vmm.PageSize, 16 << 20, 128 << 20, 1 << 30} {
		var at [2][3]vmm.Addr
		for turn := range 2 {
			before := vmas()
			for i, k := range []*vmm.Task{one, two} {
				a, err := v.Mmap(k, 0, length, rw, 0, vmm.File{})
				if err != nil {
					t.Fatal(err)
				}
				at[turn][i] = a
			}
			want := 1
			if length > 256<<20 {
				want = 2 // too large to lie together
			}
			if n := vmas() - before; n != want {
				t.Errorf("two mappings of %d bytes are %d VMAs, want %d", length, n, want)
			}
			for i, k := range []*vmm.Task{one, two} {
				if err := v.Munmap(k, at[turn][i], length); err != nil {
					t.Fatal(err)
				}
			}
			if n := vmas(); n != before {
				t.Errorf("%d VMAs are left of %d bytes", n-before, length)
			}
		}
		if at[0] != at[1] {
			t.Errorf("%d bytes at %#x, then at %#x", length, at[0], at[1])
		}
	}
}

// TestEveryTouchFaults: the kernel counts a fault for each call, because a page
// is dropped before it is touched again.
func TestEveryTouchFaults(t *testing.T) {
	for i, d := range Designs() {
		t.Run(d.Name, func(t *testing.T) {
			v, task := open(t, i)
			a, err := v.Mmap(task, 0, 512*vmm.PageSize, rw, 0, vmm.File{})
			if err != nil {
				t.Fatal(err)
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			before := faults(t)
			const n = 4 * 512
			for j := range n {
				if err := v.Fault(task, a+vmm.Addr(j%512)*vmm.PageSize, vmm.AccessWrite); err != nil {
					t.Fatal(err)
				}
			}
			if got := faults(t) - before; got < n || got > n+n/10 {
				t.Errorf("%d touches took %d faults", n, got)
			}
		})
	}
}

func faults(t *testing.T) int64 {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return u.Minflt
}

// TestErrors: the running kernel answers bad arguments as the designs must.
func TestErrors(t *testing.T) {
	for i, d := range Designs() {
		t.Run(d.Name, func(t *testing.T) {
			v, task := open(t, i)
			for _, bad := range vmmtest.CheckErrors(v, task, 0x30<<40) {
				t.Error(bad)
			}
		})
	}
}

// TestFull is the same of a process that has all the VMAs that it may: a child,
// for the Go runtime may want one too.
func TestFull(t *testing.T) {
	const child = "VMABENCH_TEST_FULL"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFull$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1", "GOGC=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		} else if strings.Contains(string(out), "--- SKIP") {
			t.Skipf("%s", out)
		}
		return
	}
	v, task := open(t, 0)
	base := vmm.Addr(0x30 << 40)
	for i := range 1 << 20 {
		// A hole between keeps them apart.
		switch _, err := v.Mmap(task, base+vmm.Addr(4*i)*vmm.PageSize, 3*vmm.PageSize, vmm.ProtRead, vmm.MapFixedNoReplace, vmm.File{}); err {
		case nil:
		case vmm.ENOMEM:
			vs := vmmtest.CheckFull(v, task, base)
			v.Exit(task) // or the report may have no room
			for _, bad := range vs {
				t.Error(bad)
			}
			return
		default:
			t.Fatal(err)
		}
	}
	t.Skip("this kernel lets a process have a million VMAs")
}

func TestFork(t *testing.T) {
	v, task := open(t, 0)
	for range 3 {
		c, err := v.Fork(task)
		if err != nil {
			t.Fatal(err)
		}
		c.Exit(task)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("a child is left: %d, %v", pid, err)
	}
}

func TestBrk(t *testing.T) {
	v, task := open(t, 0)
	start, err := v.Brk(task, 0)
	if err != nil || start != vmm.BrkBase {
		t.Fatalf("the heap ends at %#x, %v", uint64(start), err)
	}
	if end, _ := v.Brk(task, start+vmm.PageSize); end != start+vmm.PageSize {
		t.Errorf("grown to %#x", uint64(end))
	}
	if end, _ := v.Brk(task, start); end != start {
		t.Errorf("shrunk to %#x", uint64(end))
	}
}

// TestWorkloads: every preset can be set up, and none of its operations is one
// that this kernel cannot do.
func TestWorkloads(t *testing.T) {
	for _, s := range workload.Presets() {
		v, task := open(t, 0)
		l, err := workload.Uniform(50)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Setup(v, task, l, 1); err != nil {
			t.Errorf("%s: %v", s.FullName(), err)
		}
		streams, err := s.Compile(l, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		var last vmm.Addr
		for i, op := range streams[0].Ops[:min(len(streams[0].Ops), 1200)] {
			if err := perform(v, task, op, &last); err != nil && s.Name != "pipeline" {
				t.Errorf("%s: op %d, %v: %v", s.FullName(), i, op, err)
				break
			}
		}
		v.Exit(task)
	}
}

// perform performs one op of a stream.
func perform(v vmm.VMM, task *vmm.Task, op workload.Op, last *vmm.Addr) (err error) {
	var flags vmm.MapFlags
	var file vmm.File
	if op.Shared() {
		flags = vmm.MapShared
	}
	if op.File() {
		file.ID = 1
	}
	switch op.Kind() {
	case workload.Fault:
		err = v.Fault(task, op.Addr(), op.Access())
	case workload.FaultIn:
		err = v.Fault(task, *last+op.Addr(), op.Access())
	case workload.Map:
		*last, err = v.Mmap(task, 0, op.Length(), op.Prot(), flags, file)
	case workload.MapAt:
		_, err = v.Mmap(task, op.Addr(), op.Length(), op.Prot(), flags|vmm.MapFixed, file)
	case workload.Unmap:
		err = v.Munmap(task, *last, op.Length())
	case workload.UnmapAt:
		err = v.Munmap(task, op.Addr(), op.Length())
	case workload.Protect:
		err = v.Mprotect(task, op.Addr(), op.Length(), op.Prot())
	case workload.Drop:
		err = v.Madvise(task, op.Addr(), op.Length(), vmm.DontNeed)
	case workload.Break:
		_, err = v.Brk(task, op.Addr())
	case workload.Scan:
		_, err = v.Maps(task, nil)
	case workload.Fork:
		var c vmm.VMM
		if c, err = v.Fork(task); err == nil {
			c.Exit(task)
		}
	}
	return err
}

// TestFiles: mappings of one place of a file show the same bytes.
func TestFiles(t *testing.T) {
	v, task := open(t, 0)
	base := vmm.Addr(0x30 << 40)
	for i, flags := range []vmm.MapFlags{vmm.MapShared, vmm.MapShared, 0} {
		if _, err := v.Mmap(task, base+vmm.Addr(i)*vmm.PageSize, vmm.PageSize, rw, flags|vmm.MapFixed, vmm.File{ID: 7, Off: 8 * vmm.PageSize}); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Fault(task, base, vmm.AccessWrite); err != nil { // writes 1
		t.Fatal(err)
	}
	for i, want := range []byte{1, 1, 1} {
		if got := peek(base + vmm.Addr(i)*vmm.PageSize); got != want {
			t.Errorf("mapping %d shows %d, want %d", i, got, want)
		}
	}
	ms, err := v.Maps(task, nil)
	if err != nil || len(ms) != 3 {
		t.Errorf("%v, %v: mappings of one place of a file do not merge", ms, err)
	}
}

// peek reads the byte at a.
func peek(a vmm.Addr) byte {
	at, _ := host(a, 1)
	if err := touchPage(at, vmm.AccessRead); err != nil {
		return 0xff
	}
	return sink
}

func TestLockDesign(t *testing.T) {
	for _, c := range []struct{ release, want string }{
		{"5.10.0-32-cloud-amd64", "mmap_lock"}, {"6.1.0", "mmap_lock"}, {"6.4", "per-VMA rw_semaphore"},
		{"6.14.9+x", "per-VMA rw_semaphore"}, {"6.15.0", "per-VMA reference count"}, {"7.0.1-rc3", "per-VMA reference count"},
		{"plan9", "unknown design"},
	} {
		if got := LockDesign(c.release); got != c.want {
			t.Errorf("%s: %s, want %s", c.release, got, c.want)
		}
	}
}
