package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// renderObject is the one statement of an operation that has no more to it, ""
// where there is nothing to do.
func renderObject(operation schema.Operation) (string, error) {
	switch op := operation.(type) {
	case *schema.CreateEnum:
		return createEnum(quoteIdent(op.Name), op.Values), nil
	case *schema.AddEnumValue:
		sql := "ALTER TYPE " + quoteIdent(op.Enum) + " ADD VALUE " + ifNotExists(op.IfNotExists) + quoteText(op.Value)
		switch {
		case op.Before != "":
			sql += " BEFORE " + quoteText(op.Before)
		case op.After != "":
			sql += " AFTER " + quoteText(op.After)
		}
		return sql, nil
	case *schema.RenameEnumValue:
		return "ALTER TYPE " + quoteIdent(op.Enum) + " RENAME VALUE " + quoteText(op.Value) + " TO " + quoteText(op.To), nil
	case *schema.CreateExtension:
		sql := "CREATE EXTENSION " + ifNotExists(op.IfNotExists) + quoteIdent(op.Name)
		if op.Schema != "" {
			sql += " SCHEMA " + quoteIdent(op.Schema)
		}
		return sql, nil
	case *schema.DropExtension:
		return "DROP EXTENSION " + ifExists(op.IfExists) + quoteIdent(op.Name), nil
	case *schema.CreateView:
		sql := "CREATE " + view(op.Materialized) + quoteIdent(op.Name)
		if len(op.Columns) > 0 {
			sql += " (" + idents(op.Columns) + ")"
		}
		return sql + " AS\n" + op.Query.For(schema.PostgreSQL), nil
	case *schema.DropView:
		return "DROP " + view(op.Materialized) + ifExists(op.IfExists) + quoteIdent(op.Name), nil
	case *schema.CreateTrigger:
		return op.SQL.For(schema.PostgreSQL), nil
	case *schema.DropTrigger:
		return "DROP TRIGGER " + ifExists(op.IfExists) + quoteIdent(op.Name) + " ON " + quoteIdent(op.Table), nil
	case *schema.Comment:
		return "COMMENT ON TABLE " + quoteIdent(op.Table) + " IS " + commentText(op.Text), nil
	case *schema.Execute:
		return op.SQL.For(schema.PostgreSQL), nil
	}
	return "", fmt.Errorf("the operation %s is not known", operation.Kind())
}

func view(materialized bool) string {
	if materialized {
		return "MATERIALIZED VIEW "
	}
	return "VIEW "
}

func commentText(text string) string {
	if text == "" {
		return "NULL"
	}
	return quoteText(text)
}

// commentOnTable is what sets the comment of a new table, if it has one.
func commentOnTable(table, text string) []string {
	if text == "" {
		return nil
	}
	return []string{"COMMENT ON TABLE " + quoteIdent(table) + " IS " + quoteText(text)}
}

// commentOnColumn is what sets the comment of a new column, if it has one.
func commentOnColumn(table, column, text string) []string {
	if text == "" {
		return nil
	}
	return []string{setColumnComment(table, column, text)}
}

func setColumnComment(table, column, text string) string {
	return "COMMENT ON COLUMN " + quoteIdent(table) + "." + quoteIdent(column) + " IS " + commentText(text)
}

// An INSERT takes no more rows and, but for a single row, bytes than these.
const (
	insertRows  = 500
	insertBytes = 128 << 10
)

// insert inserts the rows in portions. The literals have no type, so that each
// is read as its column's.
func (a *applier) insert(ctx context.Context, op *schema.Insert) error {
	head := "INSERT INTO " + quoteIdent(op.Table) + " (" + idents(op.Columns) + ") VALUES\n  "
	for rows := op.Rows; len(rows) > 0; {
		var b strings.Builder
		b.WriteString(head)
		n := 0
		for ; n < len(rows) && n < insertRows && b.Len() < insertBytes; n++ {
			if n > 0 {
				b.WriteString(",\n  ")
			}
			values := make([]string, len(rows[n]))
			for i, l := range rows[n] {
				values[i] = untyped(l)
			}
			b.WriteString("(" + strings.Join(values, ", ") + ")")
		}
		if err := a.send(ctx, b.String()); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
