//go:build !vmatiny

package mm

// SeqMask is the width of mm_lock_seq and vm_lock_seq.
const SeqMask = 1<<32 - 1
