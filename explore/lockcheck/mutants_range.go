//go:build vmasim

package lockcheck

const (
	rangeLockFile = "variants/rangelock/lock.go"
	rangeTree     = "variants/rangelock/tree.go"
	rangeOps      = "variants/rangelock/ops.go"
	rangesFile    = "internal/addrspace/ranges.go"
	faultFile     = "internal/addrspace/fault.go"
)

// rangeMutants are of the range lock, and of what is locked by it.
var rangeMutants = []Mutant{
	// The lock.
	{Name: "range taken without the guard", File: rangeLockFile,
		Old: "\tl.guard.Lock(&t.Task)\n\talone := l.admit(n, r, write)\n\tl.guard.Unlock()\n",
		New: "\talone := l.admit(n, r, write)\n"},
	{Name: "range let go without the guard", File: rangeLockFile,
		Old: "\tl.guard.Lock(&t.Task)\n\tl.leave(t, n)\n}\n\n// leave", New: "\tl.leave(t, n)\n}\n\n// leave"},
	{Name: "who is in the way is not waited for", File: rangeLockFile,
		Old: "\treturn k == 0\n", New: "\treturn true\n"},
	{Name: "readers and writers share", File: rangeTree,
		Old: "return (n.write.Get() || m.write.Get()) &&", New: "return n.write.Get() && m.write.Get() &&"},
	{Name: "only the first byte counts", File: rangeTree,
		Old: "n.start.Get() < m.end.Get() && m.start.Get() < n.end.Get()", New: "n.start.Get() == m.start.Get()"},
	{Name: "a later waiter's number not taken down", File: rangeTree,
		Old: "\t\t\tif n.conflicts.Set(k); k == 0 {\n\t\t\t\tn.next.Set(chain)\n\t\t\t\tchain = n\n\t\t\t}\n",
		New: "\t\t\tif n.conflicts.Set(k); k == 0 {\n\t\t\t\tn.next.Set(chain)\n\t\t\t\treturn n\n\t\t\t}\n"},
	{Name: "earlier ranges' numbers taken down too", File: rangeTree,
		Old: "if n.arrival.Get() > m.arrival.Get() && n.excludes(m) {", New: "if n.excludes(m) {"},
	{Name: "let in before the last has left", File: rangeTree,
		Old: "if n.conflicts.Set(k); k == 0 {", New: "if n.conflicts.Set(k); k <= 1 {"},
	{Name: "the way down does not learn how far a range reaches", File: rangeTree,
		Old: "if n.reach.Get() < far {", New: "if false {"},
	{Name: "the way down does not learn how far a writer reaches", File: rangeTree,
		Old: "if n.writeReach.Get() < w {", New: "if false {"},
	{Name: "a range that has left stays in the tree", File: rangeLockFile,
		Old: "\tl.remove(n)\n", New: ""},
	{Name: "let in without release", File: rangeLockFile,
		Old: "if n.state.Swap(granted) == asleep && k.Unpark() {",
		New: "old := n.state.Load()\n\t\tif atomic.CompareAndSwapRelaxed32(&n.state, old, granted); old == asleep && k.Unpark() {"},
	{Name: "who sleeps is not woken", File: rangeLockFile,
		Old: "== asleep && k.Unpark() {", New: "== asleep && k == nil {"},
	{Name: "let in with a look, then a store", File: rangeLockFile,
		Old: "if n.state.Swap(granted) == asleep && k.Unpark() {",
		New: "old := n.state.Load()\n\t\tif n.state.Store(granted); old == asleep && k.Unpark() {"},
	{Name: "sleeps without a last look", File: rangeLockFile,
		Old: "if !n.state.CompareAndSwap(waiting, asleep) {", New: "if n.state.Store(asleep); false {"},
	{Name: "grant read without acquire", File: rangeLockFile,
		Old: "\tfor atomic.LoadAcquire32(&n.state) != granted {\n\t\tif killable", New: "\tfor atomic.LoadRelaxed32(&n.state) != granted {\n\t\tif killable"},
	{Name: "chain read after the grant", File: rangeLockFile,
		Old: "\t\tn = next\n", New: "\t\t_ = next\n\t\tn = n.next.Get()\n", With: "range-chain-again"},
	{Name: "killed waiter stays in the tree", File: rangeLockFile,
		Old: "\tl.leave(t, n)\n\treturn vmm.EINTR\n", New: "\tl.guard.Unlock()\n\treturn vmm.EINTR\n"},
	{Name: "killed waiter forgets who waits behind it", File: rangeLockFile,
		Old: "\tl.leave(t, n)\n\treturn vmm.EINTR\n", New: "\tl.remove(n)\n\tl.guard.Unlock()\n\tn.in = nil\n\treturn vmm.EINTR\n"},
	{Name: "killed waiter that was let in leaves", File: rangeLockFile,
		Old: "if n.conflicts.Get() == 0 { // a leaver", New: "if false { // a leaver"},
	{Name: "killed waiter goes before it is told", File: rangeLockFile,
		Old: "\t\tatomic.Until(&t.Task, func() bool { return atomic.LoadAcquire32(&n.state) == granted })\n", New: ""},
	{Name: "a signal ends nothing", File: rangeLockFile,
		Old: "if killable && t.FatalSignal() {", New: "if false {"},

	// What is locked.
	{Name: "fault locks the page below", File: rangeOps,
		Old: "page := addr.Down()", New: "page := addr.Down() - vmm.PageSize"},
	{Name: "fault lets go before it is handled", File: rangeOps,
		Old: "\t\to := addrspace.Handle(&s.Space, t, &v.VMA, &v.rest, addr, access, under)\n\t\tl.release(t)\n",
		New: "\t\tl.release(t)\n\t\to := addrspace.Handle(&s.Space, t, &v.VMA, &v.rest, addr, access, under)\n"},
	{Name: "not looked at again", File: rangeOps, Like: "EuroSys 2020, section 5.2: validation",
		Old: "if want.Start <= now.Start && now.End <= want.End {", New: "if true {"},
	{Name: "no page below", File: rangesFile, Of: "rangelock",
		Old: "\tr.Start -= min(r.Start, vmm.PageSize)\n", New: ""},
	{Name: "no page above", File: rangesFile, Of: "rangelock",
		Old: "\tr.End = max(r.End, r.End+vmm.PageSize)\n", New: ""},
	{Name: "VMA below not as a whole", File: rangesFile, Of: "rangelock",
		Old: "\t\tr.Start = min(r.Start, at.Start)\n", New: "\t\t_, _ = v, at\n"},
	{Name: "VMA above not as a whole", File: rangesFile, Of: "rangelock",
		Old: "\t\tr.End = max(r.End, at.End)\n", New: "\t\t_ = v\n"},
	{Name: "mprotect lets go before its page tables", File: rangeOps,
		Old: "\treturn s.Space.Mprotect(t, addr, length, prot)\n",
		New: "\tif r, ok := pages(addr, length); ok {\n\t\ts.locks.UnlockRange(t)\n\t\tdefer func() { _ = s.lockTouched(t, r) }()\n\t}\n\treturn s.Space.Mprotect(t, addr, length, prot)\n"},
	{Name: "pages dropped without a range", File: rangeOps,
		Old: "case !ok || advice == vmm.WillNeed:", New: "case !ok || advice != vmm.DontFork:"},
	{Name: "page moved without a range", File: rangeOps,
		Old: "\t_ = s.locks.LockRange(t, vmm.Range{Start: min(dst, src).Down(), End: max(dst, src).Down() + vmm.PageSize}, false, false)\n\tdefer s.locks.UnlockRange(t)\n", New: ""},
	{Name: "neighbour's anon_vma looked at without mmap_lock", File: faultFile, Of: "rangelock",
		Old: "\tcase s.Rules.RangeLocks:\n\t\ts.ReadLock(t)\n", New: "\tcase s.Rules.RangeLocks:\n\t\ts.setAnon(t, v, rest)\n\t\treturn true\n"},
}
