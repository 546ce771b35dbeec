package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// wallSavepoint is what a change of the schema is undone to. A savepoint of the
// plugin's may have the same name: the newest is meant.
const wallSavepoint = "sandpiper_wall"

// guarded runs do, and undoes it if what it made of the schema is refused.
func (w *wall) guarded(ctx context.Context, t *tx, do func() error) error {
	if err := t.usable(); err != nil {
		return err
	}
	t.readAhead()
	before, err := w.c.objects(ctx)
	if err != nil {
		return w.c.db.failed("read the schema of", cause(ctx, err))
	}
	broken, err := w.c.findBroken(ctx)
	if err != nil {
		return w.c.db.failed("read the schema of", cause(ctx, err))
	}
	if w.broken == nil {
		w.broken = broken
	}
	if err := w.c.do(ctx, "SAVEPOINT "+wallSavepoint); err != nil {
		return w.c.db.failed("set a savepoint in", cause(ctx, err))
	}
	if err = do(); err == nil {
		err = w.examine(ctx, before, broken)
	}
	if t.lost != nil || w.c.broken != nil || w.c.sq.GetAutocommit() {
		return err
	}
	// Whatever ended ctx, the transaction has to be as if nothing had been sent.
	whole := context.WithoutCancel(ctx)
	if err != nil {
		t.readAhead()
		if e := w.c.do(whole, "ROLLBACK TO "+wallSavepoint); e != nil {
			return errors.Join(err, e)
		}
	}
	if e := w.c.do(whole, "RELEASE "+wallSavepoint); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// examine looks at what has become of the schema.
func (w *wall) examine(ctx context.Context, before []object, broken broken) error {
	after, err := w.c.objects(ctx)
	if err != nil {
		return w.c.db.failed("read the schema of", cause(ctx, err))
	}
	was := setOf(before)
	if r := w.kept(before, setOf(after), w.judge.Owns); r != nil {
		return r
	}
	var changed []object
	for _, o := range after {
		if was[o] || o.name == "sqlite_sequence" || o.name == "sandpiper_enums" {
			continue
		}
		if r := w.named(o); r != nil {
			return r
		}
		changed = append(changed, o)
	}
	for _, o := range changed {
		if err := w.object(ctx, o, after); err != nil {
			return err
		}
	}
	if err := w.depended(ctx, before, after, broken, w.judge.Owns); err != nil {
		return err
	}
	w.remember(after)
	return nil
}

func setOf(objects []object) map[object]bool {
	set := make(map[object]bool, len(objects))
	for _, o := range objects {
		set[o] = true
	}
	return set
}

// kept wants what was there before to be there still, to the letter, if it is not
// the plugin's. An index goes with its table; a trigger is never the plugin's.
func (w *wall) kept(before []object, is map[object]bool, owns func(name string) bool) *policy.Refusal {
	for _, o := range before {
		if is[o] || o.kind == "index" && owns(o.table) || (o.kind == "table" || o.kind == "view") && owns(o.name) {
			continue
		}
		return w.inTheWay(fmt.Sprintf("the %s %q", o.kind, o.name), fmt.Sprintf("change the %s %s", o.kind, o.name),
			"it is not the plugin's, and what the plugin does to its own would change or drop it")
	}
	return nil
}

// inTheWay refuses what is done to the plugin's own because of something else: that
// is the operator's to drop or change.
func (w *wall) inTheWay(something, what, why string) *policy.Refusal {
	r := w.because(what, why)
	r.InWay = something
	return r
}

// named gives the verdict on the name of what is new or changed.
func (w *wall) named(o object) *policy.Refusal {
	switch o.kind {
	case "table", "view":
		return w.judge.Make(policy.Object{Kind: o.kind, Name: o.name})
	case "index":
		if r := w.judge.Change(policy.Object{Kind: "table", Name: o.table}); r != nil {
			return r
		}
		_, there := w.there[tabletext.Fold(o.name)]
		if o.sql == "" || there {
			return nil // it is that of a constraint, or was made anew with its table
		}
		return w.judge.Make(policy.Object{Kind: "index", Name: o.name})
	}
	return w.because("create the "+o.kind+" "+o.name, noGrant["CREATE TRIGGER"])
}

// object looks at what a new or changed object reads and calls.
func (w *wall) object(ctx context.Context, o object, after []object) error {
	switch {
	case o.kind == "view":
		return w.view(ctx, o)
	case o.sql == "":
		return nil
	case o.kind == "index":
		for _, t := range after {
			if t.kind == "table" && tabletext.SameName(t.name, o.table) {
				return w.tryOut(ctx, t, o.sql)
			}
		}
	}
	if onConflict(o.sql, "ROLLBACK") {
		return w.because("create the table "+o.name+" with ON CONFLICT ROLLBACK", ownRollback)
	}
	err := w.c.each(ctx, func(s *sqlite3.Stmt) error {
		if r := w.judge.Refer(s.ColumnText(0), 0); r != nil {
			return r
		}
		return nil
	}, `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?1, 'main')`, o.name)
	if err != nil {
		return err
	}
	return w.tryOut(ctx, o)
}

// onConflict reports whether the text of a table has a conflict clause of a kind
// (https://sqlite.org/lang_conflict.html).
func onConflict(sql, kind string) bool {
	var last chain.Token
	for t := range chain.Tokens(chain.SQLite, sql) {
		if t.Blank() {
			continue
		}
		if last.Is("CONFLICT") && t.Is(kind) {
			return true
		}
		last = t
	}
	return false
}

// viewTime is how long a view may take to compile. Whoever reads or renames
// something compiles it again.
const viewTime = time.Second

// view compiles a query of a view, which its CREATE has not read
// (https://sqlite.org/lang_createview.html).
func (w *wall) view(ctx context.Context, o object) error {
	text, denied := read(o.sql)
	if denied != nil {
		return w.deny(*denied)
	}
	if refusal := w.joined(text); refusal != nil {
		return refusal
	}
	short, cancel := context.WithTimeout(ctx, viewTime)
	defer cancel()
	defer w.raise(short, &reading{kind: "CREATE VIEW"})()
	err := w.c.compiles("SELECT * FROM main." + ident(o.name))
	if err == nil {
		return nil
	}
	if refusal := w.verdict(ctx, err); refusal != nil {
		return refusal
	}
	return w.because("create the view "+o.name, "what it reads is not known: "+message(err))
}

// depended refuses to leave what is not the plugin's without what it needs: a
// view or a trigger that can no longer be compiled, a foreign key without its
// table.
func (w *wall) depended(ctx context.Context, before, after []object, was broken, owns func(name string) bool) error {
	is, err := w.c.findBroken(ctx)
	if err != nil {
		return err
	}
	for _, o := range after {
		if o.kind == "view" && owns(o.name) {
			delete(is, fmt.Sprintf("view %q", o.name))
		}
	}
	for _, what := range is.names() {
		if was[what] == "" {
			return w.inTheWay("the "+what, "break the "+what, "it is not the plugin's, and needs what the plugin drops or changes")
		}
	}
	left := map[string]bool{}
	for _, o := range after {
		left[tabletext.Fold(o.name)] = true
	}
	for _, o := range before {
		if o.kind != "table" || left[tabletext.Fold(o.name)] {
			continue
		}
		referring, err := w.c.referring(ctx, o.name)
		if err != nil {
			return err
		}
		for _, table := range referring {
			if !owns(table) {
				return w.inTheWay(fmt.Sprintf("the foreign key of %q", table), "drop the table "+o.name, "a foreign key of "+table+" refers to it")
			}
		}
	}
	return nil
}

// referring returns the tables that have a foreign key to a table.
func (c *conn) referring(ctx context.Context, table string) (tables []string, err error) {
	err = c.each(ctx, func(s *sqlite3.Stmt) error {
		tables = append(tables, s.ColumnText(0))
		return nil
	}, `SELECT DISTINCT m.name FROM main.sqlite_schema AS m, pragma_foreign_key_list(m.name, 'main') AS f
		WHERE m.type = 'table' AND f."table" = ?1 COLLATE NOCASE`, table)
	return tables, err
}
