package sqlite

import (
	"context"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// Movers tells what else than statements changes the keys of a table: triggers, and
// foreign keys of the key that follow what they refer to. Where there are such, the
// rows that are deleted are counted from then on; of a table WITHOUT ROWID SQLite does
// not tell (https://sqlite.org/c3ref/update_hook.html).
func (t *tx) Movers(ctx context.Context, table string, key []string) (m host.Movers, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return m, err
	}
	err = t.c.each(ctx, func(s *sqlite3.Stmt) error {
		column := s.ColumnText(0)
		m.Found = m.Found || column == "" || slices.ContainsFunc(key, func(k string) bool { return strings.EqualFold(k, column) })
		return nil
	}, `SELECT '' FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE
		UNION ALL SELECT "from" FROM pragma_foreign_key_list(?1) WHERE on_update NOT IN ('NO ACTION', 'RESTRICT')`, table)
	if err != nil {
		return m, t.c.db.failed("read the triggers of a table of", cause(ctx, err))
	}
	if m.Found {
		t.c.countDeleted(table)
	}
	m.Deleted = t.c.deleted.rows
	return m, nil
}

// Movers tells what else than statements changes the keys of a table, which the plugin
// was asked about before it visits it.
func (t *confinedTx) Movers(ctx context.Context, table string, key []string) (host.Movers, error) {
	if err := t.usable(); err != nil {
		return host.Movers{}, err
	}
	return t.tx.Movers(ctx, table, key)
}

// deletions counts the rows that are deleted from a table.
type deletions struct {
	table string // "" none yet
	rows  int64
}

// countDeleted has the deletions from a table counted.
func (c *conn) countDeleted(table string) {
	first := c.deleted.table == ""
	c.deleted.table = table
	if !first {
		return
	}
	c.sq.UpdateHook(func(op sqlite3.AuthorizerActionCode, _, table string, _ int64) {
		if op == sqlite3.AUTH_DELETE && strings.EqualFold(table, c.deleted.table) {
			c.deleted.rows++
		}
	})
}
