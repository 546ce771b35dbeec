package sqlite

import (
	"context"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// dropping runs a statement. If it drops a table, its rows count as deleted.
func (o *observedTx) dropping(ctx context.Context, sql string, do func() error) error {
	schema, name := dropped(sql)
	if name == "" || o.c.observer == nil {
		return do()
	}
	table, lost, err := o.held(ctx, schema, name)
	if err != nil {
		return o.c.db.failed("observe a transaction of", cause(ctx, err))
	}
	if err := do(); err != nil || lost.deleted == 0 {
		return err
	}
	seen := o.tables[table]
	seen.rows = slices.Concat(seen.rows, lost.rows[:min(len(lost.rows), max(0, o.samples-int(seen.deleted)))])
	seen.deleted += lost.deleted
	o.tables[table] = seen
	return nil
}

// dropped returns the table that a statement drops, "" if it drops none.
func dropped(sql string) (schema, name string) {
	var tokens []chain.Token
	for t := range chain.Tokens(chain.SQLite, sql) {
		if t.Blank() || (len(tokens) == 0 && t.Is(";")) {
			continue
		}
		if tokens = append(tokens, t); len(tokens) == 7 { // DROP TABLE IF EXISTS schema . name
			break
		}
	}
	if len(tokens) < 3 || !tokens[0].Is("DROP") || !tokens[1].Is("TABLE") {
		return "", ""
	}
	tokens = tokens[2:]
	if len(tokens) > 2 && tokens[0].Is("IF") && tokens[1].Is("EXISTS") {
		tokens = tokens[2:]
	}
	if len(tokens) > 2 && tokens[1].Is(".") {
		return nameOf(tokens[0]), nameOf(tokens[2])
	}
	return "", nameOf(tokens[0])
}

// nameOf returns the name that a token is: SQLite takes a string for one.
func nameOf(t chain.Token) string {
	if t.Kind == chain.String && len(t.Text) > 1 {
		return strings.ReplaceAll(t.Text[1:len(t.Text)-1], "''", "'")
	}
	name, _ := t.Name(chain.SQLite)
	return name
}

// held returns what a table holds that a statement names so, with the name that it has.
// It is empty for one that is not there, and for those that are not looked at.
func (o *observedTx) held(ctx context.Context, schema, name string) (table string, all observed, err error) {
	defer o.c.guard(&err)
	defer o.c.writtenBy(runner)()
	if schema != "" && !tabletext.SameName(schema, "main") {
		return "", all, nil
	}
	err = o.c.each(ctx, func(s *sqlite3.Stmt) error {
		table = s.ColumnText(0)
		return nil
	}, `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE
		AND (?2 <> '' OR NOT EXISTS (SELECT 1 FROM temp.sqlite_schema WHERE name = ?1 COLLATE NOCASE))`, name, schema)
	if err != nil || table == "" || slices.Contains(ownTables, table) {
		return table, all, err
	}
	columns, err := o.columns(ctx, table)
	if err != nil {
		return table, all, err
	}
	quoted := make([]string, len(columns))
	for i, column := range columns {
		quoted[i] = ident(column)
	}
	from := " FROM main." + ident(table)
	if all.deleted, err = o.c.number(ctx, "SELECT count(*)"+from); err != nil || all.deleted == 0 {
		return table, all, err
	}
	err = o.c.each(ctx, func(s *sqlite3.Stmt) error {
		all.rows = append(all.rows, observedRow{columns: columns, before: fieldsOf(len(columns), func(i int) (sqlite3.Value, error) { return s.ColumnValue(i), nil })})
		return nil
	}, "SELECT "+strings.Join(quoted, ", ")+from+" LIMIT ?1", o.samples)
	return table, all, err
}
