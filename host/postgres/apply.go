package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Apply implements host.Conn. What changes something is deferred through tx, so
// that a migration of any number of operations is one round trip. What the
// adapter has to know for itself (the savepoints of diagnoses, the few reads)
// goes to the transaction beneath, where nobody watches.
func (c *conn) Apply(ctx context.Context, tx host.Tx, operations []host.Operation) error {
	if c.tx == nil {
		return errors.New("schema operations without an open transaction on this connection")
	}
	for _, operation := range operations {
		a := applier{c: c, t: c.tx, tx: tx, ordinal: operation.Ordinal}
		if err := a.request(ctx, operation.Request); err != nil {
			return err
		}
	}
	// An error that a savepoint has to undo must come while it is open.
	if len(c.tx.savepoints) > 0 {
		return c.tx.flush(ctx)
	}
	return nil
}

// Render implements host.Conn. How long a concurrent build waits for locks is
// not limited, whatever the request says: it blocks nobody while it waits.
func (c *conn) Render(operation host.Operation) (host.Statement, error) {
	var sql string
	switch op := operation.Operation.(type) {
	case *schema.CreateIndex:
		if err := c.checkNullsNotDistinct(op.Kind(), op.Name, op.NullsNotDistinct); err != nil {
			return host.Statement{}, err
		}
		sql = createIndex(op)
	case *schema.DropIndex:
		sql = dropIndex(op)
	default:
		return host.Statement{}, fmt.Errorf("%s runs inside a transaction", operation.Operation.Kind())
	}
	return host.Statement{SQL: sql, Ordinal: operation.Ordinal}, nil
}

// An applier runs one operation.
type applier struct {
	c       *conn
	t       *tx     // the transaction
	tx      host.Tx // what stands before it
	ordinal int     // of the operation
}

// request runs the operation of a request under its lock timeout.
func (a *applier) request(ctx context.Context, q schema.Request) error {
	if err := a.t.usable(); err != nil {
		return err
	}
	if !q.For(schema.PostgreSQL) {
		return nil
	}
	if q.LockTimeout == 0 {
		return a.apply(ctx, q.Operation)
	}
	// A migration may have set a timeout of its own, so what to put back is
	// known to the server alone.
	a.own(`SELECT pg_catalog.set_config('sandpiper.lock_timeout', pg_catalog.current_setting('lock_timeout'), true)`)
	if err := a.sendOwn(ctx, fmt.Sprintf("SET LOCAL lock_timeout = '%dms'", q.LockTimeout)); err != nil {
		return err
	}
	if err := a.apply(ctx, q.Operation); err != nil {
		return err
	}
	a.own(`SELECT pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('sandpiper.lock_timeout'), true)`)
	return nil
}

