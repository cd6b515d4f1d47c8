package kernels

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vmabench/results"
)

// symbols returns the file with the kernel's functions, in order of address. A
// boot asks the kernel itself; it is never moved (nokaslr), so once is enough.
func (c *Cache) symbols(ctx context.Context, k *Kernel, init []byte) (string, error) {
	file := filepath.Join(c.Dir, "symbols-"+k.Release)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	m := many(k, "-job=symbols")
	said, err := c.boot(ctx, m, init)
	if err != nil {
		return "", err
	}
	lines, err := unpackSymbols(said)
	if err != nil {
		return "", err
	}
	return file, results.ReplaceFile(file, []byte(strings.Join(lines, "\n")+"\n"))
}

func unpackSymbols(said []string) ([]string, error) {
	var b strings.Builder
	for _, line := range said {
		if part, ok := strings.CutPrefix(line, "symbols "); ok {
			b.WriteString(part)
		}
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(b.String())))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	slices.Sort(lines)
	return lines, nil
}
