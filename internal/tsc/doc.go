// Package tsc reads the counter that the CPU keeps of time: the time-stamp
// counter on amd64, the virtual counter on arm64. It costs less than the
// clock of the system and shows shorter times, where it runs at one rate in all
// states of the CPU and is the same on all CPUs, which is for the caller to
// know. Calibrate compares it with the monotonic clock.
package tsc
