package sandbox

import (
	"io"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// openRows are the rows behind a handle.
type openRows struct {
	rows    host.Rows
	columns []abi.Column
	types   []abi.Type
	next    []byte // a row that is encoded and was not given out yet
	memory  []byte // what next is made in
	ended   error  // io.EOF or an error, which stays
}

func (in *instance) query(a args) error {
	handle := in.slot("handle", a.u32(4), 4)
	sql, err := in.statement(a)
	if err != nil {
		return err
	}
	params, err := in.parameters(a)
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
	columns := rows.Columns()
	if in.handles == nil {
		in.handles = map[uint32]*openRows{}
	}
	in.handle++ // MaxCalls is far below 2³², so it never comes round to 0
	in.handles[in.handle] = &openRows{rows: rows, columns: columns, types: abi.Types(columns)}
	in.trace.result("handle %d", in.handle)
	handle.set32(in.handle)
	return nil
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
		if o.next == nil {
			if err := in.fetch(o); err != nil {
				if n > 0 {
					break // told by the next call
				}
				out.needed.set32(0)
				count.set32(0)
				if err != io.EOF {
					return err
				}
				if err := in.close(a.u32(0)); err != nil {
					return err
				}
				return abi.ErrnoEnd
			}
		}
		if len(o.next) > len(out.bytes)-written {
			break
		}
		written += copy(out.bytes[written:], o.next)
		o.next = nil
		n++
	}
	count.set32(n)
	if n == 0 {
		out.needed.set32(uint32(len(o.next)))
		return abi.ErrnoTooSmall
	}
	out.needed.set32(uint32(written))
	in.trace.result("%d rows", n)
	return in.move(written)
}

// fetch encodes the next row into o.next.
func (in *instance) fetch(o *openRows) error {
	if o.ended != nil {
		return o.ended
	}
	if in.used.rows >= in.opts.MaxRows {
		return in.spent("%d rows", in.opts.MaxRows)
	}
	values, err := o.rows.Next()
	if err == nil {
		o.memory, err = abi.AppendRow(o.memory[:0], o.types, values)
	}
	if err != nil {
		o.ended = err
		return err
	}
	o.next = o.memory
	in.used.rows++
	return nil
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