func (a *applier) apply(ctx context.Context, operation schema.Operation) error {
	switch op := operation.(type) {
	case *schema.CreateTable:
		return a.createTable(ctx, op)
	case *schema.DropTable:
		a.unsynced("the table "+quoteIdent(op.Name), op.Name, "")
		return a.explained(ctx, dropTable(op), blocked(dropTableHint))
	case *schema.RenameTable:
		return a.send(ctx, "ALTER TABLE "+quoteIdent(op.Name)+" RENAME TO "+quoteIdent(op.To))
	case *schema.AddColumn:
		return a.addColumn(ctx, op)
	case *schema.DropColumn:
		return a.dropColumn(ctx, op)
	case *schema.RenameColumn:
		a.unsyncedColumn(op.Table, op.Name)
		return a.diagnosed(ctx, "ALTER TABLE "+quoteIdent(op.Table)+" RENAME COLUMN "+quoteIdent(op.Name)+" TO "+quoteIdent(op.To),
			missingColumn(op.Table))
	case *schema.AlterColumn:
		return a.alterColumn(ctx, op)
	case *schema.CreateIndex:
		if err := a.c.checkNullsNotDistinct(op.Kind(), op.Name, op.NullsNotDistinct); err != nil {
			return err
		}
		return a.diagnosed(ctx, createIndex(op), indexViolations(op))
	case *schema.DropIndex:
		return a.send(ctx, dropIndex(op))
	case *schema.RenameIndex:
		return a.send(ctx, "ALTER INDEX "+quoteIdent(op.Name)+" RENAME TO "+quoteIdent(op.To))
	case *schema.AddConstraint:
		if err := a.c.checkNullsNotDistinct(op.Kind(), op.Constraint.Name, op.Constraint.NullsNotDistinct); err != nil {
			return err
		}
		return a.diagnosed(ctx, addConstraint(op), constraintViolations(op.Table, &op.Constraint))
	case *schema.DropConstraint:
		return a.dropConstraint(ctx, op)
	case *schema.ValidateConstraint:
		return a.diagnosed(ctx, "ALTER TABLE "+quoteIdent(op.Table)+" VALIDATE CONSTRAINT "+quoteIdent(op.Name),
			storedViolations(op.Table, op.Name))
	case *schema.Batch:
		for _, inner := range op.Operations {
			if err := a.request(ctx, inner); err != nil {
				return err
			}
		}
		return nil
	case *schema.Insert:
		return a.guarded(missingColumn(op.Table), func() error { return a.insert(ctx, op) })
	case *schema.Comment:
		if op.Column != "" {
			return a.diagnosed(ctx, setColumnComment(op.Table, op.Column, op.Text), missingColumn(op.Table))
		}
		// That of a table is a statement and nothing else.
	case *schema.CreateSync:
		return a.createSync(ctx, op)
	case *schema.DropSync:
		return a.dropSync(ctx, op)
	case *schema.DropEnumValue:
		return a.dropEnumValue(ctx, op)
	case *schema.DropEnum:
		return a.explained(ctx, dropEnum(op), blocked("Change the type of these columns, or drop them, before the enum."))
	}
	sql, err := renderObject(operation)
	if err != nil || sql == "" {
		return err
	}
	return a.send(ctx, sql)
}

// send defers a statement of the operation.
func (a *applier) send(ctx context.Context, sql string) error {
	return a.tx.Defer(ctx, host.Statement{SQL: sql, Ordinal: a.ordinal})
}

// sendOwn defers a statement that belongs to the operation and holds nothing of
// the migration's words but names, quoted: a plugin need not be allowed to send it,
// and acts in its own role.
func (a *applier) sendOwn(ctx context.Context, sql string) error {
	if a.t.warden == nil {
		return a.send(ctx, sql)
	}
	a.own(sql)
	return nil
}

// own queues a statement that is the adapter's and not the migration's.
func (a *applier) own(sql string, values ...[]byte) {
	a.t.put(item{sql: sql, values: values, ordinal: a.ordinal})
}

// assert queues a query of the adapter that fails where something is not as it
// should be.
func (a *applier) assert(sql string, values ...[]byte) {
	for _, it := range a.t.there(item{sql: sql, values: values, ordinal: a.ordinal}) {
		a.t.put(it)
	}
}

// ask runs a query of the adapter after all that is queued, and returns its
// rows as text.
func (a *applier) ask(ctx context.Context, sql string, values ...[]byte) ([][]string, error) {
	var rows [][]string
	for _, it := range a.t.there(item{sql: sql, values: values, ordinal: a.ordinal, row: func(v [][]byte) error {
		rows = append(rows, texts(v))
		return nil
	}}) {
		a.t.put(it)
	}
	return rows, a.t.flush(ctx)
}

// refuse is an error that the adapter finds by itself.
func (a *applier) refuse(code, message, hint string) error {
	return a.t.spoil(&host.SQLError{Code: code, Message: message, Hint: hint, Ordinal: a.ordinal})
}

// checkNullsNotDistinct refuses what came with PostgreSQL 15.
func (c *conn) checkNullsNotDistinct(kind, name string, asked bool) error {
	if !asked || c.version >= 150000 {
		return nil
	}
	return &schema.UnsupportedError{
		Dialect: schema.PostgreSQL, Kind: kind, What: name, Reason: "has NULLS NOT DISTINCT from version 15 on, and the server is " + c.Server(),
		Instead: "index an expression such as coalesce(column, …)",
	}
}
