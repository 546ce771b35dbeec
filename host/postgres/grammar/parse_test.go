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

// What could overflow the parser's stack never reaches it, and what is read
// afterwards is read as before.
func TestDeepNesting(t *testing.T) {
	shapes := map[string]func(n int) string{
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
	for name, shape := range shapes {
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
