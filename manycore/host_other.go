//go:build !linux

package manycore

import (
	"errors"
	"io"
)

// ErrBusy says that two threads never ran side by side.
var ErrBusy = errors.New("the host is too busy")

// Host is what this machine was measured to cost.
type Host struct{}

// MeasureHost needs Linux, to pin threads.
func MeasureHost(rounds int) (*Host, error) {
	return nil, errors.New("measuring the host needs Linux, to pin threads")
}

// Write writes nothing: there is no Host here.
func (h *Host) Write(io.Writer) error { return errors.ErrUnsupported }
