package diff_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// Renames over a view and a foreign key leave nothing to tell, whatever the names
// are, and there is a way back.
func TestRenamesLeaveNothing(t *testing.T) {
	for name, c := range map[string]struct {
		table, column, newTable, newColumn string
	}{
		"bare":       {"person", "fname", "human", "first"},
		"quoted":     {"person", "fname", "Human Being", "First Name"},
		"from quote": {"Per Son", "F", "human", "first"},
	} {
		t.Run(name, func(t *testing.T) {
			places(t, func(t *testing.T, p *place) {
				schema := func(table, column string) string {
					q := func(s string) string { return `"` + s + `"` }
					return `CREATE TABLE ` + q(table) + ` (id INTEGER PRIMARY KEY, ` + q(column) + ` TEXT CHECK (` + q(column) + ` <> ''));
						CREATE INDEX ix ON ` + q(table) + ` (lower(` + q(column) + `));
						CREATE TABLE pet (id INTEGER PRIMARY KEY, owner INTEGER, CONSTRAINT fk FOREIGN KEY (owner) REFERENCES ` + q(table) + ` (id));
						CREATE UNIQUE INDEX un ON ` + q(table) + ` (` + q(column) + `);
						CREATE TABLE name (id INTEGER PRIMARY KEY, ` + q(c.column) + ` TEXT, CONSTRAINT fk_name FOREIGN KEY (` + q(c.column) + `) REFERENCES ` + q(table) + ` (` + q(column) + `));
						CREATE VIEW pv AS SELECT p.id, h.` + q(column) + ` AS n FROM pet p JOIN ` + q(table) + ` h ON h.id = p.owner;
						` + map[chain.Dialect]string{chain.SQLite: `CREATE TRIGGER g AFTER INSERT ON pet BEGIN UPDATE ` + q(table) + ` SET ` + q(column) + ` = 'x'; END`}[p.dialect]
				}
				old, wanted := schema(c.table, c.column), schema(c.newTable, c.newColumn)
				a, b, was := p.empty(t).run(t, old), p.empty(t).run(t, wanted), p.empty(t).run(t, old)
				a.run(t, `INSERT INTO "`+c.table+`" VALUES (1, 'a')`)
				opts := a.unfiltered()
				opts.Renames = []diff.Rename{{Old: c.table, New: c.newTable}, {Table: c.newTable, Old: c.column, New: c.newColumn}}
				become(t, a, b, opts)
				opts.Renames = []diff.Rename{{Old: c.newTable, New: c.table}, {Table: c.table, Old: c.newColumn, New: c.column}}
				become(t, a, was, opts)
				var rows int
				if err := a.db.QueryRow(`SELECT count(*) FROM "` + c.table + `"`).Scan(&rows); err != nil || rows != 1 {
					t.Errorf("%d rows, %v", rows, err)
				}
			})
		})
	}
}
