package sdk

import (
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// How many bytes of rows are collected before they are sent.
const (
	batchSize = 64 << 10
	loadSize  = 1 << 20
)

// A Batch collects rows of arguments and sends them in bundles: to one statement
// ([Tx.Batch]) or into a table ([Tx.Load]).
type Batch struct {
	tx       *Tx
	what     string // the statement or the table, for errors
	send     func(rowset []byte) (affected int64, err error)
	size     int // of a bundle, in bytes
	types    []abi.Type
	values   []Value
	buf      []byte // a rowset, or empty
	affected int64
	err      error
	owed     error // what the migration fails with while rows are not flushed
}

// Batch returns an empty batch that runs a statement for each of its rows, in
// bundles of about 64 KiB. It must be flushed at its end; rows that were added and
// not flushed fail the migration.
func (tx *Tx) Batch(sql string) *Batch {
	return &Batch{tx: tx, what: sql, size: batchSize, send: func(rowset []byte) (int64, error) {
		return tx.backend.ExecBatch(sql, rowset)
	}}
}

// Load returns an empty batch whose rows go into a table: their values into these
// columns, in this order. On PostgreSQL they are sent with COPY, in bundles of
// about 1 MiB; a value that its column cannot hold as it is, is an error (what
// fits which column is in ABI.md, section 5.6). Like any batch it must be flushed at
// its end; the error of a row may come from a later call.
func (tx *Tx) Load(table string, columns ...string) *Batch {
	document := abi.AppendLoad(nil, &abi.Load{Table: table, Columns: columns})
	return &Batch{tx: tx, what: "for the table " + table, size: loadSize, send: func(rowset []byte) (int64, error) {
		return tx.backend.Load(document, rowset)
	}}
}

// Add adds a row of arguments, as for Exec, and sends the rows collected so far if
// they have become many. After an error every Add returns it.
func (b *Batch) Add(args ...any) error {
	// Rows of a loop have the types of the rows before them. They are appended here,
	// after one look at each value: a call, and a switch over all types, took half as
	// long again.
	types, buf := b.types, b.buf
	start := len(buf)
	if start == 0 || len(args) != len(types) {
		return b.add(args)
	}
	buf = abi.BeginRow(buf, len(types))
	for i, arg := range args {
		switch types[i] {
		case abi.TypeInt64:
			if a, ok := arg.(int64); ok {
				buf = abi.AppendInt64(buf, a)
				continue
			}
			if a, ok := arg.(int); ok {
				buf = abi.AppendInt64(buf, int64(a))
				continue
			}
		case abi.TypeFloat64:
			if a, ok := arg.(float64); ok {
				buf = abi.AppendFloat64(buf, a)
				continue
			}
		case abi.TypeText:
			if a, ok := arg.(string); ok {
				buf = abi.AppendText(buf, a)
				continue
			}
		}
		var same bool
		if buf, same = b.appendSame(buf, start, i, arg); !same {
			return b.add(args)
		}
	}
	abi.EndRow(buf[start:])
	b.buf = buf
	if len(buf) < b.size {
		return nil
	}
	_, err := b.Flush()
	return err
}

// appendSame appends column i of the row that begins at start if it is NULL or of the
// type of those before it, and reports whether it is.
func (b *Batch) appendSame(buf []byte, start, i int, arg any) ([]byte, bool) {
	v, reason := valueOf(arg)
	if reason != "" {
		return buf, false
	}
	if v.IsNull() {
		abi.AppendNull(buf[start:], i)
		return buf, true
	}
	if v.Type != b.types[i] {
		return buf, false
	}
	buf, reason = abi.AppendValue(buf, &v)
	return buf, reason == ""
}

// add adds a row whose types may be others than those of the rows before it.
func (b *Batch) add(args []any) error {
	if b.err != nil {
		return b.err
	}
	clear(b.values)
	values, err := appendValues(b.values[:0], args)
	if err != nil {
		return b.fail(err)
	}
	b.values = values
	if len(b.buf) > 0 && !b.adopt() {
		if _, err := b.Flush(); err != nil {
			return err
		}
	}
	if len(b.buf) == 0 {
		if err := b.begin(); err != nil {
			return b.fail(err)
		}
	}
	if b.buf, err = abi.AppendRow(b.buf, b.types, b.values); err != nil {
		return b.fail(argumentError(err.Error()))
	}
	if len(b.buf) >= b.size {
		_, err = b.Flush()
	}
	return err
}

// Flush sends the rows that are left, and returns the number of rows affected by
// all that were added.
func (b *Batch) Flush() (int64, error) {
	if b.err != nil || len(b.buf) == 0 {
		return b.affected, b.err
	}
	affected, err := b.send(b.buf)
	b.affected += affected
	b.buf = b.buf[:0]
	b.tx.paid(&b.owed)
	if err != nil {
		b.fail(err)
	}
	return b.affected, err
}

// begin starts a rowset with the types of the row at hand.
func (b *Batch) begin() (err error) {
	b.types = b.types[:0]
	for i := range b.values {
		b.types = append(b.types, b.values[i].Type)
	}
	if b.buf, err = abi.AppendRowsetHeader(b.buf, b.types); err != nil {
		return argumentError(err.Error())
	}
	b.owed = argumentError("rows were added to a batch and not flushed: " + b.what)
	b.tx.owe(&b.owed)
	b.tx.debts[len(b.tx.debts)-1].batch = b
	return nil
}

// adopt reports whether the row at hand fits the rowset that is begun. A column
// that held nothing but NULLs takes the type of the first value in it.
func (b *Batch) adopt() bool {
	if len(b.values) != len(b.types) {
		return false
	}
	for i := range b.values {
		if t := b.values[i].Type; t != abi.TypeNull && t != b.types[i] && b.types[i] != abi.TypeNull {
			return false
		}
	}
	const typesAt = 4 // ABI.md, section 5.3
	for i := range b.values {
		if t := b.values[i].Type; t != abi.TypeNull {
			b.types[i] = t
			b.buf[typesAt+i] = byte(t)
		}
	}
	return true
}

func (b *Batch) fail(err error) error {
	b.err = err
	b.buf = b.buf[:0]
	b.tx.paid(&b.owed)
	return err
}
