package grammar_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

func TestParse(t *testing.T) {
	nodes, err := grammar.Parse(`ALTER TABLE public."T" ADD COLUMN a int DEFAULT lower('x'), DROP b; SELECT 1`)
	if err != nil || len(nodes) != 2 || !nodes[0].Is("AlterTableStmt") || !nodes[1].Is("SelectStmt") {
		t.Fatalf("got %+v, %v", nodes, err)
	}
	table := nodes[0].Node("relation")
	if table.Text("schemaname") != "public" || table.Text("relname") != "T" || table.At() != 12 {
		t.Errorf("the table is %+v", table)
	}
	cmds := nodes[0].List("cmds")
	if len(cmds) != 2 || cmds[0].Text("subtype") != "AT_AddColumn" || cmds[0].Node("def").Node("typeName").Name("names") != "int4" {
		t.Fatalf("the changes are %+v", cmds)
	}
	var calls []string
	nodes[0].Walk(func(n grammar.Node) bool {
		if n.Is("FuncCall") {
			calls = append(calls, n.Name("funcname"))
		}
		return true
	})
	if !slices.Equal(calls, []string{"lower"}) {
		t.Errorf("the functions are %v", calls)
	}
	if absent := nodes[0].Node("nothing").Node("deeper"); absent.There() || absent.Text("x") != "" || len(absent.List("x")) != 0 {
		t.Errorf("what is not there is %+v", absent)
	}
}

// Positions count characters, not bytes.
func TestSyntaxErrors(t *testing.T) {
	for sql, position := range map[string]int{"SELECT 'äöü', FROM FROM": 15, "SELEC 1": 1, "SELECT (": 9} {
		_, err := grammar.Parse(sql)
		var syntax *grammar.SyntaxError
		if !errors.As(err, &syntax) || syntax.Position != position || !strings.HasPrefix(syntax.Message, "syntax error at") {
			t.Errorf("%s: %#v", sql, err)
		}
	}
}

