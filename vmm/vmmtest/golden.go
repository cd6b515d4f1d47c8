package vmmtest

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"vmabench/vmm"
)

// The golden scripts: one story a file, the same for all designs. They are
// rewritten by go test ./vmm/vmmtest -run Golden -rewrite: from the model, but
// vma_*.txt, which are about what only a design with VMAs has, from the
// refcount design. Commit only what you understand.
//
//go:embed testdata/*.txt
var goldenFiles embed.FS

func goldenNames() []string {
	names, err := fs.Glob(goldenFiles, "testdata/*.txt")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	slices.Sort(names)
	return names
}

func goldenFile(name string) string {
	text, err := goldenFiles.ReadFile(name)
	if err != nil {
		panic(err) // the name comes from the same file system
	}
	return string(text)
}

// checkGolden performs every script; a difference in one does not hide the
// others.
func checkGolden(d vmm.Design, _ Options) (vs []Violation) {
	for _, name := range goldenNames() {
		if d.Control && aboutVMAs(name) {
			continue
		}
		want := goldenFile(name)
		got, err := goldenText(d, want)
		if err != nil {
			vs = append(vs, violation(WrongResult, "%s: %v", name, err)...)
		} else if got != want {
			vs = append(vs, violation(WrongResult, "%s:\n%s", name, DiffLines(want, got))...)
		}
	}
	return vs
}

// aboutVMAs reports whether a golden script shows VMAs that the model does not
// have.
func aboutVMAs(name string) bool { return strings.HasPrefix(name, "testdata/vma_") }

// RewriteGolden returns the name and the new text of every golden script: from
// the model, or from d where the script is about VMAs.
func RewriteGolden(d vmm.Design) (map[string]string, error) {
	texts := map[string]string{}
	for _, name := range goldenNames() {
		subject := Dumb
		if aboutVMAs(name) {
			subject = d
		}
		text, err := goldenText(subject, goldenFile(name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		texts[name] = text
	}
	return texts, nil
}
