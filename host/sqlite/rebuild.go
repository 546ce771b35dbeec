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
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A rebuild makes a table anew from its edited text, as SQLite's manual says
// (https://sqlite.org/lang_altertable.html#otheralter): the new table is made
// under another name, filled, and given the name of the old one, which is gone
// by then. Were the old one renamed instead, what refers to it would follow it.
type rebuild struct {
	*change
	temporary string // the name of the new table while it is made
	final     string // its text afterwards
	triggers  []object
	tables    []string // of statistics, where ANALYZE has made some
}

// temporaryPrefix is what the name of the new table begins with while it is made.
const temporaryPrefix = "sandpiper_new_"

// finish makes the change and proves it.
func (g *change) finish(ctx context.Context) error {
	if len(g.steps) == 0 && g.rebuild == nil {
		return nil
	}
	c := g.a.c
	before, err := c.objects(ctx)
	if err != nil {
		return err
	}
	var broken broken
	changed := g.text != g.was.text
	if changed {
		if broken, err = c.findBroken(ctx); err != nil {
			return err
		}
	}
	if g.rebuild == nil && g.alters && len(broken) > 0 {
		g.rebuild = &g.steps[0] // SQLite edits nothing while something is broken
	}
	last := g.rebuild
	want := g.text.SQL
	if g.rebuild != nil {
		want, err = g.remake(ctx, before)
	} else {
		last = &g.steps[len(g.steps)-1]
		err = g.run(ctx)
	}
	if err != nil {
		return err
	}
	if err := g.read(); err != nil {
		return g.a.explain(ctx, last.op, err)
	}
	g.a.ordinal = last.ordinal
	if err = g.prove(ctx, before, want); err == nil && changed {
		if err = g.a.stillWhole(ctx, broken); err != nil {
			last = g.breaker(last, err)
			g.a.ordinal = last.ordinal
			err = fmt.Errorf("table %q: %w", g.was.name, err)
		}
	}
	if err != nil {
		return g.a.explain(ctx, last.op, err)
	}
	return nil
}

// breaker returns the operation that breaks a view or a trigger: the one that
// drops the column that is missed, or else the one that is given.
func (g *change) breaker(last *step, err error) *step {
	for i := range g.steps {
		if op, ok := g.steps[i].op.(*schema.DropColumn); ok && tabletext.Mentions(err.Error(), op.Name) {
			return &g.steps[i]
		}
	}
	return last
}

// run sends the statements of a change that needs no rebuild.
func (g *change) run(ctx context.Context) error {
	for _, s := range g.steps {
		g.a.ordinal = s.ordinal
		if err := g.a.quoting(func() error { return g.a.exec(ctx, s.sql) }); err != nil {
			return g.because(ctx, g.naming(err))
		}
	}
	return nil
}

// naming says which table SQLite's words are about, where they do not.
func (g *change) naming(err error) error {
	var refused *host.SQLError
	if !errors.As(err, &refused) {
		return err
	}
	if strings.HasPrefix(refused.Message, "error in ") { // "error in view v after drop column"
		refused.Hint = dropBefore
	}
	if !tabletext.Mentions(refused.Message, g.was.name) {
		refused.Message = fmt.Sprintf("table %q: %s", g.was.name, refused.Message)
	}
	return err
}

// quoting runs do with strings in double quotes allowed in CREATE statements:
// what another SQLite has stored may have them (https://sqlite.org/quirks.html#dblquote).
func (a *applier) quoting(do func() error) error {
	return a.c.configured(sqlite3.DBCONFIG_DQS_DDL, true, do)
}

// remake makes the table anew and returns the text it has then.
func (g *change) remake(ctx context.Context, before []object) (string, error) {
	g.a.ordinal = g.rebuild.ordinal
	r := &rebuild{change: g, temporary: freeName(temporaryPrefix+g.was.name, before)}
	err := r.prepare(before)
	if err == nil {
		err = r.fill(ctx)
	}
	if err == nil {
		err = r.replace(ctx)
	}
	if err != nil {
		return "", g.a.explain(ctx, g.rebuild.op, err)
	}
	for _, o := range append(slices.Clone(g.indexes), r.triggers...) {
		if err := g.a.quoting(func() error { return g.a.exec(ctx, o.sql) }); err != nil {
			return "", g.because(ctx, g.naming(err))
		}
	}
	return r.final, nil
}

// freeName returns the name, or one made of it that no object has: what another
// program has left behind stands in nobody's way.
func freeName(name string, taken []object) string {
	free := name
	for n := 2; slices.ContainsFunc(taken, func(o object) bool { return tabletext.SameName(o.name, free) }); n++ {
		free = fmt.Sprintf("%s_%d", name, n)
	}
	return free
}

// prepare finds what goes with the table.
func (r *rebuild) prepare(before []object) error {
	for _, o := range before {
		switch {
		case o.kind == "trigger" && tabletext.SameName(o.table, r.was.name):
			r.triggers = append(r.triggers, o)
		case o.name == "sqlite_stat1", o.name == "sqlite_stat4":
			r.tables = append(r.tables, o.name)
		}
	}
	unqualified, err := tabletext.Parse(r.text.Unqualify())
	if err != nil {
		return err
	}
	r.text = unqualified
	r.final = r.text.Rename(r.was.name)
	return nil
}

