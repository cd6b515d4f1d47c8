//go:build vmasim

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"vmabench/explore/lockcheck"
)

// checkWorkerCommand is the hidden subcommand of a child that explores.
const checkWorkerCommand = "check-worker"

func checkWorker() int {
	if err := lockcheck.Serve(os.Stdin, os.Stdout); err != nil {
		return fail(checkWorkerCommand, err)
	}
	return 0
}

// checkChild is a running worker.
type checkChild struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// startWorker starts a worker and reads its list of scenarios.
func startWorker(bin []string) (*checkChild, []lockcheck.Row, error) {
	w := &checkChild{cmd: exec.Command(bin[0], bin[1:]...)}
	w.cmd.Stderr = os.Stderr
	var err error
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, nil, err
	}
	w.out = json.NewDecoder(out)
	var list []lockcheck.Row
	if err := w.out.Decode(&list); err != nil {
		w.stop()
		return nil, nil, fmt.Errorf("worker: %w", err)
	}
	return w, list, nil
}

func listOf(bin ...string) ([]lockcheck.Row, error) {
	w, list, err := startWorker(bin)
	if err != nil {
		return nil, err
	}
	w.stop()
	return list, nil
}

func (w *checkChild) do(j lockcheck.Job) (lockcheck.Row, error) {
	var r lockcheck.Row
	if err := json.NewEncoder(w.in).Encode(&j); err != nil {
		return r, err
	}
	if err := w.out.Decode(&r); err != nil {
		return r, fmt.Errorf("worker died at %s/%s: %w", j.Design, j.Scenario, err)
	}
	return r, nil
}

func (w *checkChild) stop() {
	w.in.Close()
	w.cmd.Wait()
}

// each runs f for 0..n-1 in up to jobs goroutines and returns the first error.
func each(n, jobs int, f func(i int) error) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
	)
	for range min(jobs, n) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := first != nil
				mu.Unlock()
				if i >= n || stop {
					return
				}
				if err := f(i); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return first
}

// sourceTree returns the root of this module's source, for builds of changed
// locks.
func sourceTree() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return "", errors.New("needs the go command and this module's source as working directory")
	}
	path, dir, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if path != "vmabench" {
		return "", fmt.Errorf("the working directory belongs to module %q", path)
	}
	return dir, nil
}

// build compiles the worker under the tags, with an overlay if there is one.
func (c *checking) build(src, name, tags, overlay string) (string, error) {
	bin := filepath.Join(c.dir, name)
	args := []string{"build", "-tags", tags, "-ldflags=-s -w", "-o", bin}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", append(args, "./explore/lockcheck/worker")...)
	cmd.Dir = src
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s does not compile: %s", name, strings.TrimSpace(string(out)))
	}
	return bin, nil
}
