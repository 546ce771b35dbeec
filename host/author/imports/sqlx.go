package imports

import (
	"regexp"
	"strings"
)

// sqlx: https://docs.rs/sqlx/latest/sqlx/macro.migrate.html
var sqlx = tool{
	name: "sqlx", read: readSQLx, compare: compareNumbers,
	table: table{name: "_sqlx_migrations", columns: []string{"version", "success"}, read: recordedSQLx},
}

var sqlxPattern = regexp.MustCompile(`^([0-9]+)_(.*?)(\.up|\.down)?\.sql$`)

func readSQLx(r *reader) error {
	names, err := r.files()
	if err != nil {
		return err
	}
	var versions []string
	found := map[string]*pair{}
	for _, name := range names {
		m := sqlxPattern.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		v := number(m[1])
		if found[v] == nil {
			found[v] = &pair{}
			versions = append(versions, v)
		}
		if err := found[v].put(m[3] == ".down", name, m[2]); err != nil {
			return err
		}
	}
	return r.pairs(versions, found, func(s *script) {
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