// fill makes the new table, copies the rows and compares them.
func (r *rebuild) fill(ctx context.Context) error {
	create := func() error { return r.a.exec(ctx, r.text.Rename(r.temporary)) }
	if err := r.a.quoting(create); err != nil {
		return err
	}
	if err := r.a.exec(ctx, r.copying()); err != nil {
		return r.because(ctx, r.known(err))
	}
	if err := r.sequence(ctx); err != nil {
		return err
	}
	return r.compare(ctx)
}

// known gives the table its own name in SQLite's words about the new one.
func (r *rebuild) known(err error) error {
	var refused *host.SQLError
	if errors.As(err, &refused) {
		refused.Message = strings.ReplaceAll(refused.Message, r.temporary, r.was.name)
		if refused.Hint == "" {
			refused.Hint = "the rows that are there, with what the operations make of them, do not fit: mend them before, or change what is asked"
		}
	}
	return err
}

// copying returns the statement that copies the rows. OR ABORT keeps conflict
// clauses of the table from leaving out rows, NOT INDEXED an index that has all
// columns from giving the rows in its own order.
func (r *rebuild) copying() string {
	into, from := "INSERT OR ABORT INTO "+ident(r.temporary), " FROM "+ident(r.was.name)+" NOT INDEXED"
	if r.whole() {
		return into + " SELECT *" + from
	}
	var columns, exprs []string
	if name := r.rowid(); name != "" && r.want.alias == "" {
		columns, exprs = append(columns, name), append(exprs, name)
	}
	for i := range r.want.columns {
		name := r.want.columns[i].name
		if source, there := r.sources[tabletext.Fold(name)]; there {
			columns, exprs = append(columns, ident(name)), append(exprs, source.expr)
		}
	}
	return into + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(exprs, ", ") + from
}

// whole reports whether rows are copied as they are, with the rowid as one of
// the columns if there is one. SQLite then copies them without taking them apart
// where the two tables are laid out alike (xferOptimization in its insert.c).
func (r *rebuild) whole() bool {
	if !slices.Equal(r.want.columnNames(), r.was.shape.columnNames()) || r.want.alias == "" && !r.want.rowless {
		return false
	}
	for i := range r.want.columns {
		source, there := r.sources[tabletext.Fold(r.want.columns[i].name)]
		if !there || source.how == computed {
			return false
		}
	}
	return true
}

// rowid returns the name under which both tables have a rowid that is no column
// of theirs, "" if there is none.
func (r *rebuild) rowid() string {
	if r.was.shape.rowless || r.want.rowless {
		return ""
	}
	for _, name := range rowidNames {
		if r.was.shape.column(name) == nil && r.want.column(name) == nil {
			return name
		}
	}
	return ""
}

// sequence gives the new table the old one's last AUTOINCREMENT number, which is
// not that of the last row where rows were deleted.
func (r *rebuild) sequence(ctx context.Context) error {
	if !slices.ContainsFunc(r.want.columns, func(c shapeColumn) bool { return c.autoincrement }) {
		return nil
	}
	err := r.a.alone(ctx, `DELETE FROM "sqlite_sequence" WHERE "name" = `+text(r.temporary))
	if err != nil {
		return err
	}
	return r.a.alone(ctx, `INSERT INTO "sqlite_sequence" ("name", "seq") SELECT `+text(r.temporary)+
		`, "seq" FROM "sqlite_sequence" WHERE "name" = `+text(r.was.name))
}

// replace puts the new table in the place of the old one.
func (r *rebuild) replace(ctx context.Context) error {
	// DROP TABLE deletes the statistics under its name
	// (https://sqlite.org/lang_analyze.html); those of an index that is
	// numbered by SQLite are not known to be of the same one afterwards.
	for _, stat := range r.tables {
		keep := `UPDATE ` + ident(stat) + ` SET "tbl" = ` + text(r.temporary) + ` WHERE "tbl" = ` + text(r.was.name)
		if !slices.Equal(r.want.keys, r.was.shape.keys) {
			keep += ` AND ("idx" IS NULL OR "idx" NOT LIKE 'sqlite!_%' ESCAPE '!')`
		}
		if err := r.a.alone(ctx, keep); err != nil {
			return err
		}
	}
	drop := func() error { return r.a.alone(ctx, "DROP TABLE "+ident(r.was.name)) }
	if err := r.a.c.unobserved(drop); err != nil { // its rows are in the new one
		return err
	}
	// The legacy rename leaves views, triggers and foreign keys as they are:
	// they speak of the table under its own name already.
	rename := func() error {
		return r.a.quoting(func() error {
			return r.a.alone(ctx, "ALTER TABLE "+ident(r.temporary)+" RENAME TO "+ident(r.was.name))
		})
	}
	if err := r.a.c.configured(sqlite3.DBCONFIG_LEGACY_ALTER_TABLE, true, rename); err != nil {
		return err
	}
	for _, stat := range r.tables {
		if err := r.a.alone(ctx, `UPDATE `+ident(stat)+` SET "tbl" = `+text(r.was.name)+` WHERE "tbl" = `+text(r.temporary)); err != nil {
			return err
		}
	}
	return nil
}
