package harness

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
)

// TestSeats: 2 sockets of 2 cores of 2 threads, numbered in the two ways that
// kernels number them, and a machine that does not say.
func TestSeats(t *testing.T) {
	// CPU number to socket and core.
	near := func(cpu int) (socket, core int) { return cpu / 4, cpu / 2 % 2 } // siblings next to each other
	far := func(cpu int) (socket, core int) { return cpu % 2, cpu / 2 % 2 }  // siblings last, sockets in turns
	for _, c := range []struct {
		name  string
		where func(cpu int) (socket, core int)
		want  []int
	}{
		{"near", near, []int{0, 2, 4, 6, 1, 3, 5, 7}},
		{"far", far, []int{0, 2, 1, 3, 4, 6, 5, 7}},
		{"silent", nil, []int{0, 1, 2, 3, 4, 5, 6, 7}},
	} {
		all := seats([]int{0, 1, 2, 3, 4, 5, 6, 7}, func(cpu int, file string) string {
			if c.where == nil {
				return ""
			}
			socket, core := c.where(cpu)
			return strconv.Itoa(map[string]int{"physical_package_id": socket, "core_id": core}[file])
		})
		var got []int
		for _, s := range all {
			got = append(got, s.cpu)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		want := map[int]int{1: 2, 2: 2, 3: 4, 4: 4, 5: 8, 8: 8, 9: 8}
		for n, turns := range want {
			if c.where == nil {
				turns = 8
			}
			if got := among(all, n); got != turns {
				t.Errorf("%s: %d workers take turns on %d CPUs, want %d", c.name, n, got, turns)
			}
		}
		// Whatever the repetition, workers share a core only when there are more
		// of them than cores.
		for n := 1; n <= 4 && c.where != nil; n++ {
			for rep := range 8 {
				used := map[string]bool{}
				for i := range n {
					s := all[(i+rep)%among(all, n)]
					used[fmt.Sprint(s.socket, s.core)] = true
				}
				if len(used) != n {
					t.Errorf("%s: %d workers on %d cores in repetition %d", c.name, n, len(used), rep)
				}
			}
		}
	}
}
