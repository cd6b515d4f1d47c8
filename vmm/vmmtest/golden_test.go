package vmmtest_test

import (
	"flag"
	"os"
	"testing"

	"vmabench/variants/mmaponly"
	"vmabench/variants/refcount"
	"vmabench/variants/rwsem"
	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata")

func TestGoldenRewrite(t *testing.T) {
	if !*rewrite {
		t.Skip("only with -rewrite")
	}
	texts, err := vmmtest.RewriteGolden(refcount.Design)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzScript replays generated scripts beside the model: a seed and a length
// are all that a failure needs to come back.
func FuzzScript(f *testing.F) {
	f.Add(uint64(1), uint16(100), byte(0))
	f.Add(uint64(2), uint16(40), byte(5))
	designs := []vmm.Design{mmaponly.Design, rwsem.Design, refcount.Design}
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, config byte) {
		c := vmm.Config{Page: vmm.PageCost(config % 3), Protocol: vmm.Protocol(config / 3 % 2), NoRecycle: config&64 != 0}
		for _, d := range designs {
			if f := vmmtest.Replay(d, c, vmmtest.Generate(seed, int(n%400))); f != nil {
				t.Fatalf("%s, seed %d: %v", d.Name, seed, vmmtest.ShrinkFailure(d, c, f))
			}
		}
	})
}
