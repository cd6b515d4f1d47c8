package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/selftest"
)

// busyCommand is the hidden command of a busy loop.
const busyCommand = "spin"

// busy runs one plan alone and beside busy loops, whose turns alternate, and
// compares what came out.
func busy(ctx context.Context, dir string, count int, seed uint64, sched string, quiet bool, args []string, out io.Writer) error {
	p, err := selftest.BusyPlan(headliners, count, seed, sched == "fifo")
	if err == nil {
		err = p.Calibrate()
	}
	if err != nil {
		return err
	}
	exe, err := self()
	if err != nil {
		return err
	}
	sides := [2]*side{{name: "alone", child: harness.Command{exe, "trial"}}, {name: "beside", child: harness.Command{exe, "trial"}}}
	command := harness.CommandLine("vmabench selftest", args)
	old, now, err := runBusy(ctx, p, sides, dir, command, quiet, out)
	if err != nil {
		return err
	}
	b := selftest.JudgeBusy(old, now)
	b.Sched, b.Command = sched, command
	data, err := json.MarshalIndent(b, "", "\t")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, selftest.BusyFile)
	if err := results.ReplaceFile(file, append(data, '\n')); err != nil {
		return err
	}
	fmt.Fprintln(out)
	b.Write(out)
	fmt.Fprintf(out, "\n%s\n", file)
	return nil
}

func runBusy(ctx context.Context, p *harness.Plan, sides [2]*side, dir, command string, quiet bool, out io.Writer) (old, now *results.Folder, err error) {
	head := newRun(p, &options{}, nil)
	head.Command = command
	head.Plan.Trials = len(p.Trials) / len(sides)
	for i, s := range sides {
		if s.commit = head.Commit; s.commit == "" {
			s.commit = "unknown"
		}
		if err := s.create(head, dir, sides[1-i].name); err != nil {
			return nil, nil, err
		}
	}
	defer func() {
		for _, s := range sides {
			err = errors.Join(err, s.w.Close())
		}
		if err == nil {
			if old, err = results.Open(sides[0].w.Dir()); err == nil {
				now, err = results.Open(sides[1].w.Dir())
			}
		}
	}()
	line := newProgress(out, quiet)
	defer line.clear()
	runtime.LockOSThread() // the loops die with the thread that started them
	defer runtime.UnlockOSThread()
	loops, err := harness.StartBusy(harness.Command{sides[0].child[0], busyCommand}, selftest.Loops)
	if err != nil {
		return nil, nil, err
	}
	defer loops.Close()
	sides[1].turn = loops.Turn
	_, err = sideRunner(sides, line).Run(ctx, p, nil)
	return nil, nil, err
}
