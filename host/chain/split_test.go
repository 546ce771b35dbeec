package chain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestSplit(t *testing.T) {
	both := []chain.Dialect{chain.PostgreSQL, chain.SQLite}
	pg, lite := both[:1], both[1:]
	for _, c := range []struct {
		name     string
		dialects []chain.Dialect
		sql      string
		want     []string // "line: statement"
	}{
		{"nothing", both, " \n ;; -- a\n ; /* b */ ;", nil},
		{"one without a semicolon", both, "select 1", []string{"1: select 1"}},
		{"comments around and inside", both, "-- a\nselect /* ; */ 1 -- ;\n+ 2 -- b\n; -- c\nselect 3", []string{
			"2: select /* ; */ 1 -- ;\n+ 2", "5: select 3"}},
		{"semicolons in quotes", both, `select ';', ";"; select 2`, []string{`1: select ';', ";"`, "1: select 2"}},
		{"semicolons in dollar quotes", pg, "do $x$ begin; $$ ; $$ end; $x$; select 1", []string{
			"1: do $x$ begin; $$ ; $$ end; $x$", "1: select 1"}},
		{"semicolons in SQLite's names", lite, "select [;], `;`; select 2", []string{"1: select [;], `;`", "1: select 2"}},
		{"parameters are no dollar quotes", pg, "select $1; select $1", []string{"1: select $1", "1: select $1"}},
		{"a rule's actions", pg, "create or replace rule r as on insert to t do also (insert into a values (1); delete from b); select 1", []string{
			"1: create or replace rule r as on insert to t do also (insert into a values (1); delete from b)", "1: select 1"}},
		{"a routine in standard SQL", pg,
			"create or replace function f(a int) returns int\nbegin atomic\n select case a when 1 then 2 end; select (case when true then 1 end);\nend; select 1",
			[]string{"1: create or replace function f(a int) returns int\nbegin atomic\n select case a when 1 then 2 end; select (case when true then 1 end);\nend", "4: select 1"}},
		{"a routine whose columns are called case and end", pg,
			"create procedure p() begin atomic select t.end as end, t.case as case from t; end; select 1",
			[]string{"1: create procedure p() begin atomic select t.end as end, t.case as case from t; end", "1: select 1"}},
		{"begin atomic is nothing elsewhere", pg, "create table begin (atomic int); select 1", []string{
			"1: create table begin (atomic int)", "1: select 1"}},
		{"PostgreSQL's triggers have no body", pg, "create trigger t after insert on a execute function f(); select 1", []string{
			"1: create trigger t after insert on a execute function f()", "1: select 1"}},
		{"SQLite's triggers have one", lite,
			"create trigger t after insert on a when case new.x when 1 then 1 end begin\n update a set b = case when c then d end; select 1;\nend; select 2",
			[]string{"1: create trigger t after insert on a when case new.x when 1 then 1 end begin\n update a set b = case when c then d end; select 1;\nend", "3: select 2"}},
		{"temporary ones, without a last semicolon", lite, "CREATE TEMP TRIGGER IF NOT EXISTS t BEFORE DELETE ON a BEGIN SELECT 1; END", []string{
			"1: CREATE TEMP TRIGGER IF NOT EXISTS t BEFORE DELETE ON a BEGIN SELECT 1; END"}},
		{"a comment between the last semicolon and END", lite, "create temporary trigger t delete on a begin select 1; -- x\n end; select 2", []string{
			"1: create temporary trigger t delete on a begin select 1; -- x\n end", "2: select 2"}},
		{"a table called trigger", lite, "create table trigger_log (a); select 1", []string{"1: create table trigger_log (a)", "1: select 1"}},
		{"plain COPY", pg, "copy t from '/x'; copy (select 'from stdin') to '/y'", []string{"1: copy t from '/x'", "1: copy (select 'from stdin') to '/y'"}},
		{"PREPARE of a statement", pg, "prepare p as select 1; start_x", []string{"1: prepare p as select 1", "1: start_x"}},
		{"words that only begin like transaction control", both, "endow; beginning; commitment", []string{"1: endow", "1: beginning", "1: commitment"}},
	} {
		for _, d := range c.dialects {
			stmts, err := chain.Split(d, c.sql)
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, d, err)
			}
			var got []string
			for _, s := range stmts {
				got = append(got, fmt.Sprintf("%d: %s", s.Line, s.SQL))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %s:\n got %q\nwant %q", c.name, d, got, c.want)
			}
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	both := []chain.Dialect{chain.PostgreSQL, chain.SQLite}
	pg, lite := both[:1], both[1:]
	for _, c := range []struct {
		name     string
		dialects []chain.Dialect
		sql      string
		line     int
		want     string // in the message
	}{
		{"string without end", both, "select 1;\nselect 'a\n;", 2, "the string that opens here is never closed"},
		{"name without end", both, "\n\nselect \"a;", 3, "the quoted name that opens here is never closed"},
		{"comment without end", both, "select 1;\n/* select 2;", 2, "the comment that opens here is never closed"},
		{"nested comment without end", pg, "/* /* */ select 1;", 1, "the comment that opens here is never closed"},
		{"dollar quote without end", pg, "do $x$ begin\n $y$;", 1, "the dollar quote $x$ that opens here is never closed"},
		{"semicolon in a parenthesis", both, "create table t (\n a int;\ncreate table u (b int);", 2, "inside the parenthesis that opens at line 1"},
		{"parenthesis without end", both, "select 1;\nselect (1", 2, "the parenthesis is never closed"},
		{"rule without end", pg, "create rule r as on insert to t do (select 1; select 2", 1, "the parenthesis is never closed"},
		{"trigger without END", lite, "select 1;\ncreate trigger t delete on a begin select 1;\nselect 2;", 2, "has no END"},
		{"routine without END", pg, "create function f() begin atomic select case when 1 then 2; end;", 1, "BEGIN ATOMIC has no END"},
		{"inline data", pg, "select 1;\ncopy t (a, b) from stdin with (format csv);\n1,'2\n\\.\n", 2, "COPY … FROM stdin"},
		{"psql command", pg, "select 1;\n\\connect other\n", 2, `\connect other is a command of psql`},
		{"psql command after a statement", pg, "select 1 \\gexec", 1, `\gexec is a command of psql`},
		{"sqlite3 command", lite, "select 1;\n.read other.sql\n", 2, ".read other.sql is a command of the sqlite3 shell"},
		{"begin", both, "select 1;\n begin ;", 2, "BEGIN: the runner owns the transaction"},
		{"begin of another kind", both, "BEGIN IMMEDIATE;", 1, "BEGIN: the runner"},
		{"commit", both, "select 1; /* x */ Commit", 1, "COMMIT: the runner"},
		{"end", both, "end transaction;", 1, "END: the runner"},
		{"rollback", both, "rollback;", 1, "-- +autocommit begin"},
		{"rollback to", both, "rollback to a;", 1, "ROLLBACK: the runner"},
		{"savepoint", both, "savepoint a;", 1, "SAVEPOINT: the runner"},
		{"release", both, "release a;", 1, "RELEASE: the runner"},
		{"abort", pg, "abort;", 1, "ABORT: the runner"},
		{"start transaction", pg, "start /**/ transaction isolation level serializable;", 1, "START TRANSACTION: the runner"},
		{"prepare transaction", pg, "prepare transaction 'x';", 1, "PREPARE TRANSACTION: the runner"},
	} {
		for _, d := range c.dialects {
			_, err := chain.Split(d, c.sql)
			var bad *chain.ParseError
			if !errors.As(err, &bad) || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
				t.Errorf("%s, %s: got %v, want line %d: … %s", c.name, d, err, c.line, c.want)
			}
		}
	}
}

