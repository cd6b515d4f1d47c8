package lint

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "vmabench"

// TestImportTable compares the table in ARCHITECTURE.md with what go list
// says, over both builds.
func TestImportTable(t *testing.T) {
	doc, err := os.ReadFile("../../ARCHITECTURE.md")
	if os.IsNotExist(err) {
		t.Skip("there is no ARCHITECTURE.md yet")
	} else if err != nil {
		t.Fatal(err)
	}
	table, err := importTable(string(doc))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command, which is not in PATH")
	}
	imports := map[string][]string{}
	for _, tags := range []string{"", "vmasim"} {
		listImports(t, tags, imports)
	}
	for _, complaint := range compareImports(table, imports) {
		t.Error(complaint)
	}
}

// importTable reads the block that starts with ```imports: one package a line,
// a colon, and the packages of this module that it may import.
func importTable(doc string) (map[string][]string, error) {
	_, rest, ok := strings.Cut(doc, "\n```imports\n")
	block, _, closed := strings.Cut(rest, "\n```")
	if !ok || !closed {
		return nil, fmt.Errorf("ARCHITECTURE.md has no block ```imports")
	}
	table := map[string][]string{}
	for line := range strings.Lines(block) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		pkg, deps, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(pkg, " \t") {
			return nil, fmt.Errorf("ARCHITECTURE.md: %q is no line of the import table (pkg: dep dep)", line)
		}
		if _, twice := table[pkg]; twice {
			return nil, fmt.Errorf("ARCHITECTURE.md: two lines for %s", pkg)
		}
		table[pkg] = strings.Fields(deps)
	}
	return table, nil
}

// listImports adds each package's direct imports within the module, tests left
// out, in the build with these tags.
func listImports(t *testing.T, tags string, imports map[string][]string) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-tags", tags, "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	cmd.Dir = "../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(words[0], module+"/")
		imports[pkg] = append(imports[pkg], []string{}...)
		for _, dep := range words[1:] {
			if rel, ours := strings.CutPrefix(dep, module+"/"); ours && !slices.Contains(imports[pkg], rel) {
				imports[pkg] = append(imports[pkg], rel)
			}
		}
	}
}

// compareImports returns where the packages and the table differ. A package
// that imports nothing of ours needs no line.
func compareImports(table, imports map[string][]string) (complaints []string) {
	for pkg, deps := range imports {
		allowed, ok := table[pkg]
		if !ok && len(deps) > 0 {
			complaints = append(complaints, pkg+" has no line in ARCHITECTURE.md's import table")
			continue
		}
		for _, d := range deps {
			if !slices.Contains(allowed, d) {
				complaints = append(complaints, fmt.Sprintf("%s imports %s, which ARCHITECTURE.md does not allow", pkg, d))
			}
		}
	}
	for pkg, allowed := range table {
		for _, p := range append([]string{pkg}, allowed...) {
			if _, exists := imports[p]; !exists {
				complaints = append(complaints, fmt.Sprintf("ARCHITECTURE.md's line for %s names %s, which does not exist", pkg, p))
			}
		}
	}
	slices.Sort(complaints)
	return complaints
}

func TestCompareImports(t *testing.T) {
	table, err := importTable("text\n```imports\na: b c\nb:\n\nc: b\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		imports map[string][]string
		want    string
	}{
		{"as it says", map[string][]string{"a": {"b", "c"}, "b": {}, "c": {"b"}}, ""},
		{"fewer", map[string][]string{"a": {}, "b": {}, "c": {}, "d": {}}, ""},
		{"upward", map[string][]string{"a": {}, "b": {"a"}, "c": {}}, "b imports a"},
		{"unknown package", map[string][]string{"a": {}, "b": {}, "c": {}, "d": {"a"}}, "d has no line"},
		{"package gone", map[string][]string{"a": {}, "b": {}}, "names c, which does not exist"},
	} {
		got := strings.Join(compareImports(table, tt.imports), "; ")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: complaint %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, bad := range []string{"", "```imports", "\n```imports\na b: c\n```", "\n```imports\na\n```", "\n```imports\na:\na:\n```"} {
		if _, err := importTable(bad); err == nil {
			t.Errorf("table %q was taken", bad)
		}
	}
}
