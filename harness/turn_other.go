//go:build !linux

package harness

import "os"

// canStop: trials run in one piece here, one after the other.
const canStop = false

func stopSelf() {}

func pause(*os.Process) {}

func resume(*os.Process) {}

func awaitStop(*os.Process) bool { return false }