// deepShapes are the ways to nest, n times.
var deepShapes = map[string]func(n int) string{
	"sums":        func(n int) string { return "SELECT 1" + strings.Repeat("+1", n) },
	"signs":       func(n int) string { return "SELECT " + strings.Repeat("- a ", n) },
	"minus":       func(n int) string { return "SELECT " + strings.Repeat("- ", n) + "a" },
	"not":         func(n int) string { return "SELECT " + strings.Repeat("NOT ", n) + "true" },
	"parentheses": func(n int) string { return "SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) },
	"calls":       func(n int) string { return "SELECT " + strings.Repeat("f(", n) + "1" + strings.Repeat(")", n) },
	"queries":     func(n int) string { return "SELECT " + strings.Repeat("(SELECT ", n) + "1" + strings.Repeat(")", n) },
	"from": func(n int) string {
		return strings.Repeat("SELECT 1 FROM (", n) + "SELECT 1" + strings.Repeat(") x", n)
	},
	"in": func(n int) string {
		return "SELECT 1" + strings.Repeat(" WHERE a IN (SELECT 1", n) + strings.Repeat(")", n)
	},
	"unions": func(n int) string { return "SELECT 1, 2" + strings.Repeat(" UNION ALL SELECT 1, 2", n) },
	"joins":  func(n int) string { return "SELECT 1 FROM a" + strings.Repeat(" JOIN a ON a", n) },
	"arrays": func(n int) string { return "SELECT " + strings.Repeat("ARRAY[", n) + "1" + strings.Repeat("]", n) },
	"cases": func(n int) string {
		return "SELECT " + strings.Repeat("CASE WHEN true THEN ", n) + "1" + strings.Repeat(" END", n)
	},
	"casts":    func(n int) string { return "SELECT 1" + strings.Repeat("::int", n) },
	"indexes":  func(n int) string { return "SELECT a" + strings.Repeat("[1]", n) },
	"and":      func(n int) string { return "SELECT 1 WHERE a" + strings.Repeat(" AND a", n) },
	"collates": func(n int) string { return "SELECT a" + strings.Repeat(` COLLATE "C"`, n) },
	"explains": func(n int) string { return strings.Repeat("EXPLAIN ", n) + "SELECT 1" },
	"is":       func(n int) string { return "SELECT a" + strings.Repeat(" IS NULL", n) },
	"zones":    func(n int) string { return "SELECT a" + strings.Repeat(" AT TIME ZONE 'x'", n) },
	"postfix":  func(n int) string { return "SELECT a" + strings.Repeat(" ISNULL", n) },
}

// What could overflow the parser's stack never reaches it, and what is read
// afterwards is read as before.
func TestDeepNesting(t *testing.T) {
	for name, shape := range deepShapes {
		for _, n := range []int{50, 100, 249, 3000} {
			_, err := grammar.Parse(shape(n))
			var syntax *grammar.SyntaxError
			if err != nil && !errors.As(err, &syntax) && !errors.Is(err, grammar.ErrTooLarge) {
				t.Fatalf("%s, %d deep: %v", name, n, err)
			}
			if flat := name == "indexes"; n >= 1000 && err == nil && !flat {
				t.Errorf("%s, %d deep: it is read", name, n)
			}
		}
		if _, err := grammar.Parse("SELECT 1"); err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
	}
}

// What is written for a tree reads as that tree, wherever its parts stood.
func TestDeparse(t *testing.T) {
	for sql, want := range map[string]string{
		"select  a,\n'it''s' from\tb": "SELECT a, 'it''s' FROM b",
		"SELECT E'\\\\', U&'\\0061'":  "SELECT E'\\\\', 'a'",
		"SELECT -1, '<b>\x01\"'":      "SELECT -1, '<b>\x01\"'",
		"SELECT DISTINCT 0, ''":       "SELECT DISTINCT 0, ''",
	} {
		nodes, err := grammar.Parse(sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		got, err := grammar.Deparse(nodes[0])
		if err != nil || got != want {
			t.Errorf("%s: got %s (%v), want %s", sql, got, err, want)
		}
		again, err := grammar.Reparse(got)
		if err != nil || !again[0].Equal(nodes[0]) {
			t.Errorf("%s: it reads differently (%v)", got, err)
		}
	}
	one, _ := grammar.Parse("SELECT a FROM b")
	for _, other := range []string{"SELECT a FROM c", "SELECT a FROM b WHERE true", "SELECT a, a FROM b", "SELECT a", "SELECT a AS a FROM b"} {
		if nodes, err := grammar.Parse(other); err != nil || nodes[0].Equal(one[0]) || one[0].Equal(nodes[0]) {
			t.Errorf("%s is the same (%v)", other, err)
		}
	}
}

func TestBuild(t *testing.T) {
	nodes, err := grammar.Parse("SELECT a FROM t")
	if err != nil {
		t.Fatal(err)
	}
	table := nodes[0].List("fromClause")[0]
	table.SetText("schemaname", "s")
	alias := grammar.Make("Alias")
	alias.SetText("aliasname", "x y")
	inner := table.Moved()
	inner.Set("alias", alias)
	query := grammar.Make("SelectStmt")
	query.Set("fromClause", inner)
	query.SetText("op", "SETOP_NONE")
	query.SetText("limitOption", "LIMIT_OPTION_DEFAULT")
	outer := grammar.Make("RangeSubselect")
	outer.SetTrue("lateral")
	outer.Set("subquery", query)
	outer.Set("alias", grammar.Make("Alias"))
	outer.Node("alias").SetText("aliasname", "t")
	if now := table.Become(outer); now.Kind != "RangeSubselect" || now.Has("relname") {
		t.Errorf("it is %+v", now)
	}
	if got, err := grammar.Deparse(nodes[0]); err != nil || got != `SELECT a FROM LATERAL (SELECT FROM s.t "x y") t` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestTextsThatAreNotRead(t *testing.T) {
	for sql, want := range map[string]error{
		"SELECT 1\x00; SELECT 2":                grammar.ErrText,
		"SELECT '\xff'":                         grammar.ErrText,
		strings.Repeat("/*", 101):               grammar.ErrTooLarge,
		"SELECT 1" + strings.Repeat(" ", 1<<20): grammar.ErrTooLarge,
	} {
		if _, err := grammar.Parse(sql); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", sql, err, want)
		}
	}
}

// What is not refused for its depth is written as what it is: the parser's stack
// holds half as much again.
func TestDeparseDeepTrees(t *testing.T) {
	for name, shape := range deepShapes {
		written := 0
		for n := 5; n < 250; n = n*6/5 + 1 {
			nodes, err := grammar.Parse(shape(n))
			if err != nil {
				break
			}
			sql, err := grammar.Deparse(nodes[0])
			if errors.Is(err, grammar.ErrTooLarge) {
				break
			}
			again, err2 := grammar.Reparse(sql)
			if err != nil || err2 != nil || !again[0].Equal(nodes[0]) {
				t.Fatalf("%s, %d deep: %v, %v", name, n, err, err2)
			}
			written = n
		}
		if written < 5 && name != "explains" { // of which one does not take another
			t.Errorf("%s is written up to %d deep only", name, written)
		}
	}
}

// What is long and flat is read.
func TestLongStatements(t *testing.T) {
	for _, sql := range []string{
		"INSERT INTO t VALUES " + strings.Repeat("(1, 'a' || 'b', -3, '{}'::jsonb),\n", 3000) + "(1, 2, 3, 4)",
		"CREATE TABLE t (" + strings.Repeat("a numeric(10,2) DEFAULT -1 CHECK (a > 0 AND a < 5),", 500) + " b int)",
	} {
		if _, err := grammar.Parse(sql); err != nil {
			t.Errorf("%.30s…: %v", sql, err)
		}
	}
	if _, err := grammar.Parse("SELECT '" + strings.Repeat("x", 1<<20) + "'"); !errors.Is(err, grammar.ErrTooLarge) {
		t.Errorf("a megabyte: %v", err)
	}
}
