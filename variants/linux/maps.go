//go:build linux

package linux

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// Maps reads /proc/self/maps and returns what lies in the windows. It reads what
// else the process has mapped as well.
func (s *space) Maps(t *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	data, err := readMaps()
	if err != nil {
		return buf, err
	}
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		m, err := parseLine(line)
		if err != nil {
			return buf, err
		}
		if start, ok := guest(uintptr(m.Start)); ok {
			m.Range = vmm.Range{Start: start, End: start + vmm.Addr(m.Len())}
			buf = append(buf, m)
		}
	}
	return buf, nil
}

// readMaps reads /proc/self/maps. The kernel prints a page of text for each read(2)
// under one hold of its lock, or less where the reader has less room: os.ReadFile
// begins with 512 bytes.
func readMaps() ([]byte, error) {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readPages(f)
}

// readPages reads all of r, with room for a page or more in every read.
func readPages(r io.Reader) (data []byte, err error) {
	for {
		data = slices.Grow(data, vmm.PageSize)
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// parseLine reads "start-end perms ..." of a maps file.
func parseLine(line []byte) (vmm.Mapping, error) {
	var m vmm.Mapping
	span, rest, ok := bytes.Cut(line, []byte(" "))
	lo, hi, ok2 := bytes.Cut(span, []byte("-"))
	if !ok || !ok2 || len(rest) < 4 {
		return m, fmt.Errorf("linux: not a line of a maps file: %q", line)
	}
	start, err1 := strconv.ParseUint(string(lo), 16, 64)
	end, err2 := strconv.ParseUint(string(hi), 16, 64)
	if err1 != nil || err2 != nil {
		return m, fmt.Errorf("linux: not a line of a maps file: %q", line)
	}
	m.Start, m.End = vmm.Addr(start), vmm.Addr(end)
	for i, p := range []vmm.Prot{vmm.ProtRead, vmm.ProtWrite, vmm.ProtExec} {
		if rest[i] != '-' {
			m.Prot |= p
		}
	}
	m.Shared = rest[3] == 's'
	return m, nil
}

// apart is how far from anything that is mapped the windows begin, so that what
// grows towards them does not reach them.
const apart = 1 << 41

// placeWindows finds room for all windows, each aligned as its addresses are up
// to what one top-level entry of a page table covers.
func placeWindows() error {
	const align = 1 << 39
	var need uintptr
	for _, w := range windows {
		need += (uintptr(w.Len()) + 2*align - 1) &^ (align - 1)
	}
	data, err := readMaps()
	if err != nil {
		return err
	}
	last := uintptr(1 << 40)
	for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		m, err := parseLine(line)
		if err != nil {
			return err
		}
		if from := (last + apart) &^ (align - 1); from+need < 1<<47 && uintptr(m.Start) > from+need+apart {
			layWindows(from, align)
			return nil
		}
		last = max(last, uintptr(m.End))
	}
	return fmt.Errorf("linux: no room of %d TiB between this process's mappings", need>>40)
}

// layWindows lays the windows from there up.
func layWindows(from, align uintptr) {
	for i := range windows {
		w := &windows[i]
		off := uintptr(w.Start) & (align - 1)
		w.host = from + off
		from += (off + uintptr(w.Len()) + align - 1) &^ (align - 1)
	}
}

// Footprint counts the mappings; what they cost is in the kernel's slabs. The
// index is the nodes of maple trees that the whole machine has more than when
// the VMM was made: on an idle machine, this process's.
func (s *space) Footprint() vmm.Footprint {
	ms, err := s.Maps(nil, nil)
	if err != nil {
		return vmm.Footprint{}
	}
	f := vmm.Footprint{VMAs: len(ms), VMABytes: slabOf("vm_area_struct").size * len(ms)}
	if size := slabOf("vma_lock").size; size > 0 {
		f.Locks, f.LockBytes = len(ms), size*len(ms)
	}
	for range 3 { // old nodes wait for RCU, and are counted until then
		_, _, _ = unix.Syscall(unix.SYS_MEMBARRIER, membarrierGlobal, 0, 0)
	}
	nodes := slabOf("maple_node")
	f.IndexNodes = max(0, nodes.active-s.nodes)
	f.IndexBytes = f.IndexNodes * nodes.size
	return f
}

// membarrierGlobal is MEMBARRIER_CMD_GLOBAL of linux/membarrier.h: it waits for a
// grace period.
const membarrierGlobal = 1

// slab is a cache of the kernel's.
type slab struct{ active, size int }

// slabOf reads /proc/slabinfo; it is zero where that cannot be read.
func slabOf(cache string) (s slab) {
	data, err := os.ReadFile("/proc/slabinfo")
	if err != nil {
		return slab{}
	}
	for _, line := range bytes.Split(data, []byte("\n")) {
		if f := bytes.Fields(line); len(f) > 3 && string(f[0]) == cache {
			s.active, _ = strconv.Atoi(string(f[1]))
			s.size, _ = strconv.Atoi(string(f[3]))
		}
	}
	return s
}
