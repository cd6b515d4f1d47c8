//go:build !vmasim

package atomic

// cpuRelax is the PAUSE instruction.
//
//go:noescape
func cpuRelax()
