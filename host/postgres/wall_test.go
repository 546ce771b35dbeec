package postgres

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

var update = flag.Bool("update", false, "write what the wall answers to testdata/wall.txt")

// acme is the plugin of testdata/wall.txt.
func acme(t testing.TB) *policy.Judge {
	grants, err := policy.New("acme", abi.Capabilities{
		Owns: []string{"acme_*"},
		Uses: []abi.Use{
			{Table: "flow_run", Verbs: []string{"select", "update"}, Columns: []string{"id", "name"}},
			{Table: "other_t", Verbs: []string{"select", "insert", "update", "delete"}},
			{Table: "log", Verbs: []string{"insert"}},
		},
		Functions: []string{"app_ok"},
	}, policy.Claim{Line: "tools", Pattern: "acme_tools_*"})
	if err != nil {
		t.Fatal(err)
	}
	return &policy.Judge{Grants: grants, Dialect: chain.PostgreSQL}
}

// wallOf returns the wall of a section of testdata/wall.txt.
func wallOf(t testing.TB, section string) *wall {
	if strings.HasPrefix(section, "own") {
		return newWall(acme(t), "acme", "public")
	}
	return newWall(acme(t), "public", "public")
}

// A walled is a line of testdata/wall.txt, with the answer below it.
type walled struct{ section, sql, answer string }

func readWalled(t testing.TB) (list []walled) {
	text, err := os.ReadFile("testdata/wall.txt")
	if err != nil {
		t.Fatal(err)
	}
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "## "); ok {
			section = name
		} else if sql, ok := strings.CutPrefix(line, ">"); ok {
			list = append(list, walled{section, strings.TrimPrefix(sql, " "), ""})
		} else if line != "" && line[0] != '#' {
			list[len(list)-1].answer = line
		}
	}
	return list
}

// answer is what testdata/wall.txt has for a verdict.
func answer(c checked, err error) string {
	var refused *policy.Refusal
	var syntax *host.SQLError
	switch {
	case errors.As(err, &refused) && refused.At > 0:
		return fmt.Sprintf("! %s (at %d)", strings.TrimPrefix(refused.Error(), "plugin acme may not: "), refused.At)
	case errors.As(err, &refused):
		return "! " + strings.TrimPrefix(refused.Error(), "plugin acme may not: ")
	case errors.As(err, &syntax):
		return fmt.Sprintf("! %v at %d", syntax, syntax.Position)
	case err != nil:
		return "? " + err.Error()
	}
	return "= " + strings.ReplaceAll(c.sql, "\n", "\\n")
}

func TestWall(t *testing.T) {
	walls := map[string]*wall{}
	answers := map[string]string{}
	for _, w := range readWalled(t) {
		if walls[w.section] == nil {
			walls[w.section] = wallOf(t, w.section)
		}
		stmt := host.Statement{SQL: w.sql, Ordinal: 1}
		got := answer(walls[w.section].check(stmt))
		if again := answer(walls[w.section].check(stmt)); again != got {
			t.Errorf("%s\nis %s\nand the second time %s", w.sql, got, again)
		}
		if got != w.answer && !*update {
			t.Errorf("%s: %s\ngot  %s\nwant %s", w.section, w.sql, got, w.answer)
		}
		answers[w.section+w.sql] = got
	}
	if !*update {
		return
	}
	text, err := os.ReadFile("testdata/wall.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	section := ""
	for line := range strings.Lines(string(text)) {
		trimmed := strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(trimmed, "## "); ok {
			section = name
		}
		if line == "\n" || line[0] == '#' || line[0] == '>' {
			b.WriteString(line)
		}
		if sql, ok := strings.CutPrefix(trimmed, ">"); ok {
			b.WriteString(answers[section+strings.TrimPrefix(sql, " ")] + "\n")
		}
	}
	if err := os.WriteFile("testdata/wall.txt", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What would hurt the parser is refused, and the next statement is judged as ever.
func TestWallOnBombs(t *testing.T) {
	w := wallOf(t, "shared")
	for name, sql := range map[string]string{
		"NUL":         "SELECT 1\x00; DELETE FROM sandpiper_history",
		"not UTF-8":   "SELECT '\xff'",
		"parentheses": "SELECT " + strings.Repeat("(", 20000) + "1" + strings.Repeat(")", 20000),
		"operators":   "SELECT 1" + strings.Repeat("+1", 4000),
		"subqueries":  "SELECT " + strings.Repeat("(SELECT ", 70) + "1" + strings.Repeat(")", 70),
		"functions":   strings.Repeat("SELECT * FROM abs((", 60) + "1" + strings.Repeat("))", 60),
		"casts":       "SELECT 1" + strings.Repeat("::int", 100),
		"comments":    strings.Repeat("/*", 5000) + strings.Repeat("*/", 5000) + "SELECT 1",
		"long":        "SELECT '" + strings.Repeat("x", 1<<20) + "'",
	} {
		var refused *policy.Refusal
		if _, err := w.check(host.Statement{SQL: sql}); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
		if c, err := w.check(host.Statement{SQL: "SELECT 1 AS " + fmt.Sprintf("%q", name)}); err != nil || c.sql == "" {
			t.Fatalf("after %s: %v", name, err)
		}
	}
}

// In RETURNING, a table that is called excluded is the table, and not the row that
// was to be inserted.
func TestWallOnTableCalledExcluded(t *testing.T) {
	grants, err := policy.New("acme", abi.Capabilities{Uses: []abi.Use{
		{Table: "flow_run", Verbs: []string{"insert", "update"}, Columns: []string{"id", "name"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWall(&policy.Judge{Grants: grants, Dialect: chain.PostgreSQL}, "acme", "public")
	insert := "INSERT INTO flow_run AS excluded (id, name) VALUES (1, 'x') ON CONFLICT ON CONSTRAINT flow_run_pkey DO UPDATE SET name = 'x'"
	if _, err := w.check(host.Statement{SQL: insert}); err != nil {
		t.Error(err)
	}
	var refused *policy.Refusal
	if _, err := w.check(host.Statement{SQL: insert + " RETURNING excluded.secret"}); !errors.As(err, &refused) {
		t.Errorf("it reads a column that is not granted: %v", err)
	}
}
