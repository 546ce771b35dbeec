package postgres

import (
	"errors"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// A wall gives the verdict on each statement of a plugin, and writes anew what it
// allows.
//
//	text ─ grammar.Parse ─ checker: each node by lists, names qualified ─ policy.Judge
//	     ─ grammar.Deparse ─ parsed again, the same tree ─ what is sent
//
// What is sent has every table, type, collation and function with its schema.
// Operators, and the functions that a.b stands for where a has no column b, can't
// be qualified everywhere: the transaction must have search_path = pg_catalog, and
// standard_conforming_strings on.
type wall struct {
	judge  *policy.Judge
	home   string // the schema of what the plugin owns
	shared string // the schema of what others own
	cache  verdicts
}

// A checked is a statement that was allowed.
type checked struct {
	sql   string // what to send in its place
	facts *policy.Facts
}

func newWall(judge *policy.Judge, home, shared string) *wall {
	return &wall{judge: judge, home: home, shared: shared}
}

// Warm starts the parser of statements, which takes a second or two, beside what
// the caller does next. Package host calls it when a plugin is about to run: nobody
// else needs the parser.
func (d *database) Warm() { grammar.Warm() }

// check returns what to send for a statement. Errors are a *policy.Refusal, and
// a *host.SQLError for what the server would not read either.
func (w *wall) check(stmt host.Statement) (checked, error) {
	if v, ok := w.cache.get(stmt.SQL); ok && v.holds(w.judge) {
		return v.checked, v.err
	}
	v := verdict{foreign: map[string]bool{}}
	v.checked, v.err = w.judged(stmt, v.foreign)
	var refused *policy.Refusal
	if v.err == nil || errors.As(v.err, &refused) {
		w.cache.put(stmt.SQL, v)
	}
	return v.checked, v.err
}

// judged gives the verdict, and notes in foreign which names are not the plugin's:
// the verdict holds for as long as that does.
func (w *wall) judged(stmt host.Statement, foreign map[string]bool) (checked, error) {
	judge := *w.judge
	if w.judge.Foreign != nil {
		judge.Foreign = func(name string) bool {
			foreign[name] = w.judge.Foreign(name)
			return foreign[name]
		}
	}
	statements, err := grammar.Parse(stmt.SQL)
	if err == nil && len(statements) != 1 {
		return checked{}, &policy.Refusal{Line: judge.Grants.Line, Reason: fmt.Sprintf("send %d statements at once: each is sent by itself", len(statements))}
	}
	if err != nil {
		return checked{}, w.unread(stmt, err)
	}
	c := checker{wall: w, judge: &judge, sql: stmt.SQL}
	c.statement(statements[0])
	if refused := judge.Check(&c.facts); refused != nil {
		return checked{}, refused
	}
	sql, err := rewrite(statements[0])
	if err != nil {
		return checked{}, &policy.Refusal{Line: judge.Grants.Line, Reason: err.Error()}
	}
	return checked{sql, &c.facts}, nil
}

// rewrite writes a tree as text that the parser reads as the same tree.
func rewrite(tree grammar.Node) (string, error) {
	sql, err := grammar.Deparse(tree)
	if err != nil {
		return "", err
	}
	again, err := grammar.Reparse(sql)
	if err != nil {
		return "", fmt.Errorf("send a statement that can't be written anew: %w", err)
	}
	if len(again) != 1 || !again[0].Equal(tree) {
		return "", errors.New("send a statement that reads differently when it is written anew; write it in a simpler way")
	}
	return sql, nil
}

// unread is the error of what was not parsed.
func (w *wall) unread(stmt host.Statement, err error) error {
	var syntax *grammar.SyntaxError
	if errors.As(err, &syntax) {
		return &host.SQLError{Code: codeSyntax, Message: syntax.Message, Position: syntax.Position, SQL: stmt.SQL, Ordinal: stmt.Ordinal, Err: err}
	}
	return &policy.Refusal{Line: w.judge.Grants.Line, Reason: "send SQL that is " + err.Error()}
}
