package sqlite

import (
	"context"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// tryOut creates a table, as the schema has it, in an empty database of its own,
// and what else is given, under an authorizer that judges the functions. In the
// plugin's database ALTER TABLE does not tell of them, and CREATE TABLE not of
// those in a DEFAULT.
func (w *wall) tryOut(ctx context.Context, table object, more ...string) error {
	if err := w.openScratch(); err != nil {
		return w.c.db.failed("try out the table "+table.name+" beside", err)
	}
	sq := w.scratch
	defer sq.SetInterrupt(sq.SetInterrupt(w.until(ctx)))
	if err := sq.Exec("SAVEPOINT s"); err != nil {
		return err
	}
	defer func() {
		sq.SetInterrupt(context.Background())
		sq.SetAuthorizer(nil)
		sq.Exec("ROLLBACK TO s; RELEASE s")
	}()
	var refusal *policy.Refusal
	if err := sq.SetAuthorizer(func(action sqlite3.AuthorizerActionCode, _, function, _, _ string) sqlite3.AuthorizerReturnCode {
		if action != sqlite3.AUTH_FUNCTION {
			return sqlite3.AUTH_OK // there is nothing else in that database
		}
		if r := w.judge.Call(policy.Call{Name: strings.ToLower(function)}); r != nil {
			refusal = r
			return sqlite3.AUTH_DENY
		}
		return sqlite3.AUTH_OK
	}); err != nil {
		return err
	}
	failed := func(sql string, err error) error {
		switch {
		case refusal != nil:
			return refusal
		case err == nil:
			return nil
		}
		return w.because("have "+sql+" in the table "+table.name, "what it does is not known: "+message(err))
	}
	for _, sql := range append([]string{table.sql}, more...) {
		if err := failed(sql, sq.Exec(sql)); err != nil {
			return err
		}
	}
	defaults, err := defaultsOf(sq, table.name)
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

// defaultsOf returns the defaults of a table's columns, as SQLite has them.
func defaultsOf(sq *sqlite3.Conn, table string) (defaults []string, err error) {
	s, _, err := sq.Prepare("SELECT dflt_value FROM pragma_table_xinfo(" + text(table) + ") WHERE dflt_value IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for s.Step() {
		defaults = append(defaults, s.ColumnText(0))
	}
	return defaults, s.Err()
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
