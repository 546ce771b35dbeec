package sqlite

import (
	"cmp"
	"context"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// SQLite has no owners. What the plugins have made is in a table of the ledger,
// which comes into being with the first of it. Since a transaction holds the
// lock from its beginning, what is there then and not in the table is somebody
// else's, and what is there more at its end is the plugin's.
const ownedTable = `CREATE TABLE main.sandpiper_owned (
	line TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (line, kind, name)
) WITHOUT ROWID`

// listOwned returns what a line is recorded to own, whether or not it is there.
func (c *conn) listOwned(ctx context.Context, line string) (map[host.Owned]bool, error) {
	owned := map[host.Owned]bool{}
	there := false
	err := c.each(ctx, func(*sqlite3.Stmt) error {
		there = true
		return nil
	}, "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'sandpiper_owned'")
	if err != nil || !there {
		return owned, err
	}
	err = c.each(ctx, func(s *sqlite3.Stmt) error {
		owned[host.Owned{Kind: s.ColumnText(0), Name: s.ColumnText(1)}] = true
		return nil
	}, "SELECT kind, name FROM main.sandpiper_owned WHERE line = ?1", line)
	return owned, err
}

// ownables returns all that a plugin could own, and the schema.
func (c *conn) ownables(ctx context.Context) ([]host.Owned, []object, error) {
	all, err := c.objects(ctx)
	if err != nil {
		return nil, nil, err
	}
	var found []host.Owned
	for _, o := range all {
		if o.sql != "" && o.kind != "trigger" && o.users() {
			found = append(found, host.Owned{Kind: o.kind, Name: o.name})
		}
	}
	enums, err := c.readEnums(ctx)
	for name := range enums {
		found = append(found, host.Owned{Kind: "type", Name: name})
	}
	slices.SortFunc(found, func(a, b host.Owned) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return found, all, err
}

// survey notes what is there, and what of it is not the plugin's.
func (w *wall) survey(ctx context.Context) (err error) {
	if w.recorded, err = w.c.listOwned(ctx, w.judge.Grants.Line); err != nil {
		return err
	}
	all, objects, err := w.c.ownables(ctx)
	if err != nil {
		return err
	}
	w.foreign, w.owned = map[string]bool{}, map[string]bool{}
	for _, o := range all {
		if !w.recorded[o] {
			w.foreign[tabletext.Fold(o.Name)] = true
		}
	}
	for _, o := range objects {
		if o.kind == "trigger" {
			w.foreign[tabletext.Fold(o.name)] = true
		}
	}
	w.remember(objects)
	return nil
}

// remember notes what the schema holds.
func (w *wall) remember(objects []object) {
	w.there = make(map[string]object, len(objects))
	for _, o := range objects {
		w.there[tabletext.Fold(o.name)] = o
	}
}

// settle brings the record in line with what is there.
func (w *wall) settle(ctx context.Context) error {
	all, _, err := w.c.ownables(ctx)
	if err != nil {
		return err
	}
	line := w.judge.Grants.Line
	owned := map[host.Owned]bool{}
	for _, o := range all {
		if !w.foreign[tabletext.Fold(o.Name)] {
			owned[o] = true
		}
	}
	for o := range w.recorded {
		if err == nil && !owned[o] {
			err = w.c.do(ctx, "DELETE FROM main.sandpiper_owned WHERE line = ?1 AND kind = ?2 AND name = ?3", line, o.Kind, o.Name)
		}
	}
	created := len(w.recorded) > 0
	for _, o := range all {
		if err != nil || !owned[o] || w.recorded[o] {
			continue
		}
		if !created {
			err = w.c.createOwned(ctx)
			created = true
		}
		if err == nil {
			err = w.c.do(ctx, "INSERT INTO main.sandpiper_owned (line, kind, name) VALUES (?1, ?2, ?3)", line, o.Kind, o.Name)
		}
	}
	if err == nil {
		w.recorded = owned
	}
	return err
}

// createOwned creates the table where it is missing.
func (c *conn) createOwned(ctx context.Context) error {
	all, err := c.objects(ctx)
	if err != nil || slices.ContainsFunc(all, func(o object) bool { return o.name == "sandpiper_owned" }) {
		return err
	}
	return c.do(ctx, ownedTable)
}

// Owned implements host.Confined.
func (c *confined) Owned(ctx context.Context) (owned []host.Owned, err error) {
	if err := c.usable(); err != nil {
		return nil, err
	}
	err = c.reading(ctx, "read what a plugin owns in", func() error {
		owned, _, err = c.stillOwned(ctx)
		return err
	})
	return owned, err
}

// stillOwned returns what the plugin owns and is there, and the schema.
func (c *confined) stillOwned(ctx context.Context) ([]host.Owned, []object, error) {
	recorded, err := c.listOwned(ctx, c.w.judge.Grants.Line)
	if err != nil {
		return nil, nil, err
	}
	all, objects, err := c.ownables(ctx)
	return slices.DeleteFunc(all, func(o host.Owned) bool { return !recorded[o] }), objects, err
}
