package sqlite

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Load implements host.Tx with an INSERT, which is compiled for the first of several
// loads and kept with the statements of guests. Of STRICT tables SQLite itself
// refuses what a column can't hold.
func (t *tx) Load(ctx context.Context, stmt host.Statement, to *abi.Load, rows *abi.RowReader) (sum int64, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return 0, err
	}
	n := len(rows.Types())
	if len(to.Columns) == 0 || len(to.Columns) != n {
		return 0, argumentError(fmt.Sprintf("the load into %q names %d columns, and its rows have %d", to.Table, len(to.Columns), n))
	}
	stmt.SQL, stmt.Params = insertInto(to, 1), make([]abi.Value, n)
	p, err := t.prepare(ctx, stmt)
	if err != nil {
		return 0, err
	}
	defer t.c.release(p)
	b := &batch{t: t, p: p, stmt: stmt, rows: rows, of: "load"}
	if b.misfit, err = t.misfit(ctx, to, rows.Types()); err != nil {
		return 0, t.c.db.failed("read the columns of a table of", cause(ctx, err))
	}
	if err := b.bundles(ctx, to); err != nil {
		return 0, err
	}
	err = b.each(ctx, math.MaxInt)
	return b.sum, err
}

// misfit returns what finds the numerics of which SQLite would make another number:
// a column of numeric affinity makes floats of them, once 15 of their digits are kept.
// It is nil if there can be none.
//
// https://sqlite.org/datatype3.html#type_affinity
func (t *tx) misfit(ctx context.Context, to *abi.Load, types []abi.Type) (func([]abi.Value) string, error) {
	affinities := make([]string, len(types))
	some := false
	for i, from := range types {
		if from != abi.TypeNumeric && from != abi.TypeAny {
			continue
		}
		kind, _, _, _, _, err := t.c.sq.TableColumnMetadata("", to.Table, to.Columns[i])
		if err != nil {
			continue // of a view, which has triggers in the place of columns
		}
		affinity := affinityOf(strings.ToUpper(kind))
		if strings.EqualFold(kind, "ANY") { // which in a STRICT table keeps what it is given
			if err := t.c.each(ctx, func(s *sqlite3.Stmt) error {
				if s.ColumnBool(0) {
					affinity = "BLOB"
				}
				return nil
			}, `SELECT strict FROM pragma_table_list(?1)`, to.Table); err != nil {
				return nil, err
			}
		}
		if affinity == "INTEGER" || affinity == "REAL" || affinity == "NUMERIC" {
			affinities[i], some = affinity, true
		}
	}
	if !some {
		return nil, nil
	}
	return func(values []abi.Value) string {
		for i := range values {
			v := &values[i]
			if v.Type != abi.TypeNumeric || affinities[i] == "" {
				continue
			}
			if instead := madeOf(v.Bytes, affinities[i]); instead != "" {
				number, more := v.Bytes, ""
				if len(number) > maxShown {
					number, more = number[:maxShown], "…"
				}
				return fmt.Sprintf("column %q: SQLite would keep %s of %s%s: give the column the type TEXT", to.Columns[i], instead, number, more)
			}
		}
		return ""
	}, nil
}

// maxShown is how much of a number an error shows.
const maxShown = 60

// smallestNormal is the smallest float64 with all of its digits: those below have
// fewer, and then none.
const smallestNormal = 0x1p-1022

// madeOf says what a column of a numeric affinity makes of the number that a text
// stands for; "" if it keeps the number.
func madeOf(number []byte, affinity string) string {
	text := string(number)
	if _, err := strconv.ParseInt(text, 10, 64); err == nil && affinity != "REAL" {
		return ""
	}
	digits, significant := 0, 0
mantissa:
	for _, c := range number {
		switch {
		case c == 'e' || c == 'E':
			break mantissa
		case c > '0' && c <= '9':
			digits++
			significant = digits
		case c == '0' && digits > 0:
			digits++
		}
	}
	// NaN and the infinities are no numbers to SQLite, which keeps them as texts.
	switch float, err := strconv.ParseFloat(text, 64); {
	case significant == 0:
		return ""
	case err != nil:
		return "an infinity instead"
	case float > -smallestNormal && float < smallestNormal:
		return "0 or a few digits"
	case significant > 15:
		return "15 digits"
	}
	return ""
}

// insertInto returns the INSERT of so many rows of a load.
func insertInto(to *abi.Load, rows int) string {
	columns := make([]string, len(to.Columns))
	for i, name := range to.Columns {
		columns[i] = ident(name)
	}
	row := ", (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	return "INSERT INTO " + ident(to.Table) + " (" + strings.Join(columns, ", ") + ") VALUES " + strings.Repeat(row, rows)[2:]
}

// An argumentError is a call of a guest that makes no sense.
type argumentError string

func (e argumentError) Error() string { return string(e) }

// Errno is the errno a guest gets.
func (e argumentError) Errno() abi.Errno { return abi.ErrnoArgument }
