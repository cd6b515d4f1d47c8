// Code generated from variants/refcount by make designs. DO NOT EDIT.

//go:build vmatiny

package line0

// excludeFlag is bit 3 here, so that six readers reach the limit.
const excludeFlag = 0x8
