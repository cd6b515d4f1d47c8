// Package explore runs a scenario of a few threads under every interleaving
// that can make a difference, and reports the first that goes wrong.
package explore
