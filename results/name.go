package results

import (
	"strconv"
	"strings"
)

// Name returns the trial's benchmark name without "Benchmark":
// Fault/variant=refcount/workload=hotvma/vmas=1000-4. The -N is always there.
func (t *Trial) Name() string {
	var b strings.Builder
	b.WriteString(t.Bench)
	for _, p := range t.Params {
		b.WriteString("/" + p.Key + "=" + p.Value)
	}
	b.WriteString("-" + strconv.Itoa(t.Procs))
	return b.String()
}

// Param returns the value of the name part key, "" without it.
func (t *Trial) Param(key string) string {
	for _, p := range t.Params {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}
