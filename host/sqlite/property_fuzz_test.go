package sqlite_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// FuzzOperations is TestOperations with the scenarios that Go's fuzzer makes.
func FuzzOperations(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { scenarios.Draw(t, "scenario").check(t) }))
}

// FuzzCreateTable gives whatever text SQLite takes for a table one more column,
// which needs a rebuild: the text is the old one with something in between, or
// nothing has changed.
func FuzzCreateTable(f *testing.F) {
	for _, sql := range []string{
		"CREATE TABLE t (a)",
		"CREATE TABLE [t] ('a' INTEGER PRIMARY KEY DESC, b DEFAULT (1), UNIQUE (b) CHECK (a > 0)) -- end",
		"CREATE TABLE IF NOT EXISTS \"t\" (a TEXT COLLATE nocase, b AS (a) STORED, PRIMARY KEY (a, b)) WITHOUT ROWID, STRICT",
		"CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\"",
		"CREATE TABLE t (a VARCHAR(10) CONSTRAINT n NOT NULL ON CONFLICT REPLACE REFERENCES t DEFERRABLE, /* ) */ b -- ,\n)",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		words := lex(sql)
		words = slices.DeleteFunc(words, func(l lexeme) bool { return l.comment })
		if len(words) < 3 || alike(words[0].text) != "create" || alike(words[1].text) != "table" || strings.Contains(sql, ";") {
			t.Skip("no table")
		}
		conn, name := memory(t)
		db := plainOpen(t, name)
		if db.Exec(sql) != nil || len(db.texts()) != 1 || db.texts()[""] != "" || !utf8.ValidString(sql) {
			t.Skip("SQLite does not take it, or no document can name it")
		}
		before := db.state()
		var table, text string
		for table, text = range db.texts() {
		}
		err := migrate(t.Context(), conn, string(schema.Append(nil, schema.Request{Operation: &schema.AddColumn{
			Table: table, Column: schema.Column{Name: "one more", Type: schema.TypeOf(schema.BaseUUID), Default: schema.DefaultUUID()},
		}})))
		got := plainOpen(t, name)
		if err != nil {
			var refused *host.SQLError
			if !errors.As(err, &refused) || strings.Contains(err.Error(), "this is a bug") {
				t.Fatalf("%v (%T)", err, err)
			}
			got.same(before, got.state(), "after the refusal")
			return
		}
		got.healthy()
		if now := got.texts()[table]; !isLonger(lex(text), lex(now)) {
			t.Fatalf("the text is\n%s\nwas\n%s", now, text)
		}
	})
}

// isLonger reports whether now is was, with something in between: the name of
// the table may be quoted in another way.
func isLonger(was, now []lexeme) bool {
	same := func(a, b lexeme) bool { return a.text == b.text || nameOf(a.text) == nameOf(b.text) }
	i, j := 0, 0
	for i < len(was) && i < len(now) && same(was[i], now[i]) {
		i++
	}
	for j < len(was)-i && same(was[len(was)-1-j], now[len(now)-1-j]) {
		j++
	}
	return i+j == len(was)
}
