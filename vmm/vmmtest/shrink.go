package vmmtest

// Shrink returns a part of script that still fails, such that dropping any one
// operation more makes it pass: delta debugging (Zeller, Hildebrandt, 2002),
// in the simple form that halves the pieces.
func Shrink[T any](script []T, fails func([]T) bool) []T {
	for piece := (len(script) + 1) / 2; piece > 0; {
		dropped := false
		for at := 0; at < len(script); {
			end := min(at+piece, len(script))
			rest := append(append([]T{}, script[:at]...), script[end:]...)
			if fails(rest) {
				script, dropped = rest, true
			} else {
				at = end
			}
		}
		if piece == 1 && dropped {
			continue
		}
		piece /= 2
	}
	return script
}
