package sqlite

import (
	"context"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// probe is renamed to see what SQLite makes of the views: a RENAME or DROP COLUMN
// of any table reads all of them, and fails for one that it can't resolve
// (https://sqlite.org/lang_altertable.html). It reads more than a query of the
// view does, which leaves out what is never used, such as the right side of
// "0 AND …".
const probe = "sandpiper_probe"

// whole refuses to leave a view that keeps the host from changing its schema: one
// whose table the plugin has dropped since, or one that reads what is not the
// plugin's in a place where no query of it would. So all that is the plugin's is
// made once more in the scratch, where there is nothing else. In the middle of a
// migration a view may be without its table.
func (w *wall) whole(ctx context.Context) error {
	if w.broken == nil {
		return nil
	}
	all, err := w.c.objects(ctx)
	if err != nil {
		return w.c.db.failed("read the schema of", cause(ctx, err))
	}
	var texts, views []string
	for _, kind := range []string{"table", "index", "view"} {
		for _, o := range all {
			owner := o.name
			if kind == "index" {
				owner = o.table
			}
			switch {
			case o.kind != kind || o.sql == "" || !o.users() || !w.judge.Owns(owner) || w.foreign[tabletext.Fold(o.name)]:
				continue
			case kind == "view" && w.broken[fmt.Sprintf("view %q", o.name)] != "":
				continue // not by the plugin
			case kind == "view":
				views = append(views, o.name)
			}
			texts = append(texts, o.sql)
		}
	}
	if len(views) > 0 {
		err = w.inScratch(ctx, "of the plugin", func(sq *sqlite3.Conn) error { return w.resolve(ctx, sq, texts, views) })
	}
	if err == nil {
		w.broken = nil
	}
	return err
}

// resolve makes what is the plugin's and has SQLite read the views.
func (w *wall) resolve(ctx context.Context, sq *sqlite3.Conn, texts, views []string) error {
	refused := func(what string, err error) error {
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return w.c.db.failed("look at the views of a plugin in", ctx.Err())
		case w.late():
			return w.overTime()
		}
		return w.because("leave "+what, message(err)+": whoever renames anything in the database gets that error, since SQLite reads all views for it, and a plugin's may read its own tables alone; drop the view, or create it anew, before the migration ends")
	}
	for _, sql := range texts {
		if err := sq.Exec(sql); err != nil {
			return refused("what it owns as it is", err)
		}
	}
	for _, view := range views {
		s, _, err := sq.Prepare("SELECT * FROM main." + ident(view))
		if err != nil {
			return refused("the view "+view+" as it is", err)
		}
		s.Close()
	}
	if err := sq.Exec("CREATE TABLE " + probe + " (a)"); err != nil {
		return refused("what it owns as it is", err)
	}
	return refused("a view as it is", sq.Exec("ALTER TABLE "+probe+" RENAME TO "+probe+"d"+alterRoom))
}
