//go:build vmatiny

package refcount

// excludeFlag is bit 3 here, so that six readers reach the limit.
const excludeFlag = 0x8
