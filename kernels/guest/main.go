//go:build linux && amd64

package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// bench says what a line is of; the design is what the kernel has.
var design = flag.String("design", "unknown", "the lock design of this kernel, for the names of the lines")

func main() {
	job := flag.String("job", "", "exact, symbols or locks")
	// The kernel hands over the options that it does not know itself too.
	var args []string
	for _, a := range os.Args[1:] {
		if strings.HasPrefix(a, "-") {
			args = append(args, a)
		}
	}
	err := flag.CommandLine.Parse(args)
	if err == nil {
		err = unix.Mount("proc", "/proc", "proc", 0, "")
	}
	if err == nil {
		err = jobs(*job)
	}
	if err != nil {
		fmt.Println("guest: failed:", err)
	} else {
		fmt.Println("guest: done")
	}
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART) // the emulator takes it for the end
}

func jobs(name string) error {
	switch name {
	case "symbols":
		return symbols()
	case "locks":
		for _, f := range []func() error{housekeeping, faultLines, faultTails} {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	case "exact":
		for _, f := range []func() error{instructions, slabs, layouts} {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no job %q", name)
}
