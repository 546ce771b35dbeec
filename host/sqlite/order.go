package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// Order implements host.Tx. What a column's type is called does not matter to the order,
// its affinity does (https://sqlite.org/datatype3.html).
func (t *tx) Order(ctx context.Context, table string, columns []string) (o host.Order, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return o, err
	}
	o.Columns = make([]string, len(columns))
	err = t.c.each(ctx, func(s *sqlite3.Stmt) error {
		name := s.ColumnText(0)
		i := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, name) })
		if i < 0 {
			return nil
		}
		kind, collation, _, _, _, err := t.c.sq.TableColumnMetadata("", table, name)
		if err != nil {
			return fmt.Errorf("column %s of table %s: %w", name, table, err)
		}
		o.Columns[i] = affinityOf(strings.ToUpper(kind)) + " COLLATE " + strings.ToUpper(collation)
		return nil
	}, "SELECT name FROM pragma_table_xinfo(?1)", table)
	if err != nil {
		err = t.c.db.failed("read how a table is ordered of", cause(ctx, err))
	}
	return o, err
}

// Hidden implements host.Tx. SQLite hides no rows from anybody.
func (t *tx) Hidden(context.Context, host.Statement) (string, error) { return "", t.usable() }

// Hidden implements host.Tx.
func (t *confinedTx) Hidden(ctx context.Context, stmt host.Statement) (string, error) {
	if err := t.usable(); err != nil {
		return "", err
	}
	return t.tx.Hidden(ctx, stmt)
}

// Order implements host.Tx, of a table that the plugin was asked about before it
// visits it.
func (t *confinedTx) Order(ctx context.Context, table string, columns []string) (host.Order, error) {
	if err := t.usable(); err != nil {
		return host.Order{}, err
	}
	return t.tx.Order(ctx, table, columns)
}
