//go:build linux && amd64

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"
)

// cache is a line of /proc/slabinfo.
type cache struct{ active, size, perSlab, pagesPerSlab int }

// slabs prints what one VMA costs among 40,000 that were split off in ascending
// order, and the slabs that have its parts.
func slabs() error {
	const many = 40000
	const at = 0x400000000000
	before, err := settled()
	if err != nil {
		return err
	}
	if err := mapAt(at, many, rw); err != nil {
		return err
	}
	for i := 1; i < many; i += 2 { // ascending; each splits a VMA off
		if err := mprotect(at+uintptr(i)*page, 1, readOnly); err != nil {
			return err
		}
	}
	after, err := settled()
	if err != nil {
		return err
	}
	line, sum := fmt.Sprintf("BenchmarkKernelVMABytes/design=%s/vmas=%d %d", *design, many, many), 0.0
	for _, name := range []string{"vm_area_struct", "vma_lock"} { // one of each
		if c, ok := after[name]; ok {
			line += fmt.Sprintf(" %d %s-B", c.size, name)
			sum += float64(c.size)
		}
	}
	node := after["maple_node"]
	tree := float64((node.active-before["maple_node"].active)*node.size) / many
	fmt.Printf("%s %.1f maple_node-B/vma %.1f B/vma\n", line, tree, sum+tree)
	for _, name := range []string{"vm_area_struct", "vma_lock", "maple_node", "anon_vma", "anon_vma_chain", "mm_struct"} {
		if c, ok := after[name]; ok {
			fmt.Printf("BenchmarkKernelSlab/design=%s/cache=%s 1 %d object-B %d objects/slab %d pages/slab\n",
				*design, name, c.size, c.perSlab, c.pagesPerSlab)
		}
	}
	return nil
}

// settled reads the slabs when RCU has freed what was waiting for it: the old
// nodes of the tree, which else count as its own.
func settled() (map[string]cache, error) {
	time.Sleep(3 * time.Second) // of the emulated clock, whose ticks end grace periods
	return slabinfo()
}

func slabinfo() (map[string]cache, error) {
	f, err := os.Open("/proc/slabinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	caches := map[string]cache{}
	for s := bufio.NewScanner(f); s.Scan(); {
		var name string
		var c cache
		var total int
		if n, _ := fmt.Sscan(strings.TrimSpace(s.Text()), &name, &c.active, &total, &c.size, &c.perSlab, &c.pagesPerSlab); n == 6 {
			caches[name] = c
		}
	}
	if _, ok := caches["vm_area_struct"]; !ok {
		return nil, fmt.Errorf("/proc/slabinfo has no vm_area_struct")
	}
	return caches, nil
}
