//go:build vmasim

package explore

// maxThreads bounds the threads of a scenario, deferred calls included.
const maxThreads = 8

// clock is a vector clock: how many steps of each thread something covers.
type clock [maxThreads]uint16

func (c *clock) join(o *clock) {
	for i := range c {
		c[i] = max(c[i], o[i])
	}
}

// covers reports whether step n of thread t is in c.
func (c *clock) covers(t int, n uint16) bool { return c[t] >= n }

// set is a set of threads.
type set uint32

func only(t int) set            { return 1 << t }
func (s set) has(t int) bool    { return s>>t&1 != 0 }
func (s *set) add(t int)        { *s |= 1 << t }
func (s *set) remove(t int)     { *s &^= 1 << t }
func (s set) without(o set) set { return s &^ o }
