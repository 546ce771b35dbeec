package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Names are quoted as they are given; SQLite keeps the quotes in sqlite_schema.
func ident(name string) string { return tabletext.Quote(name) }

func idents(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = ident(name)
	}
	return strings.Join(quoted, ", ")
}

// text returns a string literal. SQLite has no escapes in them.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// literal returns a constant (https://sqlite.org/lang_expr.html#literal_values_constants_).
func literal(l schema.Literal) string {
	switch l.Kind {
	case schema.TextLiteral:
		return text(l.Text)
	case schema.NumberLiteral:
		return l.Text
	case schema.BoolLiteral:
		if l.Text == "true" {
			return "1"
		}
		return "0"
	case schema.BytesLiteral:
		return "x'" + l.Text + "'"
	}
	return "NULL"
}

// typeName returns the name of a type, in a STRICT table one of the six that
// such a table knows. The table is in sdk/schema/README.md. The name decides the
// affinity (https://sqlite.org/datatype3.html#determination_of_column_affinity).
func typeName(t schema.Type, strict bool, enums enums) (string, error) {
	name, strictName := "TEXT", "TEXT"
	switch {
	case !t.Native.IsZero():
		native := t.Native.For(schema.SQLite)
		if !tabletext.IsType(native) {
			return "", fmt.Errorf("%q is not the name of a type and nothing more", native)
		}
		return native, nil
	case t.IsArray: // a JSON array
	case t.Base == schema.BaseString:
		name = "VARCHAR"
		if t.Size > 0 {
			name = fmt.Sprintf("VARCHAR(%d)", t.Size)
		}
	case t.Base == schema.BaseSmallint, t.Base == schema.BaseInteger, t.Base == schema.BaseBigint:
		name, strictName = "INTEGER", "INTEGER"
	case t.Base == schema.BaseBoolean:
		name, strictName = "BOOLEAN", "INTEGER"
	case t.Base == schema.BaseFloat:
		name, strictName = "FLOAT", "REAL"
	case t.Base == schema.BaseNumeric:
		name = "NUMERIC"
		if t.Size > 0 {
			name = fmt.Sprintf("NUMERIC(%d,%d)", t.Size, t.Scale)
		}
	case t.Base == schema.BaseTimestamp, t.Base == schema.BaseTimestampTZ:
		name = "DATETIME"
	case t.Base == schema.BaseDate:
		name = "DATE"
	case t.Base == schema.BaseTime:
		name = "TIME"
	case t.Base == schema.BaseUUID:
		name = "CHAR(36)"
	case t.Base == schema.BaseBinary:
		name, strictName = "BLOB", "BLOB"
	case t.Base == schema.BaseEnum:
		e, err := enums.find(t.Enum)
		if err != nil {
			return "", err
		}
		if e.plain {
			name = "VARCHAR"
		}
	}
	if strict {
		return strictName, nil
	}
	return name, nil
}

// The times are written with microseconds, as package doc says of parameters.
var nows = map[schema.Base]string{
	schema.BaseDate: "(date('now'))",
	schema.BaseTime: "(strftime('%H:%M:%f000', 'now'))",
}

const (
	now = "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"

	// randomUUID is a uuid of version 4, variant 1.
	randomUUID = "(lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2)" +
		" || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6))))"
)

// defaultValue returns what follows DEFAULT in a column of a type.
func defaultValue(d *schema.Default, base schema.Base) (string, error) {
	switch d.Function {
	case schema.FunctionNow:
		if special, ok := nows[base]; ok {
			return special, nil
		}
		return now, nil
	case schema.FunctionUUID:
		return randomUUID, nil
	case schema.FunctionJSON:
		return "'{}'", nil
	case schema.FunctionJSONArray:
		return "'[]'", nil
	}
	if !d.SQL.IsZero() {
		return expression(d.SQL)
	}
	return literal(d.Literal), nil
}

// expression returns a guest's expression in parentheses.
func expression(sql schema.SQL) (string, error) {
	expr := sql.For(schema.SQLite)
	if !tabletext.Closed(expr) {
		return "", fmt.Errorf("%q is not one expression: a parenthesis or a quote is not closed, or there is a semicolon in it", expr)
	}
	return tabletext.Parenthesized(expr), nil
}

// columnDef returns the definition of a column.
func columnDef(c *schema.Column, strict bool, enums enums) (string, error) {
	name, err := typeName(c.Type, strict, enums)
	if err != nil {
		return "", err
	}
	if c.Autoincrement {
		name = "INTEGER" // and nothing else (https://sqlite.org/autoinc.html)
	}
	var b strings.Builder
	b.WriteString(ident(c.Name) + " " + name)
	if c.PrimaryKey {
		b.WriteString(" PRIMARY KEY")
	}
	if c.Autoincrement {
		b.WriteString(" AUTOINCREMENT")
	}
	if c.NotNull {
		b.WriteString(" NOT NULL")
	}
	if c.Default != nil {
		value, err := defaultValue(c.Default, c.Type.Base)
		if err != nil {
			return "", err
		}
		b.WriteString(" DEFAULT " + value)
	}
	if !c.Generated.IsZero() {
		expr, err := expression(c.Generated)
		if err != nil {
			return "", err
		}
		b.WriteString(" GENERATED ALWAYS AS " + expr)
		if c.Virtual {
			b.WriteString(" VIRTUAL")
		} else {
			b.WriteString(" STORED")
		}
	}
	if collation := c.Collate.For(schema.SQLite); collation != "" {
		b.WriteString(" COLLATE " + ident(collation))
	}
	if c.Type.Base == schema.BaseEnum && !c.Type.IsArray {
		if e, err := enums.find(c.Type.Enum); err != nil {
			return "", err
		} else if !e.plain {
			b.WriteString(" " + e.check(c.Name))
		}
	}
	return b.String(), nil
}

