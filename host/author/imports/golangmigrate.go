package imports

import (
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// golang-migrate: https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md
var golangMigrate = tool{
	name: "golang-migrate", read: readGolangMigrate, compare: compareNumbers,
	table: table{name: "schema_migrations", columns: []string{"version", "dirty"}, read: recordedUpTo},
}

var golangMigratePattern = lazily(`^([0-9]+)_(.*)\.(up|down)\.([^.]+)$`)

func readGolangMigrate(r *reader) error {
	return r.pairedFiles(golangMigratePattern(), func(name string, m []string) (file pairedFile, ok bool) {
		if m[4] != "sql" {
			r.note(name, 0, "it is not SQL and is left out")
			return file, false
		}
		return pairedFile{version: m[1], name: m[2], down: m[3] == "down"}, true
	}, func(s *script) {
		if r.dialect == chain.PostgreSQL {
			s.alone = refusesTransaction
		}
	})
}

// refusesTransaction reports whether a statement cannot run in a transaction.
// golang-migrate opens none on PostgreSQL and has no marker for it: a file with
// such a statement alone in it simply works. Flyway opens none where it sees one.
//
// https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
func refusesTransaction(stmt chain.Statement) bool {
	first := true
	for tok := range chain.Tokens(chain.PostgreSQL, stmt.SQL) {
		switch {
		case tok.Blank():
			continue
		case first && tok.Is("refresh"):
			return false // REFRESH MATERIALIZED VIEW CONCURRENTLY may run in one
		case first && tok.Is("vacuum"), tok.Is("concurrently"):
			return true
		}
		first = false
	}
	return false
}

// recordedUpTo reads a table with one row: the newest version, and whether its
// migration failed.
func recordedUpTo(rows [][]string, rec *Recorded) error {
	for _, row := range rows {
		if len(row) > 1 && isTrue(row[1]) {
			return &DirtyError{Tool: rec.Tool, Version: row[0], Mark: "dirty"}
		}
		if row[0] != "0" {
			rec.UpTo = number(row[0])
		}
	}
	return nil
}
