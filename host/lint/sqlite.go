package lint

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// readSQLite reads one statement for SQLite. It knows statements by their first
// words, as the manual's diagrams have them (https://sqlite.org/lang.html); what it
// does not know has no changes.
func readSQLite(sql string) reading {
	r := sqliteReader{sql: sql}
	switch {
	case r.take("CREATE"):
		r.create()
	case r.take("DROP", "TABLE"):
		r.take("IF", "EXISTS")
		if t, ok := r.object(); ok {
			r.add(r.named, dropTable{table: t})
		}
	case r.take("DROP", "INDEX"):
		r.take("IF", "EXISTS")
		if name, ok := r.object(); ok {
			r.add(r.named, dropIndex{name: string(name)})
		}
	case r.take("ALTER", "TABLE"):
		if t, ok := r.object(); ok {
			r.alter(t)
		}
	case r.take("PRAGMA"):
		if name, ok := r.object(); ok {
			r.add(0, pragma{name: string(name)})
		}
	case r.take("DROP", "VIEW"):
		r.take("IF", "EXISTS")
		if t, ok := r.object(); ok {
			r.add(r.named, dropObject{table: t, what: "the view " + string(t)})
		}
	case r.take("ATTACH"):
		r.add(0, refused{why: "a migration reaches no files but its database's, unless the program that runs it allows ATTACH"})
	case r.take("VACUUM"):
		r.add(0, runsOutside{what: "VACUUM"})
	case r.take("DETACH"):
		r.add(0, runsOutside{what: "DETACH"})
	}
	return r.reading
}

// A sqliteReader goes through the tokens of a statement that are not blank. It
// asks for no more of them than it looks at: a statement may be long.
type sqliteReader struct {
	reading
	sql    string
	tokens []chain.Token
	at     int
	named  int // where the last object's name begins
}

// peek returns the token that is n ahead, a zero token at the end. Where more tokens
// are needed than are there, twice as many are cut anew.
func (r *sqliteReader) peek(n int) chain.Token {
	if want := r.at + n; want >= len(r.tokens) {
		r.tokens = r.tokens[:0]
		for t := range chain.Tokens(chain.SQLite, r.sql) {
			if !t.Blank() {
				r.tokens = append(r.tokens, t)
			}
			if len(r.tokens) > 2*want+16 {
				break
			}
		}
		if want >= len(r.tokens) {
			return chain.Token{}
		}
	}
	return r.tokens[r.at+n]
}

// take moves past these keywords, if they are next.
func (r *sqliteReader) take(words ...string) bool {
	for i, w := range words {
		if !r.peek(i).Is(w) {
			return false
		}
	}
	r.at += len(words)
	return true
}

// name reads a name. SQLite takes a string for one.
func (r *sqliteReader) name() (string, bool) {
	t := r.peek(0)
	name, ok := t.Name(chain.SQLite)
	if t.Kind == chain.String && len(t.Text) > 1 {
		name, ok = t.Text[1:len(t.Text)-1], true
	}
	if !ok {
		return "", false
	}
	r.at++
	return tabletext.Fold(name), true
}

// object reads a name with the name of a database before it, or without, and notes
// where it begins.
func (r *sqliteReader) object() (table, bool) {
	r.named = r.peek(0).Pos
	name, ok := r.name()
	if ok && r.take(".") {
		name, ok = r.name()
	}
	return table(name), ok
}

func (r *sqliteReader) create() {
	switch temporary := r.take("TEMP") || r.take("TEMPORARY"); {
	case r.take("TABLE"):
		ifNotExists := r.take("IF", "NOT", "EXISTS")
		if t, ok := r.object(); ok {
			r.createTable(t, ifNotExists)
		}
	case r.take("VIEW"):
		r.take("IF", "NOT", "EXISTS")
		if t, ok := r.object(); ok {
			r.add(r.named, createObject{t})
		}
	case temporary:
	case r.take("INDEX"), r.take("UNIQUE", "INDEX"):
		r.take("IF", "NOT", "EXISTS")
		r.createIndex()
	}
}

// createTable reads the text of the table. One that cannot be read, such as
// CREATE TABLE … AS, is a table all the same.
func (r *sqliteReader) createTable(on table, ifNotExists bool) {
	e := createTable{table: on, ifNotExists: ifNotExists}
	at := r.named
	if t, err := tabletext.Parse(r.sql); err == nil {
		for i := range t.Columns {
			e.columns = append(e.columns, sqliteColumn(t, i))
		}
		for _, k := range t.Constraints {
			if c, ok := sqliteConstraint(k); ok {
				e.constraints = append(e.constraints, c)
			}
		}
	}
	r.add(at, e)
}

func (r *sqliteReader) createIndex() {
	name, ok := r.object()
	at := r.named
	if !ok || !r.take("ON") {
		return
	}
	e := createIndex{name: string(name)}
	if e.table, ok = r.object(); !ok || !r.take("(") {
		return
	}
	for {
		column, ok := r.name()
		if !ok || r.peek(0).Is("(") {
			break // an expression
		}
		if r.take("COLLATE") {
			r.name()
		}
		if !r.take("ASC") {
			r.take("DESC")
		}
		if !r.peek(0).Is(",") && !r.peek(0).Is(")") {
			break
		}
		e.columns = append(e.columns, column)
		if !r.take(",") {
			break
		}
	}
	for t := range chain.Tokens(chain.SQLite, r.sql) {
		e.partial = e.partial || t.Is("WHERE")
	}
	r.add(at, e)
}