// FuzzSplit checks that nothing of a text is lost or made up: its tokens are
// the text, its statements stand in it in order with nothing but blanks and
// semicolons between, and each of them is one statement by itself.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"select 1; select 2", "create trigger t delete on a begin select 1; end; select 1", "do $x$ ; $x$; select $1",
		"create function f() begin atomic select case 1 when 1 then 2 end; end", "create rule r as on insert to t do (a;b)",
		"E'a'\n'\\'b'; /* /* */ */ select [a;] `;`", "'", "/*", "$x$", "\"", "(;)", "-- +upgrade\n;", "\xff\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			var all strings.Builder
			for tok := range chain.Tokens(d, sql) {
				if tok.Pos != all.Len() || tok.Text == "" {
					t.Fatalf("token %q at %d, after %d bytes", tok.Text, tok.Pos, all.Len())
				}
				all.WriteString(tok.Text)
			}
			if all.String() != sql {
				t.Fatalf("the tokens are %q", all.String())
			}
			stmts, err := chain.Split(d, sql)
			if err != nil {
				continue
			}
			var tokens []chain.Token
			for tok := range chain.Tokens(d, sql) {
				if !tok.Blank() && !tok.Is(";") {
					tokens = append(tokens, tok)
				}
			}
			for i, s := range stmts {
				if len(tokens) == 0 || !strings.HasPrefix(sql[tokens[0].Pos:], s.SQL) {
					t.Fatalf("%s: statement %d, %q, does not stand in its place", d, i, s.SQL)
				}
				if line := 1 + strings.Count(sql[:tokens[0].Pos], "\n"); s.Line != line {
					t.Fatalf("%s: statement %d at line %d, want %d", d, i, s.Line, line)
				}
				end := tokens[0].Pos + len(s.SQL)
				for len(tokens) > 0 && tokens[0].Pos < end {
					tokens = tokens[1:]
				}
				again, err := chain.Split(d, s.SQL)
				if err != nil || len(again) != 1 || again[0].SQL != s.SQL {
					t.Fatalf("%s: %q splits into %v, %v", d, s.SQL, again, err)
				}
			}
			if len(tokens) > 0 {
				t.Fatalf("%s: %q is left", d, sql[tokens[0].Pos:])
			}
		}
	})
}

