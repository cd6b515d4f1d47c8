//go:build vmasim

package rwsem

// Limits are the algorithm's limits, for an engine that explores it: where
// every turn of a spin doubles the interleavings, one turn shows as much as
// thirty thousand.
type Limits struct {
	MaxReaderBatch int
	SpinTurns      int
}

// SetLimits replaces the limits until restore is called.
func SetLimits(l Limits) (restore func()) {
	batch, turns := maxReaderBatch, spinTurns
	maxReaderBatch, spinTurns = l.MaxReaderBatch, l.SpinTurns
	return func() { maxReaderBatch, spinTurns = batch, turns }
}

// Idle reports whether nothing is left of any holder, waiter or spinner but
// the readers' hint in owner; for a lock that nobody uses.
func (s *RWSem) Idle() bool {
	return s.count.Load() == 0 && s.osq.Load() == 0 && !s.waitLock.Locked() && s.waiters.head.Get() == nil
}
