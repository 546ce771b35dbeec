package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// An object is a row of sqlite_schema.
type object struct {
	kind, name, table, sql string // sql is "" for the indexes of constraints
}

// reading runs do in the transaction that is open, or else, more than once if
// need be, in one that only reads. Where there is no file it does nothing.
func (c *conn) reading(ctx context.Context, doing string, do func() error) (err error) {
	if open, err := c.open(ctx, existing); err != nil || !open {
		return err
	}
	defer c.guard(&err)
	if c.tx != nil {
		if err := do(); err != nil {
			return c.db.failed(doing, cause(ctx, err))
		}
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.waiting = waiting
	defer func() { c.waiting = nil }()
	locked := false
	err = patiently(waiting, func() (err error) {
		// Only the wait for a lock is short: a schema may take long to read.
		defer func() { locked = isBusy(err) }()
		if err := c.do(ctx, "BEGIN"); err != nil {
			return err
		}
		defer c.unlock() // nothing was written
		return do()
	})
	if locked && ctx.Err() == nil {
		return host.ErrInUse // another program writes, or holds an exclusive lock
	}
	if err != nil {
		err = c.db.failed(doing, cause(ctx, err))
	}
	return err
}

// objects returns all that the schema main holds, in the order it was made.
func (c *conn) objects(ctx context.Context) ([]object, error) {
	var all []object
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		all = append(all, object{s.ColumnText(0), s.ColumnText(1), s.ColumnText(2), s.ColumnText(3)})
		return nil
	}, "SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY rowid")
	return all, err
}

// A table is a table as it is in the database.
type table struct {
	name    string // as SQLite has it
	text    *tabletext.Table
	shape   shape
	indexes []object // those that were created, not those of constraints
}

// readTable returns a table. Its error says which tables there are, where there
// is none of that name.
func (c *conn) readTable(ctx context.Context, name string) (*table, error) {
	all, err := c.objects(ctx)
	if err != nil {
		return nil, err
	}
	t := &table{}
	for _, o := range all {
		switch {
		case o.kind == "table" && tabletext.SameName(o.name, name):
			t.name = o.name
			t.text, err = tabletext.Parse(o.sql)
		case o.kind == "view" && tabletext.SameName(o.name, name):
			return nil, fmt.Errorf("%q is a view, not a table", name)
		case o.kind == "index" && o.sql != "" && tabletext.SameName(o.table, name):
			t.indexes = append(t.indexes, o)
		}
	}
	switch {
	case t.name == "":
		return nil, fmt.Errorf("there is no table %q: %s", name, listed("the database has", names(all, "table")))
	case errors.Is(err, tabletext.ErrVirtual):
		return nil, fmt.Errorf("%q is a virtual table, which its module alone can change: drop it and create it anew with SQL", name)
	case err != nil:
		return nil, fmt.Errorf("the text of table %q in sqlite_schema cannot be read: %w", name, err)
	}
	if err := c.refuseHidden(ctx, name); err != nil {
		return nil, err
	}
	t.shape, err = c.readShape(ctx, t.name, t.text)
	return t, err
}

// refuseHidden refuses to change a table that statements would not reach, or
// with it what is temporary and nobody could bring back.
func (c *conn) refuseHidden(ctx context.Context, name string) error {
	return c.each(ctx, func(s *sqlite3.Stmt) error {
		if s.ColumnText(0) == "trigger" {
			return fmt.Errorf("the temporary trigger %q is on table %q and would be lost: drop it before", s.ColumnText(1), name)
		}
		return fmt.Errorf("a temporary %s hides table %q: drop it before", s.ColumnText(0), name)
	}, `SELECT type, name FROM temp.sqlite_schema
		WHERE (type IN ('table', 'view') AND name = ?1 COLLATE NOCASE) OR (type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE)`, name)
}

// names returns the names of the objects of a kind that are neither SQLite's own
// nor Sandpiper's.
func names(all []object, kind string) []string {
	var list []string
	for _, o := range all {
		if o.kind == kind && o.users() {
			list = append(list, o.name)
		}
	}
	slices.Sort(list)
	return list
}

// listed says what there is, up to a number of names that can still be read.
func listed(what string, names []string) string {
	const most = 20
	if len(names) == 0 {
		return what + " none"
	}
	more := ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %d more", n)
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return what + " " + strings.Join(quoted, ", ") + more
}

// read runs a query that is made for one occasion.
func (c *conn) read(ctx context.Context, row func(*sqlite3.Stmt) error, sql string) error {
	defer c.sq.SetInterrupt(c.sq.SetInterrupt(ctx))
	s, _, err := c.sq.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	for s.Step() {
		if err := row(s); err != nil {
			return err
		}
	}
	return s.Err()
}

// number returns the only value of a query.
func (c *conn) number(ctx context.Context, sql string) (n int64, err error) {
	err = c.read(ctx, func(s *sqlite3.Stmt) error {
		n = s.ColumnInt64(0)
		return nil
	}, sql)
	return n, err
}

// oneText returns the only value of a query, as text.
func (c *conn) oneText(ctx context.Context, sql string) (t string, err error) {
	err = c.read(ctx, func(s *sqlite3.Stmt) error {
		t = s.ColumnText(0)
		return nil
	}, sql)
	return t, err
}

// refersTo returns the foreign keys of other tables that refer to a table, and
// if column is given to that column of it, as texts for people.
func (c *conn) refersTo(ctx context.Context, table, column string) ([]string, error) {
	var found []string
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		found = append(found, fmt.Sprintf("%q (%s)", s.ColumnText(0), s.ColumnText(1)))
		return nil
	}, `SELECT m.name, group_concat(f."from", ', ')
		FROM main.sqlite_schema AS m, pragma_foreign_key_list(m.name, 'main') AS f
		WHERE m.type = 'table' AND m.name <> ?1 COLLATE NOCASE AND f."table" = ?1 COLLATE NOCASE
			AND (?2 = '' OR f."to" = ?2 COLLATE NOCASE)
		GROUP BY m.name, f.id`, table, column)
	return found, err
}
