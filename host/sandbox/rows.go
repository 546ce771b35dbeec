package sandbox

import (
	"bytes"
	"io"
	"math"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// openRows are the rows behind a handle.
type openRows struct {
	rows    host.Rows
	columns []abi.Column
	types   []abi.Type
	encoded host.EncodedRows // the same; nil where they have to be encoded
	row     []byte           // the row that comes next, once it is fetched, where encoded is not nil
	next    []abi.Value      // the same otherwise, or once values has been called
	fetched bool
	kept    bool  // row or next is in memory of its own
	ended   error // io.EOF or an error, which stays
}

// values returns the values of the row that was fetched.
func (o *openRows) values() (_ []abi.Value, err error) {
	if o.row != nil {
		o.next, _, err = abi.DecodeRow(o.types, o.row, o.next)
	}
	return o.next, err
}

// size returns how many bytes the row that was fetched takes.
func (o *openRows) size() int {
	if o.row != nil {
		return len(o.row)
	}
	return abi.RowSize(o.types, o.next)
}

// append appends the row that was fetched.
func (o *openRows) append(dst []byte) ([]byte, error) {
	if o.row != nil {
		return append(dst, o.row...), nil
	}
	return abi.AppendRow(dst, o.types, o.next)
}

func (in *instance) query(a args) error {
	handle := in.slot("handle", a.u32(4), 4)
	sql, err := in.statement(a)
	if err != nil {
		return err
	}
	params, err := in.parameters(a, sql)
	if err != nil {
		return err
	}
	if len(in.handles) >= in.opts.MaxHandles {
		return in.spent("%d open queries", in.opts.MaxHandles)
	}
	rows, err := in.calls.Query(in.ctx, sql, params)
	if err != nil {
		return err
	}
	in.give(rows, handle)
	return nil
}

// give gives rows a handle.
func (in *instance) give(rows host.Rows, handle slot) *openRows {
	columns := rows.Columns()
	if in.handles == nil {
		in.handles = map[uint32]*openRows{}
	}
	in.handle++ // MaxCalls is far below 2³², so it never comes round to 0
	o := &openRows{rows: rows, columns: columns, types: abi.Types(columns)}
	o.encoded, _ = rows.(host.EncodedRows)
	in.handles[in.handle] = o
	in.trace.result("handle %d", in.handle)
	handle.set32(in.handle)
	return o
}

func (in *instance) opened(handle uint32) (*openRows, error) {
	in.trace.word("%d", handle)
	if o, ok := in.handles[handle]; ok {
		return o, nil
	}
	return nil, refuse(abi.ErrnoHandle, "no rows are open under handle %d", handle)
}

func (in *instance) columns(a args) error {
	out := in.buffer(a.u32(1), a.u32(2), a.u32(3))
	o, err := in.opened(a.u32(0))
	if err != nil {
		return err
	}
	b, err := abi.AppendColumns(nil, o.columns)
	if err != nil {
		return err
	}
	if len(b) <= len(out.bytes) {
		in.trace.columns(o.columns)
	}
	return out.fill(b)
}

func (in *instance) rowsNext(a args) error {
	out := in.buffer(a.u32(1), a.u32(2), a.u32(3))
	count := in.slot("count", a.u32(4), 4)
	o, err := in.opened(a.u32(0))
	if err != nil {
		return err
	}
	written, n := 0, uint32(0)
	for {
		if err := in.fetch(o); err != nil {
			if n > 0 {
				break // told by the next call
			}
			out.needed.set32(0)
			count.set32(0)
			return in.over(a.u32(0), err)
		}
		room := out.bytes[written:written:len(out.bytes)]
		if n == 0 || o.row == nil && exceeds(o.next, cap(room)) {
			if size := o.size(); size > cap(room) {
				if n > 0 {
					break
				}
				count.set32(0)
				out.needed.set32(uint32(min(size, math.MaxUint32))) // more, no guest has; value_read is for it
				return abi.ErrnoTooSmall
			}
		}
		if len(o.row) > cap(room) {
			break
		}
		b, err := o.append(room)
		if err == nil && len(b) > cap(room) {
			break // b is elsewhere
		}
		if o.fetched = false; err != nil {
			o.ended = err
			continue
		}
		written += len(b)
		n++
	}
	count.set32(n)
	out.needed.set32(uint32(written))
	in.trace.result("%d rows", n)
	return in.move(written)
}

// exceeds reports whether a single value has no room, of which AppendRow would make
// a copy elsewhere.
func exceeds(row []abi.Value, room int) bool {
	for i := range row {
		if len(row[i].Bytes) > room {
			return true
		}
	}
	return false
}

// fetch gets the row that comes next, if it is not there yet.
func (in *instance) fetch(o *openRows) error {
	if o.fetched || o.ended != nil {
		return o.ended
	}
	if in.used.Rows >= in.opts.MaxRows {
		return in.spent("%d rows", in.opts.MaxRows)
	}
	if o.take(); o.ended != nil {
		return o.ended
	}
	o.fetched, o.kept = true, false
	in.used.Rows++
	return nil
}

// take takes the row that comes next.
func (o *openRows) take() {
	if o.encoded != nil {
		var ok bool
		if o.row, ok, o.ended = o.encoded.NextEncoded(); ok {
			return
		}
		o.encoded = nil
	}
	o.next, o.ended = o.rows.Next()
}

// keepRows copies the rows that were fetched and not given out yet: they are valid
// only until the database is asked for something else.
func (in *instance) keepRows() {
	for _, o := range in.handles {
		if !o.fetched || o.kept {
			continue
		}
		o.kept = true
		if o.row != nil {
			o.row = bytes.Clone(o.row)
			continue
		}
		kept := make([]abi.Value, len(o.next))
		for i, v := range o.next {
			kept[i] = v.Clone()
		}
		o.next = kept
	}
}

// over is the answer when there is no next row.
func (in *instance) over(handle uint32, err error) error {
	if err != io.EOF {
		return err
	}
	if err := in.close(handle); err != nil {
		return err
	}
	return abi.ErrnoEnd
}

func (in *instance) rowsClose(a args) error {
	if _, err := in.opened(a.u32(0)); err != nil {
		return err
	}
	return in.close(a.u32(0))
}

// close closes one handle.
func (in *instance) close(handle uint32) error {
	o := in.handles[handle]
	delete(in.handles, handle)
	return o.rows.Close()
}

// closeRows closes all handles. What the database says then, it says again at
// the next statement.
func (in *instance) closeRows() {
	for handle := range in.handles {
		in.close(handle)
	}
}
