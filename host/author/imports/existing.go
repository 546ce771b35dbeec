package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A table is where a tool keeps in the database what it has applied.
type table struct {
	name    string
	also    string   // another place on PostgreSQL, or ""
	columns []string // that are read, all of which it has
	without string   // a column that another tool's table of the same name has
	order   string   // the column that rows are read in the order of, or ""

	// read makes sense of the rows.
	read func(rows [][]string, rec *Recorded) error
}

// maxRecorded bounds the rows that are read.
const maxRecorded = 100_000

// Recorded is what a tool has recorded in a database: a list of versions,
// everything up to a version, or the heads of a graph.
type Recorded struct {
	Tool     string
	Table    string
	Versions []string
	UpTo     string
	Heads    []string
}

// A DirtyError is a migration of the other tool that failed half-way.
type DirtyError struct {
	Tool    string
	Version string
	Mark    string // how its table says so
}

// Error says what to do.
func (e *DirtyError) Error() string {
	return fmt.Sprintf("%s says that its migration %s failed (%s): see what of it is in the database, put that right with %s, and stamp then",
		e.Tool, e.Version, e.Mark, e.Tool)
}

// ReadRecorded reads the table of a tool, or, where name is "", of the one tool
// that has a table in the runner's database. It changes nothing.
func ReadRecorded(ctx context.Context, r *host.Runner, name string) (rec Recorded, err error) {
	candidates := tools
	if name != "" {
		t, err := toolOf(name)
		if err != nil {
			return rec, err
		}
		candidates = []tool{t}
	}
	var found tool
	var rows [][]string
	err = r.Read(ctx, func(ctx context.Context, tx host.Tx) (err error) {
		q := querier{ctx: ctx, tx: tx, dialect: r.Graph().Dialect()}
		if found, rec.Table, err = q.only(candidates); err == nil {
			rows, err = q.rows(found.table, rec.Table)
		}
		return err
	})
	if err != nil {
		return rec, err
	}
	rec.Tool = found.name
	return rec, found.table.read(rows, &rec)
}

// A querier reads other tools' tables. Everything is read as text: what one
// driver writes as a number, another writes as a string.
type querier struct {
	ctx     context.Context
	tx      host.Tx
	dialect chain.Dialect
}

// only returns the one tool of several that has a table, and where it is.
func (q querier) only(candidates []tool) (found tool, place string, err error) {
	for _, t := range candidates {
		there, err := q.find(t.table)
		switch {
		case err != nil:
			return found, "", err
		case there == "":
		case place != "":
			return found, "", fmt.Errorf("the database has tables of %s and %s: say whose counts with --from", found.name, t.name)
		default:
			found, place = t, there
		}
	}
	switch {
	case place == "" && len(candidates) == 1:
		return found, "", fmt.Errorf("the database has no table %s of %s: nothing was changed", candidates[0].table.name, candidates[0].name)
	case place == "":
		return found, "", errors.New("the database has no table of another migration tool: nothing was changed; if it has one of another name, stamp a revision")
	}
	return found, place, nil
}

// find returns where the table is, or "". A table of that name with other columns
// is somebody else's.
func (q querier) find(t table) (string, error) {
	places := []string{t.name}
	if q.dialect == chain.SQLite {
		if strings.Contains(t.name, ".") {
			return "", nil // of a tool that does not know SQLite
		}
	} else if t.also != "" {
		places = append(places, t.also)
	}
	for _, place := range places {
		query := "SELECT name FROM pragma_table_info('" + place + "')"
		if q.dialect == chain.PostgreSQL {
			query = "SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('" + place + "') AND attnum > 0 AND NOT attisdropped"
		}
		rows, err := q.query(query)
		if err != nil {
			return "", err
		}
		has := map[string]bool{}
		for _, row := range rows {
			has[row[0]] = true
		}
		fits := len(has) > 0 && !(t.without != "" && has[t.without])
		for _, c := range t.columns {
			fits = fits && has[c]
		}
		if fits {
			return place, nil
		}
	}
	return "", nil
}

// rows reads the table.
func (q querier) rows(t table, place string) ([][]string, error) {
	var columns []string
	for _, c := range t.columns {
		columns = append(columns, `CAST("`+c+`" AS TEXT)`)
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + place
	if t.order != "" {
		query += " ORDER BY " + t.order
	}
	return q.query(query)
}

// query returns the rows of a query whose columns are texts; NULL is "".
func (q querier) query(sql string) (all [][]string, err error) {
	rows, err := q.tx.Query(q.ctx, host.Statement{SQL: sql, Ordinal: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		values, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if len(all) == maxRecorded {
			return nil, fmt.Errorf("the table has more than %d rows", maxRecorded)
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = string(v.Bytes)
		}
		all = append(all, row)
	}
}

// isTrue reads a boolean of either database.
func isTrue(text string) bool { return text == "true" || text == "t" || text == "1" }
