package kernels

import (
	"fmt"
	"io"
)

// The modes of the files of an initramfs.
const (
	modeDir  = 0o040755
	modeChar = 0o020600
	modeFile = 0o100755
)

// writeInitramfs writes an archive of the format that the kernel calls newc:
// the program that becomes /init, folders for /proc and /sys, and the console,
// without which a process starts with no output.
func writeInitramfs(w io.Writer, init []byte) error {
	c := cpio{w: w}
	c.add("dev", modeDir, nil, 0, 0)
	c.add("dev/console", modeChar, nil, 5, 1)
	c.add("proc", modeDir, nil, 0, 0)
	c.add("sys", modeDir, nil, 0, 0)
	c.add("init", modeFile, init, 0, 0)
	c.add("TRAILER!!!", 0, nil, 0, 0)
	return c.err
}

type cpio struct {
	w   io.Writer
	ino int
	err error
}

// add appends an entry: a header of hexadecimal fields, the name, the data,
// each padded to four bytes.
func (c *cpio) add(name string, mode int, data []byte, major, minor int) {
	if c.err != nil {
		return
	}
	c.ino++
	head := "070701"
	for _, v := range []int{c.ino, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name) + 1, 0} {
		head += fmt.Sprintf("%08X", v)
	}
	for _, part := range [][]byte{append([]byte(head+name), 0), data} {
		for len(part)%4 != 0 {
			part = append(part, 0)
		}
		if _, err := c.w.Write(part); err != nil {
			c.err = err
			return
		}
	}
}
