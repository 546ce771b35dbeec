package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A database answers calls and writes them down. Statements say what comes of
// them: "rows N" is N rows, "values of N" two rows with values of N bytes, "fail" is refused, "panic" is a bug.
type database struct {
	mu       sync.Mutex
	executed []string
	logged   []string
	open     int
	onExec   func(ctx context.Context, sql string) error
	backfill *backfill // the one that is under way
}

type backfill struct{ left, rows int }

// A refusal is what the session says of a call that is not allowed where it is.
type refusal string

func (r refusal) Error() string  { return string(r) }
func (refusal) Errno() abi.Errno { return abi.ErrnoState }

func (d *database) Exec(ctx context.Context, sql string, params []abi.Value, deferred bool) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.onExec != nil {
		if err := d.onExec(ctx, sql); err != nil {
			return 0, err
		}
	}
	if strings.HasPrefix(sql, "fail") {
		return 0, &host.SQLError{Code: "42P01", Message: `relation "x" does not exist`, Position: 6, SQL: sql}
	}
	if sql == "panic" {
		panic("the database is on fire")
	}
	d.executed = append(d.executed, sql)
	return 1, nil
}

func (d *database) ExecBatch(ctx context.Context, sql string, rows *abi.RowReader) (n int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		if _, err := rows.Next(); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
		d.executed = append(d.executed, sql)
		n++
	}
}

func (d *database) Schema(ctx context.Context, request schema.Request) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.executed = append(d.executed, string(schema.Append(nil, request)))
	return nil
}

func (d *database) Query(ctx context.Context, sql string, params []abi.Value) (host.Rows, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	if _, err := fmt.Sscanf(sql, "values of %d", &n); err == nil {
		d.open++
		return &values{rows{d: d, left: 2}, n, n}, nil
	}
	if _, err := fmt.Sscanf(sql, "growing values of %d", &n); err == nil {
		d.open++
		return &values{rows{d: d, left: 2}, 10, n}, nil
	}
	if _, err := fmt.Sscanf(sql, "rows %d", &n); err != nil {
		return nil, &host.SQLError{Code: "42601", Message: "syntax error", SQL: sql}
	}
	d.open++
	return &rows{d: d, left: n}, nil
}

func (d *database) Savepoint(context.Context, host.SavepointOp, string) error { return nil }
func (d *database) SectionBegin(context.Context, host.SectionKind, string) (bool, error) {
	return false, nil
}
func (d *database) SectionEnd(context.Context) error { return nil }

// BackfillBegin begins a backfill whose name says of how many chunks and rows it
// is: "2 chunks of 3". "done" has been done before.
func (d *database) BackfillBegin(_ context.Context, b *abi.Backfill) (bool, error) {
	if d.backfill != nil {
		return false, refusal("a backfill is under way")
	}
	if b.Name == "done" {
		return true, nil
	}
	d.backfill = &backfill{}
	_, err := fmt.Sscanf(b.Name, "%d chunks of %d", &d.backfill.left, &d.backfill.rows)
	return false, err
}

func (d *database) BackfillNext(_ context.Context, leave bool) (host.Chunk, error) {
	b := d.backfill
	switch {
	case b == nil:
		return host.Chunk{}, refusal("no backfill is under way")
	case leave:
		return host.Chunk{}, errors.New("the sandbox leaves for no reason")
	case d.open > 0:
		return host.Chunk{}, errors.New("rows are open when a chunk ends")
	case b.left == 0:
		d.backfill = nil
		return host.Chunk{}, io.EOF
	}
	b.left--
	d.open++
	return host.Chunk{Rows: &rows{d: d, left: b.rows}, Seed: [32]byte{byte(b.left)}}, nil
}

func (d *database) BackfillRun(ctx context.Context, b *abi.Backfill) (int64, error) {
	if d.onExec != nil {
		if err := d.onExec(ctx, b.Statement); err != nil {
			return 0, err
		}
	}
	d.executed = append(d.executed, b.Statement)
	return 7, nil
}

func (d *database) Load(ctx context.Context, to *abi.Load, rows *abi.RowReader) (int64, error) {
	return d.ExecBatch(ctx, "load "+to.Table, rows)
}

func (d *database) Phase(context.Context, abi.Phase) error { return nil }
func (d *database) Progress(context.Context, int64, int64) {}
func (d *database) Log(_ context.Context, level host.LogLevel, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.logged = append(d.logged, [...]string{"debug", "info", "warning", "error"}[level]+" "+text)
}

type rows struct {
	d      *database
	left   int
	closed bool
	row    [2]abi.Value
}

func (*rows) Columns() []abi.Column {
	return []abi.Column{{Name: "id", Type: abi.TypeInt64}, {Name: "name", Type: abi.TypeText}}
}

func (r *rows) Next() ([]abi.Value, error) {
	if r.left == 0 {
		return nil, io.EOF
	}
	r.row = [2]abi.Value{abi.Int64(int64(r.left)), abi.Text("name")}
	r.left--
	return r.row[:], nil
}

func (r *rows) Close() error {
	if !r.closed {
		r.closed = true
		r.d.open--
	}
	return nil
}

// values are rows of values of many types.
type values struct {
	rows
	size, then int // of the first row's values, and of others'
}

func (*values) Columns() []abi.Column {
	return []abi.Column{{Name: "id", Type: abi.TypeInt64}, {Name: "name", Type: abi.TypeText},
		{Name: "data", Type: abi.TypeAny}, {Name: "nothing", Type: abi.TypeAny}, {Name: "key", Type: abi.TypeUUID}}
}

func (v *values) Next() ([]abi.Value, error) {
	row, err := v.rows.Next()
	if err != nil {
		return nil, err
	}
	text := strings.Repeat("abcdefghij", v.size/10+1)[:v.size]
	v.size = v.then
	return []abi.Value{row[0], abi.Text(text), abi.Bytes([]byte(text)), {}, abi.UUID([16]byte{15: 1})}, nil
}
