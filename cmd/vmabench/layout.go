package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

// layout prints the mappings of a process, or of a copy of its
// /proc/PID/maps or smaps, without its paths: a file for bench -layout.
func layout(args []string, out, errs io.Writer) error {
	fs := flags("layout [flags] PID|FILE", errs)
	file := fs.String("o", "", "write the layout to the `file`, and what it is like to the screen")
	force := fs.Bool("force", false, "replace a file that is there")
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return badf("layout: want a process's number or a file")
	}
	l, rss, err := readLayout(fs.Arg(0))
	if err != nil {
		return usageError{plain(err)}
	}
	if *file == "" {
		return writeLayout(out, l)
	}
	if _, err := os.Lstat(*file); err == nil && !*force {
		return badf("%s: is there already; -force replaces it", *file)
	}
	var text bytes.Buffer
	if err := writeLayout(&text, l); err != nil {
		return err
	}
	if err := results.ReplaceFile(*file, text.Bytes()); err != nil {
		return fileError(err)
	}
	describeLayout(out, *file, l, rss)
	return nil
}

// readLayout reads the process's smaps, or maps where that cannot be had. rss
// is the bytes that are present, -1 where it is not known.
func readLayout(what string) (l *workload.Layout, rss int64, err error) {
	paths := []string{what}
	_, notPID := strconv.Atoi(what)
	if notPID == nil {
		paths = []string{filepath.Join("/proc", what, "smaps"), filepath.Join("/proc", what, "maps")}
	}
	var b []byte
	for _, p := range paths {
		if b, err = os.ReadFile(p); err == nil {
			break
		}
	}
	switch {
	case notPID == nil && errors.Is(err, os.ErrNotExist):
		return nil, 0, fmt.Errorf("no process %s", what)
	case err != nil:
		return nil, 0, err
	case notPID == nil && len(b) == 0:
		return nil, 0, fmt.Errorf("process %s has no mappings: it is the kernel's own, or has ended", what)
	}
	maps, rss, err := splitSmaps(string(b))
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", what, err)
	}
	l, err = workload.ParseMaps(strings.NewReader(maps), what)
	return l, rss, err
}

// splitSmaps leaves the lines of a maps file of one of smaps, and sums Rss up.
func splitSmaps(text string) (maps string, rss int64, err error) {
	var b strings.Builder
	rss = -1
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		if strings.ContainsAny(key, " -") || !strings.HasPrefix(value, " ") {
			b.WriteString(line)
			continue
		}
		if key == "Rss" {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 52)
			if err != nil || kb < 0 {
				return "", 0, fmt.Errorf("bad line %q of smaps", strings.TrimSpace(line))
			}
			rss = max(rss, 0) + kb<<10
		}
	}
	return b.String(), rss, nil
}

// writeLayout writes the mappings as a maps file whose files are numbers.
func writeLayout(w io.Writer, l *workload.Layout) error {
	b := bufio.NewWriter(w)
	for _, m := range l.Mappings {
		share, name := "p", ""
		if m.Shared {
			share = "s"
		}
		if m.GrowsDown {
			name = " [stack]"
		}
		dev := "00:00"
		if m.File.ID != 0 {
			dev = "00:01"
		}
		fmt.Fprintf(b, "%08x-%08x %v%s %08x %s %d%s\n", uint64(m.Start), uint64(m.End), m.Prot, share, m.File.Off, dev, m.File.ID, name)
	}
	return b.Flush()
}

func describeLayout(out io.Writer, path string, l *workload.Layout, rss int64) {
	var sizes []uint64
	var bytes, files, shared uint64
	for _, m := range l.Mappings {
		sizes = append(sizes, m.Len()/vmm.PageSize)
		bytes += m.Len()
		if m.File.ID != 0 {
			files++
		}
		if m.Shared {
			shared++
		}
	}
	slices.Sort(sizes)
	fmt.Fprintf(out, "%s: %d VMAs, %d of files, %d shared; %d KiB mapped", path, len(sizes), files, shared, bytes>>10)
	if rss >= 0 {
		fmt.Fprintf(out, ", %d KiB present", rss>>10)
	}
	fmt.Fprintf(out, "; pages of a VMA: median %d, largest %d\n", sizes[len(sizes)/2], sizes[len(sizes)-1])
}
