package tabletext

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// describe writes down what Parse has found.
func describe(t *Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", t.Name)
	if t.Strict {
		b.WriteString(" STRICT")
	}
	if t.WithoutRowID {
		b.WriteString(" WITHOUT ROWID")
	}
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "\n%s|%s", c.Name, t.Text(c.Type))
		for _, k := range c.Constraints {
			b.WriteString("|" + constraint(t, k))
		}
	}
	for _, k := range t.Constraints {
		b.WriteString("\n- " + constraint(t, k))
	}
	return b.String()
}

func constraint(t *Table, k Constraint) string {
	s := fmt.Sprintf("%s %s %v", k.Kind, k.Name, k.Columns)
	if k.Kind == ForeignKey {
		s += fmt.Sprintf(" %s%v %s/%s", k.Parent, k.To, k.OnDelete, k.OnUpdate)
	}
	if !k.Expr.empty() {
		s += " <" + t.Text(k.Expr) + ">"
	}
	if k.Autoincrement {
		s += " AUTOINCREMENT"
	}
	if k.Stored {
		s += " STORED"
	}
	return s + " {" + t.Text(k.Span) + "}"
}

// grammar are texts that SQLite accepts, each with what is in it.
var grammar = []struct{ sql, want string }{
	{"CREATE TABLE t(a)", "t\na|"},
	{"CREATE TABLE 't t'([a b], `c``d` int, \"e\"\"f\" \"T Y\", 'g''h' 'x' y)", "t t\na b|\nc`d|int\ne\"f|\"T Y\"\ng'h|'x' y"},
	{"create temp table if not exists main.t(a/*,*/int-- )\n) ;", "t\na|int"},
	{"CREATE TABLE t(key, action TEXT, \"check\" INT, generated, always always, if if)", "t\nkey|\naction|TEXT\ncheck|INT\ngenerated|\nalways|always\nif|if"},
	{"CREATE TABLE t(a DOUBLE PRECISION, b VARCHAR ( 10 ), c NUMERIC(-1,+2), d unsigned big int NOT NULL)",
		"t\na|DOUBLE PRECISION\nb|VARCHAR ( 10 )\nc|NUMERIC(-1,+2)\nd|unsigned big int|NOT NULL  [] {NOT NULL}"},
	{"CREATE TABLE t(a INTEGER CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT FAIL AUTOINCREMENT)",
		"t\na|INTEGER|primary key pk [a] AUTOINCREMENT {CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT FAIL AUTOINCREMENT}"},
	{"CREATE TABLE t(a DEFAULT -1.5e3, b DEFAULT (1+(2)), c DEFAULT x'00', d DEFAULT \"q\" NULL, e DEFAULT CURRENT_TIMESTAMP, f DEFAULT 'it''s' UNIQUE)",
		"t\na||default  [] <-1.5e3> {DEFAULT -1.5e3}\nb||default  [] <(1+(2))> {DEFAULT (1+(2))}\nc||default  [] <x'00'> {DEFAULT x'00'}" +
			"\nd||default  [] <\"q\"> {DEFAULT \"q\"}|NULL  [] {NULL}\ne||default  [] <CURRENT_TIMESTAMP> {DEFAULT CURRENT_TIMESTAMP}\nf||default  [] <'it''s'> {DEFAULT 'it''s'}|unique constraint  [f] {UNIQUE}"},
	{"CREATE TABLE t(a, b INT GENERATED ALWAYS AS (a) STORED, c AS (a||')') VIRTUAL NOT NULL, d generated always as(1))",
		"t\na|\nb|INT|generated column  [] <a> STORED {GENERATED ALWAYS AS (a) STORED}\nc||generated column  [] <a||')'> {AS (a||')') VIRTUAL}|NOT NULL  [] {NOT NULL}\nd||generated column  [] <1> {generated always as(1)}"},
	{"CREATE TABLE t(a COLLATE 'nocase' REFERENCES p MATCH full ON DELETE SET NULL ON UPDATE no  action NOT DEFERRABLE INITIALLY DEFERRED CHECK(a>0) ON CONFLICT IGNORE)",
		"t\na||collation  [] <'nocase'> {COLLATE 'nocase'}|foreign key  [a] p[] SET NULL/NO ACTION {REFERENCES p MATCH full ON DELETE SET NULL ON UPDATE no  action NOT DEFERRABLE INITIALLY DEFERRED}|check  [] <a>0> {CHECK(a>0) ON CONFLICT IGNORE}"},
	{"CREATE TABLE t(a CONSTRAINT x CONSTRAINT y NOT NULL CONSTRAINT z, b)",
		"t\na||name of a constraint x [] {CONSTRAINT x}|NOT NULL y [] {CONSTRAINT y NOT NULL}|name of a constraint z [] {CONSTRAINT z}\nb|"},
	{"CREATE TABLE t(a, b, CHECK(a) CHECK(b) CONSTRAINT u UNIQUE(a COLLATE nocase DESC,\"b\") ON CONFLICT REPLACE, PRIMARY KEY(a, b) CONSTRAINT f FOREIGN KEY(a,b) REFERENCES p(c,d) ON UPDATE CASCADE DEFERRABLE CONSTRAINT z)WITHOUT rowid,STRICT",
		"t STRICT WITHOUT ROWID\na|\nb|\n- check  [] <a> {CHECK(a)}\n- check  [] <b> {CHECK(b)}\n- unique constraint u [a b] {CONSTRAINT u UNIQUE(a COLLATE nocase DESC,\"b\") ON CONFLICT REPLACE}" +
			"\n- primary key  [a b] {PRIMARY KEY(a, b)}\n- foreign key f [a b] p[c d] /CASCADE {CONSTRAINT f FOREIGN KEY(a,b) REFERENCES p(c,d) ON UPDATE CASCADE DEFERRABLE}\n- name of a constraint z [] {CONSTRAINT z}"},
	{"CREATE TABLE t(a INTEGER, PRIMARY KEY(a AUTOINCREMENT))", "t\na|INTEGER\n- primary key  [a] AUTOINCREMENT {PRIMARY KEY(a AUTOINCREMENT)}"},
	{"CREATE TABLE t(\n  \"a\" INT,\n  b TEXT\n)", "t\na|INT\nb|TEXT"},
}

