package postgres

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// createIndex is the statement of an index.
//
// https://www.postgresql.org/docs/current/sql-createindex.html
func createIndex(op *schema.CreateIndex) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if op.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX ")
	if op.Concurrently {
		b.WriteString("CONCURRENTLY ")
	}
	b.WriteString(ifNotExists(op.IfNotExists) + quoteIdent(op.Name) + " ON " + quoteIdent(op.Table))
	if op.Using != "" {
		b.WriteString(" USING " + op.Using)
	}
	b.WriteString(" (")
	for i := range op.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(indexColumn(&op.Columns[i]))
	}
	b.WriteString(")")
	if len(op.Include) > 0 {
		b.WriteString(" INCLUDE (" + idents(op.Include) + ")")
	}
	if op.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	for i, p := range op.With {
		if i == 0 {
			b.WriteString(" WITH (")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(p.Name + " = " + p.Value)
	}
	if len(op.With) > 0 {
		b.WriteString(")")
	}
	if where := op.Where.For(schema.PostgreSQL); where != "" {
		b.WriteString(" WHERE (" + where + ")")
	}
	return b.String()
}

func indexColumn(c *schema.IndexColumn) string {
	sql := columnOrExpr(c.Column, c.Expr)
	if name := c.Collate.For(schema.PostgreSQL); name != "" {
		sql += " COLLATE " + quoteIdent(name)
	}
	if c.Opclass != "" {
		sql += " " + quoteIdent(c.Opclass)
	}
	if c.Order != "" {
		sql += " " + strings.ToUpper(string(c.Order))
	}
	if c.Nulls != "" {
		sql += " NULLS " + strings.ToUpper(string(c.Nulls))
	}
	return sql
}

func dropIndex(op *schema.DropIndex) string {
	sql := "DROP INDEX "
	if op.Concurrently {
		sql += "CONCURRENTLY "
	}
	return sql + ifExists(op.IfExists) + quoteIdent(op.Name)
}
