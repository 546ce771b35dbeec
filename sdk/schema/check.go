package schema

import "github.com/sandpiper-db/sandpiper/sdk/abi"

// An UnsupportedError says that a dialect cannot do an operation.
type UnsupportedError struct {
	Dialect string
	Kind    string // of the operation
	What    string // the table or the object, for people
	Reason  string // what the dialect lacks
	Instead string // the way out
}

// Error names the operation, the dialect and the way out.
func (e *UnsupportedError) Error() string {
	s := e.Kind
	if e.What != "" {
		s += " " + quote(e.What)
	}
	return s + ": " + e.Dialect + " " + e.Reason + ": " + e.Instead
}

// Errno returns what a guest gets that sent it.
func (e *UnsupportedError) Errno() abi.Errno { return abi.ErrnoUnsupported }

// onlyPostgreSQL is the way out of most that SQLite cannot do.
const onlyPostgreSQL = `leave it out on SQLite (beside the operation: dialect: postgresql)`

// Check says whether a dialect can do the operation, as far as that is known
// without a database. The errors are *InvalidError and *UnsupportedError.
func (q Request) Check(dialect string) error {
	if err := q.Validate(); err != nil || !q.For(dialect) {
		return err
	}
	if b, ok := q.Operation.(*Batch); ok {
		for _, inner := range b.Operations {
			if err := inner.Check(dialect); err != nil {
				return err
			}
			if dialect == PostgreSQL && inner.Mode(dialect) != Inline {
				return &UnsupportedError{dialect, inner.Operation.Kind(), b.Table, "runs it outside the transaction of the batch", "put it beside the batch, not inside it"}
			}
		}
		return nil
	}
	c := checker{dialect: dialect, op: q.Operation}
	if dialect == SQLite {
		c.sqlite()
	} else {
		c.postgresql()
	}
	if c.err == nil {
		return nil
	}
	return c.err
}

// A checker notes the first thing that a dialect cannot do.
type checker struct {
	dialect string
	op      Operation
	err     *UnsupportedError
}

func (c *checker) refuse(what, reason, instead string) {
	if c.err == nil {
		c.err = &UnsupportedError{c.dialect, c.op.Kind(), what, reason, instead}
	}
}

// sqlite refuses what SQLite has no way to say. What has no effect on data or
// queries (comments, concurrently, not_valid) is not refused.
func (c *checker) sqlite() {
	switch op := c.op.(type) {
	case *CreateTable:
		for i := range op.Columns {
			c.sqliteColumn(op.Name, &op.Columns[i], op.Strict)
			if op.WithoutRowID && op.Columns[i].Autoincrement {
				c.refuse(op.Name+"."+op.Columns[i].Name, "has no AUTOINCREMENT in a table WITHOUT ROWID", "leave out one of them")
			}
		}
		for i := range op.Constraints {
			c.sqliteConstraint(op.Name, &op.Constraints[i])
		}
	case *DropTable:
		if op.Cascade {
			c.refuse(op.Name, "has no DROP TABLE … CASCADE", "drop what refers to the table before")
		}
	case *AddColumn:
		c.sqliteColumn(op.Table, &op.Column, false)
		if op.Column.PrimaryKey || op.Column.Autoincrement {
			c.refuse(op.Table, "numbers rows only in a primary key that was created with the table", "create the table anew and copy the rows")
		}
	case *AlterColumn:
		c.native(op.Table+"."+op.Name, op.Type)
		c.defaults(op.Table+"."+op.Name, op.Default)
	case *CreateIndex:
		c.sqliteIndex(op)
	case *AddConstraint:
		c.sqliteConstraint(op.Table, &op.Constraint)
	case *CreateExtension, *DropExtension:
		c.refuse("", "has no extensions", onlyPostgreSQL)
	case *CreateView:
		if op.Materialized {
			c.refuse(op.Name, "has no materialized views", onlyPostgreSQL)
		}
		c.given(op.Name, "query", op.Query)
	case *DropView:
		if op.Materialized {
			c.refuse(op.Name, "has no materialized views", onlyPostgreSQL)
		}
	case *CreateTrigger:
		c.given(op.Name, "sql", op.SQL)
	case *CreateSync:
		c.sync(op)
	}
}

