package sqlite

import (
	"context"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// Movers tells what else than statements changes the keys of a table: triggers, foreign
// keys of the key that follow what they refer to, and columns of it that are computed
// from others (https://sqlite.org/pragma.html#pragma_table_xinfo). Where there are such,
// the rows that are deleted are counted from then on.
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
		UNION ALL SELECT "from" FROM pragma_foreign_key_list(?1) WHERE on_update NOT IN ('NO ACTION', 'RESTRICT')
		UNION ALL SELECT name FROM pragma_table_xinfo(?1) WHERE hidden IN (2, 3)`, table)
	if err != nil {
		return m, t.c.db.failed("read the triggers of a table of", cause(ctx, err))
	}
	if m.Found {
		err = t.c.countDeleted(ctx, table)
	}
	m.Deleted = t.c.deleted.rows
	return m, err
}

// Movers tells what else than statements changes the keys of a table, which the plugin
// was asked about before it visits it.
func (t *confinedTx) Movers(ctx context.Context, table string, key []string) (host.Movers, error) {
	if err := t.usable(); err != nil {
		return host.Movers{}, err
	}
	return t.tx.Movers(ctx, table, key)
}

// deletions counts the rows that are deleted from a table. Of a table WITHOUT ROWID the
// update hook is told nothing, and the preupdate hook is; that one is also told of rows
// that REPLACE takes away, just before it is of those in their places, which are not
// counted. Nor is a row then that a guest has deleted before it inserts one: it may be
// taken for one that has moved, which is refused, and never the other way round.
//
// https://sqlite.org/c3ref/update_hook.html, https://sqlite.org/c3ref/preupdate_blobwrite.html
type deletions struct {
	table   string // "" none yet
	rowless bool   // it is WITHOUT ROWID
	last    bool   // the last change told of deleted a row
	rows    int64
}

// countDeleted has the deletions from a table counted.
func (c *conn) countDeleted(ctx context.Context, table string) error {
	d := deletions{table: table, rows: c.deleted.rows}
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		d.rowless = s.ColumnBool(0)
		return nil
	}, "SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main'", table)
	if err != nil {
		return c.db.failed("read what kind of table is visited in", cause(ctx, err))
	}
	c.deleted = d
	if d.rowless {
		c.sq.PreUpdateHook(c.changes)
		return nil
	}
	c.sq.UpdateHook(c.changed)
	return nil
}

// note takes down a change of a row, which the preupdate hook tells or the update hook.
func (d *deletions) note(op sqlite3.AuthorizerActionCode, schema, table string, before bool) {
	if before != d.rowless || schema != "main" || !strings.EqualFold(table, d.table) {
		return
	}
	switch {
	case op == sqlite3.AUTH_DELETE:
		d.rows++
	case op == sqlite3.AUTH_INSERT && d.last && d.rowless:
		d.rows--
	}
	d.last = op == sqlite3.AUTH_DELETE
}

// changes is the preupdate hook.
func (c *conn) changes(change sqlite3.PreUpdateData) {
	c.deleted.note(change.Op, change.Schema, change.Table, true)
	if c.observer != nil {
		c.observer.changes(change)
	}
}
