//go:build !vmasim

package rwsem

import (
	"testing"

	"vmabench/harness/gobench"
)

func BenchmarkFault(b *testing.B)   { gobench.Run(b, Design, "Fault") }
func BenchmarkMap(b *testing.B)     { gobench.Run(b, Design, "Map") }
func BenchmarkProtect(b *testing.B) { gobench.Run(b, Design, "Protect") }
func BenchmarkFork(b *testing.B)    { gobench.Run(b, Design, "Fork") }
func BenchmarkScan(b *testing.B)    { gobench.Run(b, Design, "Scan") }
func BenchmarkPeek(b *testing.B)    { gobench.Run(b, Design, "Peek") }
