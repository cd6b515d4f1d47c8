package kernels

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
)

// Series are the kernels that are looked for. Each is the last of its kind that
// Debian packages, but Newest, which is whatever is the newest.
const Newest = "newest"

// DesignOf returns the model of the lock that a release of Linux has.
func DesignOf(release string) string {
	switch v := numbers(release); {
	case slices.Compare(v, []int{6, 4}) < 0:
		return "mmaponly"
	case slices.Compare(v, []int{6, 15}) < 0:
		return "rwsem"
	}
	return "refcount"
}

// Kernel is one of the cache.
type Kernel struct {
	Wanted  string // what was asked for: "6.1", "6.12", "newest"
	Release string // as uname has it, "6.12.117+deb12-cloud-amd64"
	Version string // of its package
	Image   string `json:"-"` // file
}

// Cache is a folder with an emulator and kernels.
type Cache struct {
	Dir      string `json:"-"`
	Emulator string // version of its package
	Kernels  []Kernel
}

var wantedRE = regexp.MustCompile(`^\d+\.\d+([.+-]\S*)?$`)

// ParseWanted reads a list of kernels: releases, their beginnings, Newest.
func ParseWanted(list string) (wanted []string, err error) {
	for _, w := range strings.Split(list, ",") {
		w = strings.TrimSpace(w)
		if w != Newest && !wantedRE.MatchString(w) {
			return nil, fmt.Errorf("%q is neither %s nor a release of Linux such as 6.12", w, Newest)
		}
		if !slices.Contains(wanted, w) {
			wanted = append(wanted, w)
		}
	}
	return wanted, nil
}

const (
	manifest = "manifest.json"
	emulator = "emulator" // folder that the emulator's packages are unpacked into
	qemu     = "qemu-system-x86"

	needed = 400 << 20 // bytes: lists, packages and what is unpacked of them

	emulatorFile = "usr/bin/qemu-system-x86_64"
	emulatorLibs = "lib/x86_64-linux-gnu"
)

// loader is the emulator's own, of its own libc.
func (c *Cache) loader() string {
	return filepath.Join(c.Dir, emulator, emulatorLibs, "ld-linux-x86-64.so.2")
}

// Open returns the cache in dir with the kernels that are wanted, and fetches
// those that are missing, or all if fresh; say is told what takes long. Errors
// are of type *Unavailable where the machine, its disk or its mirror lacks
// something.
func Open(ctx context.Context, dir string, wanted []string, fresh bool, say func(string)) (*Cache, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, unavailable("the emulator's packages are for Linux on amd64")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return nil, unavailable("the cache folder: %v", err)
	}
	c := &Cache{Dir: dir}
	if !fresh {
		if err := c.load(); err != nil {
			return nil, err
		}
	}
	missing := slices.DeleteFunc(slices.Clone(wanted), func(w string) bool { return c.Kernel(w) != nil })
	if c.Emulator != "" && len(missing) == 0 {
		return c, nil
	}
	err = c.fetch(ctx, missing, say)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil && !errors.As(err, new(*Unavailable)) {
		err = unavailable("%v", err)
	}
	return c, err
}

// load reads the manifest. What is not there any more does not count.
func (c *Cache) load() error {
	file := filepath.Join(c.Dir, manifest)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(data, c)
	}
	if err != nil {
		return unavailable("%s: %v; remove it to fetch again", file, err)
	}
	gone := func(file string) bool { _, err := os.Stat(file); return err != nil }
	if gone(c.loader()) || gone(filepath.Join(c.Dir, emulator, emulatorFile)) {
		c.Emulator = ""
	}
	for i := range c.Kernels {
		c.Kernels[i].Image = c.image(c.Kernels[i].Release)
	}
	c.Kernels = slices.DeleteFunc(c.Kernels, func(k Kernel) bool { return gone(k.Image) })
	return nil
}

func (c *Cache) image(release string) string { return filepath.Join(c.Dir, "vmlinuz-"+release) }

// Kernel returns the kernel that was found for what is wanted, nil without.
func (c *Cache) Kernel(wanted string) *Kernel {
	i := slices.IndexFunc(c.Kernels, func(k Kernel) bool { return k.Wanted == wanted })
	if i < 0 {
		return nil
	}
	return &c.Kernels[i]
}

