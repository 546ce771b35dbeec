package imports

import (
	"strings"
)

// sqlx: https://docs.rs/sqlx/latest/sqlx/macro.migrate.html
var sqlx = tool{
	name: "sqlx", read: readSQLx, compare: compareNumbers,
	table: table{name: "_sqlx_migrations", columns: []string{"version", "success"}, read: recordedSQLx},
}

var sqlxPattern = lazily(`^([0-9]+)_(.*?)(\.up|\.down)?\.sql$`)

func readSQLx(r *reader) error {
	return r.pairedFiles(sqlxPattern(), func(_ string, m []string) (pairedFile, bool) {
		return pairedFile{version: m[1], name: m[2], down: m[3] == ".down"}, true
	}, func(s *script) {
		s.outside = strings.HasPrefix(s.text, "-- no-transaction")
	})
}

func recordedSQLx(rows [][]string, rec *Recorded) error {
	for _, row := range rows {
		if !isTrue(row[1]) {
			return &DirtyError{Tool: rec.Tool, Version: row[0], Mark: "success is false"}
		}
		rec.Versions = append(rec.Versions, number(row[0]))
	}
	return nil
}
