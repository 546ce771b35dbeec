package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A database answers calls and writes them down. Statements say what comes of
// them: "rows N" is N rows, "fail" is refused, "panic" is a bug.
type database struct {
	mu       sync.Mutex
	executed []string
	logged   []string
	open     int
	onExec   func(ctx context.Context, sql string) error
}

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
func (d *database) SectionEnd(context.Context) error                           { return nil }
func (d *database) BackfillBegin(context.Context, *abi.Backfill) (bool, error) { return false, nil }
func (d *database) BackfillNext(context.Context, bool) (host.Chunk, error) {
	return host.Chunk{}, io.EOF
}
func (d *database) BackfillRun(context.Context, *abi.Backfill) (int64, error)      { return 0, nil }
func (d *database) Load(context.Context, *abi.Load, *abi.RowReader) (int64, error) { return 0, nil }
func (d *database) Phase(context.Context, abi.Phase) error                         { return nil }
func (d *database) Progress(context.Context, int64, int64)                         {}
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
