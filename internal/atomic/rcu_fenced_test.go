//go:build !vmasim && linux && (amd64 || arm64)

package atomic

import "testing"

// Where the system has no membarrier, readers fence.
func TestRCUStressFenced(t *testing.T) {
	if rcuFenced {
		t.Skip("this system has no membarrier: TestRCUStress ran fenced")
	}
	rcuFenced = true
	defer func() { rcuFenced = false }()
	rcuStress(t)
	TestDeferWaitsForSection(t)
}
