package vmmtest

import (
	"embed"
	"io/fs"
	"slices"

	"vmabench/vmm"
)

// The golden scripts: one story a file, the same for all designs. They are
// rewritten from the model by go test ./vmm/vmmtest -run Golden -rewrite;
// commit only what you understand.
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
