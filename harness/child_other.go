//go:build !linux

package harness

import (
	"os"
	"os/exec"
)

var dumpSignal = os.Kill

func raise() {}

func detach(*exec.Cmd) {}
