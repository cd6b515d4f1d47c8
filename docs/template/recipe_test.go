//go:build !vmasim

package template

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRecipe does what docs/byol.md says, on a copy: the template as
// variants/mine, a line in the table, and the tests of all designs.
func TestRecipe(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the designs again")
	}
	goCmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command, which is not in PATH")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir, replace := t.TempDir(), map[string]string{}
	put := func(path, text string) {
		to := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, path)] = to
	}
	mine := strings.NewReplacer("package template", "package mine", `Name: "template"`, `Name: "mine"`)
	if _, err := os.Stat("../../variants/mine"); err != nil { // else its reader has made it, and it is the one to test
		for _, f := range []string{"doc.go", "lock.go", "facts.go", "fault.go"} {
			put("variants/mine/"+f, mine.Replace(read(t, f)))
		}
	}
	put("variants/variants.go", withMine(t, read(t, "../../variants/variants.go")))
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(goCmd, "test", "-overlay", overlay, "-vet=off", "-short", "-v",
		"-run", "/^mine$", "-skip", "HotPathIsStatic", "./variants")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"TestConformance/mine", "TestWriterWaits/mine", "TestKilledWriter/mine"} {
		if !strings.Contains(string(out), "--- PASS: "+want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

// withMine adds what the recipe says to the table, unless its reader has done so.
func withMine(t *testing.T, table string) string {
	t.Helper()
	for _, line := range []struct{ add, after string }{
		{"\t\"vmabench/variants/mine\"\n", "\t\"vmabench/variants/linux\"\n"},
		{"\tmine.Design,\n", "\trefcount.Design,\n"},
	} {
		if strings.Contains(table, line.add) {
			continue
		}
		if !strings.Contains(table, line.after) {
			t.Fatalf("variants.go has no place for %q", line.add)
		}
		table = strings.Replace(table, line.after, line.after+line.add, 1)
	}
	return table
}

// TestRecipeFollowed: a table with mine in it is left as it is.
func TestRecipeFollowed(t *testing.T) {
	once := withMine(t, read(t, "../../variants/variants.go"))
	if twice := withMine(t, once); twice != once || strings.Count(once, "\tmine.Design,\n") != 1 {
		t.Errorf("mine is added again:\n%s", twice)
	}
}
