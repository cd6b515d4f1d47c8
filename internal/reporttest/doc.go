// Package reporttest opens the report page in a real browser: what its script
// does, what it looks like on a phone and in the dark, and whether everybody
// can read it. It is a module of its own, so that nobody who runs the suite
// needs a browser's driver.
//
//	cd internal/reporttest && go test .
//
// The tests are skipped where chromium is not installed. VMABENCH_RUN names a
// run folder to open in place of the made-up run.
package reporttest
