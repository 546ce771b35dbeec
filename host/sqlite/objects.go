package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// Objects implements host.Conn. SQL is the text in sqlite_schema, to the letter.
//
// An enum is a type: its SQL is its rows of sandpiper_enums, with the table where
// that is missing, and its columns have their checks in the text of their tables.
// The last number of AUTOINCREMENT and the statistics of ANALYZE are data. A
// virtual table makes the tables behind it itself; its SQL needs its module where
// it is run, and none where it is read.
//
// SQLite looks for what a foreign key, a view or a trigger names when it is used
// and not when it is created, but for the table or view that a trigger is on
// (https://sqlite.org/lang_createview.html, https://sqlite.org/lang_createtrigger.html).
// So names give the order within a kind.
func (c *conn) Objects(ctx context.Context) ([]host.Object, error) {
	var found []host.Object
	err := c.reading(ctx, "read the schema of", func() error {
		all, err := c.objects(ctx)
		if err != nil {
			return err
		}
		hidden, err := c.shadows(ctx, all)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(o object) bool { return o.sql == "" || !o.users() || hidden[tabletext.Fold(o.table)] })
		enums, err := c.readEnums(ctx)
		found = append(enumObjects(enums), schemaObjects(all)...)
		return err
	})
	return found, err
}

// users reports whether a user made the object: neither SQLite, which keeps all
// names that begin with "sqlite_" to itself, nor Sandpiper, which keeps a few.
func (o *object) users() bool {
	for _, name := range []string{o.name, o.table} {
		folded := tabletext.Fold(name)
		if strings.HasPrefix(folded, "sqlite_") || slices.Contains(ownTables, folded) {
			return false
		}
	}
	return true
}

func (o *object) virtual() bool {
	return o.kind == "table" && strings.HasPrefix(tabletext.Fold(o.sql), "create virtual ")
}

// shadowSuffixes are what SQLite's own modules call the tables behind a virtual
// table, after its name and an underscore. Where a module is there it says so
// itself, in xShadowName; but a file may come from a program that has others.
//
// https://sqlite.org/fts3.html#shadow_tables,
// https://sqlite.org/fts5.html#fts5_data_structures, https://sqlite.org/rtree.html
var shadowSuffixes = map[string][]string{
	"fts3":      {"content", "segments", "segdir", "docsize", "stat"},
	"fts4":      {"content", "segments", "segdir", "docsize", "stat"},
	"fts5":      {"data", "idx", "content", "docsize", "config"},
	"rtree":     {"node", "rowid", "parent"},
	"rtree_i32": {"node", "rowid", "parent"},
	"geopoly":   {"node", "rowid", "parent"},
}

// shadows returns the tables behind virtual tables, by folded name
// (https://sqlite.org/vtab.html#the_xshadowname_method).
func (c *conn) shadows(ctx context.Context, all []object) (map[string]bool, error) {
	hidden, virtual := map[string]bool{}, false
	for _, o := range all {
		if !o.virtual() {
			continue
		}
		virtual = true
		for _, suffix := range shadowSuffixes[o.module()] {
			hidden[tabletext.Fold(o.name+"_"+suffix)] = true
		}
	}
	if !virtual {
		return hidden, nil
	}
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		hidden[tabletext.Fold(s.ColumnText(0))] = true
		return nil
	}, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")
	return hidden, err
}

// module is the name of a virtual table's module, folded.
func (o *object) module() string {
	using := strings.TrimPrefix(tabletext.Definition(o.kind, o.sql), "using ")
	name, _, _ := strings.Cut(using, "(")
	return tabletext.Fold(strings.Trim(name, `"`))
}

// enumObjects returns the enums, by name.
func enumObjects(all enums) []host.Object {
	var found []host.Object
	for name, e := range all {
		quoted := make([]string, len(e.values))
		for i, v := range e.values {
			quoted[i] = text(v)
		}
		facts := []string{"enum (" + strings.Join(quoted, ", ") + ")"}
		if e.plain {
			facts = append(facts, "plain")
		}
		found = append(found, host.Object{
			Kind: host.ObjectType, Name: name, Facts: facts,
			SQL: strings.Replace(enumTable, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1) + ";\n" + e.rows(0) + ";",
		})
	}
	slices.SortFunc(found, func(a, b host.Object) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

// schemaObjects describes rows of sqlite_schema, in an order in which their SQL
// can be run.
func schemaObjects(all []object) []host.Object {
	tables := map[string]*tabletext.Table{} // by folded name, those that can be read
	for _, o := range all {
		if o.kind != "table" {
			continue
		}
		if t, err := tabletext.Parse(o.sql); err == nil {
			tables[tabletext.Fold(o.name)] = t
		}
	}
	keyOf := func(name string) []string {
		if t := tables[tabletext.Fold(name)]; t != nil {
			return t.PrimaryKey()
		}
		return nil
	}
	order := map[string]int{"table": 0, "index": 2, "view": 3, "trigger": 4}
	rank := func(o object) int {
		if o.virtual() { // one may be over an ordinary table
			return 1
		}
		return order[o.kind]
	}
	slices.SortFunc(all, func(a, b object) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.table, b.table), cmp.Compare(a.name, b.name))
	})
	found := make([]host.Object, 0, len(all))
	for _, o := range all {
		described := host.Object{Kind: host.ObjectKind(o.kind), Name: o.name, SQL: tabletext.Statement(o.sql)}
		if o.kind == "index" || o.kind == "trigger" {
			described.Table = o.table
		}
		switch t := tables[tabletext.Fold(o.name)]; {
		case o.kind == "table" && t != nil:
			described.Facts = t.Facts(keyOf)
		case o.kind == "index":
			described.Facts = tabletext.IndexFacts(o.sql, o.table)
		default:
			described.Facts = []string{tabletext.Definition(o.kind, o.sql)}
		}
		found = append(found, described)
	}
	return found
}
