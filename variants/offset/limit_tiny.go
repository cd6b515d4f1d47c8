//go:build vmatiny

package offset

// unit makes the word a machine of 4 bits: seven readers fit.
const unit = 1 << 28
