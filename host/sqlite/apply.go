package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Apply implements host.Conn. Changes of one table that follow each other are
// made as one; what the database is asked about it is read on the side.
func (c *conn) Apply(ctx context.Context, tx host.Tx, operations []host.Operation) (err error) {
	defer c.guard(&err)
	if err := c.usable(); err != nil {
		return err
	}
	if c.tx == nil {
		return c.db.failed("apply an operation to", errOver)
	}
	c.touched.unknown = true
	a := &applier{c: c, tx: tx}
	for _, op := range flatten(operations) {
		a.ordinal = op.Ordinal
		if err := a.apply(ctx, op.Operation); err != nil {
			return a.explain(ctx, op.Operation, err)
		}
	}
	if err := a.flush(ctx); err != nil {
		return a.explain(ctx, nil, err)
	}
	return nil
}

// Render implements host.Conn. Nothing runs outside a transaction here.
func (c *conn) Render(operation host.Operation) (host.Statement, error) {
	return host.Statement{}, fmt.Errorf("%s: on SQLite every operation runs inside the transaction", operation.Operation.Kind())
}

// flatten takes batches apart: what follows each other on one table is made as
// one in any case. Operations for the other dialect are left out.
func flatten(operations []host.Operation) []host.Operation {
	var flat []host.Operation
	for _, op := range operations {
		if !op.For(schema.SQLite) {
			continue
		}
		batch, ok := op.Operation.(*schema.Batch)
		if !ok {
			flat = append(flat, op)
			continue
		}
		for _, inner := range batch.Operations {
			if inner.For(schema.SQLite) {
				flat = append(flat, host.Operation{Request: inner, Ordinal: op.Ordinal})
			}
		}
	}
	return flat
}

// An applier runs the operations of one call of Apply.
type applier struct {
	c       *conn
	tx      host.Tx
	ordinal int     // of the operation at work
	enums   enums   // as they are now
	change  *change // of one table, not made yet
}

// A hint is an error with the way out.
type hint struct {
	error
	text string
}

func (h *hint) Unwrap() error { return h.error }

func hinted(err error, text string) error { return &hint{err, text} }

// explain makes of an error what Apply returns: an error of the statement's, or
// of the operation that failed.
func (a *applier) explain(ctx context.Context, op schema.Operation, err error) error {
	var sent *host.SQLError
	var refused interface{ Errno() abi.Errno }
	switch {
	case errors.As(err, &sent), errors.As(err, &refused), errors.Is(err, host.ErrLocked):
		return err
	case ctx.Err() != nil:
		return cause(ctx, err)
	}
	e := &host.SQLError{Message: err.Error(), Ordinal: a.ordinal, Err: err}
	var driver *sqlite3.Error
	if errors.As(err, &driver) {
		e.Code, e.Message = codeAndMessage(err)
	}
	if op != nil {
		e.Message = op.Kind() + ": " + e.Message
	}
	var h *hint
	if errors.As(err, &h) {
		e.Hint = h.text
	}
	return e
}

// exec sends a statement of ours that writes, with expressions of the guest's in
// it. The pragmas that ALTER TABLE uses inside set nothing on the connection.
func (a *applier) exec(ctx context.Context, sql string) error {
	defer a.c.writtenBy(renderer)()
	soiled := a.c.soiled
	err := a.send(ctx, sql)
	a.c.soiled = soiled
	return err
}

// alone sends a statement that is ours alone, names aside.
func (a *applier) alone(ctx context.Context, sql string) error {
	defer a.c.writtenBy(runner)()
	soiled := a.c.soiled
	err := a.send(ctx, sql)
	a.c.soiled = soiled
	return err
}

// send sends a statement, as if the guest had.
func (a *applier) send(ctx context.Context, sql string) error {
	_, err := a.tx.Exec(ctx, host.Statement{SQL: sql, Ordinal: a.ordinal})
	return err
}

// apply runs an operation, or notes it as part of the change of a table.
func (a *applier) apply(ctx context.Context, op schema.Operation) error {
	if table := op.On(); table != "" && !native(op) {
		return a.note(ctx, table, op)
	}
	ordinal := a.ordinal
	if err := a.flush(ctx); err != nil {
		return err
	}
	a.ordinal = ordinal // the flush was of the operations before
	var err error
	if a.enums, err = a.c.readEnums(ctx); err != nil {
		return err
	}
	switch op := op.(type) {
	case *schema.CreateTable:
		return a.createTable(ctx, op)
	case *schema.DropTable:
		return a.dropTable(ctx, op)
	case *schema.RenameTable:
		return a.renameTable(ctx, op)
	case *schema.RenameColumn:
		return a.renameColumn(ctx, op)
	case *schema.CreateEnum:
		return a.createEnum(ctx, op)
	case *schema.DropEnum:
		return a.dropEnum(ctx, op)
	case *schema.AddEnumValue:
		return a.addEnumValue(ctx, op)
	case *schema.RenameEnumValue:
		return a.renameEnumValue(ctx, op)
	case *schema.DropEnumValue:
		return a.dropEnumValue(ctx, op)
	case *schema.CreateView:
		return a.createView(ctx, op)
	case *schema.DropView:
		return a.dropView(ctx, op)
	case *schema.CreateTrigger:
		return a.send(ctx, op.SQL.For(schema.SQLite))
	case *schema.DropTrigger:
		return a.dropTrigger(ctx, op)
	case *schema.CreateSync:
		return a.createSync(ctx, op)
	case *schema.DropSync:
		return a.dropSync(ctx, op)
	case *schema.Insert:
		return a.insert(ctx, op)
	case *schema.Execute:
		if sql := op.SQL.For(schema.SQLite); sql != "" {
			return a.send(ctx, sql)
		}
		return nil
	}
	return &schema.UnsupportedError{Dialect: schema.SQLite, Kind: op.Kind(), Reason: "does not know the operation", Instead: "use a newer runner"}
}

// native reports whether an operation on one table is a statement of its own,
// whatever came before it.
func native(op schema.Operation) bool {
	_, ok := op.(*schema.RenameColumn)
	return ok
}

// note makes an operation part of the change of its table.
func (a *applier) note(ctx context.Context, table string, op schema.Operation) error {
	if a.change != nil && (!tabletext.SameName(a.change.was.name, table) || a.change.sees(op)) {
		if err := a.flush(ctx); err != nil {
			return err
		}
	}
	if a.change == nil {
		var err error
		if a.change, err = a.begin(ctx, table); err != nil {
			return err
		}
	}
	return a.change.note(ctx, op)
}

// flush makes the change that is noted.
func (a *applier) flush(ctx context.Context) error {
	if a.change == nil {
		return nil
	}
	change, ordinal := a.change, a.ordinal
	a.change = nil
	if err := change.finish(ctx); err != nil {
		return err
	}
	a.ordinal = ordinal // the change has set those of its own operations
	return nil
}

func rowCount(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
