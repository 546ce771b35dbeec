package tabletext

import (
	"slices"
	"strings"
	"testing"
)

func facts(t *testing.T, sql string) []string {
	t.Helper()
	table, err := Parse(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return table.Facts(func(name string) []string {
		if SameName(name, "p") {
			return []string{"id"}
		}
		return nil
	})
}

func TestFacts(t *testing.T) {
	got := facts(t, `CREATE TABLE "T" ("Id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- the key
		name VARCHAR ( 20 ) CONSTRAINT nn NOT NULL ON CONFLICT FAIL DEFAULT 'it''s' COLLATE NoCase UNIQUE ON CONFLICT IGNORE,
		"order" REFERENCES P ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "a ""b""" AS (T.name || - 1) STORED,
		CONSTRAINT positive CHECK (T."Id">0 AND coalesce(name,'')<>'CASE  x')) STRICT`)
	want := []string{
		`column "a ""b""" generated (name || -1) stored`,
		`column Id integer not null`,
		`column name varchar(20) constraint nn not null on conflict fail default 'it''s' collate nocase`,
		`column order`,
		`constraint positive check (id > 0 and coalesce(name, '') <> 'CASE  x')`,
		`foreign key (order) references p (id) on delete set null deferrable initially deferred`,
		`primary key (id) autoincrement`,
		`strict`,
		`unique (name) on conflict ignore`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// sameTables are tables that nobody who uses them can tell apart.
var sameTables = [][]string{
	{"CREATE TABLE t(a, b)", "create table [t] ( \"b\" , /* x */ 'a' ) -- end"},
	{"CREATE TABLE t(a UNIQUE, b)", "CREATE TABLE t(a, b, UNIQUE(a ASC))", "CREATE TABLE t(a UNIQUE, b, UNIQUE(A))"},
	{"CREATE TABLE t(a CHECK(a>0))", "CREATE TABLE t(a, CHECK ( t.\"a\" > 0 ))"},
	{"CREATE TABLE t(a NOT NULL DEFAULT 1)", "CREATE TABLE t(a DEFAULT (1) NOT NULL ON CONFLICT ABORT)", "CREATE TABLE t(a CONSTRAINT x NULL DEFAULT 1 NOT NULL)"},
	{"CREATE TABLE t(a DEFAULT 'x')", "CREATE TABLE t(a DEFAULT \"x\")", "CREATE TABLE t(a DEFAULT x)"},
	{"CREATE TABLE t(a DEFAULT -1)", "CREATE TABLE t(a DEFAULT ((- 1)))"},
	{"CREATE TABLE t(a DEFAULT x'AB')", "CREATE TABLE t(a DEFAULT X'ab')"},
	{"CREATE TABLE t(a DEFAULT CURRENT_TIMESTAMP)", "CREATE TABLE t(a DEFAULT (current_timestamp))"},
	{"CREATE TABLE t(a INTEGER PRIMARY KEY)", "CREATE TABLE t(a INTEGER, PRIMARY KEY(a DESC))"},
	{"CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT ROWID", "CREATE TABLE t(a TEXT NOT NULL, PRIMARY KEY(a)) WITHOUT ROWID"},
	{"CREATE TABLE t(a REFERENCES p)", "CREATE TABLE t(a, FOREIGN KEY(a) REFERENCES P(ID) ON DELETE NO ACTION NOT DEFERRABLE INITIALLY DEFERRED)"},
	{"CREATE TABLE t(a REFERENCES p NOT NULL DEFERRABLE INITIALLY DEFERRED)", "CREATE TABLE t(a NOT NULL REFERENCES p DEFERRABLE INITIALLY DEFERRED)"},
	{"CREATE TABLE t(a DEFAULT NULL)", "CREATE TABLE t(a)", "CREATE TABLE t(a DEFAULT (null))"},
	{"CREATE TABLE t(a COLLATE binary)", "CREATE TABLE t(a)"},
	{"CREATE TABLE t(a AS (b||'x'), b)", "CREATE TABLE t(b, a GENERATED ALWAYS AS ( \"b\" || 'x' ) VIRTUAL)"},
}

func TestFactsOfTheSame(t *testing.T) {
	for _, group := range sameTables {
		want := facts(t, group[0])
		for _, sql := range group[1:] {
			if got := facts(t, sql); !slices.Equal(got, want) {
				t.Errorf("%s is %q, but %s is %q", group[0], want, sql, got)
			}
		}
	}
}

// TestFactsOfOthers compares each table with every other.
func TestFactsOfOthers(t *testing.T) {
	seen := map[string]string{}
	for _, sql := range []string{
		"CREATE TABLE t(a)", "CREATE TABLE t(a) STRICT", "CREATE TABLE t(a, PRIMARY KEY(a))", "CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID",
		"CREATE TABLE t(A)", "CREATE TABLE t(a INT)", "CREATE TABLE t(a INTEGER)", "CREATE TABLE t(a, b)", "CREATE TABLE t(a b)", "CREATE TABLE t(\"a b\")",
		"CREATE TABLE t(a NOT NULL)", "CREATE TABLE t(a CONSTRAINT n NOT NULL)", "CREATE TABLE t(a NOT NULL ON CONFLICT IGNORE)",
		"CREATE TABLE t(a DEFAULT 1)", "CREATE TABLE t(a DEFAULT '1')", "CREATE TABLE t(a DEFAULT \"null\")",
		"CREATE TABLE t(a DEFAULT x)", "CREATE TABLE t(a DEFAULT X)", "CREATE TABLE t(a DEFAULT (1 - 1))", "CREATE TABLE t(a DEFAULT -1)",
		"CREATE TABLE t(a COLLATE nocase)", "CREATE TABLE t(a COLLATE rtrim)",
		"CREATE TABLE t(a UNIQUE)", "CREATE TABLE t(a, UNIQUE(a COLLATE nocase))", "CREATE TABLE t(a, UNIQUE(a DESC))", "CREATE TABLE t(a UNIQUE ON CONFLICT REPLACE)",
		"CREATE TABLE t(a CONSTRAINT u UNIQUE)", "CREATE TABLE t(a, b, UNIQUE(a, b))", "CREATE TABLE t(a, b, UNIQUE(b, a))",
		"CREATE TABLE t(a INTEGER PRIMARY KEY)", "CREATE TABLE t(a INTEGER PRIMARY KEY DESC)", "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)",
		"CREATE TABLE t(a CHECK(a))", "CREATE TABLE t(a CHECK(a = 'A'))", "CREATE TABLE t(a CHECK(a = 'a'))", "CREATE TABLE t(a CHECK(\"null\"))", "CREATE TABLE t(a CHECK(null))",
		"CREATE TABLE t(a AS (1))", "CREATE TABLE t(a AS (1) STORED)",
		"CREATE TABLE t(a REFERENCES p)", "CREATE TABLE t(a REFERENCES q)", "CREATE TABLE t(a REFERENCES q(a))", "CREATE TABLE t(a REFERENCES q(\"select\"))", "CREATE TABLE t(a REFERENCES p ON DELETE CASCADE)",
		"CREATE TABLE t(a REFERENCES p ON UPDATE CASCADE)", "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
	} {
		key := strings.Join(facts(t, sql), "\n")
		if was, ok := seen[key]; ok {
			t.Errorf("%s and %s are both\n%s", was, sql, key)
		}
		seen[key] = sql
	}
}

func TestIndexFacts(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"CREATE INDEX i ON t(a)", "on (a)"},
		{"CREATE INDEX \"i(\" ON [t]( \"a\" ASC, t.b desc, lower ( c ) COLLATE nocase )", "on (a, b desc, lower(c) collate nocase)"},
		{"CREATE UNIQUE INDEX i ON t(coalesce(a, ','), (b)) WHERE a NOT IN (1,2) -- x", "on (coalesce(a, ','), (b)); unique; where a not in (1, 2)"},
	} {
		if got := strings.Join(IndexFacts(c.sql, "t"), "; "); got != c.want {
			t.Errorf("%s is %s, not %s", c.sql, got, c.want)
		}
	}
}

func TestStatement(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE TABLE t(a)":                  "CREATE TABLE t(a);",
		"CREATE VIEW v AS SELECT 1 -- one":   "CREATE VIEW v AS SELECT 1 -- one\n;",
		"CREATE VIEW v AS SELECT 1 /* one":   "CREATE VIEW v AS SELECT 1;",
		"CREATE VIEW v AS SELECT 1 /*one*/ ": "CREATE VIEW v AS SELECT 1 /*one*/ ;",
	} {
		if got := Statement(sql); got != want {
			t.Errorf("%q became %q, not %q", sql, got, want)
		}
	}
}
