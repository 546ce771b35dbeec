package sdk

import (
	"io"
	"iter"
	"strconv"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Rows are the rows of a query. They are read once, with All.
type Rows struct {
	tx      *Tx
	cursor  Cursor
	columns []abi.Column
	row     Row
	limit   int // of NextWithin; 0 if large values are not left out
	started bool
	ended   bool // the last row was read
	err     error
}

// open makes the rows of a cursor ready to be read.
func (r *Rows) open() (err error) {
	if r.columns, err = r.cursor.Columns(); err == nil {
		r.row.rows, r.row.scan = r, abi.NewRowScanner(abi.Types(r.columns), &r.row.near)
		r.row.cells = r.row.scan.Cells()
	}
	return err
}

// All returns the rows, one after the other. A row is valid until the next one;
// what its methods return is the caller's to keep. Leaving the loop closes the
// rows. The loop ends at the first error, of the database or of a Row's method.
func (r *Rows) All() iter.Seq[*Row] {
	// Small enough to become part of the caller's loop: to call and be called back
	// for every row would take as long as to read it.
	return func(yield func(*Row) bool) {
		for more := r.first(); more && yield(&r.row); {
			r.row.number++
			more = r.row.scan.Next() || r.more()
		}
		r.Close()
	}
}

// first reads the first row. It reports whether there is one.
func (r *Rows) first() bool {
	if r.err == nil && r.started {
		r.fail(argumentError("the rows of a query are read twice"))
	}
	r.started = true
	return r.more()
}

// more reads the next row, which is among those that have yet to come. It reports
// whether there is one.
func (r *Rows) more() bool {
	if r.err != nil {
		return false
	}
	row := &r.row
	err := row.scan.Err()
	if err == nil {
		var b []byte
		if b, err = r.fetch(); err == io.EOF {
			r.ended = true
			return false
		}
		row.scan.Reset(b)
	}
	if err == nil && row.scan.Next() {
		row.leaveOut()
		return true
	}
	if err == nil {
		err = row.scan.Err()
	}
	if err != nil {
		r.fail(err)
	}
	return false
}

// fetch returns the next rows.
func (r *Rows) fetch() (b []byte, err error) {
	if r.limit == 0 {
		return r.cursor.Next()
	}
	if r.row.pieces == nil {
		return nil, &Error{Errno: ErrUnsupported, Message: "these rows cannot be read in pieces"}
	}
	b, r.row.left, err = r.row.pieces.NextWithin(r.limit)
	return b, err
}

// Err returns the first error of the query: of the statement, of reading its
// rows, or of a Row's method.
func (r *Rows) Err() error {
	if r.err != nil {
		r.tx.paid(&r.err)
	}
	return r.err
}

// Columns returns the names of the columns.
func (r *Rows) Columns() []string {
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.Name
	}
	return names
}

// Close closes the rows. It is needed only where All is not used: it closes
// them by itself.
func (r *Rows) Close() {
	if r.cursor == nil {
		return
	}
	r.started = true
	if err := r.cursor.Close(); err != nil && r.err == nil {
		r.fail(err)
	}
}

// fail keeps the first error, and has the Tx remember that nobody has seen it.
func (r *Rows) fail(err error) {
	if r.err == nil {
		r.err = err
		r.tx.owe(&r.err)
	}
	if r.row.scan != nil {
		r.row.scan.Reset(nil) // there is no next row
	}
}

// A Row is the row at hand. Its methods take the index of a column, counted
// from 0, and convert where nothing is lost. What cannot be converted, NULL
// included, gives a zero value and ends the loop: Rows.Err says why.
type Row struct {
	rows   *Rows
	scan   *abi.RowScanner
	cells  []abi.Cell
	near   [abi.Near]abi.Cell // the same, or NULLs if there are more columns than this
	number int                // of the row
	left   []int64            // the sizes of values that were left out, if some were
	pieces Pieces             // what they are read from
}

// Len returns the number of columns.
func (r *Row) Len() int { return len(r.cells) }

// Index returns the index of the column of a name. If there is none, the loop
// ends: Rows.Err says why.
func (r *Row) Index(name string) int {
	for i := range r.rows.columns {
		if r.rows.columns[i].Name == name {
			return i
		}
	}
	r.rows.fail(argumentError("the rows have no column " + name))
	return r.Len()
}

// IsNull reports whether the value is NULL.
func (r *Row) IsNull(i int) bool {
	return (uint(i) >= abi.Near || r.near[i].Type == abi.TypeNull) && r.typeOf(i) == abi.TypeNull
}

// Value returns the value as it came.
func (r *Row) Value(i int) Value {
	switch r.typeOf(i) {
	case abi.TypeNull:
		return Value{}
	case leftOut:
		r.tooLarge(i)
		return Value{}
	}
	return r.scan.Value(i).Clone()
}

// typeOf returns the type of a column's value. A column that is not there is NULL.
// It is always called, so that IsNull is small enough to become part of its caller.
//
//go:noinline
func (r *Row) typeOf(i int) abi.Type {
	if uint(i) < uint(len(r.cells)) {
		return r.cells[i].Type
	}
	r.missing(i)
	return abi.TypeNull
}

// missing fails the rows: there is no such column.
func (r *Row) missing(i int) {
	r.rows.fail(argumentError("a row of " + strconv.Itoa(r.Len()) + " columns has none at index " + strconv.Itoa(i)))
}

// cannot fails the rows: the value of a column is not what was asked for.
func (r *Row) cannot(i int, wanted string) {
	if uint(i) >= uint(len(r.cells)) {
		return // typeOf has said so
	}
	if r.cells[i].Type == leftOut {
		r.tooLarge(i)
		return
	}
	text := "column " + strconv.Itoa(i)
	if i < len(r.rows.columns) {
		text += " (" + r.rows.columns[i].Name + ")"
	}
	if t := r.cells[i].Type; t == abi.TypeNull {
		text += " is NULL, not " + wanted + ": ask IsNull first"
	} else {
		text += " holds " + t.String() + ", which cannot be read as " + wanted
	}
	r.rows.fail(argumentError(text))
}
