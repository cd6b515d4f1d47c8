//go:build vmasim

package lockcheck

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is a seeded bug: one place of the lock source changed.
type Mutant struct {
	Name string `json:"name"`
	File string `json:"file"` // from the module's root
	Old  string `json:"old"`  // stands there exactly once
	New  string `json:"new"`
	// Of names the only design that it concerns, where the file does not say.
	Of string `json:"of,omitempty"`
	// Like names the published bug or review finding that it repeats, if any.
	Like string `json:"like,omitempty"`
	// Equivalent says why no scenario can tell it from the original; empty for
	// a mutant that must be caught.
	Equivalent string `json:"equivalent,omitempty"`
	// Tiny: it shows with tiny counters only.
	Tiny bool `json:"tiny,omitempty"`
	// With names a long scenario that is tried as well.
	With string `json:"with,omitempty"`
}

// Apply returns the changed file of the source tree at root.
func (m *Mutant) Apply(root string) ([]byte, error) {
	src, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(src, []byte(m.Old)); n != 1 {
		return nil, fmt.Errorf("mutant %q: its text stands %d times in %s, want once", m.Name, n, m.File)
	}
	return bytes.Replace(src, []byte(m.Old), []byte(m.New), 1), nil
}

// design returns whose lock the mutant's file is part of; "" is everybody's.
func (m *Mutant) design() string {
	switch {
	case strings.HasPrefix(m.File, "internal/rwsem/"):
		return "mmap_lock"
	case m.Of != "":
		return m.Of
	case strings.HasPrefix(m.File, "variants/"):
		return strings.Split(m.File, "/")[1]
	}
	return ""
}

// Order returns the scenarios to try on the mutant, the likeliest first: its
// own design's, in the order of the list. What concerns every design is tried
// on all.
func (m *Mutant) Order(all []Row) []Row {
	var out []Row
	own := m.design()
	for _, r := range all {
		if (own == "" || r.Design == own) && (!r.Long && !r.Full || m.With == r.Scenario) {
			out = append(out, r)
		}
	}
	if own == "" {
		slices.SortStableFunc(out, func(a, b Row) int { return rank(a) - rank(b) })
	}
	return out
}

// rank puts what is not about the rw_semaphore alone first.
func rank(r Row) int {
	if r.Design == "mmap_lock" {
		return 1
	}
	return 0
}
