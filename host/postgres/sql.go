package postgres

import (
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/sandpiper-db/sandpiper/host"
)

// SQL returns a handle on a database of Open or Scratch for packages that work
// with database/sql. It connects as the database does, to the same schemas. What
// stands before a database and has a method Unwrap is seen through.
func SQL(db host.Database) (*sql.DB, error) {
	for {
		outer, ok := db.(interface{ Unwrap() host.Database })
		if !ok {
			break
		}
		db = outer.Unwrap()
	}
	d, ok := db.(*database)
	if !ok {
		return nil, fmt.Errorf("%v is no database of PostgreSQL", db)
	}
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", db, err)
	}
	config.Config = *d.config.Copy()
	if d.unprepared {
		config.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	return stdlib.OpenDB(*config), nil
}
