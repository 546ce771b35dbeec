package sqlite

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Load implements host.Tx with an INSERT of one row, which is compiled for the
// first of several loads and kept with the statements of guests. Of STRICT tables
// SQLite itself refuses what a column can't hold.
func (t *tx) Load(ctx context.Context, stmt host.Statement, to *abi.Load, rows *abi.RowReader) (sum int64, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return 0, err
	}
	n := len(rows.Types())
	if len(to.Columns) == 0 || len(to.Columns) != n {
		return 0, argumentError(fmt.Sprintf("the load into %q names %d columns, and its rows have %d", to.Table, len(to.Columns), n))
	}
	stmt.SQL, stmt.Params = insertInto(to), make([]abi.Value, n)
	p, err := t.prepare(ctx, stmt)
	if err != nil {
		return 0, err
	}
	defer t.c.release(p)
	return t.each(ctx, p, stmt, rows, "load")
}

// insertInto returns the INSERT of a load's rows.
func insertInto(to *abi.Load) string {
	columns, values := make([]string, len(to.Columns)), make([]string, len(to.Columns))
	for i, name := range to.Columns {
		columns[i], values[i] = quoteName(name), "?"+strconv.Itoa(i+1)
	}
	return "INSERT INTO " + quoteName(to.Table) + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// quoteName quotes a guest's name. One with a NUL, at which go-sqlite3 panics, is
// refused when the statement is compiled.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// An argumentError is a call of a guest that makes no sense.
type argumentError string

func (e argumentError) Error() string { return string(e) }

// Errno is the errno a guest gets.
func (e argumentError) Errno() abi.Errno { return abi.ErrnoArgument }
