//go:build !linux

package trace

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrNoTracer is returned where no program that can trace is installed.
var ErrNoTracer = errors.New("recording needs Linux")

// Options say how to record.
type Options struct {
	Limit          time.Duration
	With           string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Record needs Linux.
func Record(context.Context, []string, Options) (*Trace, int, error) { return nil, 0, ErrNoTracer }
