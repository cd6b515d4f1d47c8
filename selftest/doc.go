// Package selftest is the suite's proof of itself: it runs subjects whose
// answer is known, and says whether the suite found it.
//
//	null       an address space that does nothing: what the boundary costs
//	same       one design twice: how often is a difference found (A/A)
//	slow       one design that does every n-th fault twice: which slowdown is found
//	broken     locks that are wrong on purpose: are they caught, and named
//
// All of it is measured through the harness, in child processes like any trial.
package selftest
