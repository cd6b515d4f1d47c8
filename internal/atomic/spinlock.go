package atomic

// SpinLock is the kernel's raw_spinlock_t: 4 bytes, for sections that never
// sleep (wait lists, page tables, slabs). Its waiters spin on the word, where the
// kernel's queue: the same for a few threads. An engine may take it as the kernel does.
//
//	value  meaning     who changes it
//	0      free        anybody, by CAS to 1 (acquire)
//	1      held        the holder, by store of 0 (release)
type SpinLock struct{ v Uint32 }

// Lock takes the lock for t. Acquire: pairs with the release in Unlock.
func (l *SpinLock) Lock(t *Task) {
	if Simulated {
		holdsPreemption(1)
		if lockInOneStep(t, &l.v) {
			return
		}
	}
	if !CompareAndSwapAcquire32(&l.v, 0, 1) {
		l.lockSlow(t)
	}
}

func (l *SpinLock) lockSlow(t *Task) {
	for {
		Until(t, func() bool { return LoadRelaxed32(&l.v) == 0 })
		if CompareAndSwapAcquire32(&l.v, 0, 1) {
			return
		}
	}
}

// TryLock takes the lock if it is free.
func (l *SpinLock) TryLock() bool {
	ok := CompareAndSwapAcquire32(&l.v, 0, 1)
	if Simulated && ok {
		holdsPreemption(1)
	}
	return ok
}

// Unlock releases the lock. Release: pairs with the acquire in Lock.
func (l *SpinLock) Unlock() {
	if !Simulated || !unlockInOneStep(&l.v) {
		storeUnlock(&l.v)
	}
	if Simulated {
		holdsPreemption(-1)
	}
}

// Locked reports whether somebody holds the lock; for assertions.
func (l *SpinLock) Locked() bool { return l.v.Load() != 0 }
