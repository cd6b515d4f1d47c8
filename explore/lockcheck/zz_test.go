//go:build vmasim

package lockcheck

import (
	"os"
	"strings"
	"testing"
	"time"

	"vmabench/explore"
)

func TestZZ(t *testing.T) {
	for _, sc := range All() {
		if !strings.Contains(os.Getenv("ZZ"), sc.Design) || sc.Long {
			continue
		}
		r := sc.Run(explore.Options{Budget: 3 * time.Second})
		ok := sc.Expected(r)
		t.Log(sc.Design, sc.Name, r.Executions, r.Complete, r.Elapsed, ok)
		if !ok {
			if r.Failure != nil {
				t.Errorf("%s", r.Failure.Msg+"\n"+r.Failure.Trace)
			} else {
				t.Error("no failure found")
			}
		}
	}
}
