package sdk

import (
	"io"
	"iter"
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Pieces is All for rows of any size in a memory of about limit bytes (16 KiB at
// least): of a row that is larger, values of more than 1 KiB are not read. They
// are read with [Row.Reader] alone, as far as they are wanted:
//
//	for row := range rows.Pieces(1 << 20) {
//		id, body := row.Int64(0), row.Reader(1)
//		…
//	}
func (r *Rows) Pieces(limit int) iter.Seq[*Row] {
	r.limit = max(limit, 1)
	r.row.pieces, _ = r.cursor.(Pieces)
	return r.All()
}

// leftOut is the type of a value that [Pieces] did not read: none that a value has.
const leftOut = abi.TypeAny

// leaveOut marks the values of the row that were not read.
func (r *Row) leaveOut() {
	for i, size := range r.left {
		if size > 0 {
			r.cells[i].Type = leftOut
		}
	}
}

// Reader returns a reader of a text, of bytes, a numeric or a json, whatever its
// size. It is valid until the next row.
func (r *Row) Reader(i int) io.Reader {
	switch r.typeOf(i) {
	case leftOut:
		return &reader{row: r, number: r.number, column: i, size: r.left[i]}
	case abi.TypeText, abi.TypeBytes, abi.TypeNumeric, abi.TypeJSON:
		return &reader{row: r, number: r.number, column: i, size: int64(len(r.cells[i].Text))}
	}
	r.cannot(i, "text or bytes")
	return &reader{row: r, number: -1}
}

// A reader reads a value of a row.
type reader struct {
	row    *Row
	number int // of the row that it was made for; -1 if there is nothing to read
	column int
	at     int64
	size   int64
}

// Read reads the next bytes.
func (r *reader) Read(b []byte) (int, error) {
	rows := r.row.rows
	switch {
	case r.number < 0:
		return 0, rows.err
	case r.number != r.row.number:
		return 0, argumentError("a value is read when its row is over")
	case r.at == r.size:
		return 0, io.EOF
	case len(b) == 0:
		return 0, nil
	}
	n := 0
	if r.row.cells[r.column].Type == leftOut {
		var err error
		n, err = r.row.pieces.Piece(r.column, r.at, b)
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			rows.fail(err)
			return 0, err
		}
	} else {
		n = copy(b, r.row.cells[r.column].Text[r.at:])
	}
	r.at += int64(n)
	return n, nil
}

// tooLarge fails the rows: the value of a column was not read.
func (r *Row) tooLarge(i int) {
	r.rows.fail(argumentError("column " + strconv.Itoa(i) + " has " + strconv.FormatInt(r.left[i], 10) +
		" bytes, which were not read: use Reader"))
}
