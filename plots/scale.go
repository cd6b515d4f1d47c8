package plots

import (
	"math"
	"strconv"
	"strings"
)

// Scale maps values to positions.
type Scale int

const (
	Linear     Scale = iota
	Log2             // core counts: every tick is a count that was run
	Log10            // 1-2-5 ticks
	Percentile       // value p in [0,1) at log 1/(1-p): each nine takes the same room
)

func (s Scale) at(v float64) float64 {
	switch s {
	case Log2, Log10:
		return math.Log2(v)
	case Percentile:
		return -math.Log2(1 - v)
	}
	return v
}

// Format is how an axis or a table cell writes a value.
type Format int

const (
	Plain   Format = iota
	SI             // 1.2 M
	Nanos          // a duration in nanoseconds: 340 ns, 1.2 µs
	Bytes          // 1.5 KiB
	Percent        // a ratio to 1 as a change: +12 %
	Share          // a share of 1: 12 %
	Nines          // a percentile: 99.9
)

// Write returns v in three significant digits.
func (f Format) Write(v float64) string { return f.write(v, 3) }

func (f Format) write(v float64, digits int) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	}
	switch f {
	case SI:
		return scaled(v, digits, 1000, []string{"", " k", " M", " G", " T"})
	case Nanos:
		if v != 0 && math.Abs(v) < 1000 {
			return sig(v, digits) + " ns"
		}
		return scaled(v, digits, 1000, []string{" ns", " µs", " ms", " s"})
	case Bytes:
		return scaled(v, digits, 1024, []string{" B", " KiB", " MiB", " GiB"})
	case Percent:
		return signed((v-1)*100, digits) + " %"
	case Share:
		return sig(v*100, digits) + " %"
	case Nines:
		return strconv.FormatFloat(v*100, 'f', -1, 64)
	}
	return sig(v, digits)
}

func scaled(v float64, digits int, base float64, units []string) string {
	i := 0
	// 999.6 rounds to 1000 and belongs to the next unit.
	for a := math.Abs(v); i < len(units)-1 && a >= base*(1-0.5*math.Pow10(-digits)); i++ {
		a /= base
		v /= base
	}
	return sig(v, digits) + units[i]
}

// sig writes v in the given number of significant digits, never in exponents,
// and all digits of its whole part.
func sig(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	dec := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	// 9.996 rounds to 10.00, which has a digit more before the point.
	if math.Abs(v) >= math.Pow(10, float64(digits-dec))-0.5*math.Pow(10, float64(-dec)) {
		dec--
	}
	s := strconv.FormatFloat(v, 'f', max(0, min(dec, 9)), 64)
	return minus(s)
}

func signed(v float64, digits int) string {
	dec := max(0, digits-2)
	if math.Abs(v) >= 100 {
		dec = 0
	}
	s := strconv.FormatFloat(v, 'f', dec, 64)
	switch zero := strings.Trim(s, "-0.") == ""; {
	case zero:
		s = strings.TrimPrefix(s, "-")
	case v > 0:
		s = "+" + s
	}
	return minus(s)
}

// minus writes the sign as the character of that name.
func minus(s string) string {
	if len(s) > 0 && s[0] == '-' {
		return "−" + s[1:]
	}
	return s
}

// Tick is a mark on an axis; a minor one has no label.
type Tick struct {
	V     float64
	Label string
}

// ticks chooses at most about n ticks of 1-2-5 steps.
func ticks(s Scale, f Format, lo, hi float64, n int) []Tick {
	var vs []float64
	if logarithmic := s == Log2 || s == Log10; !finite(lo, hi) || logarithmic && lo <= 0 {
		return nil // an axis without data
	}
	switch s {
	case Linear:
		vs = linearTicks(lo, hi, n)
	case Percentile:
		for _, p := range []float64{0, .5, .9, .99, .999, .9999, .99999, .999999} {
			if p >= lo && p <= hi {
				vs = append(vs, p)
			}
		}
	default:
		vs = logTicks(lo, hi, n)
	}
	out := make([]Tick, len(vs))
	for i, v := range vs {
		out[i] = Tick{v, f.tick(v)}
	}
	return out
}

// tick is Write without needless digits.
func (f Format) tick(v float64) string {
	for d := 1; d < 5; d++ {
		s := f.write(v, d)
		if s == f.write(v, 5) || trimZeros(s) == trimZeros(f.write(v, 5)) {
			return trimZeros(s)
		}
	}
	return f.Write(v)
}

// trimZeros drops zeros after the decimal point, before a unit.
func trimZeros(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] != '.' {
			continue
		}
		end := i + 1
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		keep := end
		for keep > i+1 && s[keep-1] == '0' {
			keep--
		}
		if keep == i+1 {
			keep = i
		}
		return s[:keep] + s[end:]
	}
	return s
}

func linearTicks(lo, hi float64, n int) []float64 {
	if !(hi > lo) {
		return []float64{lo}
	}
	raw := (hi - lo) / float64(n)
	p := math.Pow(10, math.Floor(math.Log10(raw)))
	step := p * 10
	for _, m := range []float64{1, 2, 5} {
		if p*m >= raw*0.999 {
			step = p * m
			break
		}
	}
	var out []float64
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+step*1e-9; i++ {
		out = append(out, i*step)
	}
	return out
}

// logTicks takes 1, 2, 5 of each decade if they fit n, else decades, else
// every second or third decade.
func logTicks(lo, hi float64, n int) []float64 {
	first, last := math.Floor(math.Log10(lo)), math.Ceil(math.Log10(hi))
	for _, set := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		var out []float64
		for d := first; d <= last; d++ {
			for _, m := range set {
				if v := m * math.Pow(10, d); v >= lo*0.999 && v <= hi*1.001 {
					out = append(out, v)
				}
			}
		}
		if len(out) <= n+1 && len(out) > 0 {
			return out
		}
	}
	var out []float64
	for d := first; d <= last; d += math.Max(1, math.Ceil((last-first)/float64(n))) {
		if v := math.Pow(10, d); v >= lo*0.999 && v <= hi*1.001 {
			out = append(out, v)
		}
	}
	return out
}

// nice widens [lo, hi] to whole steps so that the last tick is at the end.
func nice(lo, hi float64, n int) (float64, float64) {
	if !finite(lo, hi) {
		return 0, 1
	}
	t := linearTicks(lo, hi, n)
	if len(t) < 2 {
		return lo, hi
	}
	step := t[1] - t[0]
	return math.Floor(lo/step+1e-9) * step, math.Ceil(hi/step-1e-9) * step
}