func TestParse(t *testing.T) {
	for _, g := range grammar {
		table, err := Parse(g.sql)
		if err != nil {
			t.Errorf("%s: %v", g.sql, err)
			continue
		}
		if got := describe(table); got != g.want {
			t.Errorf("%s\nis\n%s\nnot\n%s", g.sql, got, g.want)
		}
		reassembles(t, table)
	}
}

// reassembles asserts that the spans are in order and hold whole tokens.
func reassembles(t *testing.T, table *Table) {
	t.Helper()
	var b strings.Builder
	at := 0
	for _, item := range table.items {
		if item.Start < at || item.End <= item.Start || item.End > len(table.SQL) {
			t.Fatalf("%s: the span %v follows %d", table.SQL, item, at)
		}
		b.WriteString(table.SQL[at:item.Start] + table.Text(item))
		at = item.End
	}
	if got := b.String() + table.SQL[at:]; got != table.SQL {
		t.Errorf("%s reassembles to %s", table.SQL, got)
	}
	edges := map[int]bool{}
	for k := range chain.Tokens(chain.SQLite, table.SQL) {
		edges[k.Pos], edges[k.Pos+len(k.Text)] = true, true
	}
	for _, c := range table.Columns {
		within(t, table, c.Span, c.NameSpan, edges)
		within(t, table, c.Span, c.Type, edges)
		for _, k := range c.Constraints {
			within(t, table, c.Span, k.Span, edges)
		}
	}
}

func within(t *testing.T, table *Table, outer, inner Span, edges map[int]bool) {
	t.Helper()
	if inner.Start < outer.Start || inner.End < inner.Start || inner.End > outer.End || !edges[inner.Start] || !edges[inner.End] {
		t.Errorf("%q: the span %v in %v cuts a token", table.SQL, inner, outer)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, sql := range []string{
		"", "CREATE", "CREATE TABLE", "CREATE TABLE t", "CREATE TABLE t(", "CREATE TABLE t()", "CREATE TABLE t(a", "CREATE TABLE t(a,)",
		"CREATE TABLE t(a))", "CREATE TABLE t(a 'x)", "CREATE TABLE t(a CHECK(b)", "CREATE TABLE t(a DEFAULT)", "CREATE TABLE t(a REFERENCES)",
		"CREATE TABLE t(a, FOREIGN KEY(a))", "CREATE TABLE t(a, CHECK(a), b)", "CREATE TABLE t(a) WITH", "CREATE TABLE t(a ON", "CREATE TABLE t(a REFERENCES b ON",
		"CREATE TABLE t(a) STRICT x", "CREATE TABLE t(a); x", "CREATE TABLE t AS SELECT 1", "CREATE VIEW v AS SELECT 1", "CREATE TABLE t(a, PRIMARY KEY(a",
	} {
		if _, err := Parse(sql); err == nil {
			t.Errorf("%s is no whole statement", sql)
		}
	}
	if _, err := Parse("CREATE VIRTUAL TABLE t USING fts5(a)"); !errors.Is(err, ErrVirtual) {
		t.Errorf("the error of a virtual table is %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, g := range grammar {
		f.Add(g.sql)
	}
	f.Add("CREATE TABLE t (a DEFAULT(0) DEFAULT''UNIQUE)")
	f.Add("CREATE TABLE t (a, CHECK (1) CONSTRAINT x CONSTRAINT y CHECK (2) FOREIGN KEY (a) REFERENCES t)")
	f.Fuzz(func(t *testing.T, sql string) {
		table, err := Parse(sql)
		if err != nil {
			return
		}
		reassembles(t, table)
		for i := range table.Columns {
			table.SetType(i, "INT")
			same(t, table, table.SetNotNull(i))
			same(t, table, table.DropNotNull(i))
			same(t, table, table.SetDefault(i, "5"))
			same(t, table, table.DropDefault(i))
			if len(table.Columns) > 1 {
				dropped, err := Parse(table.DropColumn(i))
				if err != nil || len(dropped.Columns) != len(table.Columns)-1 || len(dropped.Constraints) != len(table.Constraints) {
					t.Errorf("%q without column %d: %q: %v", sql, i, table.DropColumn(i), err)
				}
			}
		}
		for i, k := range table.Constraints {
			dropped, err := Parse(table.Drop(k))
			if err != nil || len(dropped.Columns) != len(table.Columns) || len(dropped.Constraints) != len(table.Constraints)-1 {
				t.Errorf("%q without constraint %d: %q: %v", sql, i, table.Drop(k), err)
			}
		}
	})
}

// same asserts that an edit leaves the columns and constraints their number and
// names.
func same(t *testing.T, was *Table, sql string) {
	t.Helper()
	now, err := Parse(sql)
	if err != nil || len(now.Columns) != len(was.Columns) || len(now.Constraints) != len(was.Constraints) {
		t.Fatalf("%q became %q: %v", was.SQL, sql, err)
	}
	for i := range was.Columns {
		if now.Columns[i].Name != was.Columns[i].Name {
			t.Errorf("%q became %q", was.SQL, sql)
		}
	}
}
