package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/spool"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// rows are the open rows of a query: what the server still sends, or, once
// something else needed the link, what was left then.
type rows struct {
	t      *tx
	ctx    context.Context
	item   item
	fields []pgconn.FieldDescription
	cols   []abi.Column
	values []abi.Value

	pipeline *pgconn.Pipeline     // nil once all is read
	reader   *pgconn.ResultReader // of the pipeline

	ahead  spool.Spool // rows read ahead
	raw    [][]byte    // one of them
	closed bool
	err    error
}

// Query runs one statement and returns its rows. It takes two round trips: the
// first one asks for the types, so that the second can ask for the formats.
func (t *tx) Query(ctx context.Context, stmt host.Statement) (host.Rows, error) {
	it, err := t.guest(stmt)
	if err != nil {
		return nil, err
	}
	fields, err := t.describe(ctx, it)
	if err != nil {
		return nil, err
	}
	r := &rows{
		t: t, ctx: ctx, item: it, fields: fields,
		cols: make([]abi.Column, len(fields)), values: make([]abi.Value, len(fields)), raw: make([][]byte, len(fields)),
	}
	formats := make([]int16, len(fields))
	for i, f := range fields {
		r.cols[i], formats[i] = columnOf(f)
	}
	if err := r.start(formats); err != nil {
		return nil, err
	}
	t.rows = r
	return r, nil
}

// describe sends the queue, with the statement to be parsed at its end, and
// returns the statement's columns.
func (t *tx) describe(ctx context.Context, it item) ([]pgconn.FieldDescription, error) {
	var fields []pgconn.FieldDescription
	parse := it
	parse.parse, parse.fields = true, func(f []pgconn.FieldDescription) { fields = f }
	t.put(parse)
	return fields, t.flush(ctx)
}

// start runs the statement that was parsed.
func (r *rows) start(formats []int16) error {
	pg := r.t.c.main.pg
	r.pipeline = pg.StartPipeline(r.ctx)
	r.pipeline.SendQueryPrepared("", r.item.values, r.item.formats, formats)
	err := r.pipeline.Sync()
	if err == nil {
		var results any
		if results, err = r.pipeline.GetResults(); err == nil {
			var ok bool
			if r.reader, ok = results.(*pgconn.ResultReader); !ok {
				err = errors.New("the server's answers are out of step")
			}
		}
	}
	if err != nil {
		return r.finish(pgconn.CommandTag{}, err)
	}
	return nil
}

// finish reads up to the end of the pipeline and returns the error explained.
func (r *rows) finish(tag pgconn.CommandTag, err error) error {
	if r.pipeline == nil {
		return r.err
	}
	if closeErr := r.pipeline.Close(); err == nil {
		err = closeErr
	}
	r.pipeline = nil
	if r.t.rows == r {
		r.t.rows = nil
	}
	link := r.t.c.main
	switch {
	case err != nil:
		failed := &failure{0, err}
		if isFatal(err) || link.pg.IsClosed() {
			failed.index = -1
		}
		r.err = r.t.spoil(link.explain(r.ctx, []item{r.item}, failed))
	case link.pg.TxStatus() != 'T':
		r.err = r.t.spoil(errEnded)
	default:
		r.err = r.t.count([]item{r.item}, []pgconn.CommandTag{tag})
	}
	return r.err
}

// Columns returns the columns.
func (r *rows) Columns() []abi.Column { return r.cols }

// Next returns the next row, or io.EOF.
func (r *rows) Next() ([]abi.Value, error) {
	if r.closed {
		return nil, io.EOF
	}
	raw, err := r.next()
	if err != nil {
		return nil, err
	}
	if len(raw) != len(r.fields) {
		return nil, fmt.Errorf("the server sent a row of %d values; %d were announced", len(raw), len(r.fields))
	}
	for i := range raw {
		if r.values[i], err = decode(&r.fields[i], r.cols[i].Type, raw[i]); err != nil {
			return nil, err
		}
	}
	return r.values, nil
}

func (r *rows) next() ([][]byte, error) {
	if r.ahead.Rows() > 0 {
		return r.raw, r.ahead.Next(r.raw)
	}
	if r.pipeline == nil {
		if r.err != nil {
			return nil, r.err
		}
		return nil, io.EOF
	}
	if r.reader.NextRow() {
		return r.reader.Values(), nil
	}
	if err := r.finish(r.reader.Close()); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// readAhead reads what is left, so that the link can be used for something else.
// A portal that is read in portions would leave the link free in between, but the
// server runs the plan of one without its parallel workers, and nobody knows
// beforehand whether something else will be sent.
//
// https://www.postgresql.org/docs/current/when-can-parallel-query-be-used.html
func (r *rows) readAhead() error {
	if r.pipeline == nil {
		return nil
	}
	var failed error
	for r.reader.NextRow() {
		if failed == nil { // the link is only free once all rows are read
			failed = r.keep(r.reader.Values())
		}
	}
	if err := r.finish(r.reader.Close()); err != nil {
		return err
	}
	if failed != nil {
		r.ahead.Close()
		r.err = r.t.spoil(failed)
	}
	return r.err
}

// keep keeps a row for later.
func (r *rows) keep(values [][]byte) error {
	before := r.ahead.Bytes()
	err := r.ahead.Put(values)
	if err != nil {
		return &refusal{abi.ErrnoLimit, err.Error()}
	}
	if r.t.warden == nil {
		return nil
	}
	r.t.kept += r.ahead.Bytes() - before
	return r.t.warden.keeps(r.t.kept)
}

// Close closes the rows. What is left of them is read and dropped.
func (r *rows) Close() error {
	if r.closed {
		return nil
	}
	r.drop()
	if r.pipeline == nil {
		return nil
	}
	return r.finish(r.reader.Close())
}

// drop forgets what was read ahead.
func (r *rows) drop() {
	r.closed = true
	r.t.kept -= r.ahead.Bytes()
	r.ahead.Close()
}

// abandon closes the rows of a transaction that is rolled back: the server
// need not send the rest.
func (r *rows) abandon() {
	r.drop()
	if r.pipeline == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cancelWithin)
	defer cancel()
	r.t.c.main.pg.CancelRequest(ctx)
	r.finish(r.reader.Close())
}
