package workload

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"vmabench/vmm"
)

// ParseMaps reads a /proc/PID/maps file. name stands in errors, which say what
// is wrong in which line. Mappings of the kernel's half of the address space
// (vsyscall) are left out. Files are told apart by device and inode, whatever
// their path was: paths are not kept.
func ParseMaps(r io.Reader, name string) (*Layout, error) {
	files := map[string]uint32{}
	return ParseMapsFiles(r, name, func(dev, inode, _ string) uint32 {
		key := dev + " " + inode
		if files[key] == 0 {
			files[key] = uint32(len(files) + 1)
		}
		return files[key]
	})
}

// ParseMapsFiles is ParseMaps with the caller's names of files: file returns
// the number of the file that a line with an inode shows, 0 if it is none.
func ParseMapsFiles(r io.Reader, name string, file func(dev, inode, path string) uint32) (*Layout, error) {
	l := &Layout{Name: name}
	var last vmm.Addr
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 64<<10), 1<<20)
	n := 0
	for sc.Scan() {
		n++
		if strings.TrimSpace(sc.Text()) == "" {
			continue
		}
		m, keep, err := parseMapsLine(sc.Text(), file)
		if err == nil && keep && m.Start < last {
			err = fmt.Errorf("range %v is not above the line before it", m.Range)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %v", name, n, err)
		}
		if keep {
			last = m.End
			l.Mappings = append(l.Mappings, m)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %v", name, n+1, err)
	}
	if len(l.Mappings) == 0 {
		return nil, fmt.Errorf("%s: no mapping in the file", name)
	}
	return l, nil
}

// parseMapsLine parses "start-end perms offset dev inode [path]".
func parseMapsLine(line string, file func(dev, inode, path string) uint32) (m vmm.Mapping, keep bool, err error) {
	f := strings.Fields(line)
	if len(f) < 5 {
		return m, false, fmt.Errorf("want address, permissions, offset, device and inode, got %d fields", len(f))
	}
	lo, hi, ok := strings.Cut(f[0], "-")
	start, err1 := strconv.ParseUint(lo, 16, 64)
	end, err2 := strconv.ParseUint(hi, 16, 64)
	switch {
	case !ok || err1 != nil || err2 != nil:
		return m, false, fmt.Errorf("bad address range %.40q", f[0])
	case start >= end:
		return m, false, fmt.Errorf("range %q is empty or reversed", f[0])
	case start%vmm.PageSize != 0 || end%vmm.PageSize != 0:
		return m, false, fmt.Errorf("range %q is not made of pages", f[0])
	case start >= uint64(vmm.TaskSize):
		return m, false, nil
	case end > uint64(vmm.TaskSize):
		return m, false, fmt.Errorf("range %q crosses the end of the user address space", f[0])
	}
	m.Range = vmm.Range{Start: vmm.Addr(start), End: vmm.Addr(end)}
	if m.Prot, m.Shared, err = parsePerms(f[1]); err != nil {
		return m, false, err
	}
	off, err := strconv.ParseUint(f[2], 16, 64)
	if err != nil || off%vmm.PageSize != 0 {
		return m, false, fmt.Errorf("bad offset %.40q", f[2])
	}
	if _, err := strconv.ParseUint(f[4], 10, 64); err != nil {
		return m, false, fmt.Errorf("bad inode %.40q", f[4])
	}
	if f[4] != "0" {
		if id := file(f[3], f[4], strings.Join(f[5:], " ")); id != 0 {
			m.File = vmm.File{ID: id, Off: off}
		}
	}
	m.GrowsDown = len(f) > 5 && f[5] == "[stack]"
	return m, true, nil
}

func parsePerms(s string) (p vmm.Prot, shared bool, err error) {
	if len(s) != 4 {
		return 0, false, fmt.Errorf("bad permissions %.40q", s)
	}
	for i, c := range []byte("rwx") {
		switch s[i] {
		case c:
			p |= 1 << i
		case '-':
		default:
			return 0, false, fmt.Errorf("bad permissions %.40q", s)
		}
	}
	if s[3] != 'p' && s[3] != 's' {
		return 0, false, fmt.Errorf("bad permissions %.40q", s)
	}
	return p, s[3] == 's', nil
}
