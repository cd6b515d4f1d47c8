//go:build linux && amd64

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
)

// symbols prints the functions of the kernel and where they lie, compressed:
// the console is slow.
func symbols() error {
	if err := os.WriteFile("/proc/sys/kernel/kptr_restrict", []byte("0"), 0); err != nil {
		return err
	}
	all, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for line := range strings.Lines(string(all)) {
		if w := strings.Fields(line); len(w) == 3 && strings.Contains("tTwW", w[1]) { // a fourth word is a module
			fmt.Fprintf(z, "%s %s\n", w[0], w[2])
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(b.Bytes())
	for len(text) > 0 {
		n := min(len(text), 100)
		fmt.Println("symbols", text[:n])
		text = text[n:]
	}
	return nil
}
