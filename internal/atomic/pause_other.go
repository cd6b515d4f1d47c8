//go:build !vmasim && !amd64 && !arm64

package atomic

import "runtime"

func cpuRelax() { runtime.Gosched() }
