package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// written are the rows that a transaction has written to tables with foreign keys, by
// the names of the tables. They alone can have lost their parents where no parent has
// changed, so that the commit of a chunk need not read what other chunks have written.
type written map[string]*writtenRows

// writtenRows are rowids, some of them more often than once.
type writtenRows struct {
	rowids []int64
	lost   bool // there were too many
}

// maxWritten is how many rowids of a table are kept, and twice as many while some may be
// the same. Where more are written, the whole table is read.
const maxWritten = 100_000

// watchChildren has the rows taken down that the transaction writes to the children of
// foreign keys. It is told nothing of tables WITHOUT ROWID, nor of rows that REPLACE
// takes away (https://sqlite.org/c3ref/update_hook.html).
func (c *conn) watchChildren(links []link) {
	c.written = nil
	if len(links) == 0 {
		return
	}
	c.written = written{}
	for _, l := range links {
		c.written[l.table] = &writtenRows{}
	}
	c.sq.UpdateHook(c.changed)
}

// changed is the update hook.
func (c *conn) changed(op sqlite3.AuthorizerActionCode, schema, table string, rowid int64) {
	c.deleted.note(op, schema, table, false)
	rows := c.written[table]
	if rows == nil || rows.lost || op == sqlite3.AUTH_DELETE || schema != "main" {
		return
	}
	rows.rowids = append(rows.rowids, rowid)
	if len(rows.rowids) < 2*maxWritten {
		return
	}
	slices.Sort(rows.rowids)
	if rows.rowids = slices.Compact(rows.rowids); len(rows.rowids) > maxWritten {
		rows.rowids, rows.lost = nil, true
	}
}

// orphaned reports whether one of the rows that were written to a suspect has no
// parent. known is false where all of its rows have to be looked at.
func (c *conn) orphaned(ctx context.Context, s *suspect) (found, known bool) {
	rows := c.written[s.table]
	if s.whole || rows == nil || rows.lost {
		return false, false
	}
	name := c.rowidOf(ctx, s.table)
	if name == "" {
		return false, false
	}
	b := []byte{'['}
	for i, rowid := range rows.rowids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, rowid, 10)
	}
	list := string(append(b, ']'))
	for _, l := range s.links {
		if len(l.to) != len(l.from) {
			return false, false // its parent is missing
		}
		err := c.each(ctx, func(*sqlite3.Stmt) error {
			found = true
			return nil
		}, l.parentless(name), list)
		if err != nil {
			return false, false // looking at all of them tells what it is
		}
	}
	return found, true
}

// parentless asks for a row without its parent, among those whose rowids are given. As a
// foreign key does, it compares with the collation of the parent's column, on the left,
// and with its affinity, since a plus takes that of the child's away. A NULL has no
// parent and needs none.
//
// https://sqlite.org/foreignkeys.html#fk_composite, https://sqlite.org/datatype3.html#comparisons
func (l link) parentless(rowid string) string {
	var given, same []string
	for i, from := range l.from {
		given = append(given, "c."+ident(from)+" IS NOT NULL")
		same = append(same, "p."+ident(l.to[i])+" = +c."+ident(from))
	}
	return fmt.Sprintf("SELECT 1 FROM main.%s AS c WHERE c.%s IN (SELECT value FROM json_each(?1)) AND %s AND NOT EXISTS (SELECT 1 FROM main.%s AS p WHERE %s) LIMIT 1",
		ident(l.table), rowid, strings.Join(given, " AND "), ident(l.parent), strings.Join(same, " AND "))
}

// rowidOf is how a table's rowid can be called, "" where it has none or nobody knows.
func (c *conn) rowidOf(ctx context.Context, table string) string {
	var columns []string
	rowless := true
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		rowless = s.ColumnBool(0)
		columns = append(columns, tabletext.Fold(s.ColumnText(1)))
		return nil
	}, "SELECT t.wr, x.name FROM pragma_table_list(?1) AS t, pragma_table_xinfo(?1, 'main') AS x WHERE t.schema = 'main'", table)
	free := slices.IndexFunc(rowidNames, func(name string) bool { return !slices.Contains(columns, name) })
	if err != nil || rowless || free < 0 {
		return ""
	}
	return rowidNames[free]
}
