package sqlite

import (
	"context"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// The scratch is an empty database of its own. What a table calls in its
// expressions is seen by creating it there: in the plugin's database ALTER TABLE
// does not tell of functions, and CREATE TABLE not of those in a DEFAULT.

// tryOut creates a table, as the schema has it, and what else is given, under an
// authorizer that judges the functions.
func (w *wall) tryOut(ctx context.Context, table object, more ...string) error {
	return w.inScratch(ctx, table.name, func(sq *sqlite3.Conn) error {
		return w.try(sq, table, more...)
	})
}

// rehearse does an ALTER TABLE that adds something to a table without rows, and
// judges the functions of what that makes: with rows, the real one would call
// them.
func (w *wall) rehearse(ctx context.Context, stmt host.Statement, name string) error {
	found, err := w.c.readObject(ctx, "table", name)
	if err != nil {
		return w.c.db.failed("read the schema of", cause(ctx, err))
	}
	if found == nil || !w.judge.Owns(name) && !w.temporary(name) {
		return nil // it is refused
	}
	table := *found
	return w.inScratch(ctx, name, func(sq *sqlite3.Conn) error {
		if err := sq.Exec(table.sql); err != nil {
			return w.because("alter the table "+name, "what is in it is not known: "+message(err))
		}
		if err := sq.Exec(stmt.SQL + alterRoom); err != nil {
			return sqlError(ctx, stmt, err)
		}
		err := each(sq, func(s *sqlite3.Stmt) { table.sql = s.ColumnText(0) }, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = "+text(table.name))
		if err == nil {
			err = sq.Exec("DROP TABLE " + ident(table.name))
		}
		if err != nil {
			return w.because("alter the table "+name, "what is in it is not known: "+message(err))
		}
		return w.try(sq, table)
	})
}

// inScratch runs do in the scratch, of which nothing stays.
func (w *wall) inScratch(ctx context.Context, table string, do func(*sqlite3.Conn) error) (err error) {
	failed := func(err error) error { return w.c.db.failed("try out the table "+table+" beside", err) }
	if err := w.openScratch(); err != nil {
		return failed(err)
	}
	sq := w.scratch
	defer sq.SetInterrupt(sq.SetInterrupt(w.until(ctx)))
	if err := sq.Exec("BEGIN"); err != nil {
		return failed(err)
	}
	defer func() {
		sq.SetInterrupt(context.Background())
		if e := sq.Exec("ROLLBACK"); e != nil && err == nil {
			err = failed(e)
		}
	}()
	return do(sq)
}

// try creates a table and compiles its defaults.
func (w *wall) try(sq *sqlite3.Conn, table object, more ...string) error {
	var refusal *policy.Refusal
	judge := func(action sqlite3.AuthorizerActionCode, _, function, _, _ string) sqlite3.AuthorizerReturnCode {
		if action != sqlite3.AUTH_FUNCTION {
			return sqlite3.AUTH_OK // there is nothing else in that database
		}
		if refusal = w.judge.Call(policy.Call{Name: tabletext.Fold(function)}); refusal != nil {
			return sqlite3.AUTH_DENY
		}
		return sqlite3.AUTH_OK
	}
	if err := sq.SetAuthorizer(judge); err != nil {
		return err
	}
	defer sq.SetAuthorizer(nil)
	failed := func(what string, err error) error {
		switch {
		case refusal != nil:
			return refusal
		case err == nil:
			return nil
		}
		return w.because("have "+what+" in the table "+table.name, "what it does is not known: "+message(err))
	}
	for _, sql := range append([]string{table.sql}, more...) {
		if err := failed(sql, sq.Exec(sql)); err != nil {
			return err
		}
	}
	var defaults []string
	err := each(sq, func(s *sqlite3.Stmt) { defaults = append(defaults, s.ColumnText(0)) },
		"SELECT dflt_value FROM pragma_table_xinfo("+text(table.name)+") WHERE dflt_value IS NOT NULL")
	if err != nil {
		return failed("defaults", err)
	}
	for _, expr := range defaults {
		if err := failed("DEFAULT "+expr, compileDefault(sq, expr)); err != nil {
			return err
		}
	}
	return nil
}

// each calls row for each row of a query.
func each(sq *sqlite3.Conn, row func(*sqlite3.Stmt), sql string) error {
	s, _, err := sq.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	for s.Step() {
		row(s)
	}
	return s.Err()
}

// openScratch opens the empty database.
func (w *wall) openScratch() error {
	if w.scratch != nil {
		return nil
	}
	sq, err := sqlite3.Open(":memory:")
	if err != nil {
		return err
	}
	w.scratch = sq
	for _, register := range w.c.db.register {
		if err := register(sq); err != nil {
			return err
		}
	}
	if _, err := sq.Config(sqlite3.DBCONFIG_DQS_DDL, true); err != nil { // as applier.quoting allows
		return err
	}
	for _, l := range limits {
		if l.category != sqlite3.LIMIT_ATTACHED {
			sq.Limit(l.category, l.value)
		}
	}
	return nil
}

// compileDefault compiles the value of a default. A single token is a constant, a
// name taken for a string among them.
func compileDefault(sq *sqlite3.Conn, expr string) error {
	n := 0
	for t := range chain.Tokens(chain.SQLite, expr) {
		if !t.Blank() {
			n++
		}
	}
	if n == 1 {
		return nil
	}
	s, _, err := sq.Prepare("SELECT (" + expr + "\n)")
	if err == nil {
		s.Close()
	}
	return err
}