// sync refuses a sync whose SQL is for the other dialect alone.
func (c *checker) sync(op *CreateSync) {
	for _, side := range [][]SyncColumn{op.Old, op.New} {
		for _, col := range side {
			if !col.From.IsZero() {
				c.given(op.Table+"."+col.Column, "from", col.From)
			}
		}
	}
}

// given refuses an operation whose SQL is for the other dialect alone.
func (c *checker) given(what, field string, sql SQL) {
	if sql.For(c.dialect) == "" {
		c.refuse(what, "is given no SQL", "write "+field+": {"+c.dialect+": …}, or name the other dialect beside the operation")
	}
}

func (c *checker) sqliteColumn(table string, col *Column, strict bool) {
	what := table + "." + col.Name
	c.native(what, col.Type)
	c.defaults(what, col.Default)
	if col.Autoincrement && !col.PrimaryKey {
		c.refuse(what, "numbers rows only in the primary key", "make the column the primary_key")
	}
	if col.Autoincrement && (col.Type.Base != BaseInteger && col.Type.Base != BaseBigint && col.Type.Base != BaseSmallint) && col.Type.Native.IsZero() {
		c.refuse(what, "numbers rows only in an integer", "give the column an integer type")
	}
	if strict && !col.Type.Native.IsZero() {
		switch col.Type.Native.For(SQLite) {
		case "INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY":
		default:
			c.refuse(what, "knows six types in a STRICT table", "use INT, INTEGER, REAL, TEXT, BLOB or ANY, or a portable type")
		}
	}
	if !col.Generated.IsZero() {
		c.given(what, "generated", col.Generated)
	}
}

// native refuses a type that has no name on this dialect.
func (c *checker) native(what string, t Type) {
	if !t.IsZero() && !t.Native.IsZero() && t.Native.For(c.dialect) == "" {
		c.refuse(what, "has no name for the type "+t.String(), "name its type too: {postgresql: …, sqlite: …}")
	}
}

// defaults refuses a default whose expression is for the other dialect alone.
func (c *checker) defaults(what string, d *Default) {
	if d != nil && !d.SQL.IsZero() {
		c.given(what, "sql", d.SQL)
	}
}

func (c *checker) sqliteIndex(op *CreateIndex) {
	switch {
	case op.Using != "" && op.Using != "btree":
		c.refuse(op.Name, "has no "+op.Using+" indexes", onlyPostgreSQL)
	case len(op.Include) > 0:
		c.refuse(op.Name, "has no INCLUDE", "add the columns to the index's own, or "+onlyPostgreSQL)
	case len(op.With) > 0:
		c.refuse(op.Name, "has no storage parameters", onlyPostgreSQL)
	case op.NullsNotDistinct:
		c.refuse(op.Name, "has no NULLS NOT DISTINCT", "index an expression such as coalesce(column, …), or "+onlyPostgreSQL)
	}
	for i := range op.Columns {
		col := &op.Columns[i]
		switch {
		case col.Opclass != "":
			c.refuse(op.Name, "has no operator classes", onlyPostgreSQL)
		case col.Nulls == NullsFirst && col.Order == Desc, col.Nulls == NullsLast && col.Order != Desc:
			c.refuse(op.Name, "has NULLs first in ascending and last in descending indexes, and no other way", "leave out nulls")
		}
		if !col.Expr.IsZero() {
			c.given(op.Name, "expr", col.Expr)
		}
	}
}

func (c *checker) sqliteConstraint(table string, k *Constraint) {
	switch {
	case len(k.Exclude) > 0:
		c.refuse(table, "has no exclusion constraints", onlyPostgreSQL+", and a trigger there")
	case k.NullsNotDistinct:
		c.refuse(table, "has no NULLS NOT DISTINCT", "a unique index on coalesce(column, …) does it")
	case k.Deferrable && len(k.ForeignKey) == 0:
		c.refuse(table, "defers only foreign keys", "leave out deferrable")
	case !k.Check.IsZero():
		c.given(table, "check", k.Check)
	}
}

// maxIdentifier is how many bytes PostgreSQL keeps of a name
// (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS).
// It cuts longer ones with a notice, so that two may become one.
const maxIdentifier = 63

