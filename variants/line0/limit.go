// Code generated from variants/refcount by make designs. DO NOT EDIT.

//go:build !vmatiny

package line0

// excludeFlag is VM_REFCNT_EXCLUDE_READERS_FLAG: bit 30, because refcount_t
// takes a negative value for a saturated one.
const excludeFlag = 0x4000_0000
