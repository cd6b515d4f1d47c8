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
	for _, f := range []string{"doc.go", "lock.go", "fault.go"} {
		put("variants/mine/"+f, mine.Replace(read(t, f)))
	}
	table := read(t, "../../variants/variants.go")
	with := strings.Replace(table, "\t\"vmabench/variants/mmaponly\"\n", "\t\"vmabench/variants/mine\"\n\t\"vmabench/variants/mmaponly\"\n", 1)
	with = strings.Replace(with, "\trefcount.Design,\n", "\trefcount.Design,\n\tmine.Design,\n", 1)
	if strings.Count(with, "mine") != 2 {
		t.Fatal("variants.go has no place for a line")
	}
	put("variants/variants.go", with)
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
