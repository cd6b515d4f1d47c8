//go:build vmasim

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"

	"vmabench/manycore"
	"vmabench/variants"
)

// One simulation runs in a process at a time, so points are spread over child
// processes of this program, one a CPU.

// workerCommand is the hidden subcommand of a child: it reads PointSpecs and
// answers each with an answer, in JSON lines.
const workerCommand = "simulate-worker"

type answer struct {
	Result *manycore.PointResult `json:",omitempty"`
	Error  string                `json:",omitempty"`
}

func simulateWorker() int {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var p manycore.PointSpec
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return 0
		} else if err != nil {
			return fail(workerCommand, err)
		}
		var a answer
		r, err := p.Predict(variants.LookupModelled)
		if err != nil {
			a.Error = err.Error()
		} else {
			a.Result = r
		}
		if err := out.Encode(&a); err != nil {
			return fail(workerCommand, err)
		}
	}
}

// pool is the children.
type pool struct{ children []*child }

type child struct {
	cmd *exec.Cmd
	in  *json.Encoder
	out *json.Decoder
	end io.Closer
}

func newPool() (*pool, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &pool{}
	for range runtime.NumCPU() {
		c := &child{cmd: exec.Command(self, workerCommand)}
		in, err := c.cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := c.cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		c.cmd.Stderr = os.Stderr
		if err := c.cmd.Start(); err != nil {
			p.close()
			return nil, err
		}
		c.in, c.out, c.end = json.NewEncoder(in), json.NewDecoder(out), in
		p.children = append(p.children, c)
	}
	return p, nil
}

func (p *pool) close() {
	for _, c := range p.children {
		c.end.Close()
		c.cmd.Wait()
	}
}

// all predicts the points and returns their results in the same order. The
// biggest start first, so that no child is left with one at the end.
func (p *pool) all(points []manycore.PointSpec) ([]*manycore.PointResult, error) {
	rs := make([]*manycore.PointResult, len(points))
	errs := make([]error, len(p.children))
	var mu sync.Mutex
	order := bySize(points)
	next := func() int {
		mu.Lock()
		defer mu.Unlock()
		if len(order) == 0 {
			return -1
		}
		i := order[0]
		order = order[1:]
		return i
	}
	var wg sync.WaitGroup
	for j, c := range p.children {
		wg.Go(func() {
			for i := next(); i >= 0 && errs[j] == nil; i = next() {
				rs[i], errs[j] = c.predict(&points[i])
			}
		})
	}
	wg.Wait()
	return rs, errors.Join(errs...)
}

func (c *child) predict(p *manycore.PointSpec) (*manycore.PointResult, error) {
	var a answer
	err := c.in.Encode(p)
	if err == nil {
		err = c.out.Decode(&a)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("the process that simulated %s, %s, %d CPUs died: %w", p.Design, p.Workload, p.CPUs, err)
	case a.Error != "":
		return nil, errors.New(a.Error)
	}
	return a.Result, nil
}
