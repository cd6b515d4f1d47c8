package atomic

import (
	"runtime"
	"sync/atomic"
)

// cpus is GOMAXPROCS as it was when the last Task was made: asking the runtime
// takes the scheduler's lock, too dear for a lock's slow path.
var cpus atomic.Int32

func countCPUs() { cpus.Store(int32(runtime.GOMAXPROCS(0))) }

// CPUs returns how many tasks can run at once. Waiting by spinning is of no
// use where that is one. In the vmasim build an engine with a method
// CPUs() int answers itself; any other engine has as many as tasks.
func CPUs() int {
	if n := engineCPUs(); n > 0 {
		return n
	}
	return int(cpus.Load())
}
