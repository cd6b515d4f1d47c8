//go:build linux

package linux

import (
	"sync"

	"golang.org/x/sys/unix"
)

// files are the files that mappings show: memfds, by the contract's number.
type files struct {
	mu sync.Mutex
	fd map[uint32]int
}

// fileSize is more than anything maps of one file.
const fileSize = 1 << 42

// open returns the descriptor of the file, which is made at its first use.
func (f *files) open(id uint32) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fd, ok := f.fd[id]; ok {
		return fd, nil
	}
	fd, err := unix.MemfdCreate("vmabench", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	if err := unix.Ftruncate(fd, fileSize); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if f.fd == nil {
		f.fd = map[uint32]int{}
	}
	f.fd[id] = fd
	return fd, nil
}

func (f *files) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fd := range f.fd {
		unix.Close(fd)
	}
	f.fd = nil
}