// Columns count characters, from 1, whatever ends the lines and whatever stands
// before on the line.
func TestColumns(t *testing.T) {
	stmts, err := chain.Split(chain.SQLite, "  SELECT 1; SELECT 2;\n/* ä */ SELECT 3;\n\n\tSELECT\n 4")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []chain.Statement{{"SELECT 1", 1, 3}, {"SELECT 2", 1, 13}, {"SELECT 3", 2, 9}, {"SELECT\n 4", 4, 2}} {
		if i >= len(stmts) || stmts[i] != want {
			t.Fatalf("statement %d of %+v, want %+v", i, stmts, want)
		}
	}
}

func TestDirectives(t *testing.T) {
	text := "-- Revision ID: aaaaaaaaaaaa\r\n-- Revises:\r\n--  sandpiper:a head\r\n-- +upgrade\r\nCREATE TABLE t ( -- sandpiper:b inside\r\n a int);\r\n" +
		"SELECT '-- sandpiper:no'; -- sandpiper:c behind\r\n-- +upgrade sqlite\r\n-- sandpiper:d of the other\r\nSELECT 2;\r\n-- +downgrade\r\n-- sandpiper:e below\r\n/* sandpiper:f in a\r\n block */ SELECT '/* sandpiper:no */';"
	file, err := chain.Parse("f.sql", chain.PostgreSQL, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []chain.Directive{{"sandpiper:a head", 3, true}, {"sandpiper:b inside", 5, false}, {"sandpiper:c behind", 7, false}, {"sandpiper:e below", 12, false},
		{"sandpiper:f in a\n block", 13, false}}
	if !slices.Equal(file.Directives, want) {
		t.Errorf("got %+v", file.Directives)
	}
}

// What is put into a text of several statements ends with a semicolon that no
// comment swallows; a comment alone is none of them.
func TestTerminate(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1": "SELECT 1;", "SELECT 1; \n": "SELECT 1;", "SELECT 1 -- one": "SELECT 1 -- one\n;",
		"-- nothing": "-- nothing", "-- one\nSELECT 1": "-- one\nSELECT 1;",
	} {
		if got := chain.Terminate(sql); got != want {
			t.Errorf("%q: got %q, want %q", sql, got, want)
		}
	}
}
