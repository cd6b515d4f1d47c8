package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompareOutput: -units is heard in every format, and a comparison that could
// not be written is no slowdown.
func TestCompareOutput(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	bench := vmabench(t, "bench", "-plan", "smoke", "-run", "pft", "-count", "2", "-o", dir, "-noreport", "-q")
	bench.Dir = filepath.Dir(dir)
	if status, out, errs := try(t, bench); status != exitOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	inCSV := func(out string) (units []string) {
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) == 0 {
			t.Fatalf("%v\n%s", err, out)
		}
		at := -1
		for i, h := range rows[0] {
			if strings.EqualFold(h, "unit") {
				at = i
			}
		}
		for _, r := range rows[1:] {
			units = append(units, r[at])
		}
		return units
	}
	inJSON := func(out string) (units []string) {
		var c struct{ Deltas, Geomeans []struct{ Unit string } }
		if err := json.Unmarshal([]byte(out), &c); err != nil {
			t.Fatal(err)
		}
		for _, d := range append(c.Deltas, c.Geomeans...) {
			units = append(units, d.Unit)
		}
		return units
	}
	if status, out, errs := try(t, vmabench(t, "compare", "-units", "ns/op,nosuch", dir, dir)); status != exitUsage || out != "" ||
		!strings.HasPrefix(errs, `vmabench: -units: neither run has "nosuch"; there are ns/op,`) || strings.Count(errs, "\n") != 1 {
		t.Errorf("a unit that no run has: status %d, %q, %q", status, out, errs)
	}
	for format, read := range map[string]func(string) []string{"csv": inCSV, "json": inJSON} {
		for _, only := range []string{"", "ns/op"} {
			args := []string{"compare", "-format", format, dir, dir}
			if only != "" {
				args = append(args, "-units", only)
			}
			status, out, errs := try(t, vmabench(t, args...))
			if status != exitOK {
				t.Fatalf("%s: status %d, %s", format, status, errs)
			}
			asked, others := 0, 0
			for _, u := range read(out) {
				if u == "ns/op" {
					asked++
				} else {
					others++
				}
			}
			if asked == 0 || (others == 0) != (only != "") {
				t.Errorf("%s, -units %q: %d records of ns/op, %d of others", format, only, asked, others)
			}
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	defer full.Close()
	for _, format := range formats {
		cmd := vmabench(t, "compare", "-gate", "5%", "-format", format, dir, dir)
		var errs strings.Builder
		cmd.Stdout, cmd.Stderr = full, &errs
		cmd.Run()
		if s := cmd.ProcessState.ExitCode(); s != exitUsage || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%s into a full disk: status %d, %s", format, s, errs.String())
		}
	}
}
