package vmmtest

import (
	"flag"
	"os"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata from the model")

func TestGoldenRewrite(t *testing.T) {
	if !*rewrite {
		t.Skip("only with -rewrite")
	}
	for _, name := range goldenNames() {
		text, err := goldenText(Dumb, goldenFile(name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
