package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// The proof: what the operations asked for is in the database, and nothing else
// has changed. What fails here is rolled back with the migration.

// compare compares the rows of the new table with those of the old one.
func (r *rebuild) compare(ctx context.Context) error {
	was, now := "main."+ident(r.was.name), "main."+ident(r.temporary)
	before, err := r.a.c.number(ctx, "SELECT count(*) FROM "+was)
	if err != nil {
		return err
	}
	after, err := r.a.c.number(ctx, "SELECT count(*) FROM "+now)
	if err != nil {
		return err
	}
	if before != after {
		return fmt.Errorf("table %q has %s, and its copy has %d", r.was.name, rowCount(before), after)
	}
	join := r.key()
	if join == "" {
		return r.compareSets(ctx, was, now)
	}
	differs := r.differences()
	if len(differs) == 0 {
		return nil
	}
	// The new table is read in its order, and so, where the key has the same
	// one, is the old: the search begins where the last one ended.
	from := " FROM " + now + " AS n NOT INDEXED LEFT JOIN " + was + " AS o NOT INDEXED ON " + join + " WHERE "
	for some := range slices.Chunk(differs, comparedAtOnce) {
		n, err := r.a.c.number(ctx, "SELECT EXISTS (SELECT 1"+from+strings.Join(some, " OR ")+")")
		if err != nil {
			return err
		}
		if n > 0 {
			return r.changed(ctx, from, some)
		}
	}
	return nil
}

// comparedAtOnce is how many columns one query compares: an expression may be
// 1,000 deep (https://sqlite.org/limits.html), and ORs nest.
const comparedAtOnce = 400

// changed says which column's content is not what it was.
func (r *rebuild) changed(ctx context.Context, from string, differs []string) error {
	for _, d := range differs {
		n, err := r.a.c.number(ctx, "SELECT count(*)"+from+d)
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("the copy of table %q differs from it in %s, where %s: this is a bug, please report it", r.was.name, rowCount(n), d)
		}
	}
	return fmt.Errorf("the copy of table %q differs from it: this is a bug, please report it", r.was.name)
}

// key returns the condition under which a row o of the old table is the row n of
// the new one, "" if the old key is not in the new table.
func (r *rebuild) key() string {
	was := &r.was.shape
	if !was.rowless {
		before, after := r.rowid(), r.rowid()
		if was.alias != "" {
			before = ident(was.alias)
		}
		if r.want.alias != "" {
			after = ident(r.want.alias)
		}
		if before == "" || after == "" || r.want.alias != "" && r.want.alias != was.alias {
			return ""
		}
		return "o." + before + " = n." + after
	}
	var equal []string
	for _, name := range was.primaryKey() {
		if source, there := r.sources[tabletext.Fold(name)]; !there || source.how != unchanged {
			return ""
		}
		equal = append(equal, "o."+ident(name)+" = n."+ident(name))
	}
	return strings.Join(equal, " AND ")
}

// differences returns, for each column whose content is known, the condition
// under which it is not what it was. IS NOT compares the values; types are
// looked at where 1 and 1.0 can both be stored, which is in columns without an
// affinity (https://sqlite.org/datatype3.html#type_affinity).
func (r *rebuild) differences() []string {
	var list []string
	for i := range r.want.columns {
		col := &r.want.columns[i]
		source, there := r.sources[tabletext.Fold(col.name)]
		if !there || source.how == computed {
			continue
		}
		n, o := "n."+ident(col.name), "o."+ident(source.column)
		binary := ""
		if col.collation != "BINARY" {
			binary = " COLLATE BINARY"
		}
		switch {
		case source.how == retyped: // what n's affinity makes of o
			list = append(list, n+" IS NOT +"+o+binary)
		case r.typeless(col):
			list = append(list, n+" IS NOT "+o+binary, "typeof("+n+") <> typeof("+o+")")
		default:
			list = append(list, n+" IS NOT "+o+binary)
		}
	}
	return list
}

// typeless reports whether a column stores values as they are given.
func (r *rebuild) typeless(c *shapeColumn) bool {
	for _, words := range []string{"INT", "CHAR", "CLOB", "TEXT"} {
		if strings.Contains(c.kind, words) {
			return false
		}
	}
	return c.kind == "" || strings.Contains(c.kind, "BLOB") || r.want.strict && c.kind == "ANY"
}

// compareSets compares the rows where nothing says which is which, as sets.
func (r *rebuild) compareSets(ctx context.Context, was, now string) error {
	var before, after []string
	for i := range r.want.columns {
		name := r.want.columns[i].name
		if source, there := r.sources[tabletext.Fold(name)]; there && source.how == unchanged {
			before = append(before, fmt.Sprintf("typeof(%[1]s), %[1]s COLLATE BINARY", ident(source.column)))
			after = append(after, fmt.Sprintf("typeof(%[1]s), %[1]s COLLATE BINARY", ident(name)))
		}
	}
	if len(before) == 0 {
		return nil
	}
	old, copied := "SELECT "+strings.Join(before, ", ")+" FROM "+was, "SELECT "+strings.Join(after, ", ")+" FROM "+now
	n, err := r.a.c.number(ctx, "SELECT count(*) FROM (SELECT * FROM ("+old+") EXCEPT SELECT * FROM ("+copied+"))")
	if err == nil && n > 0 {
		err = fmt.Errorf("%s of table %q are not in its copy: this is a bug, please report it", rowCount(n), r.was.name)
	}
	return err
}

// prove compares the schema with what it was and what was asked for. text is the
// text that the table must have.
func (g *change) prove(ctx context.Context, before []object, text string) error {
	after, err := g.a.c.objects(ctx)
	if err != nil {
		return err
	}
	var want []object
	for _, o := range before {
		switch ours := tabletext.SameName(o.table, g.was.name); {
		case ours && o.kind == "table":
			o.sql = text
			want = append(want, o)
		case !ours || o.kind != "index":
			want = append(want, o)
		}
	}
	want = append(want, g.indexes...)
	if differs := g.differ(after, want); differs != "" {
		return fmt.Errorf("the schema is not what was asked for: %s: this is a bug, please report it", differs)
	}
	now, err := g.a.c.readTable(ctx, g.was.name)
	if err != nil {
		return err
	}
	if differs := now.shape.difference(&g.want); differs != "" {
		return fmt.Errorf("table %q is not what was asked for: %s: this is a bug, please report it", g.was.name, differs)
	}
	return nil
}

// differ says which objects are not as they should be. The indexes of
// constraints are part of the shape. A text that ALTER TABLE has edited may
// differ from ours in white space.
func (g *change) differ(got, want []object) string {
	key := func(o object) string {
		if o.kind == "table" && g.rebuild == nil {
			o.sql = tabletext.Normal(o.sql)
		}
		return fmt.Sprintf("%s %q on %q: %s", o.kind, o.name, o.table, o.sql)
	}
	list := func(objects []object) []string {
		var keys []string
		for _, o := range objects {
			if o.sql != "" || o.kind != "index" || !tabletext.SameName(o.table, g.was.name) {
				keys = append(keys, key(o))
			}
		}
		slices.Sort(keys)
		return keys
	}
	there, asked := list(got), list(want)
	for _, k := range there {
		if _, ok := slices.BinarySearch(asked, k); !ok {
			return "there is " + k
		}
	}
	for _, k := range asked {
		if _, ok := slices.BinarySearch(there, k); !ok {
			return "there is no " + k
		}
	}
	return ""
}
