// Package lint holds tests that read the source: the lock code reaches shared
// memory through internal/atomic alone, and imports run downward as
// ARCHITECTURE.md says.
package lint
