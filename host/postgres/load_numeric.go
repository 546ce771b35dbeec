package postgres

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The signs of a numeric's binary form (numeric_recv in the server's source,
// src/backend/utils/adt/numeric.c).
const (
	numericPositive  = 0x0000
	numericNegative  = 0x4000
	numericNaN       = 0xc000
	numericInfinite  = 0xd000
	numericMinusInf  = 0xf000
	maxNumericDigits = 131072 // before the decimal point
	maxNumericScale  = 16383  // after it
)

// numericFields writes a numeric: digits in base 10,000, of which the first has the
// weight 10,000^weight, and how many decimals are shown.
func numericFields(dst []byte, v *abi.Value) ([]byte, string) {
	switch v.Type {
	case abi.TypeInt64:
		var digits [20]byte
		return appendNumeric(dst, strconv.AppendInt(digits[:0], v.Int, 10))
	case abi.TypeFloat64:
		var digits [32]byte
		return appendNumeric(dst, appendFloat(digits[:0], v.Float))
	}
	return appendNumeric(dst, v.Bytes)
}

func appendNumeric(dst, text []byte) ([]byte, string) {
	d, reason := parseDecimal(text)
	if reason != "" {
		return dst, reason
	}
	header := func(digits, weight int, sign uint16, scale int) {
		for _, n := range []uint16{uint16(digits), uint16(weight), sign, uint16(scale)} {
			dst = binary.BigEndian.AppendUint16(dst, n)
		}
	}
	if d.special != 0 {
		header(0, 0, d.special, 0)
		return dst, ""
	}
	// Groups of four digits, the decimal point between two of them.
	weight := (d.point+3)>>2 - 1
	pad := (weight+1)*4 - d.point
	count := (pad + d.len() + 3) / 4
	start := len(dst)
	header(count, weight, d.sign, d.scale)
	for g := range count {
		n := uint16(0)
		for i := range 4 {
			n = n*10 + uint16(d.digit(g*4+i-pad))
		}
		dst = binary.BigEndian.AppendUint16(dst, n)
	}
	for count > 0 && dst[len(dst)-1] == 0 && dst[len(dst)-2] == 0 {
		dst = dst[:len(dst)-2]
		count--
	}
	if count == 0 {
		binary.BigEndian.PutUint16(dst[start+2:], 0) // the weight of zero
		binary.BigEndian.PutUint16(dst[start+4:], numericPositive)
	}
	binary.BigEndian.PutUint16(dst[start:], uint16(count))
	return dst, ""
}

// A decimal is 0.DIGITS × 10^point, with DIGITS whole and then frac.
type decimal struct {
	whole, frac []byte
	point       int
	scale       int
	sign        uint16
	special     uint16 // the sign of what is no number, else 0
}

func (d *decimal) len() int { return len(d.whole) + len(d.frac) }

// digit returns the i-th digit, 0 outside.
func (d *decimal) digit(i int) byte {
	switch {
	case i < 0 || i >= d.len():
		return 0
	case i < len(d.whole):
		return d.whole[i] - '0'
	}
	return d.frac[i-len(d.whole)] - '0'
}

// parseDecimal reads what the server reads as a numeric, but for its newer forms
// with underscores and other bases.
//
// https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-NUMERIC-DECIMAL
func parseDecimal(text []byte) (d decimal, reason string) {
	const space = " \t\n\r\v\f"
	rest := text
	for len(rest) > 0 && strings.IndexByte(space, rest[0]) >= 0 {
		rest = rest[1:]
	}
	for len(rest) > 0 && strings.IndexByte(space, rest[len(rest)-1]) >= 0 {
		rest = rest[:len(rest)-1]
	}
	if special := specialNumeric(rest); special != 0 {
		return decimal{special: special}, ""
	}
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		if rest[0] == '-' {
			d.sign = numericNegative
		}
		rest = rest[1:]
	}
	d.whole, rest = leadingDigits(rest)
	if len(rest) > 0 && rest[0] == '.' {
		d.frac, rest = leadingDigits(rest[1:])
	}
	none := d.len() == 0
	exponent := 0
	if !none && len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') {
		n, err := strconv.ParseInt(string(rest[1:]), 10, 32)
		if err == nil {
			exponent, rest = int(n), nil
		}
	}
	if none || len(rest) > 0 {
		return d, strconv.Quote(string(text[:min(len(text), 60)])) + " is no number"
	}
	d.scale = max(0, len(d.frac)-exponent)
	// Digits before the first that is not 0 only move the point.
	d.point = len(d.whole) + exponent
	for d.len() > 0 && d.digit(0) == 0 {
		if len(d.whole) > 0 {
			d.whole = d.whole[1:]
		} else {
			d.frac = d.frac[1:]
		}
		d.point--
	}
	if d.len() == 0 {
		d.point = 0
	}
	if d.point > maxNumericDigits || d.scale > maxNumericScale {
		return d, "a number of so many digits is out of range for type numeric"
	}
	return d, ""
}

func leadingDigits(b []byte) (digits, rest []byte) {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return b[:n], b[n:]
}

// specialNumeric returns the sign that stands for what is no number, 0 for all else.
func specialNumeric(text []byte) uint16 {
	if len(text) > len("-infinity") {
		return 0
	}
	switch strings.ToLower(string(text)) {
	case "nan":
		return numericNaN
	case "infinity", "+infinity", "inf", "+inf":
		return numericInfinite
	case "-infinity", "-inf":
		return numericMinusInf
	}
	return 0
}
