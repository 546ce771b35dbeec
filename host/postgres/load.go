package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// loadPiece is how much of a load is put together before it is sent.
const loadPiece = 64<<10 - 512

// A load is a COPY that is under way. It stays open from one Load to the next, so
// that the guest makes rows while the server inserts others: pgconn copies in a
// goroutine what comes through a pipe. The link is the goroutine's until done is
// closed.
//
//	rows ─ encode ─ buf ─ pipe ─ pgconn.CopyFrom ─ server
//
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
type load struct {
	it      item
	into    string // table and columns, as COPY has them
	table   string // by its bare name, as the server's errors have it
	types   []abi.Type
	columns []loadColumn
	binary  bool

	buf     []byte
	scratch []byte
	rows    int64 // that were sent, or are in buf
	pipe    *io.PipeWriter
	cancel  context.CancelFunc

	done chan struct{} // closed when COPY has ended, before which err must not be read
	err  error
}

// Load puts rows into a table with COPY. Their values are converted as INSERT would.
func (t *tx) Load(ctx context.Context, stmt host.Statement, to *abi.Load, rows *abi.RowReader) (int64, error) {
	return t.loadInto(ctx, stmt, quoteIdent(to.Table), to, rows)
}

// loadInto is Load into a table whose name is resolved.
func (t *tx) loadInto(ctx context.Context, stmt host.Statement, table string, to *abi.Load, rows *abi.RowReader) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	types := rows.Types()
	if len(to.Columns) == 0 || len(to.Columns) != len(types) {
		return 0, t.spoil(&refusal{abi.ErrnoArgument, fmt.Sprintf("the load into %q names %d columns, and its rows have %d",
			to.Table, len(to.Columns), len(types))})
	}
	into := table + " (" + idents(to.Columns) + ")"
	// What was put on the queue since the load before comes before this one.
	if l := t.load; l == nil || !l.takes(into, types) || len(t.queue) > 0 {
		if err := t.beginLoad(ctx, into, table, stmt, to, types); err != nil {
			return 0, err
		}
	}
	l := t.load
	before := l.rows
	if err := t.sendRows(ctx, l, rows); err != nil {
		return 0, err
	}
	// What a savepoint may have to undo must fail while the savepoint is there.
	if len(t.savepoints) > 0 {
		if err := t.endLoad(ctx); err != nil {
			return 0, err
		}
	}
	return l.rows - before, nil
}

// takes reports whether rows of these types can follow those that were sent.
func (l *load) takes(into string, types []abi.Type) bool {
	if l.into != into {
		return false
	}
	for i, from := range types {
		if from != l.types[i] && from != abi.TypeNull && l.binary {
			return false // the format was chosen for others
		}
	}
	return true
}

// beginLoad sends the queue and begins COPY.
func (t *tx) beginLoad(ctx context.Context, into, table string, stmt host.Statement, to *abi.Load, types []abi.Type) error {
	columns, err := t.loadColumns(ctx, into, table, to.Columns)
	if err != nil {
		return err
	}
	l := &load{
		it: item{role: roleGuest, sql: "COPY " + into + " FROM STDIN", ordinal: stmt.Ordinal}, into: into, table: to.Table,
		columns: columns, types: append([]abi.Type{}, types...), binary: chooseFormat(columns, types),
	}
	if l.binary {
		l.it.sql += " (FORMAT binary)"
	}
	if err := l.differs(); err != nil {
		return t.spoil(err)
	}
	if !loadable(columns) { // the server says why
		t.startCopy(ctx, l)
		if err := t.endLoad(ctx); err != nil {
			return err
		}
	}
	t.startCopy(ctx, l)
	return nil
}

// startCopy makes a load the one that is under way.
func (t *tx) startCopy(ctx context.Context, l *load) {
	r, w := io.Pipe()
	// The context of a call ends with the call; COPY goes on.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.pipe, l.cancel, l.done = w, cancel, make(chan struct{})
	if l.buf = l.buf[:0]; l.binary {
		l.buf = append(l.buf, copySignature...)
	}
	pg, sql := t.c.main.pg, l.it.sql
	go func() {
		defer close(l.done)
		_, l.err = pg.CopyFrom(running, r, sql)
		r.CloseWithError(errCopyEnded)
	}()
	t.load, t.begun = l, true
	t.sent++
}

