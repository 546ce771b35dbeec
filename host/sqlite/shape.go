package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// A shape is what SQLite itself says of a table: of its columns, keys and
// foreign keys by its pragmas, of its checks by its text. That of a table that
// was changed is compared with what the operations make of the shape it had.
type shape struct {
	table   string
	columns []shapeColumn
	keys    []string // the primary key and the unique constraints, each once
	foreign []string
	checks  []string // in normal form
	strict  bool
	rowless bool   // WITHOUT ROWID
	alias   string // the column that is the rowid, "" if none is (https://sqlite.org/lang_createtable.html#rowid)
}

// A shapeColumn is a row of PRAGMA table_xinfo
// (https://sqlite.org/pragma.html#pragma_table_xinfo), and what
// sqlite3_table_column_metadata adds to it.
type shapeColumn struct {
	name          string
	kind          string // the type, in capitals
	notNull       bool
	value         string // the default in normal form; "" if there is none
	key           int    // 1-based place in the primary key
	hidden        int    // 2: a virtual generated column, 3: a stored one
	collation     string
	autoincrement bool
}

func (c *shapeColumn) generated() bool { return c.hidden == 2 || c.hidden == 3 }

func (c *conn) readShape(ctx context.Context, name string, t *tabletext.Table) (s shape, err error) {
	s.table, s.strict, s.rowless = name, t.Strict, t.WithoutRowID
	err = c.each(ctx, func(row *sqlite3.Stmt) error {
		s.columns = append(s.columns, shapeColumn{
			name: row.ColumnText(0), kind: strings.ToUpper(row.ColumnText(1)), notNull: row.ColumnBool(2),
			value: tabletext.Normal(row.ColumnText(3)),
			key:   row.ColumnInt(4), hidden: row.ColumnInt(5),
		})
		return nil
	}, "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main')", name)
	if err != nil {
		return s, err
	}
	for i := range s.columns {
		col := &s.columns[i]
		if _, col.collation, _, _, col.autoincrement, err = c.sq.TableColumnMetadata("main", name, col.name); err != nil {
			return s, err
		}
	}
	if err := c.readKeys(ctx, name, &s); err != nil {
		return s, err
	}
	for _, k := range t.All() {
		if k.Kind == tabletext.Check {
			s.addCheck(t.Text(k.Expr))
		}
	}
	return s, nil
}

func (c *conn) readKeys(ctx context.Context, name string, s *shape) error {
	key := s.primaryKey()
	if len(key) > 0 {
		s.addKey(key)
	}
	if len(key) == 1 && !s.rowless {
		s.alias = key[0] // unless the key has an index
	}
	err := c.each(ctx, func(row *sqlite3.Stmt) error {
		s.addKey(strings.Split(row.ColumnText(0), "\x00"))
		if row.ColumnText(1) == "pk" {
			s.alias = ""
		}
		return nil
	}, `SELECT (SELECT group_concat(name, char(0)) FROM (SELECT name FROM pragma_index_info(l.name, 'main') ORDER BY seqno)), origin
		FROM pragma_index_list(?1, 'main') AS l WHERE origin IN ('u', 'pk')`, name)
	if err != nil {
		return err
	}
	err = c.each(ctx, func(row *sqlite3.Stmt) error {
		s.foreign = append(s.foreign, foreignKey(
			strings.Split(row.ColumnText(0), "\x00"), row.ColumnText(1), strings.Split(row.ColumnText(2), "\x00"),
			row.ColumnText(3), row.ColumnText(4), row.ColumnText(5)))
		return nil
	}, `SELECT group_concat("from", char(0)), "table", group_concat(coalesce("to", ''), char(0)), on_delete, on_update, match
		FROM (SELECT * FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq) GROUP BY id`, name)
	slices.Sort(s.foreign)
	return err
}

// primaryKey returns the columns of the primary key, in its order.
func (s *shape) primaryKey() []string {
	var key []string
	for n := 1; n <= len(s.columns); n++ {
		for i := range s.columns {
			if s.columns[i].key == n {
				key = append(key, s.columns[i].name)
			}
		}
	}
	return key
}

// addKey adds a key. SQLite makes one index of two constraints on the same
// columns, and none for a primary key that is the rowid.
func (s *shape) addKey(columns []string) {
	key := fold(columns)
	if i, there := slices.BinarySearch(s.keys, key); !there {
		s.keys = slices.Insert(s.keys, i, key)
	}
}

