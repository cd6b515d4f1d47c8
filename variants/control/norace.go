//go:build !race

package control

const speculate = true
