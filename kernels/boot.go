package kernels

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vmabench/results"
)

// Machine is what is emulated.
type Machine struct {
	Kernel *Kernel
	// Options are the emulator's beyond those of every machine, Boot the
	// kernel's; Guest are the arguments of the guest.
	Options, Boot, Guest []string
	// Plugin is a plugin of the emulator, with its arguments; "" for none.
	Plugin string
}

// options of every boot, the emulator's and the kernel's. All are in the key of
// a result: with another memory size alone a count of mmap has been seen to move.
var (
	everyMachine = []string{"-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot",
		"-m", "1024"}
	everyBoot = []string{"console=ttyS0", "quiet", "panic=-1", "reboot=t", "nokaslr", "norandmaps", "mitigations=off", "pti=off",
		"init_on_alloc=0", "preempt=voluntary", "transparent_hugepage=never", "GOGC=off", "GODEBUG=asyncpreemptoff=1"}
)

// boot runs the guest program on the machine and returns what it printed. A
// boot that ends without the guest's last word is tried again: emulated CPUs
// that run at once have been seen to die early, where the kernel rewrites its
// own code.
func (c *Cache) boot(ctx context.Context, m *Machine, init []byte) ([]string, error) {
	dir, err := os.MkdirTemp("", "kernels-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	initrd := filepath.Join(dir, "initramfs")
	var archive bytes.Buffer
	if err := writeInitramfs(&archive, init); err != nil {
		return nil, err
	}
	if err := os.WriteFile(initrd, archive.Bytes(), 0o644); err != nil {
		return nil, err
	}
	var last error
	for range 3 {
		out, err := c.emulate(ctx, m, initrd)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch lines, verdict := guestSaid(out); {
		case verdict == "done":
			return lines, nil
		case verdict != "":
			return nil, fmt.Errorf("kernel %s: the guest %s", m.Kernel.Release, verdict)
		case err != nil && len(out) == 0:
			last = fmt.Errorf("the emulator: %w", err)
		default:
			last = fmt.Errorf("kernel %s died before the guest was done: %s", m.Kernel.Release, lastLine(out))
		}
	}
	return nil, last
}

// said are the beginnings of a line that is the guest's and not the kernel's.
var said = []string{"Benchmark", "symbols ", "report "}

// guestSaid returns the guest's lines of a console and its last word, "" if it
// never came.
func guestSaid(console []byte) (lines []string, verdict string) {
	for line := range strings.Lines(string(console)) {
		line = strings.TrimRight(line, "\r\n")
		if word, ok := strings.CutPrefix(line, "guest: "); ok {
			return lines, word
		}
		if slices.ContainsFunc(said, func(p string) bool { return strings.HasPrefix(line, p) }) {
			lines = append(lines, line)
		}
	}
	return lines, ""
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// patience bounds a boot, which takes seconds on an idle machine.
const patience = 10 * time.Minute

// emulate boots the machine once and returns what came out of its console.
func (c *Cache) emulate(ctx context.Context, m *Machine, initrd string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	root := filepath.Join(c.Dir, emulator)
	libs := filepath.Join(root, emulatorLibs)
	usr := filepath.Join(root, "usr/lib/x86_64-linux-gnu")
	args := []string{"--library-path", libs + ":" + usr, filepath.Join(root, emulatorFile),
		"-L", filepath.Join(root, "usr/share/qemu"), "-L", filepath.Join(root, "usr/share/seabios")}
	args = append(args, c.options(m)...)
	if m.Plugin != "" {
		args = append(args, "-plugin", m.Plugin)
	}
	args = append(args, "-kernel", m.Kernel.Image, "-initrd", initrd, "-append", bootLine(m))
	cmd := exec.CommandContext(ctx, c.loader(), args...)
	cmd.Env = []string{"QEMU_MODULE_DIR=" + filepath.Join(usr, "qemu"), "PATH=/nonexistent"}
	out, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) && len(exit.Stderr) > 0 {
		err = errors.New(lastLine(exit.Stderr))
	}
	return out, err
}

func (c *Cache) options(m *Machine) []string {
	return append(append([]string{}, everyMachine...), m.Options...)
}

func bootLine(m *Machine) string {
	guest := append([]string{"-design=" + DesignOf(m.Kernel.Release)}, m.Guest...)
	return strings.Join(append(append([]string{}, everyBoot...), m.Boot...), " ") + " -- " + strings.Join(guest, " ")
}

// key is what a result is of: all that it depends on.
func (c *Cache) key(m *Machine, init []byte) []results.Param {
	return []results.Param{
		{Key: "kernel", Value: m.Kernel.Release}, {Key: "package", Value: m.Kernel.Version},
		{Key: "emulator", Value: qemu + " " + c.Emulator}, {Key: "options", Value: strings.Join(c.options(m), " ")},
		{Key: "boot", Value: bootLine(m)}, {Key: "guest", Value: fmt.Sprintf("%x", sha256.Sum256(init))},
	}
}
