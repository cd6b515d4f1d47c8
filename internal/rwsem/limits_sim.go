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
