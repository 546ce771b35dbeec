package sqlite

import (
	"context"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// touched is what the statements of a transaction may do to rows. SQLite tells it
// the authorizer as it compiles them, with what their triggers do
// (https://sqlite.org/c3ref/set_authorizer.html). It is for the commit, which looks
// for rows without parents only where there can be new ones: a backfill commits
// after each chunk, and would read whole tables each time.
//
// What it cannot tell is unknown, and everything is looked at.
type touched struct {
	unknown  bool // it did something else, such as to change the schema
	replaces bool // a conflict may delete rows of the tables that are written to
	tables   map[string]*touchedRows
	links    []link // the foreign keys that there were when it began
}

// touchedRows are those of one table, by its folded name.
type touchedRows struct {
	inserted, deleted bool
	replaces          bool            // a conflict may delete some
	updated           map[string]bool // folded names of columns
}

// rowidColumn is how SQLite calls a rowid that a statement sets by one of its names.
const rowidColumn = "rowid"

// note takes down an action. guest says that it is not Sandpiper's own, which reads
// pragmas, and sets its savepoints.
func (u *touched) note(action sqlite3.AuthorizerActionCode, third, fourth string, guest bool) {
	switch action {
	case sqlite3.AUTH_SELECT, sqlite3.AUTH_READ, sqlite3.AUTH_FUNCTION, sqlite3.AUTH_RECURSIVE:
		return
	case sqlite3.AUTH_PRAGMA, sqlite3.AUTH_SAVEPOINT, sqlite3.AUTH_TRANSACTION:
		u.unknown = u.unknown || guest
		return
	case sqlite3.AUTH_INSERT, sqlite3.AUTH_UPDATE, sqlite3.AUTH_DELETE:
	default:
		u.unknown = true
		return
	}
	table := tabletext.Fold(third)
	if strings.HasPrefix(table, "sqlite_") {
		u.unknown = true
		return
	}
	if u.tables == nil {
		u.tables = map[string]*touchedRows{}
	}
	rows := u.tables[table]
	if rows == nil {
		rows = &touchedRows{updated: map[string]bool{}}
		u.tables[table] = rows
	}
	switch action {
	case sqlite3.AUTH_INSERT:
		rows.inserted = true
	case sqlite3.AUTH_DELETE:
		rows.deleted = true
	default:
		rows.updated[tabletext.Fold(fourth)] = true
	}
}

// text looks for a conflict clause in a statement.
func (u *touched) text(sql string) {
	u.replaces = u.replaces || mayReplace(sql)
}

// mayReplace reports whether a text has the word REPLACE in it where it is not the
// function (https://sqlite.org/lang_conflict.html).
func mayReplace(sql string) bool {
	word := false
	for t := range chain.Tokens(chain.SQLite, sql) {
		if t.Blank() {
			continue
		}
		if word && t.Text != "(" {
			return true
		}
		word = t.Is("REPLACE")
	}
	return word
}

// A link is a foreign key.
type link struct {
	child, parent string   // folded
	table         string   // the child as it is called
	from, to      []string // columns, folded
}

// A suspect is a table in which rows may have lost their parents, or be without from
// the start.
type suspect struct {
	table string // as it is called
	whole bool   // any of its rows may, and not only those that were written
	links []link // of which that may be so
}

// suspects returns those of a transaction; all says that nobody knows which.
func (c *conn) suspects(ctx context.Context) (found []*suspect, all bool, err error) {
	u := &c.touched
	if u.unknown || len(u.links) == 0 {
		return nil, u.unknown, nil
	}
	if all, err = c.readSurroundings(ctx); all || err != nil {
		return nil, all, err
	}
	computed := map[string]bool{}
	byTable := map[string]*suspect{}
	for _, l := range u.links {
		own := ledgers(l.child) || ledgers(l.parent)
		lost, whole := own, own || u.replaces
		for _, side := range []struct {
			table   string
			columns []string
			moved   func(*touchedRows) bool
			parent  bool
		}{
			{l.child, l.from, func(r *touchedRows) bool { return r.inserted }, false},
			{l.parent, l.to, func(r *touchedRows) bool { return r.deleted }, true},
		} {
			rows := u.tables[side.table]
			if rows == nil || own {
				continue
			}
			if _, known := computed[side.table]; !known {
				if computed[side.table], err = c.computes(ctx, side.table); err != nil {
					return nil, false, err
				}
			}
			if u.replaces || rows.replaces || side.moved(rows) || rows.sets(side.columns) || computed[side.table] && len(rows.updated) > 0 {
				lost, whole = true, whole || side.parent || rows.replaces
			}
		}
		if !lost {
			continue
		}
		s := byTable[l.child]
		if s == nil {
			s = &suspect{table: l.table}
			byTable[l.child] = s
			found = append(found, s)
		}
		s.whole, s.links = s.whole || whole, append(s.links, l)
	}
	return found, false, nil
}

// sets reports whether one of some columns may be set.
func (r *touchedRows) sets(columns []string) bool {
	if r.updated[rowidColumn] {
		return true // which may be one of them by its other name
	}
	for _, column := range columns {
		if r.updated[column] {
			return true
		}
	}
	return false
}

// ledgers reports whether a table is one of Sandpiper's own, whose statements are
// compiled once and not told again.
func ledgers(table string) bool { return strings.HasPrefix(table, "sandpiper_") }

// readSurroundings looks for what the authorizer is not told of: conflict clauses in
// tables and triggers, virtual tables, which write as they like, and triggers of the
// ledger.
func (c *conn) readSurroundings(ctx context.Context) (unknown bool, err error) {
	err = c.each(ctx, func(s *sqlite3.Stmt) error {
		kind, table, sql := s.ColumnText(0), tabletext.Fold(s.ColumnText(1)), s.ColumnText(3)
		rows := c.touched.tables[table]
		switch {
		case kind == "trigger" && ledgers(table), kind == "table" && s.ColumnInt64(2) == 0 && rows != nil:
			unknown = true
		case !strings.Contains(tabletext.Fold(sql), "replace"):
		case kind == "trigger":
			c.touched.text(sql)
		case kind == "table" && rows != nil:
			rows.replaces = mayReplace(sql)
		}
		return nil
	}, `SELECT type, tbl_name, rootpage, coalesce(sql, '') FROM main.sqlite_schema
		UNION ALL SELECT type, tbl_name, rootpage, coalesce(sql, '') FROM temp.sqlite_schema`)
	return unknown, err
}

// computes reports whether a table has generated columns, which change with others.
func (c *conn) computes(ctx context.Context, table string) (computed bool, err error) {
	err = c.each(ctx, func(s *sqlite3.Stmt) error {
		computed = true
		return nil
	}, "SELECT 1 FROM pragma_table_xinfo(?1, 'main') WHERE hidden > 1", table)
	return computed, err
}

// links returns the foreign keys of all tables. One without columns of the parent
// refers to its primary key, in the key's own order of columns
// (https://sqlite.org/foreignkeys.html#fk_basics).
func (c *conn) links(ctx context.Context) (links []link, err error) {
	last, keyless := int64(-1), map[int]bool{}
	err = c.each(ctx, func(s *sqlite3.Stmt) error {
		table, id := s.ColumnText(0), s.ColumnInt64(1)
		if n := len(links); n == 0 || links[n-1].table != table || last != id {
			links = append(links, link{child: tabletext.Fold(table), parent: tabletext.Fold(s.ColumnText(2)), table: table})
			last = id
		}
		l := &links[len(links)-1]
		l.from = append(l.from, tabletext.Fold(s.ColumnText(3)))
		if s.ColumnType(4) == sqlite3.NULL {
			keyless[len(links)-1] = true
		} else {
			l.to = append(l.to, tabletext.Fold(s.ColumnText(4)))
		}
		return nil
	}, `SELECT m.name, f.id, f."table", f."from", f."to" FROM main.sqlite_schema AS m, pragma_foreign_key_list(m.name, 'main') AS f
		WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`)
	if err != nil {
		return nil, err
	}
	for i := range keyless {
		err := c.each(ctx, func(s *sqlite3.Stmt) error {
			links[i].to = append(links[i].to, tabletext.Fold(s.ColumnText(0)))
			return nil
		}, "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0 ORDER BY pk", links[i].parent)
		if err != nil {
			return nil, err
		}
	}
	return links, nil
}
