package manycore

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
)

// TestHost: the file that measuring the host writes is a machine.
func TestHost(t *testing.T) {
	h, err := MeasureHost(1)
	if err != nil {
		if runtime.GOOS != "linux" || runtime.NumCPU() < 2 || errors.Is(err, ErrBusy) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	m, params, err := Parse(&b, "host")
	if err != nil || m.CPUs() < 2 || m.RMWHit <= 0 || m.Latency[SameCluster] < m.RMWHit/10 {
		t.Fatalf("%+v, %v\n%s", m, err, b.String())
	}
	for _, p := range params {
		if p.Source == "" && p.Name != "title" {
			t.Errorf("%s has no source", p.Name)
		}
	}
}
