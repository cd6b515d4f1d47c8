//go:build !vmasim

package vmmtest

// simChecks are the checks that switch threads at a chosen access: there are
// none in the ordinary build, where nothing sees an access.
func simChecks() []check { return nil }
