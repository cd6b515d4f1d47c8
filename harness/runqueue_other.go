//go:build !linux

package harness

// RunQueue tells how long its thread could have run and had no CPU; not here.
type RunQueue struct{}

// OpenRunQueue returns one that knows nothing.
func OpenRunQueue() RunQueue { return RunQueue{} }

// Waited is not known.
func (RunQueue) Waited() (ns int64, ok bool) { return 0, false }

func (RunQueue) Close() {}
