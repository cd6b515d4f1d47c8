package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A struct is drawn as the cache lines it lies on, 64 bytes a row.
const (
	lineBytes = 64
	lineH     = 30.0
	bytesTop  = 48.0
)

func bytesHeight(p *Panel) float64 {
	return p.bytesTop() + lineH*float64(len(p.Bytes.lines())) + 6
}

// lines are the offsets of the cache lines to draw. Of many in a row that one field
// fills, the first and the last are; -1 stands for those between.
func (m *ByteMap) lines() (out []int) {
	const gap = -1
	whole := func(off int) int { // the field that fills the line, -1 for none
		return slices.IndexFunc(m.Boxes, func(b ByteBox) bool { return b.Offset <= off && off+lineBytes <= b.Offset+b.Size })
	}
	for off := 0; off < m.Size; off += lineBytes {
		in := whole(off)
		if in >= 0 && off > 0 && whole(off-lineBytes) == in && whole(off+lineBytes) == in {
			if out[len(out)-1] != gap {
				out = append(out, gap)
			}
			continue
		}
		out = append(out, off)
	}
	return out
}

// bytesTop is the room above the first line: for the title, the words under it,
// the offsets.
func (p *Panel) bytesTop() float64 {
	return bytesTop + lineGap*float64(max(0, len(wrap(p.Y.Label, p.width(), sizeTick))-1))
}

func (p *Panel) paintBytes(c canvas, b box) {
	const left = 26.0
	w := (b.W - left - 2) / lineBytes
	top := b.Y + p.bytesTop()
	lines := p.Bytes.lines()
	at := func(off int) pt {
		row := slices.Index(lines, off-off%lineBytes)
		if row < 0 {
			return pt{math.NaN(), math.NaN()} // one of those left out
		}
		return pt{b.X + left + w*float64(off%lineBytes), top + lineH*float64(row)}
	}
	c.open("axes", "")
	for i, l := range wrap(p.Y.Label, p.width(), sizeTick) {
		c.text(pt{b.X, b.Y + 27 + lineGap*float64(i)}, l, label{Size: sizeTick, Ink: InkMuted})
	}
	for _, off := range []int{0, 16, 32, 48} {
		c.text(pt{at(off).X, top - 4}, strconv.Itoa(off), label{Size: 9, Ink: InkMuted})
	}
	for i, off := range lines {
		y := top + lineH*float64(i) + lineH/2 + 2
		if off >= 0 {
			c.text(pt{b.X + left - 5, y}, strconv.Itoa(off), label{Size: 9, Ink: InkMuted, Anchor: anchorEnd})
			continue
		}
		c.text(pt{b.X + left + 2.5, y}, fmt.Sprintf("… %d lines more …", (lines[i+1]-lines[i-1])/lineBytes-1), label{Size: 9.5, Ink: InkMuted})
	}
	// Bytes of the last line that belong to no struct.
	if rest := p.Bytes.Size % lineBytes; rest != 0 {
		q := at(p.Bytes.Size)
		frameLine(c, box{q.X, q.Y, w * float64(lineBytes-rest), lineH - 5}, stroke{Ink: InkGrid, Width: 0.8, Dash: []float64{2, 2}})
	}
	c.close()
	for i := range p.Bytes.Boxes {
		paintField(c, &p.Bytes.Boxes[i], at, w)
	}
}

// paintField draws one field, in pieces where it crosses a line's end. Its
// name is written where it fits.
func paintField(c canvas, f *ByteBox, at func(int) pt, w float64) {
	named := false
	for off := f.Offset; off < f.Offset+f.Size; {
		n := min(lineBytes-off%lineBytes, f.Offset+f.Size-off)
		q := at(off)
		if math.IsNaN(q.X) {
			off += n
			continue
		}
		b := box{q.X + 0.6, q.Y, math.Max(1, w*float64(n)-1.2), lineH - 5}
		ink := InkText
		switch {
		case f.Lock:
			fillBox(c, b, InkPart1, 1)
			ink = InkGround
		case f.Pad:
			hatch(c, b, stroke{Ink: InkGrid, Width: 1}, 4)
		default:
			fillBox(c, b, InkPart0, 0.28)
		}
		text := f.Name
		if f.Pad {
			text = ""
		}
		if text = fit(text, b.W-3, 9.5, false); !named && text != "" {
			c.text(pt{b.X + 2.5, b.Y + b.H/2 + 3}, text, label{Size: 9.5, Ink: ink})
			named = true
		}
		name := f.Name
		if f.Pad {
			name = "padding"
		}
		c.mark(pt{b.X + b.W/2, b.Y + b.H/2}, Circle, 0, ink, false, &datum{
			Series: name, Value: strconv.Itoa(f.Size) + " B", X: "offset " + strconv.Itoa(f.Offset), At: b.X + b.W/2,
			Interval: f.Type,
		})
		off += n
	}
}

// stripLeft is the room for the names of a strip's rows.
func (p *Panel) stripLeft() (left float64) {
	for _, r := range p.Strip.Rows {
		left = math.Max(left, textWidth(r.Name, sizeLabel, false)+8)
	}
	return math.Min(left, mostName*p.width())
}

// stripFoot is the lines under the cells.
func (p *Panel) stripFoot() []string {
	return wrap(p.X.Label, p.width()-p.stripLeft(), sizeTick)
}

// paintStrip draws rows of cells, darker for more.
func (p *Panel) paintStrip(c canvas, b box) {
	left := p.stripLeft()
	y := b.Y + 22
	for _, r := range p.Strip.Rows {
		c.text(pt{b.X + left - 6, y + 10.5}, fit(r.Name, left-8, sizeLabel, false), label{Size: sizeLabel, Ink: InkMuted, Anchor: anchorEnd})
		w := (b.W - left) / math.Max(1, float64(len(r.Cells)))
		for i, v := range r.Cells {
			cell := box{b.X + left + w*float64(i), y, math.Max(0.5, w-0.5), 12}
			switch {
			case math.IsNaN(v):
				frameLine(c, cell, stroke{Ink: InkBad, Width: 1})
			case r.Bad[i]:
				fillBox(c, cell, InkBad, 0.9)
			default:
				fillBox(c, cell, InkPart0, 0.15+0.85*clamp(v, 0, 1))
			}
		}
		y += 16
	}
	for _, l := range p.stripFoot() {
		c.text(pt{b.X + left, y + 12}, l, label{Size: sizeTick, Ink: InkMuted})
		y += lineGap
	}
}
