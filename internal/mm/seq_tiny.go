//go:build vmatiny

package mm

// SeqMask makes the sequence numbers 3 bits wide, so that a test or the
// checker can let them wrap: after 4 write sessions a number comes back.
const SeqMask = 7