func fold(columns []string) string { return tabletext.Normal(idents(columns)) }

// foreignKey is a foreign key in one line.
func foreignKey(columns []string, parent string, to []string, onDelete, onUpdate, match string) string {
	if strings.Join(to, "") == "" {
		to = nil
	}
	return tabletext.Normal(fmt.Sprintf("(%s) REFERENCES %s (%s) ON DELETE %s ON UPDATE %s MATCH %s",
		idents(columns), ident(parent), idents(to), strings.ToUpper(onDelete), strings.ToUpper(onUpdate), strings.ToUpper(match)))
}

// column returns a column, or nil.
func (s *shape) column(name string) *shapeColumn {
	for i := range s.columns {
		if tabletext.SameName(s.columns[i].name, name) {
			return &s.columns[i]
		}
	}
	return nil
}

func (s *shape) columnNames() []string {
	list := make([]string, len(s.columns))
	for i := range s.columns {
		list[i] = s.columns[i].name
	}
	return list
}

// addCheck adds the expression of a check.
func (s *shape) addCheck(expr string) {
	s.checks = append(s.checks, tabletext.NormalIn(expr, s.table))
	slices.Sort(s.checks)
}

// removeCheck removes one check of an expression.
func (s *shape) removeCheck(expr string) {
	if i := slices.Index(s.checks, tabletext.NormalIn(expr, s.table)); i >= 0 {
		s.checks = slices.Delete(s.checks, i, i+1)
	}
}

// implied makes NOT NULL what SQLite takes for it: the primary key of a table
// WITHOUT ROWID or STRICT (https://sqlite.org/withoutrowid.html,
// https://sqlite.org/stricttables.html).
func (s *shape) implied() {
	for i := range s.columns {
		if col := &s.columns[i]; col.key > 0 && (s.rowless || s.strict && col.name != s.alias) {
			col.notNull = true
		}
	}
}

// aliased works out which column is the rowid, and what is NOT NULL for that,
// after the key or its type has changed. INTEGER PRIMARY KEY DESC in a column
// makes none (https://sqlite.org/lang_createtable.html#rowid).
func (s *shape) aliased(text *tabletext.Table) {
	s.alias = ""
	if key := s.primaryKey(); len(key) == 1 && !s.rowless && s.column(key[0]).kind == "INTEGER" {
		own := text.Columns[text.Column(key[0])].Find(tabletext.PrimaryKey)
		if own == nil || !own.Descending {
			s.alias = s.column(key[0]).name
		}
	}
	s.implied()
}

// clone returns a copy that can be changed.
func (s *shape) clone() shape {
	n := *s
	n.columns, n.keys = slices.Clone(s.columns), slices.Clone(s.keys)
	n.foreign, n.checks = slices.Clone(s.foreign), slices.Clone(s.checks)
	return n
}

func (s *shape) options() string {
	return fmt.Sprintf("STRICT %t, WITHOUT ROWID %t, rowid %q", s.strict, s.rowless, s.alias)
}

// difference says in what a table is not as it should be, "" if in nothing.
func (s *shape) difference(want *shape) string {
	var wrong []string
	note := func(what string, got, want any) {
		wrong = append(wrong, fmt.Sprintf("%s: %v, not %v", what, got, want))
	}
	if is, asked := idents(s.columnNames()), idents(want.columnNames()); is != asked {
		note("the columns are", is, asked)
	} else {
		for i := range s.columns {
			is, asked := s.columns[i], want.columns[i]
			// SQLite counts a comment behind a type among its words.
			is.kind, asked.kind = tabletext.Normal(is.kind), tabletext.Normal(asked.kind)
			if is != asked {
				note(fmt.Sprintf("column %q is", asked.name), fmt.Sprintf("%+v", is), fmt.Sprintf("%+v", asked))
			}
		}
	}
	for _, set := range []struct {
		what      string
		got, want []string
	}{{"the keys are", s.keys, want.keys}, {"the foreign keys are", s.foreign, want.foreign}, {"the checks are", s.checks, want.checks}} {
		if !slices.Equal(set.got, set.want) {
			note(set.what, fmt.Sprintf("%q", set.got), fmt.Sprintf("%q", set.want))
		}
	}
	if s.options() != want.options() {
		note("the table is", s.options(), want.options())
	}
	return strings.Join(wrong, "; ")
}
