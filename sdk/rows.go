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
	started bool
	err     error
}

// All returns the rows, one after the other. A row is valid until the next one;
// what its methods return is the caller's to keep. Leaving the loop closes the
// rows. The loop ends at the first error, of the database or of a Row's method.
func (r *Rows) All() iter.Seq[*Row] {
	return r.each(func(*Row) ([]Value, error) { return r.cursor.Next() })
}

// each returns the rows that next returns.
func (r *Rows) each(next func(*Row) ([]Value, error)) iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		if r.err == nil && r.started {
			r.fail(argumentError("the rows of a query are read twice"))
		}
		r.started = true
		row := Row{rows: r}
		for r.err == nil {
			values, err := next(&row)
			row.number++
			if err == io.EOF {
				break
			}
			if err != nil {
				r.fail(err)
				break
			}
			row.values = values
			if !yield(&row) {
				break
			}
		}
		r.Close()
	}
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
}

// A Row is the row at hand. Its methods take the index of a column, counted
// from 0, and convert where nothing is lost. What cannot be converted, NULL
// included, gives a zero value and ends the loop: Rows.Err says why.
type Row struct {
	rows   *Rows
	values []Value
	number int    // of the row, counted from 1
	pieces Pieces // what values that were left out are read from
}

// Len returns the number of columns.
func (r *Row) Len() int { return len(r.values) }

// Index returns the index of the column of a name. If there is none, the loop
// ends: Rows.Err says why.
func (r *Row) Index(name string) int {
	for i := range r.rows.columns {
		if r.rows.columns[i].Name == name {
			return i
		}
	}
	r.rows.fail(argumentError("the rows have no column " + name))
	return -1
}

// IsNull reports whether the value is NULL.
func (r *Row) IsNull(i int) bool {
	if i >= 0 && i < len(r.values) {
		return r.values[i].IsNull()
	}
	return r.at(i).IsNull()
}

// Value returns the value as it came.
func (r *Row) Value(i int) Value { return r.at(i).Clone() }

// at returns the value of a column, valid until the next row.
func (r *Row) at(i int) Value {
	if i < 0 || i >= len(r.values) {
		r.rows.fail(argumentError("a row of " + strconv.Itoa(len(r.values)) +
			" columns has none at index " + strconv.Itoa(i)))
		return Value{}
	}
	if r.pieces != nil && leftOut(&r.values[i]) {
		r.tooLarge(i)
		return Value{}
	}
	return r.values[i]
}

// cannot fails the rows: the value of a column is not what was asked for.
func (r *Row) cannot(i int, wanted string) {
	if i < 0 || i >= len(r.values) {
		return // at has said so
	}
	text := "column " + strconv.Itoa(i)
	if i < len(r.rows.columns) {
		text += " (" + r.rows.columns[i].Name + ")"
	}
	if v := r.values[i]; v.IsNull() {
		text += " is NULL, not " + wanted + ": ask IsNull first"
	} else {
		text += " holds " + v.Type.String() + ", which cannot be read as " + wanted
	}
	r.rows.fail(argumentError(text))
}
