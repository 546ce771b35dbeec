package autogenerate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// uncompared returns what a statement does that no comparison sees, "" if it is
// none of these.
func uncompared(d chain.Dialect, sql string) string {
	words := wordsOf(d, sql)
	is := func(i int, any ...string) bool { return i < len(words) && slices.Contains(any, words[i]) }
	name := func(n int) string { return strings.ToUpper(strings.Join(words[:n], " ")) }
	switch {
	case is(0, "insert", "update", "delete", "replace", "merge", "truncate"):
		return name(1)
	case is(0, "create") && is(1, "temp", "temporary"):
		return name(2)
	case d == chain.SQLite:
	case is(0, "grant", "revoke"):
		return name(1)
	case is(0, "create", "alter") && is(1, "publication", "server"), is(0, "alter") && is(1, "default"):
		return name(2)
	case is(0, "create", "alter") && is(1, "event", "foreign") && is(2, "trigger", "data"):
		return name(3)
	}
	return ""
}

// unseen says which statements of a file do what is not compared: each kind once.
func unseen(d chain.Dialect, file string, statements []chain.Located) (remarks []string) {
	type kind struct {
		what        string
		line, times int
	}
	var kinds []kind
	for _, s := range statements {
		what := uncompared(d, s.SQL)
		if what == "" {
			continue
		}
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.what == what })
		if i < 0 {
			i, kinds = len(kinds), append(kinds, kind{what: what, line: s.Line})
		}
		kinds[i].times++
	}
	for _, k := range kinds {
		more := ""
		if k.times > 1 {
			more = fmt.Sprintf(", and %d more", k.times-1)
		}
		remarks = append(remarks, fmt.Sprintf("%s:%d: %s: what it does is not compared%s", file, k.line, k.what, more))
	}
	return remarks
}

// elsewhere are the relations, types and routines that are in a schema which is not
// compared, but for those of extensions.
const elsewhere = `SELECT string_agg(format('%I.%I', nspname, name), ', ' ORDER BY nspname, name)
FROM (SELECT 'pg_class'::regclass AS class, oid, relnamespace AS space, relname AS name FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typname FROM pg_type WHERE typtype IN ('d', 'e', 'r')
  UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proname FROM pg_proc) o
JOIN pg_namespace n ON n.oid = space
WHERE nspname <> coalesce(current_schema(), '') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = o.oid AND deptype = 'e')`

// outside says what a file has made on PostgreSQL that is not in the schema that
// is compared, as a new connection sees it.
func outside(ctx context.Context, conn host.Conn, file string) (remarks []string, err error) {
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	names, err := texts(ctx, tx, elsewhere)
	if err == nil && len(names) > 0 {
		remarks = []string{fmt.Sprintf("%s: not in the schema that is compared, and left out: %s", file, names[0])}
	}
	return remarks, err
}

// broken says which views of SQLite do not work, which it finds out only when they
// are read: https://www.sqlite.org/lang_createview.html
func broken(ctx context.Context, conn host.Conn, file string) (remarks []string, err error) {
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	views, err := texts(ctx, tx, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
	for _, view := range views {
		var refused *host.SQLError
		if _, err := texts(ctx, tx, `SELECT NULL FROM "`+strings.ReplaceAll(view, `"`, `""`)+`" LIMIT 0`); errors.As(err, &refused) {
			remarks = append(remarks, fmt.Sprintf("%s: the view %s does not work: %s", file, view, refused.Message))
		}
	}
	return remarks, err
}

// texts returns the first column of a query, without what is NULL.
func texts(ctx context.Context, tx host.Tx, sql string) (all []string, err error) {
	rows, err := tx.Query(ctx, host.Statement{SQL: sql})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		row, err := rows.Next()
		if err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if !row[0].IsNull() {
			all = append(all, string(row[0].Bytes))
		}
	}
}
