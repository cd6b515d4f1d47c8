package results

import "strings"

// Better says which way a unit is better.
type Better int

const (
	Lower   Better = -1
	Neither Better = 0
	Higher  Better = +1
)

func (b Better) String() string {
	return [...]string{"lower is better", "neither way is better", "higher is better"}[b+1]
}

// BetterOf returns which way a unit is better. Rates and fairness go up;
// shares and counters are neither; times and bytes go down.
func BetterOf(unit string) Better {
	switch {
	case isRate(unit), isIndex(unit):
		return Higher
	case isTime(unit), isBytes(unit):
		return Lower
	}
	return Neither
}

// isTime reports whether the unit's numerator is nanoseconds.
func isTime(unit string) bool { return numerator(unit) == "ns" }

func isRate(unit string) bool { return strings.HasSuffix(unit, "/s") }

// isIndex reports whether the unit is a fairness index, from 0 to 1.
func isIndex(unit string) bool { return strings.HasPrefix(unit, "fair-") }

func isBytes(unit string) bool { return numerator(unit) == "B" }

// numerator returns the last word of a unit before its slash.
func numerator(unit string) string {
	unit, _, _ = strings.Cut(unit, "/")
	return unit[strings.LastIndex(unit, "-")+1:]
}

// IsExact reports whether a unit is counted rather than measured, so that one
// trial says all: bytes by the design's own account, but not those that the
// heap reports.
func IsExact(k Kind, unit string) bool {
	return k == Footprint && isBytes(unit) && !strings.HasPrefix(unit, "heap-")
}
