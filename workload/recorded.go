package workload

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"

	"vmabench/vmm"
)

// Recorded is the ops of a recorded process in the order in which they took
// effect, with the thread of each: a cycle, whose end is its beginning.
type Recorded struct {
	Threads []uint16 // of Ops
	Ops     []Op
	RateHz  float64 // ops a second when it was recorded, all threads together
}

// Add appends an op of a thread.
func (r *Recorded) Add(thread int, ops ...Op) {
	for _, o := range ops {
		r.Threads = append(r.Threads, uint16(thread))
		r.Ops = append(r.Ops, o)
	}
}

// streams deals the threads out: worker w does those of the threads w,
// w+workers and so on, in the order of the recording. One worker does exactly
// what was recorded.
func (r *Recorded) streams(role *Role, workers int) ([]Stream, error) {
	out := make([]Stream, workers)
	for i, o := range r.Ops {
		st := &out[int(r.Threads[i])%workers]
		st.Ops = append(st.Ops, o)
	}
	for w := range out {
		st := &out[w]
		st.Role, st.Outside = role.Name, role.Outside
		st.RateHz = max(1, r.RateHz*float64(len(st.Ops))/float64(len(r.Ops)))
		if len(st.Ops) == 0 {
			return nil, fmt.Errorf("the recording has no work for worker %d of %d: it has too few threads", w, workers)
		}
	}
	return out, nil
}

// maxRecorded bounds the ops of a recording that is read.
const maxRecorded = 1 << 24

// MarshalText packs the recording, so that a plan that holds it stays small.
func (r *Recorded) MarshalText() ([]byte, error) {
	var b bytes.Buffer
	e := base64.NewEncoder(base64.StdEncoding, &b)
	z := gzip.NewWriter(e)
	for _, v := range []any{r.RateHz, uint64(len(r.Ops)), r.Threads, r.Ops} {
		if err := binary.Write(z, binary.LittleEndian, v); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// UnmarshalText is the inverse of MarshalText.
func (r *Recorded) UnmarshalText(text []byte) error {
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
	if err != nil {
		return fmt.Errorf("recording: %v", err)
	}
	var n uint64
	head := binary.Read(z, binary.LittleEndian, &r.RateHz)
	if err := binary.Read(z, binary.LittleEndian, &n); err != nil || head != nil || n > maxRecorded {
		return fmt.Errorf("recording: bad header")
	}
	r.Threads, r.Ops = make([]uint16, n), make([]Op, n)
	for _, v := range []any{r.Threads, r.Ops} {
		if err := binary.Read(z, binary.LittleEndian, v); err != nil && err != io.EOF {
			return fmt.Errorf("recording: %v", err)
		}
	}
	for _, o := range r.Ops {
		if o.Kind() >= NumKinds {
			return fmt.Errorf("recording: no operation %d", o.Kind())
		}
	}
	return nil
}

// RangeOps returns the ops that do k to all of r, however long: few, each of
// pages, of 2 MiB or of 1 GiB.
func RangeOps(k Kind, arg uint8, r vmm.Range, file, shared bool) (out []Op) {
	for scale := maxScale; scale >= 0; scale-- {
		unit := uint64(1) << (scale * scaleBits)
		for r.Pages() >= unit && (scale > 0 || r.Pages() > 0) {
			if scale > 0 && r.Pages() <= MaxPages {
				break
			}
			n := min(r.Pages()/unit, MaxPages)
			op := NewOp(k, arg, r.Start, int(n)) | Op(scale)<<scaleAt
			if file {
				op |= fileBit
			}
			if shared {
				op |= sharedBit
			}
			out = append(out, op)
			r.Start += vmm.Addr(n * unit * vmm.PageSize)
		}
	}
	return out
}
