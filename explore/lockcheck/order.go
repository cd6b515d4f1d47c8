//go:build vmasim

package lockcheck

import "slices"

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
