package lint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// An UncountedError is the error of Config.Small for a table of which nobody knows
// how many rows it has.
type UncountedError struct{ Reason string }

// Error returns the reason.
func (e *UncountedError) Error() string { return e.Reason }

// SmallerThan returns what tells, for Config.Small, whether a table has fewer rows
// than that in the database of a runner. A table that is not there, that somebody has
// locked or that may not be read is uncounted: the database that the migration is
// for may have it, and with many rows.
func SmallerThan(ctx context.Context, r *host.Runner, rows int64) func(table string) (bool, error) {
	return func(table string) (small bool, err error) {
		var uncounted error
		err = r.Read(ctx, func(ctx context.Context, tx host.Tx) error {
			name := `"` + strings.ReplaceAll(strings.ReplaceAll(table, `"`, `""`), ".", `"."`) + `"`
			there := "SELECT count(*) FROM pg_class WHERE oid = to_regclass(" + literal(name) + ")"
			if r.Graph().Dialect() == chain.SQLite {
				name = `"` + strings.ReplaceAll(table, `"`, `""`) + `"`
				there = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND lower(name) = " + literal(table)
			}
			n, err := number(ctx, tx, there)
			if err == nil && n == 0 {
				uncounted = &UncountedError{"the database has no table " + table}
				return nil
			}
			if err == nil {
				n, err = number(ctx, tx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d) AS counted", name, rows))
			}
			small = n < rows
			var refused *host.SQLError
			if errors.As(err, &refused) {
				uncounted = &UncountedError{fmt.Sprintf("the rows of %s cannot be counted: %v", table, err)}
				return nil // which Read would try again
			}
			return err
		})
		if err != nil {
			return false, fmt.Errorf("count the rows of %s: %w", table, err)
		}
		return small, uncounted
	}
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// number runs a query for one number.
func number(ctx context.Context, tx host.Tx, sql string) (n int64, err error) {
	rows, err := tx.Query(ctx, host.Statement{SQL: sql, Ordinal: 1})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row, err := rows.Next()
	if err != nil {
		return 0, err
	}
	return row[0].Int, nil
}
