package harness

import "vmabench/results"

// Environment describes the machine.
func Environment() results.Env { return results.Env{CPUs: len(AllowedCPUs())} }
