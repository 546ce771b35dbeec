package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// A diagnosis says what the server does not about the refusal of a statement:
// how many rows are in the way, or what there is instead. It is made after the
// refusal, so that it costs nothing where there is none: a statement that may
// need one has a savepoint before it, which travels with it and to which the
// diagnosis goes back to look. The transaction stays spoilt.
//
// The keys are SQLSTATEs.
type diagnosis map[string]explanation

// An explanation adds to an error. One that fails leaves the server's words.
type explanation func(context.Context, *tx, *host.SQLError) error

// with returns a diagnosis that has the cases of both.
func (d diagnosis) with(other diagnosis) diagnosis {
	both := diagnosis{}
	for _, from := range []diagnosis{d, other} {
		for code, f := range from {
			both[code] = f
		}
	}
	return both
}

const diagnosisSavepoint = `"sandpiper"`

// diagnosed sends a statement whose diagnosis looks at the database.
func (a *applier) diagnosed(ctx context.Context, sql string, d diagnosis) error {
	return a.guarded(d, func() error { return a.send(ctx, sql) })
}

// guarded makes d the diagnosis of what do sends.
func (a *applier) guarded(d diagnosis, do func() error) error {
	a.own("SAVEPOINT " + diagnosisSavepoint)
	a.t.why = d
	err := do()
	a.t.why = nil
	if err == nil {
		a.own("RELEASE SAVEPOINT " + diagnosisSavepoint)
	}
	return err
}

// explained sends a statement whose diagnosis only words things better.
func (a *applier) explained(ctx context.Context, sql string, d diagnosis) error {
	a.t.why = d
	defer func() { a.t.why = nil }()
	return a.send(ctx, sql)
}

// refused is the error of an item that failed.
func (t *tx) refused(ctx context.Context, items []item, failed *failure) error {
	err := t.c.main.explain(ctx, items, failed)
	var refused *host.SQLError
	if failed.index < 0 || !errors.As(err, &refused) {
		return err
	}
	if explain := items[failed.index].why[refused.Code]; explain != nil {
		if explained := *refused; explain(ctx, t, &explained) == nil {
			return &explained
		}
	}
	return err
}

// lookWithin bounds how long a diagnosis may look at a large table.
const lookWithin = "10s"

// look runs a query in the state from before the statement that was refused.
func (t *tx) look(ctx context.Context, sql string, values ...[]byte) ([][]string, error) {
	var rows [][]string
	items := []item{
		{sql: "ROLLBACK TO SAVEPOINT " + diagnosisSavepoint},
		{sql: "SET LOCAL statement_timeout = '" + lookWithin + "'"},
	}
	items = append(items, t.there(item{sql: sql, values: values, row: func(v [][]byte) error {
		rows = append(rows, texts(v))
		return nil
	}})...)
	err := t.c.main.do(ctx, items...)
	return rows, err
}

// firsts returns the first value of each row.
func firsts(rows [][]string) []string {
	values := make([]string, len(rows))
	for i, row := range rows {
		values[i] = row[0]
	}
	return values
}

// counting says how many rows are in the way, and which ones.
func counting(sql, which, hint string) explanation {
	return func(ctx context.Context, t *tx, e *host.SQLError) error {
		if t.warden != nil {
			judged, err := t.warden.judge(sql)
			if err != nil {
				return err
			}
			sql = judged
		}
		rows, err := t.look(ctx, sql)
		if err != nil || len(rows) != 1 {
			return errors.Join(errors.New("no count"), err)
		}
		e.Detail = strings.TrimSpace(e.Detail + " " + which + ": " + rows[0][0] + ".")
		e.Hint = hint
		return nil
	}
}

// hinting says what to do.
func hinting(hint string) explanation {
	return func(_ context.Context, _ *tx, e *host.SQLError) error {
		e.Hint = hint
		return nil
	}
}

// blocked says what to do about objects that depend on the one that is to go.
// The server names them in its detail; its hint, CASCADE, is no operation's.
func blocked(hint string) diagnosis { return diagnosis{codeDependent: hinting(hint)} }

// missingColumn lists the columns there are.
func missingColumn(tables ...string) diagnosis {
	return diagnosis{codeUndefinedColumn: func(ctx context.Context, t *tx, e *host.SQLError) error {
		var hints []string
		for _, table := range tables {
			rows, err := t.look(ctx, `SELECT a.attname FROM pg_catalog.pg_attribute a
				WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
				[]byte(quoteIdent(table)))
			if err != nil {
				return err
			}
			hints = append(hints, fmt.Sprintf("The columns of %s are %s.", quoteIdent(table), idents(firsts(rows))))
		}
		e.Hint = strings.Join(hints, " ")
		return nil
	}}
}
