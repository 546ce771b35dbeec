package abi

import (
	"io"
	"strconv"
	"unicode/utf8"
)

// A Column is the name and the type of a column.
type Column struct {
	Name string
	Type Type
}

// Types returns the types of columns, as AppendRow and DecodeRow want them.
func Types(columns []Column) []Type {
	types := make([]Type, len(columns))
	for i, c := range columns {
		types[i] = c.Type
	}
	return types
}

// AppendColumns appends the columns of open rows (ABI.md, section 5.4).
func AppendColumns(dst []byte, columns []Column) ([]byte, error) {
	if len(columns) > MaxColumns {
		return dst, tooManyColumns(len(columns))
	}
	start := len(dst)
	dst = appendUint32(dst, uint32(len(columns)))
	for i, c := range columns {
		if !c.Type.known() {
			return dst[:start], &EncodeError{i, "unknown " + c.Type.String()}
		}
		if !utf8.ValidString(c.Name) {
			return dst[:start], &EncodeError{i, "a name that is not UTF-8"}
		}
		dst = append(dst, byte(c.Type))
		dst = appendUint32(dst, uint32(len(c.Name)))
		dst = append(dst, c.Name...)
	}
	return dst, nil
}

// DecodeColumns decodes the columns of open rows (ABI.md, section 5.4). They
// must fill b.
func DecodeColumns(b []byte) ([]Column, error) {
	malformed := func(at int, reason string) ([]Column, error) {
		return nil, &MalformedError{"columns", at, reason}
	}
	if len(b) < 4 {
		return malformed(0, "their number is cut short")
	}
	n := getUint32(b)
	if n > MaxColumns {
		return malformed(0, "more than 65,535 columns")
	}
	const smallest = 5
	if uint64(n)*smallest > uint64(len(b)-4) {
		return malformed(0, "their number reaches beyond the buffer")
	}
	columns := make([]Column, n)
	at := 4
	for i := range columns {
		if len(b)-at < smallest {
			return malformed(at, "a column is cut short")
		}
		t := Type(b[at])
		if !t.known() {
			return malformed(at, "unknown "+t.String())
		}
		size := getUint32(b[at+1:])
		at += smallest
		if uint64(size) > uint64(len(b)-at) {
			return malformed(at-4, "a name's length reaches beyond the buffer")
		}
		name := b[at : at+int(size)]
		if !utf8.Valid(name) {
			return malformed(at, "a name is not UTF-8")
		}
		columns[i] = Column{Name: string(name), Type: t}
		at += int(size)
	}
	if at != len(b) {
		return malformed(at, strconv.Itoa(len(b)-at)+" bytes are left over")
	}
	return columns, nil
}

// AppendRowsetHeader appends what a rowset begins with (ABI.md, section 5.3).
// AppendRow with the same types appends its rows.
func AppendRowsetHeader(dst []byte, types []Type) ([]byte, error) {
	if len(types) > MaxColumns {
		return dst, tooManyColumns(len(types))
	}
	for i, t := range types {
		if !t.known() {
			return dst, &EncodeError{i, "unknown " + t.String()}
		}
	}
	dst = appendUint32(dst, uint32(len(types)))
	for _, t := range types {
		dst = append(dst, byte(t))
	}
	return dst, nil
}

func tooManyColumns(n int) error {
	return &EncodeError{-1, strconv.Itoa(n) + " columns; at most 65,535 are possible"}
}

// A RowReader reads a rowset: the parameters that a guest sends.
type RowReader struct {
	types  []Type
	values []Value
	whole  []byte
	rest   []byte
}

// NewRowReader reads the header of a rowset (ABI.md, section 5.3). The reader
// keeps b and reads its rows as Next asks for them.
func NewRowReader(b []byte) (*RowReader, error) {
	malformed := func(at int, reason string) (*RowReader, error) {
		return nil, &MalformedError{"rowset", at, reason}
	}
	if len(b) < 4 {
		return malformed(0, "the number of columns is cut short")
	}
	n := getUint32(b)
	if n > MaxColumns {
		return malformed(0, "more than 65,535 columns")
	}
	if uint64(n) > uint64(len(b)-4) {
		return malformed(0, "the number of columns reaches beyond the buffer")
	}
	types := make([]Type, n)
	for i := range types {
		types[i] = Type(b[4+i])
		if !types[i].known() {
			return malformed(4+i, "unknown "+types[i].String())
		}
	}
	return &RowReader{types: types, whole: b, rest: b[4+n:]}, nil
}

// Types returns the columns' types.
func (r *RowReader) Types() []Type { return r.types }

// Bytes returns the whole rowset as it was sent, header included.
func (r *RowReader) Bytes() []byte { return r.whole }

// Has reports whether so many rows follow, going by their lengths alone.
func (r *RowReader) Has(rows int) bool {
	rest := r.rest
	for range rows {
		var err error
		if _, rest, err = CutRow(rest); err != nil {
			return false
		}
	}
	return true
}

// Next returns the next row, or io.EOF after the last one. The slice and the
// bytes in it are valid until the following call. Text that is not valid
// UTF-8, or holds a NUL, is refused (ABI.md, section 2).
func (r *RowReader) Next() ([]Value, error) {
	if len(r.rest) == 0 {
		return nil, io.EOF
	}
	start := len(r.whole) - len(r.rest)
	values, rest, err := DecodeRow(r.types, r.rest, r.values)
	if err != nil {
		if m, ok := err.(*MalformedError); ok {
			err = &MalformedError{"rowset", start + m.Offset, m.Reason}
		}
		return nil, err
	}
	r.values = values
	for i := range values {
		switch values[i].Type {
		case TypeText, TypeNumeric, TypeJSON:
			if !ValidText(values[i].Bytes) {
				return nil, &TextError{Column: i + 1, NUL: utf8.Valid(values[i].Bytes)}
			}
		}
	}
	r.rest = rest
	return values, nil
}
