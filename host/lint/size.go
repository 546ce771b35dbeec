package lint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// SmallerThan returns what tells, for Config.Small, whether a table has fewer rows
// than that in the database of a runner. A table that is not there yet has none.
func SmallerThan(ctx context.Context, r *host.Runner, rows int64) func(table string) (bool, error) {
	return func(table string) (small bool, err error) {
		err = r.Read(ctx, func(ctx context.Context, tx host.Tx) error {
			name := `"` + strings.ReplaceAll(strings.ReplaceAll(table, `"`, `""`), ".", `"."`) + `"`
			there := "SELECT count(*) FROM pg_class WHERE oid = to_regclass(" + literal(name) + ")"
			if r.Graph().Dialect() == chain.SQLite {
				name = `"` + strings.ReplaceAll(table, `"`, `""`) + `"`
				there = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND lower(name) = " + literal(table)
			}
			n, err := number(ctx, tx, there)
			if err == nil && n > 0 {
				n, err = number(ctx, tx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d) AS counted", name, rows))
			}
			small = n < rows
			return err
		})
		if err != nil {
			err = fmt.Errorf("count the rows of %s: %w", table, err)
		}
		return small, err
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
