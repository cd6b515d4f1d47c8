//go:build !linux

package linux

import "vmabench/vmm"

// Designs is empty: there is no Linux here.
func Designs() []vmm.Design { return nil }