var errCopyEnded = errors.New("COPY has ended")

// sendRows encodes rows and sends them. What is left in the buffer goes with what
// comes next.
func (t *tx) sendRows(ctx context.Context, l *load, rows *abi.RowReader) error {
	defer context.AfterFunc(ctx, l.interrupt)()
	for {
		values, err := rows.Next()
		if err == io.EOF {
			return nil
		}
		l.rows++
		if err == nil && t.warden != nil {
			err = t.warden.rows(t.written + 1)
		}
		if err == nil {
			t.written++
			err = l.encodeRow(values)
		}
		switch {
		case err == nil:
		case errors.Is(err, errCopyEnded), errors.Is(err, io.ErrClosedPipe), ctx.Err() != nil:
			if ended := t.endLoad(ctx); ended != nil {
				return ended
			}
			return t.spoil(errEnded)
		default:
			t.abandonLoad(err)
			if isRefused(err) {
				return t.spoil(err)
			}
			return t.spoil(l.misfit(err))
		}
	}
}

// flush sends what is in the buffer.
func (l *load) flush() error {
	_, err := l.pipe.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}

// interrupt ends COPY because the context of a call has ended. The server does not
// look for a request to cancel while it waits for rows, so it is told twice.
func (l *load) interrupt() {
	l.pipe.CloseWithError(context.Canceled)
	l.cancel()
}

// endLoad ends COPY, and returns its error.
func (t *tx) endLoad(ctx context.Context) error {
	l := t.load
	t.load = nil
	stop := context.AfterFunc(ctx, l.interrupt)
	if l.binary {
		l.buf = append(l.buf, 0xff, 0xff) // the trailer: a row of -1 values
	}
	l.flush() // fails only where COPY has ended
	l.pipe.Close()
	<-l.done
	stop()
	l.cancel()
	link := t.c.main
	switch {
	case l.err != nil:
		failed := &failure{0, l.err}
		if isFatal(l.err) || link.pg.IsClosed() {
			failed.index = -1
		}
		return t.spoil(l.locate(t.refused(ctx, []item{l.it}, failed)))
	case link.pg.TxStatus() != 'T':
		return t.spoil(errEnded)
	}
	return nil
}

// abandonLoad ends COPY in such a way that nothing of it stays. It takes no longer
// than a few seconds: a server that waits for a lock, or is busy with a trigger, is
// told to stop.
func (t *tx) abandonLoad(why error) {
	l := t.load
	t.load = nil
	l.pipe.CloseWithError(why)
	timer := time.AfterFunc(cancelAgain, l.cancel)
	<-l.done
	timer.Stop()
	l.cancel()
}

// misfit is the error of a row that was not sent.
func (l *load) misfit(err error) error {
	var unfit *unfitError
	if !errors.As(err, &unfit) {
		return fmt.Errorf("row %d of the load into %q: %w", l.rows, l.table, err)
	}
	return &host.SQLError{
		Code: unfit.code, Message: fmt.Sprintf("row %d of the load, column %q: %s", l.rows, unfit.column, unfit.reason),
		SQL: l.it.sql, Ordinal: l.it.ordinal, Err: unfit,
	}
}

// locate adds the row and the column to an error, which the server names in its
// context: "COPY t, line 3, column a". The words are in its language, the order
// is not.
func (l *load) locate(err error) error {
	var refused *host.SQLError
	var server *pgconn.PgError
	if !errors.As(err, &refused) || !errors.As(err, &server) {
		return err
	}
	for line := range strings.Lines(server.Where) {
		place, ok := strings.CutPrefix(strings.TrimSpace(line), "COPY "+l.table+", ")
		if !ok {
			continue
		}
		place, column, _ := strings.Cut(place, ", ")
		_, number, _ := strings.Cut(place, " ")
		row, parseErr := strconv.ParseInt(strings.TrimSuffix(number, ":"), 10, 64)
		if parseErr != nil {
			continue
		}
		at := fmt.Sprintf("row %d of the load", row)
		if _, name, ok := strings.Cut(column, " "); ok {
			for _, c := range l.columns {
				if name == c.name || strings.HasPrefix(name, c.name+": ") {
					at += fmt.Sprintf(", column %q", c.name)
					break
				}
			}
		}
		refused.Message = at + ": " + refused.Message
	}
	return err
}