// alter reads what follows ALTER TABLE name.
//
// https://sqlite.org/lang_altertable.html
func (r *sqliteReader) alter(on table) {
	at := r.peek(0).Pos
	switch {
	case r.take("RENAME", "TO"):
		if to, ok := r.name(); ok {
			r.add(r.named, renameTable{on, to})
		}
	case r.take("RENAME"):
		r.columnWord()
		from, ok := r.name()
		if !ok || !r.take("TO") {
			return
		}
		if to, ok := r.name(); ok {
			r.add(at, renameColumn{on, from, to})
		}
	case r.take("DROP", "CONSTRAINT"):
		if name, ok := r.name(); ok {
			r.add(at, dropConstraint{on, name})
		}
	case r.take("DROP"):
		r.columnWord()
		if name, ok := r.name(); ok {
			r.add(at, dropColumn{table: on, name: name, plain: true})
		}
	case r.take("ALTER"):
		r.columnWord()
		if name, ok := r.name(); ok && r.take("SET", "NOT", "NULL") {
			r.add(at, setNotNull{on, name})
		}
	case r.take("ADD"):
		r.columnWord()
		start := r.peek(0).Pos
		t, err := tabletext.Parse("CREATE TABLE t(" + r.sql[start:] + "\n)")
		if err == nil && len(t.Columns) > 0 {
			c := sqliteColumn(t, 0)
			c.at = start
			if c.references != nil {
				c.references.at = start
			}
			r.add(start, addColumn{on, c})
			if c.refused != "" {
				r.add(start, refused{on, "SQLite adds no column that is " + c.refused + ": the operation add_column rebuilds the table"})
			}
		}
	}
}

// columnWord moves past COLUMN, unless that is the column's name.
func (r *sqliteReader) columnWord() {
	if _, named := r.peek(1).Name(chain.SQLite); named && r.peek(0).Is("COLUMN") && !r.peek(1).Is("TO") {
		r.at++
	}
}

func sqliteColumn(t *tabletext.Table, i int) column {
	col := &t.Columns[i]
	c := column{name: tabletext.Fold(col.Name), at: col.Span.Start}
	for _, k := range col.Constraints {
		switch k.Kind {
		case tabletext.NotNull:
			c.notNull = true
		case tabletext.Default:
			value := t.Text(k.Expr)
			c.hasDefault = !tabletext.SameName(value, "NULL")
			if !constant(value) {
				c.volatile = value
			}
		case tabletext.Generated:
			c.hasDefault = true
			if k.Stored {
				c.refused = "GENERATED and STORED"
			}
		case tabletext.PrimaryKey, tabletext.Unique:
			made, _ := sqliteConstraint(k)
			c.key = &made
			c.refused = "a " + string(made.kind)
		case tabletext.ForeignKey:
			made, _ := sqliteConstraint(k)
			c.references = &made
		}
	}
	return c
}

// A liteError is SQL that SQLite does not read.
type liteError struct {
	message string
	at      int // byte
}

func (e *liteError) Error() string { return e.message }

// liteSyntax returns what keeps a statement from being read by SQLite.
func (l *linter) liteSyntax(sql string) error {
	if l.cfg.SQLite == nil {
		return nil
	}
	if message, at := l.cfg.SQLite(sql); message != "" {
		return &liteError{message, at}
	}
	return nil
}

// constant reports whether ALTER TABLE takes a default: anything but the time and an
// expression in parentheses, which one value may have too.
func constant(value string) bool {
	for strings.HasPrefix(value, "(") && strings.HasSuffix(value, ")") {
		value = strings.TrimSpace(value[1 : len(value)-1])
		if !strings.HasPrefix(value, "(") && !isLiteral(value) {
			return false
		}
	}
	words := []string{"CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"}
	return !strings.HasPrefix(value, "(") && !slices.ContainsFunc(words, func(w string) bool { return tabletext.SameName(w, value) })
}

// isLiteral reports whether an expression is one value, with a sign or without.
//
// https://sqlite.org/syntax/literal-value.html
func isLiteral(expr string) bool {
	var parts []chain.Token
	for t := range chain.Tokens(chain.SQLite, expr) {
		if !t.Blank() {
			parts = append(parts, t)
		}
	}
	if len(parts) > 1 && (parts[0].Is("-") || parts[0].Is("+") || parts[0].Is("x")) { // x'00'
		parts = parts[1:]
	}
	return len(parts) == 1
}

func sqliteConstraint(k tabletext.Constraint) (constraint, bool) {
	c := constraint{name: tabletext.Fold(k.Name), at: k.Span.Start}
	for _, name := range k.Columns {
		c.columns = append(c.columns, tabletext.Fold(name))
	}
	switch k.Kind {
	case tabletext.PrimaryKey:
		c.kind = primaryKey
	case tabletext.Unique:
		c.kind = unique
	case tabletext.ForeignKey:
		c.kind, c.parent = foreignKey, tabletext.Fold(k.Parent)
	default:
		return c, false
	}
	return c, true
}
