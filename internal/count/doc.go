// Package count is the smallest engine: it performs each access at once and
// counts it. It says what an operation costs in read-modify-writes, loads,
// stores and cache lines, without a clock and without chance.
package count