// constraintDef returns the definition of a constraint of a table.
func constraintDef(k *schema.Constraint) (string, error) {
	var b strings.Builder
	if k.Name != "" {
		b.WriteString("CONSTRAINT " + ident(k.Name) + " ")
	}
	switch {
	case len(k.PrimaryKey) > 0:
		b.WriteString("PRIMARY KEY (" + idents(k.PrimaryKey) + ")")
	case len(k.Unique) > 0:
		b.WriteString("UNIQUE (" + idents(k.Unique) + ")")
	case !k.Check.IsZero():
		expr, err := expression(k.Check)
		if err != nil {
			return "", err
		}
		b.WriteString("CHECK " + expr)
	default:
		b.WriteString("FOREIGN KEY (" + idents(k.ForeignKey) + ") REFERENCES " + ident(k.References))
		if len(k.To) > 0 {
			b.WriteString(" (" + idents(k.To) + ")")
		}
		for _, on := range []struct {
			word   string
			action schema.Action
		}{{"DELETE", k.OnDelete}, {"UPDATE", k.OnUpdate}} {
			if on.action != "" && on.action != schema.NoAction {
				b.WriteString(" ON " + on.word + " " + strings.ToUpper(string(on.action)))
			}
		}
		if k.Deferrable {
			b.WriteString(" DEFERRABLE")
		}
		if k.InitiallyDeferred {
			b.WriteString(" INITIALLY DEFERRED")
		}
	}
	return b.String(), nil
}

// createTable returns the statement of a CreateTable.
func createTable(op *schema.CreateTable, enums enums) (string, error) {
	var b strings.Builder
	b.WriteString("CREATE TABLE ")
	if op.IfNotExists {
		b.WriteString("IF NOT EXISTS ")
	}
	b.WriteString(ident(op.Name) + " (")
	separator := "\n  "
	add := func(def string, err error) error {
		b.WriteString(separator + def)
		separator = ",\n  "
		return err
	}
	for _, col := range op.Columns {
		// SQLite would take NULLs in a primary key
		// (https://sqlite.org/lang_createtable.html#the_primary_key).
		col.NotNull = col.NotNull || isKey(op, &col)
		if err := add(columnDef(&col, op.Strict, enums)); err != nil {
			return "", fmt.Errorf("column %q: %w", col.Name, err)
		}
	}
	for i := range op.Constraints {
		if err := add(constraintDef(&op.Constraints[i])); err != nil {
			return "", fmt.Errorf("constraint %q: %w", op.Constraints[i].Name, err)
		}
	}
	b.WriteString("\n)")
	var options []string
	if op.Strict {
		options = append(options, " STRICT")
	}
	if op.WithoutRowID {
		options = append(options, " WITHOUT ROWID")
	}
	return b.String() + strings.Join(options, ","), nil
}

// isKey reports whether a column is of the primary key, and not the rowid, which
// is never NULL.
func isKey(op *schema.CreateTable, col *schema.Column) bool {
	single := col.PrimaryKey
	in := single
	for i := range op.Constraints {
		key := op.Constraints[i].PrimaryKey
		in = in || slices.Contains(key, col.Name)
		single = single || len(key) == 1
	}
	switch col.Type.Base {
	case schema.BaseSmallint, schema.BaseInteger, schema.BaseBigint:
		return in && !(single && !col.Type.IsArray)
	}
	return in && !col.Autoincrement
}

// createIndex returns the statement of a CreateIndex.
func createIndex(op *schema.CreateIndex) (string, error) {
	var b strings.Builder
	b.WriteString("CREATE ")
	if op.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX ")
	if op.IfNotExists {
		b.WriteString("IF NOT EXISTS ")
	}
	b.WriteString(ident(op.Name) + " ON " + ident(op.Table) + " (")
	for i, col := range op.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		if col.Column != "" {
			b.WriteString(ident(col.Column))
		} else {
			expr, err := expression(col.Expr)
			if err != nil {
				return "", err
			}
			b.WriteString(expr)
		}
		if collation := col.Collate.For(schema.SQLite); collation != "" {
			b.WriteString(" COLLATE " + ident(collation))
		}
		if col.Order == schema.Desc {
			b.WriteString(" DESC")
		}
	}
	b.WriteString(")")
	if where := op.Where.For(schema.SQLite); where != "" {
		if _, err := expression(op.Where); err != nil {
			return "", err
		}
		b.WriteString(" WHERE " + where)
	}
	return b.String(), nil
}
