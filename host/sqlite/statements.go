package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (a *applier) createTable(ctx context.Context, op *schema.CreateTable) error {
	sql, err := createTable(op, a.enums)
	if err != nil {
		return fmt.Errorf("table %q: %w", op.Name, err)
	}
	return a.exec(ctx, sql)
}

// dropTable drops a table that no other refers to: with foreign keys off,
// SQLite itself would not mind (https://sqlite.org/foreignkeys.html#fk_schemacommands).
func (a *applier) dropTable(ctx context.Context, op *schema.DropTable) error {
	t, err := a.c.readObject(ctx, "table", op.Name)
	if err != nil || t == nil && op.IfExists {
		return err
	}
	if t == nil {
		return a.c.missing(ctx, "table", op.Name)
	}
	if err := a.unsynced(ctx, fmt.Sprintf("table %q", t.name), t.name, ""); err != nil {
		return err
	}
	keys, err := a.c.refersTo(ctx, t.name, "")
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		return hinted(fmt.Errorf("foreign keys refer to table %q: %s", t.name, strings.Join(keys, ", ")), "drop these constraints or tables before")
	}
	return a.unbroken(ctx, func() error { return a.exec(ctx, "DROP TABLE "+ident(t.name)) })
}

func (a *applier) renameTable(ctx context.Context, op *schema.RenameTable) error {
	t, err := a.c.readTable(ctx, op.Name)
	if err != nil {
		return err
	}
	return a.following(ctx, func() error {
		return a.exec(ctx, "ALTER TABLE "+ident(t.name)+" RENAME TO "+ident(op.To))
	})
}

func (a *applier) renameColumn(ctx context.Context, op *schema.RenameColumn) error {
	t, err := a.c.readTable(ctx, op.Table)
	if err != nil {
		return err
	}
	col, err := t.must(op.Name)
	if err != nil {
		return err
	}
	if err := a.unsyncedColumn(ctx, t.name, col.name); err != nil {
		return err
	}
	err = a.following(ctx, func() error {
		return a.exec(ctx, "ALTER TABLE "+ident(t.name)+" RENAME COLUMN "+ident(col.name)+" TO "+ident(op.To))
	})
	var refused *host.SQLError
	if errors.As(err, &refused) {
		refused.Message = fmt.Sprintf("column %q of table %q: %s", col.name, t.name, refused.Message)
		if refused.Hint == "" && t.shape.rowless && col.key > 0 && strings.Contains(refused.Message, "no such column") {
			refused.Hint = "SQLite renames no column of the primary key that a unique constraint, which is not needed, names as well: drop that before"
		}
	}
	return err
}

// following renames something, with all that refers to it. SQLite reads the
// whole schema for it, and refuses if a view or a trigger is broken.
func (a *applier) following(ctx context.Context, rename func() error) error {
	broken, err := a.c.findBroken(ctx)
	if err != nil {
		return err
	}
	err = a.c.configured(sqlite3.DBCONFIG_LEGACY_ALTER_TABLE, false, func() error { return a.quoting(rename) })
	var refused *host.SQLError
	if errors.As(err, &refused) && len(broken) > 0 && refused.Hint == "" {
		refused.Hint = "SQLite renames nothing while something is broken: drop or mend " + strings.Join(broken.names(), " and ") + " before"
	}
	return err
}

// configured runs do with a setting of the connection
// (https://sqlite.org/c3ref/c_dbconfig_defensive.html).
func (c *conn) configured(setting sqlite3.DBConfig, on bool, do func() error) (err error) {
	before, err := c.sq.Config(setting)
	if err != nil {
		return err
	}
	if before != on {
		if _, err := c.sq.Config(setting, on); err != nil {
			return err
		}
		defer func() {
			_, restored := c.sq.Config(setting, before)
			err = errors.Join(err, restored)
		}()
	}
	return do()
}

func (a *applier) createView(ctx context.Context, op *schema.CreateView) error {
	sql := "CREATE VIEW " + ident(op.Name)
	if len(op.Columns) > 0 {
		sql += " (" + idents(op.Columns) + ")"
	}
	if err := a.send(ctx, sql+" AS "+op.Query.For(schema.SQLite)); err != nil {
		return err
	}
	// SQLite compiles a view when it is read, and whatever is renamed reads
	// them all.
	if err := a.c.compiles("SELECT * FROM main." + ident(op.Name)); err != nil {
		return hinted(fmt.Errorf("view %q: %s", op.Name, message(err)), "mend its query")
	}
	return nil
}

func (a *applier) dropView(ctx context.Context, op *schema.DropView) error {
	v, err := a.c.readObject(ctx, "view", op.Name)
	if err != nil || v == nil && op.IfExists {
		return err
	}
	if v == nil {
		return a.c.missing(ctx, "view", op.Name)
	}
	return a.unbroken(ctx, func() error { return a.exec(ctx, "DROP VIEW "+ident(v.name)) })
}

func (a *applier) dropTrigger(ctx context.Context, op *schema.DropTrigger) error {
	t, err := a.c.readObject(ctx, "trigger", op.Name)
	if err != nil || t == nil && op.IfExists {
		return err
	}
	switch {
	case t == nil:
		return a.c.missing(ctx, "trigger", op.Name)
	case !tabletext.SameName(t.table, op.Table):
		return fmt.Errorf("the trigger %q is on table %q, not on %q", t.name, t.table, op.Table)
	}
	return a.exec(ctx, "DROP TRIGGER "+ident(t.name))
}

// An INSERT has at most so many rows, and ends with the row that takes it
// beyond so many bytes.
const (
	insertRows  = 500
	insertBytes = 64 << 10
)

func (a *applier) insert(ctx context.Context, op *schema.Insert) error {
	head := "INSERT INTO " + ident(op.Table) + " (" + idents(op.Columns) + ") VALUES"
	var b strings.Builder
	n := 0
	send := func() error {
		if n == 0 {
			return nil
		}
		sql := head + b.String()
		b.Reset()
		n = 0
		return a.send(ctx, sql)
	}
	for _, row := range op.Rows {
		values := make([]string, len(row))
		for i, l := range row {
			values[i] = literal(l)
		}
		if n > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  (" + strings.Join(values, ", ") + ")")
		if n++; n == insertRows || b.Len() > insertBytes {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// readObject returns an object of a kind, or nil.
func (c *conn) readObject(ctx context.Context, kind, name string) (*object, error) {
	all, err := c.objects(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].kind == kind && tabletext.SameName(all[i].name, name) {
			return &all[i], nil
		}
	}
	return nil, nil
}

// missing is the error of an object that is not there.
func (c *conn) missing(ctx context.Context, kind, name string) error {
	all, err := c.objects(ctx)
	if err != nil {
		return err
	}
	return fmt.Errorf("there is no %s %q: %s", kind, name, listed("the database has", names(all, kind)))
}

// must returns a column of a table, or an error that lists the columns.
func (t *table) must(name string) (*shapeColumn, error) {
	if col := t.shape.column(name); col != nil {
		return col, nil
	}
	return nil, noColumn(t.name, name, &t.shape)
}

func noColumn(table, name string, s *shape) error {
	return fmt.Errorf("table %q has no column %q: %s", table, name, listed("it has", s.columnNames()))
}