// fetch gets the emulator, if it is not there, and kernels. Nothing counts
// until the manifest says so.
func (c *Cache) fetch(ctx context.Context, missing []string, say func(string)) error {
	// apt has been seen to hang on a full disk.
	if have, err := free(c.Dir); err != nil || have < needed {
		return unavailable("%s has %d MB free, of the %d MB that fetching takes", c.Dir, have>>20, needed>>20)
	}
	m, err := findMirrors(ctx)
	if err != nil {
		return err
	}
	state := filepath.Join(c.Dir, "apt")
	defer os.RemoveAll(state)
	// Apart, so that the emulator and what it needs come from one release.
	old, err := newApt(ctx, filepath.Join(state, "old"), m.archive+" bookworm", m.security+" bookworm-security")
	if err != nil {
		return err
	}
	newer, err := newApt(ctx, filepath.Join(state, "new"), m.archive+" trixie-backports")
	if err != nil {
		return err
	}
	if c.Emulator == "" {
		say("fetching the emulator")
		if err := c.unpackEmulator(ctx, old); err != nil {
			return err
		}
		if err := c.save(); err != nil {
			return err
		}
	}
	for _, w := range missing {
		k, err := c.fetchKernel(ctx, w, old, newer, say)
		if err != nil {
			return err
		}
		c.Kernels = append(c.Kernels, *k)
		if err := c.save(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cache) save() error {
	data, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		return err
	}
	return results.ReplaceFile(filepath.Join(c.Dir, manifest), data)
}

// unpackEmulator unpacks it with all that it depends on, libc too, so that
// nothing of the machine is in what it does.
func (c *Cache) unpackEmulator(ctx context.Context, a *apt) error {
	debs, err := a.fetchAll(ctx, qemu)
	if err != nil {
		return err
	}
	tmp, dir := filepath.Join(c.Dir, "unpacking"), filepath.Join(c.Dir, emulator)
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for _, deb := range debs {
		if _, err := command(ctx, "", "dpkg-deb", "-x", deb, tmp).Output(); err != nil {
			return fmt.Errorf("dpkg-deb -x %s: %s", filepath.Base(deb), reason(err))
		}
		if strings.HasPrefix(filepath.Base(deb), qemu+"_") {
			if c.Emulator, err = debVersion(ctx, deb); err != nil {
				return err
			}
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

// fetchKernel finds the newest package of what is wanted and keeps its image.
func (c *Cache) fetchKernel(ctx context.Context, wanted string, old, newer *apt, say func(string)) (*Kernel, error) {
	var a *apt
	var pkg, release string
	for _, from := range []*apt{old, newer} {
		names, err := from.names(ctx, "linux-")
		if err != nil {
			return nil, err
		}
		if p, r := pick(names, wanted); release == "" || slices.Compare(numbers(r), numbers(release)) > 0 {
			a, pkg, release = from, p, r
		}
	}
	if release == "" {
		return nil, unavailable("the mirror has no package of Linux %s", wanted)
	}
	say("fetching Linux " + release)
	deb, err := a.fetch(ctx, pkg)
	if err != nil {
		return nil, err
	}
	k := &Kernel{Wanted: wanted, Release: release, Image: c.image(release)}
	if k.Version, err = debVersion(ctx, deb); err != nil {
		return nil, err
	}
	return k, extractImage(ctx, deb, k.Image)
}

var kernelRE = regexp.MustCompile(`^linux-(image|binary)-(\d+\.\d+\.\d+\S*-cloud-amd64)$`)

// pick returns the package with the newest kernel of what is wanted, "" if
// there is none: the beginning of a release, or the newest of 6.15 and later,
// which have the reference count. Newer packages have the image apart from the
// modules: linux-binary, a quarter of the size.
func pick(names []string, wanted string) (pkg, release string) {
	slices.Sort(names) // binary before image
	for _, name := range names {
		m := kernelRE.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		switch wanted {
		case Newest:
			if DesignOf(m[2]) != "refcount" {
				continue
			}
		default:
			if !strings.HasPrefix(m[2], wanted+".") && !strings.HasPrefix(m[2], wanted+"-") && !strings.HasPrefix(m[2], wanted+"+") {
				continue
			}
		}
		if release == "" || slices.Compare(numbers(m[2]), numbers(release)) > 0 {
			pkg, release = name, m[2]
		}
	}
	return pkg, release
}

var digitsRE = regexp.MustCompile(`\d+`)

// numbers returns those of a release, to compare: 6.1.0-56 is 6 1 0 56.
func numbers(release string) (v []int) {
	for _, d := range digitsRE.FindAllString(release, 4) {
		n, _ := strconv.Atoi(d)
		v = append(v, n)
	}
	return v
}

func debVersion(ctx context.Context, deb string) (string, error) {
	out, err := command(ctx, "", "dpkg-deb", "-f", deb, "Version").Output()
	if err != nil {
		return "", fmt.Errorf("dpkg-deb -f %s: %s", filepath.Base(deb), reason(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// extractImage writes the kernel's image out of its package.
func extractImage(ctx context.Context, deb, file string) error {
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", deb)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Kill() // the rest of the package is not wanted
		_ = cmd.Wait()
	}()
	for r := tar.NewReader(out); ; {
		h, err := r.Next()
		if err == io.EOF {
			return unavailable("%s has no kernel image", filepath.Base(deb))
		} else if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(deb), err)
		}
		if strings.HasPrefix(filepath.Base(h.Name), "vmlinuz") && h.Typeflag == tar.TypeReg {
			image, err := io.ReadAll(r)
			if err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(deb), err)
			}
			return results.ReplaceFile(file, image)
		}
	}
}
