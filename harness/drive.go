package harness

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"vmabench/vmm"
	"vmabench/workload"
)

// Drive performs n ops of the workload, shared out among the workers, on a
// fresh address space in this process, between start and stop. It is a
// benchmark's body, without what makes a trial: no pinning, slices or guard.
func Drive(d vmm.Design, s *workload.Spec, l *workload.Layout, workers, n int, start, stop func()) error {
	streams, err := s.Compile(l, workers, 1)
	if err != nil {
		return err
	}
	t := vmm.NewTask()
	defer t.Release()
	v := d.New(vmm.Config{}).NewVMM(t)
	if err := s.Setup(v, t, l, workers); err != nil {
		return err
	}
	runtime.GC()
	var ready, done sync.WaitGroup
	ready.Add(workers)
	begin := make(chan struct{})
	for i := range streams {
		share := n / workers
		if i < n%workers {
			share++
		}
		done.Go(func() {
			w := &worker{v: v, task: vmm.NewTask(), stream: streams[i], id: i, n: workers, watch: newStopwatch(time.Now(), 0)}
			defer w.task.Release()
			ready.Done()
			<-begin
			for range share {
				w.one()
			}
		})
	}
	ready.Wait()
	start()
	close(begin)
	done.Wait()
	stop()
	if err := v.Check(t); err != nil {
		return fmt.Errorf("the address space is corrupt: %w", err)
	}
	v.Exit(t)
	return nil
}
