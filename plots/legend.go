package plots

const keyLine = 26.0 // the length of a legend's sample, in pixels

func (k *Key) width() float64 { return keyLine + 6 + textWidth(k.text(), sizeLabel, false) + 18 }

func (k *Key) text() string {
	if k.Modelled {
		return k.Label + " (modelled)"
	}
	return k.Label
}

func (f *Figure) legendRows(width float64) int {
	if len(f.Legend) == 0 {
		return 0
	}
	rows, x := 1, 0.0
	for i := range f.Legend {
		w := f.Legend[i].width()
		if x > 0 && x+w-18 > width {
			rows, x = rows+1, 0
		}
		x += w
	}
	return rows
}

// paintLegend draws the keys in a strip that wraps, from at.
func (f *Figure) paintLegend(c canvas, at pt, width float64) {
	x := at.X
	for i := range f.Legend {
		k := &f.Legend[i]
		w := k.width()
		if x > at.X && x+w-18 > at.X+width {
			x, at.Y = at.X, at.Y+18
		}
		k.paint(c, pt{x, at.Y})
		c.text(pt{x + keyLine + 6, at.Y}, k.text(), label{Size: sizeLabel, Ink: InkText})
		x += w
	}
}

// paint draws the sample of k with its baseline at at.
func (k *Key) paint(c canvas, at pt) {
	mid := at.Y - 4
	switch {
	case k.Part:
		b := box{at.X + 8, mid - 5.5, 18, 11}
		if k.Hatch {
			fillBox(c, b, k.Style.Ink, 0.25)
			hatch(c, b, stroke{Ink: k.Style.Ink, Width: 1.2}, 4)
		} else {
			fillBox(c, b, k.Style.Ink, 1)
		}
	case k.Line:
		c.line([]pt{{at.X, mid}, {at.X + keyLine, mid}}, stroke{Ink: InkIdeal, Width: 1, Dash: []float64{1.5, 2.5}})
	default:
		s := stroke{Ink: k.Style.Ink, Width: 1.9, Dash: k.Style.Dash}
		if k.Modelled {
			s = stroke{Ink: k.Style.Ink, Width: 1.3, Dash: []float64{1.2, 3}}
		}
		c.line([]pt{{at.X, mid}, {at.X + keyLine, mid}}, s)
		c.mark(pt{at.X + keyLine/2, mid}, k.Style.Shape, 3.3, k.Style.Ink, k.Style.Hollow || k.Modelled, nil)
	}
}
