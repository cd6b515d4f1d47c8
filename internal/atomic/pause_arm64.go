//go:build !vmasim

package atomic

// cpuRelax is the YIELD instruction.
//
//go:noescape
func cpuRelax()
