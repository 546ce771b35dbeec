package diff_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A table of SQLite that is made anew keeps the numbers of its rows, and the one
// that AUTOINCREMENT goes on from.
func TestRemakeKeepsNumbers(t *testing.T) {
	p := &place{dialect: chain.SQLite}
	const parent = `CREATE TABLE p (id INTEGER PRIMARY KEY); `
	for _, c := range []struct{ name, a, b, rows, query, want string }{
		{"AUTOINCREMENT",
			`CREATE TABLE "A 'b" (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES p (id))`,
			`CREATE TABLE "A 'b" (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES p (id) ON DELETE CASCADE)`,
			`INSERT INTO "A 'b" (id) VALUES (1), (900); DELETE FROM "A 'b" WHERE id = 900`,
			`INSERT INTO "A 'b" (p) VALUES (NULL) RETURNING id`, "901"},
		{"AUTOINCREMENT of no rows",
			`CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES p (id))`,
			`CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES p (id) ON DELETE CASCADE)`,
			``,
			`INSERT INTO a (p) VALUES (NULL) RETURNING id`, "1"},
		{"rowids",
			`CREATE TABLE a (rowid TEXT, n TEXT UNIQUE)`,
			`CREATE TABLE a (rowid TEXT, n TEXT UNIQUE ON CONFLICT IGNORE)`,
			`INSERT INTO a (_rowid_, rowid, n) VALUES (5, 'x', 'y'), (9, 'z', 'w')`,
			`SELECT group_concat(_rowid_ || rowid || n) FROM a`, "5xy,9zw"},
		{"rowids of a key",
			`CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT UNIQUE)`,
			`CREATE TABLE a (id INTEGER, n TEXT UNIQUE ON CONFLICT IGNORE)`,
			`INSERT INTO a VALUES (5, 'y'), (9, 'w')`,
			`SELECT group_concat(rowid || ' ' || id || n) FROM a`, "5 5y,9 9w"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b, was := p.empty(t).run(t, parent+c.a), p.empty(t).run(t, parent+c.b), p.empty(t).run(t, parent+c.a)
			a.run(t, c.rows)
			become(t, a, b, a.unfiltered())
			become(t, a, was, a.unfiltered())
			become(t, a, b, a.unfiltered())
			var got string
			if err := a.db.QueryRow(c.query).Scan(&got); err != nil || got != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

// Rows are put aside under a name that is nobody's.
func TestRemakeBesideItsName(t *testing.T) {
	p := &place{dialect: chain.SQLite}
	const others = `CREATE TABLE c__was (a TEXT); CREATE INDEX c__was_ ON c__was (a); CREATE VIEW "C__was__" AS SELECT a FROM c__was; `
	a := p.empty(t).run(t, others+`CREATE TABLE c (n TEXT UNIQUE); INSERT INTO c VALUES ('x')`)
	b := p.empty(t).run(t, others+`CREATE TABLE c (n TEXT UNIQUE ON CONFLICT IGNORE)`)
	become(t, a, b, a.unfiltered())
	var n string
	if err := a.db.QueryRow(`SELECT n FROM c`).Scan(&n); err != nil || n != "x" {
		t.Errorf("the row is %q, %v", n, err)
	}
}

// A conflict clause that a table gets does not leave out rows that are there: the
// migration fails.
func TestRemakeLeavesNoRowOut(t *testing.T) {
	p := &place{dialect: chain.SQLite}
	for _, clause := range []string{"UNIQUE ON CONFLICT IGNORE", "UNIQUE ON CONFLICT REPLACE", "NOT NULL ON CONFLICT IGNORE"} {
		a := p.empty(t).run(t, `CREATE TABLE c (n TEXT, v TEXT); INSERT INTO c VALUES ('x', 'a'), ('x', 'b'), (NULL, 'c')`)
		b := p.empty(t).run(t, `CREATE TABLE c (n TEXT `+clause+`, v TEXT)`)
		if err := a.apply(compare(t, a, b, a.unfiltered()).Operations...); err == nil {
			t.Errorf("%s: no error", clause)
		}
		var rows int
		if err := a.db.QueryRow(`SELECT count(*) FROM c`).Scan(&rows); err != nil || rows != 3 {
			t.Errorf("%s: %d rows are left, %v", clause, rows, err)
		}
	}
}