func (c *checker) postgresql() {
	switch op := c.op.(type) {
	case *CreateTable:
		c.names(op.Name)
		for i := range op.Columns {
			c.postgresqlColumn(op.Name, &op.Columns[i])
		}
		for i := range op.Constraints {
			c.postgresqlConstraint(op.Name, &op.Constraints[i])
		}
	case *RenameTable:
		c.names(op.To)
	case *AddColumn:
		c.postgresqlColumn(op.Table, &op.Column)
	case *RenameColumn:
		c.names(op.To)
	case *AlterColumn:
		c.native(op.Table+"."+op.Name, op.Type)
		c.defaults(op.Table+"."+op.Name, op.Default)
	case *CreateIndex:
		c.names(op.Name)
		for i := range op.Columns {
			if !op.Columns[i].Expr.IsZero() {
				c.given(op.Name, "expr", op.Columns[i].Expr)
			}
		}
	case *RenameIndex:
		c.names(op.To)
	case *AddConstraint:
		c.postgresqlConstraint(op.Table, &op.Constraint)
	case *DropConstraint:
		// What has no name is named by the convention, but for a check.
		if op.Name == "" && op.Was != nil && !op.Was.Check.IsZero() && op.Was.Name == "" {
			c.refuse(op.Table, "finds a check by its name alone", "give its name")
		}
	case *CreateEnum:
		c.names(op.Name)
		c.names(op.Values...)
	case *AddEnumValue:
		c.names(op.Value)
	case *RenameEnumValue:
		c.names(op.To)
	case *CreateView:
		c.names(op.Name)
		c.given(op.Name, "query", op.Query)
	case *CreateTrigger:
		c.given(op.Name, "sql", op.SQL)
	case *CreateSync:
		if n := len(op.Name); n > maxSync {
			c.refuse(op.Name, "cuts names after 63 bytes, and those of the triggers would have "+itoa(int64(n+maxIdentifier-maxSync)), "choose one of at most "+itoa(int64(maxSync)))
		}
		c.sync(op)
	}
}

// names refuses names that the server would cut.
func (c *checker) names(names ...string) {
	for _, name := range names {
		if len(name) > maxIdentifier {
			c.refuse(name, "cuts names after 63 bytes, and this one has "+itoa(int64(len(name))), "choose a shorter one")
		}
	}
}

func (c *checker) postgresqlColumn(table string, col *Column) {
	what := table + "." + col.Name
	c.names(col.Name)
	c.native(what, col.Type)
	if col.Virtual {
		c.refuse(what, "before version 18 has stored generated columns alone", "leave out virtual")
	}
	c.defaults(what, col.Default)
	if !col.Generated.IsZero() {
		c.given(what, "generated", col.Generated)
	}
}

func (c *checker) postgresqlConstraint(table string, k *Constraint) {
	c.names(k.Name)
	if !k.Check.IsZero() {
		c.given(table, "check", k.Check)
	}
}

// Mode says how an operation runs.
type Mode uint8

// The modes.
const (
	Inline    Mode = iota // in the migration's transaction
	Committed             // commits what ran before, and then itself
	Outside               // commits what ran before, and runs outside a transaction
)

// Mode says how the operation runs on a dialect.
func (q Request) Mode(dialect string) Mode {
	if dialect != PostgreSQL || !q.For(dialect) {
		return Inline
	}
	switch op := q.Operation.(type) {
	case *AddEnumValue:
		return Committed
	case *CreateIndex:
		if op.Concurrently {
			return Outside
		}
	case *DropIndex:
		if op.Concurrently {
			return Outside
		}
	}
	return Inline
}

// Commits says why the operation commits what ran before it, for people: ""
// if it doesn't.
func (q Request) Commits(dialect string) string {
	if q.Mode(dialect) == Inline {
		return ""
	}
	switch op := q.Operation.(type) {
	case *AddEnumValue:
		return "commits before and after it adds the value " + quote(op.Value) + " to the enum " + quote(op.Enum)
	case *CreateIndex:
		return "commits before it builds the index " + quote(op.Name) + " concurrently"
	case *DropIndex:
		return "commits before it drops the index " + quote(op.Name) + " concurrently"
	}
	return ""
}
