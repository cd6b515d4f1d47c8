//go:build !vmatiny

package offset

// unit is one reader.
const unit = 1
