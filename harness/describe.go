package harness

import (
	"maps"
	"os/exec"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"vmabench/results"
	"vmabench/vmm"
)

// Version returns the version and the commit of this build, the commit with
// "+dirty" when the tree was not clean; "unknown" where they cannot be had.
func Version() (version, commit string) {
	version, commit = "unknown", "unknown"
	dirty := false
	if b, ok := debug.ReadBuildInfo(); ok {
		if b.Main.Version != "" {
			version = b.Main.Version
		}
		for _, s := range b.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
	}
	if commit == "unknown" {
		if out, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
			commit = strings.TrimSpace(string(out))
			out, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no").Output()
			dirty = err == nil && len(out) > 0
		}
	}
	if dirty {
		commit += "+dirty"
	}
	return version, commit
}

// CommandLine joins a command and its arguments as a run records them: how to
// repeat it, not where. -o goes with its folder; a layout's and a trace's path go
// alone.
func CommandLine(command string, args []string) string {
	keep := []string{command}
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		shown := Quote(args[i])
		switch {
		case !strings.HasPrefix(args[i], "-"):
			joined = true
		case name == "o":
			shown = ""
		case name == "layout":
			shown = "-layout FILE"
		case name == "run" && strings.HasPrefix(value, "trace:"):
			shown = "-run trace:FILE"
		default:
			joined = true // its value, if it has one, is shown as it is
		}
		if shown != "" {
			keep = append(keep, shown)
		}
		if !joined {
			i++
		}
	}
	return strings.Join(keep, " ")
}

// Quote returns an argument as a shell must be given it; of -flag=value the value
// is quoted.
func Quote(arg string) string {
	if flag, value, joined := strings.Cut(arg, "="); joined && strings.HasPrefix(arg, "-") {
		return flag + "=" + Quote(value)
	}
	if !strings.ContainsAny(arg, " \t\n\"'`$&|;()<>*?[]{}#~!\\") {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// DescribeDesign returns what a run records of a design.
func DescribeDesign(d vmm.Design) results.DesignInfo {
	i := results.DesignInfo{Name: d.Name, Title: d.Title, Since: d.Since, Doc: d.Doc, Control: d.Control, Real: d.Real, Model: d.Model}
	if d.Slab != nil {
		slab := d.Slab()
		for _, name := range slices.Sorted(maps.Keys(slab)) {
			i.Slab = append(i.Slab, results.Object{Name: name, Size: slab[name]})
		}
	}
	for k, t := range d.Layout {
		i.Layout = append(i.Layout, results.Struct{Name: t.Name(), Size: int(t.Size()), Fields: fieldsOf(t, 0, k > 0)})
	}
	return i
}

// fieldsOf lists the fields of a struct, those of its parts in their place. An
// atomic or a cell is one field, whatever it is made of. What lies beside the VMA
// is a lock through and through, as is a lock within it.
func fieldsOf(t reflect.Type, base uintptr, lock bool) (out []results.Field) {
	for i := range t.NumField() {
		f := t.Field(i)
		lock := lock || lockFields[f.Name]
		if f.Type.Kind() == reflect.Struct && !strings.HasSuffix(f.Type.PkgPath(), "/atomic") && f.Type.NumField() > 0 {
			out = append(out, fieldsOf(f.Type, base+f.Offset, lock)...)
			continue
		}
		out = append(out, results.Field{
			Name: f.Name, Type: typeName(f.Type), Offset: int(base + f.Offset), Size: int(f.Type.Size()),
			Lock: lock && f.Name != "_",
		})
	}
	return out
}

// lockFields are the names of a VMA's fields that are its lock: vm_lock,
// vm_lock_seq, vm_refcnt and the mark that it has left the tree.
var lockFields = map[string]bool{"lock": true, "lockSeq": true, "refcnt": true, "detached": true}

// typeName is a type's name without the module's path in type arguments.
func typeName(t reflect.Type) string {
	return strings.NewReplacer("vmabench/internal/", "", "sync/", "").Replace(t.String())
}
