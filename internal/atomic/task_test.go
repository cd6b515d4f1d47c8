package atomic

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestTaskIDs(t *testing.T) {
	var a, b, c Task
	a.Init()
	b.Init()
	if a.ID() == 0 || b.ID() == 0 || a.ID() == b.ID() {
		t.Fatalf("IDs %d and %d", a.ID(), b.ID())
	}
	if TaskByID(a.ID()) != &a || TaskByID(b.ID()) != &b {
		t.Error("a live task is not found by its ID")
	}
	for _, id := range []uint32{0, MaxTasks, 1<<32 - 1} {
		if TaskByID(id) != nil {
			t.Errorf("there is a task with ID %d", id)
		}
	}
	old := a.ID()
	a.Release()
	if TaskByID(old) != nil {
		t.Error("a released task is found")
	}
	c.Init()
	if c.ID() != old || TaskByID(old) != &c {
		t.Errorf("ID %d was free, the next task got %d", old, c.ID())
	}
	b.Release()
	c.Release()
}

func TestTooManyTasks(t *testing.T) {
	all := make([]Task, MaxTasks)
	alive := 0
	defer func() {
		if recover() == nil {
			t.Errorf("%d tasks are alive, the bound is %d", alive, MaxTasks-1)
		}
		for i := range all[:alive] {
			all[i].Release()
		}
		newTask(t) // the failure has cost no ID
	}()
	for i := range all {
		all[i].Init()
		alive++
	}
}

// A token left before the sleep ends it at once, and there is one at most.
func TestStickyToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTask(t)
		if !k.Unpark() || k.Unpark() {
			t.Error("the first Unpark leaves a token, the second finds it")
		}
		k.Park()
		woken := make(chan bool, 1)
		go func() {
			k.Park()
			woken <- true
		}()
		synctest.Wait()
		if len(woken) != 0 {
			t.Fatal("two tokens were kept")
		}
		if k.OnCPU() {
			t.Error("a sleeping task is on a CPU")
		}
		k.Unpark()
		<-woken
		if !k.OnCPU() {
			t.Error("a task that woke is on no CPU")
		}
		if k.Waits.Parks != 2 {
			t.Errorf("%d parks counted, want 2", k.Waits.Parks)
		}
	})
}

func TestParkTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTask(t)
		start := Now()
		if k.ParkTimeout(1e6) {
			t.Error("woken by nobody")
		}
		if d := Now() - start; d != 1e6 {
			t.Errorf("slept %d ns, want 1000000", d)
		}
		time.AfterFunc(time.Microsecond, func() { k.Unpark() })
		if !k.ParkTimeout(1e6) {
			t.Error("slept through an Unpark")
		}
	})
}

// Announce, test, park: whoever sees the announcement unparks, and no wake-up
// is lost.
func TestNoLostWakeup(t *testing.T) {
	t.Run("channel", func(t *testing.T) { playTurns(t, newTask(t), newTask(t)) })
	t.Run("thread", func(t *testing.T) {
		a, b := newTask(t), newTask(t)
		a.OwnThread()
		b.OwnThread()
		playTurns(t, a, b)
	})
}

func playTurns(t *testing.T, a, b *Task) {
	const rounds = 20000
	var turn Uint32
	play := func(me, other *Task, mine uint32) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for range rounds {
			for turn.Load() != mine {
				me.Park()
			}
			turn.Store(1 - mine)
			other.Unpark()
		}
	}
	done := make(chan bool)
	go func() {
		play(b, a, 1)
		done <- true
	}()
	play(a, b, 0)
	<-done
}

// A task that owns its thread sleeps by the same rules as any other.
func TestOwnThread(t *testing.T) {
	k := newTask(t)
	k.OwnThread()
	if !k.Unpark() || k.Unpark() {
		t.Error("the first Unpark leaves a token, the second finds it")
	}
	k.Park()
	start := Now()
	if k.ParkTimeout(2e6) {
		t.Error("woken by nobody, or two tokens were kept")
	}
	if d := Now() - start; d < 2e6 {
		t.Errorf("slept %d ns, want at least 2000000", d)
	}
	if !k.OnCPU() {
		t.Error("a task that woke is on no CPU")
	}
	go func() {
		for k.OnCPU() {
			runtime.Gosched()
		}
		k.Unpark()
	}()
	if !k.ParkTimeout(60e9) {
		t.Error("slept through an Unpark")
	}
	go k.Kill()
	for !k.FatalSignal() {
		k.Park()
	}
}

func TestKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTask(t)
		done := make(chan bool)
		go func() {
			for !k.FatalSignal() {
				k.Park()
			}
			done <- true
		}()
		synctest.Wait()
		k.Kill()
		<-done
		k.ClearSignal()
		if k.FatalSignal() {
			t.Error("the signal stays")
		}
	})
}

func TestKillOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTask(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stop := k.KillOn(ctx)
		for !k.FatalSignal() {
			k.Park()
		}
		if ctx.Err() == nil {
			t.Error("killed before the context ended")
		}
		if stop() {
			t.Error("stop says it stopped a kill that has happened")
		}
		k.ClearSignal()
		ctx, cancel = context.WithCancel(t.Context())
		stop = k.KillOn(ctx)
		if !stop() {
			t.Error("nothing was stopped")
		}
		cancel()
		synctest.Wait()
		if k.FatalSignal() {
			t.Error("killed after stop")
		}
	})
}

func TestCPUs(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	newTask(t)
	if CPUs() != 3 {
		t.Errorf("CPUs() = %d with GOMAXPROCS 3", CPUs())
	}
}

func TestWork(t *testing.T) {
	start := Now()
	Work(200e3)
	if d := Now() - start; d < 200e3 {
		t.Errorf("200 us of work took %d ns", d)
	}
	Work(0)
	Work(-1)
}
