package trace

import (
	"io"
	"strings"

	"vmabench/vmm"
	"vmabench/workload"
)

// Files numbers the files that a process maps, by path, so that the calls and
// the mappings of one recording mean the same file by the same number.
type Files map[string]uint32

// id returns the number of the file at path; 0 is shared memory that the
// kernel shows as a file of its own.
func (f Files) id(path string) uint32 {
	path = strings.TrimSuffix(path, " (deleted)")
	path = strings.TrimSuffix(path, "(deleted)")
	if path == "/dev/zero" || strings.HasPrefix(path, "/SYSV") {
		return 0
	}
	if f[path] == 0 {
		f[path] = uint32(len(f) + 1)
	}
	return f[path]
}

// Maps reads a /proc/PID/maps file.
func (f Files) Maps(r io.Reader, name string) ([]vmm.Mapping, error) {
	l, err := workload.ParseMapsFiles(r, name, func(_, _, path string) uint32 { return f.id(path) })
	if err != nil {
		return nil, err
	}
	return l.Mappings, nil
}
