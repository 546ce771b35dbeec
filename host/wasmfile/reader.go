package wasmfile

import (
	"fmt"
	"unicode/utf8"
)

// A reader walks a part of a module. Its first error stays, and from then on
// every read returns zero, so that callers check once at the end; a loop over a
// count ends by itself, since counts are bounded by the bytes left and become 0.
type reader struct {
	b       []byte // the whole module: offsets in errors are offsets in the file
	at, end int    // what is left to read is b[at:end]
	section string // for errors
	err     *FormatError
}

func (r *reader) fail(at int, format string, args ...any) {
	if r.err == nil {
		r.err = &FormatError{Section: r.section, Offset: at, Reason: fmt.Sprintf(format, args...)}
		r.end = r.at
	}
}

func (r *reader) left() int { return r.end - r.at }

// skip returns the next n bytes.
func (r *reader) skip(n int, what string) []byte {
	if n < 0 || n > r.left() {
		r.fail(r.at, "%s is cut short", what)
		return nil
	}
	b := r.b[r.at : r.at+n : r.at+n]
	r.at += n
	return b
}

func (r *reader) byte(what string) byte {
	if r.at >= r.end {
		r.fail(r.at, "%s is cut short", what)
		return 0
	}
	b := r.b[r.at]
	r.at++
	return b
}

// u32 reads an unsigned number. As the specification wants it, it has at most
// five bytes and no bits beyond the 32nd (section 5.2.2).
func (r *reader) u32(what string) uint32 {
	start := r.at
	var v uint32
	for i := range 5 {
		b := r.byte(what)
		if r.err != nil {
			return 0
		}
		v |= uint32(b&0x7f) << (7 * i)
		if b < 0x80 {
			if i == 4 && b > 0x0f {
				break
			}
			return v
		}
	}
	r.fail(start, "%s is not a 32-bit number", what)
	return 0
}

// signed reads a signed number of so many bits.
func (r *reader) signed(bits int, what string) int64 {
	start := r.at
	var v int64
	longest := (bits + 6) / 7
	for i := range longest {
		b := r.byte(what)
		if r.err != nil {
			return 0
		}
		v |= int64(b&0x7f) << (7 * i)
		if b < 0x80 {
			shift := 7 * (i + 1)
			if shift < 64 {
				v = v << (64 - shift) >> (64 - shift)
			} else if b != 0 && b != 0x7f {
				break // the bits beyond the 64th are not the sign
			}
			if bits < 64 && v>>(bits-1) != 0 && v>>(bits-1) != -1 {
				break
			}
			return v
		}
	}
	r.fail(start, "%s is not a %d-bit number", what, bits)
	return 0
}

// count reads the number of things that follow, of which each takes at least
// smallest bytes. It is refused when more than the limit, or than the bytes left
// can hold.
func (r *reader) count(smallest, limit int, what string) int {
	start := r.at
	n := r.u32("the number of " + what)
	switch {
	case r.err != nil:
		return 0
	case uint64(n)*uint64(smallest) > uint64(r.left()):
		r.fail(start, "it says %d %s, and %d bytes are left for them", n, what, r.left())
		return 0
	case uint64(n) > uint64(limit):
		r.fail(start, "%d %s are more than the limit of %d", n, what, limit)
		return 0
	}
	return int(n)
}

// name reads a name (section 5.2.4).
func (r *reader) name(what string) string {
	start := r.at
	b := r.skip(int(r.u32("the length of "+what)), what)
	if r.err == nil && !utf8.Valid(b) {
		r.fail(start, "%s is not UTF-8", what)
		return ""
	}
	return string(b)
}

// done says that nothing may be left.
func (r *reader) done() {
	if r.err == nil && r.at != r.end {
		r.fail(r.at, "%d bytes are left over", r.left())
	}
}
