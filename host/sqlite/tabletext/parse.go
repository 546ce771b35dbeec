package tabletext

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// ErrVirtual is the error of Parse on a CREATE VIRTUAL TABLE, whose text is the
// business of its module.
var ErrVirtual = errors.New("it is a virtual table")

// Parse reads a CREATE TABLE statement. It is an error if something in it is
// not closed or stands where the grammar has no place for it.
func Parse(sql string) (*Table, error) {
	p := &parser{sql: sql, tokens: tokens(sql)}
	t := &Table{SQL: sql, tokens: p.tokens}
	p.table(t)
	return t, p.err
}

// A parser goes through the tokens. After an error it sees no more of them, so
// that every loop ends.
type parser struct {
	sql    string
	tokens []token
	at     int
	err    error
}

// peek returns the token that is n ahead, a zero token at the end.
func (p *parser) peek(n int) token {
	if p.err != nil || p.at+n >= len(p.tokens) {
		return token{end: len(p.sql)}
	}
	return p.tokens[p.at+n]
}

// is reports whether the next tokens are these keywords.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		if !p.peek(i).Is(w) {
			return false
		}
	}
	return true
}

// take moves past these keywords, if they are next.
func (p *parser) take(words ...string) bool {
	if !p.is(words...) {
		return false
	}
	p.at += len(words)
	return true
}

// start returns where the next token begins, end where the last one ended.
func (p *parser) start() int {
	if t := p.peek(0); t.Text != "" {
		return t.Pos
	}
	return len(p.sql)
}

func (p *parser) end() int {
	if at := min(p.at, len(p.tokens)); at > 0 {
		return p.tokens[at-1].end
	}
	return 0
}

func (p *parser) fail(wanted string) {
	if p.err != nil {
		return
	}
	found := "the end"
	if t := p.peek(0); t.Text != "" {
		found = fmt.Sprintf("%q", t.Text)
	}
	p.err = fmt.Errorf("%s is expected at byte %d, and %s is there", wanted, p.start(), found)
}

func (p *parser) want(word string) {
	if !p.take(word) {
		p.fail(word)
	}
}

func (p *parser) name() string {
	name, ok := p.peek(0).name()
	if !ok {
		p.fail("a name")
		return ""
	}
	p.at++
	return name
}

// word takes a bare word, whatever it is.
func (p *parser) word() {
	if p.peek(0).Kind != chain.Word {
		p.fail("a keyword")
		return
	}
	p.at++
}

// parens moves past something in parentheses and returns what is inside.
func (p *parser) parens() Span {
	inside := Span{p.peek(0).end, p.peek(0).end}
	p.want("(")
	for depth := 1; p.err == nil; p.at++ {
		switch t := p.peek(0); {
		case t.Text == "" || t.Kind == chain.Unterminated:
			p.fail(")")
		case t.Is("("):
			depth++
		case t.Is(")"):
			if depth--; depth == 0 {
				inside.End = t.Pos
				p.at++
				return inside
			}
		}
	}
	return inside
}

func (p *parser) table(t *Table) {
	p.want("CREATE")
	if !p.take("TEMP") {
		p.take("TEMPORARY")
	}
	if p.is("VIRTUAL") {
		p.err = ErrVirtual
		return
	}
	p.want("TABLE")
	p.take("IF", "NOT", "EXISTS")
	if p.peek(1).Is(".") {
		p.name()
		p.at++
	}
	t.NameSpan.Start = p.start()
	t.Name = p.name()
	t.NameSpan.End = p.end()
	p.want("(")
	if p.columns(t) {
		p.constraints(t)
	}
	p.want(")")
	p.options(t)
	if p.take(";"); p.err == nil && p.at < len(p.tokens) {
		p.fail("the end")
	}
}

// inTable reports whether a table's constraint is next: its first words are
// never names.
func (p *parser) inTable() bool {
	return p.is("CONSTRAINT") || p.is("PRIMARY") || p.is("UNIQUE") || p.is("CHECK") || p.is("FOREIGN")
}

// columns reads the columns, and reports whether constraints follow.
func (p *parser) columns(t *Table) bool {
	for {
		t.Columns = append(t.Columns, p.column())
		t.items = append(t.items, t.Columns[len(t.Columns)-1].Span)
		if !p.take(",") {
			return false
		}
		if p.inTable() {
			return true
		}
	}
}

func (p *parser) constraints(t *Table) {
	for p.inTable() {
		k := p.tableConstraint()
		t.Constraints = append(t.Constraints, k)
		t.items = append(t.items, k.Span)
		if p.take(",") && !p.inTable() {
			p.fail("a constraint")
		}
	}
}

func (p *parser) options(t *Table) {
	for p.peek(0).Text != "" && !p.is(";") {
		switch {
		case p.take("WITHOUT"):
			p.want("ROWID")
			t.WithoutRowID = true
		case p.take("STRICT"):
			t.Strict = true
		default:
			p.fail("WITHOUT ROWID or STRICT")
		}
		if !p.take(",") {
			return
		}
	}
}

func (p *parser) column() (c Column) {
	c.Span.Start = p.start()
	c.NameSpan.Start = p.start()
	c.Name = p.name()
	c.NameSpan.End = p.end()
	c.Type = p.columnType()
	for {
		k, ok := p.columnConstraint(c.Name)
		if !ok {
			break
		}
		c.Constraints = append(c.Constraints, k)
	}
	c.Span.End = p.end()
	return c
}

// afterType are the words that end a type: those that no name can be.
var afterType = []string{
	"CONSTRAINT", "DEFAULT", "NULL", "NOT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "DEFERRABLE", "COLLATE", "AS",
}

// columnType reads a type. GENERATED ALWAYS, which to SQLite's grammar belongs
// to it, does not.
func (p *parser) columnType() Span {
	span := Span{p.end(), p.end()}
	for p.typeWord() {
		if span.empty() {
			span.Start = p.start()
		}
		p.at++
		span.End = p.end()
	}
	if !span.empty() && p.is("(") {
		p.parens()
		span.End = p.end()
	}
	return span
}

func (p *parser) typeWord() bool {
	if _, ok := p.peek(0).name(); !ok || p.is("GENERATED", "ALWAYS", "AS") {
		return false
	}
	for _, w := range afterType {
		if p.is(w) {
			return false
		}
	}
	return true
}

// constraintName reads CONSTRAINT and a name. Where another one follows at
// once, or nothing, it is a name without a constraint.
func (p *parser) constraintName(k *Constraint) {
	k.Span.Start = p.start()
	if p.take("CONSTRAINT") {
		k.Name = p.name()
	}
}

func (p *parser) columnConstraint(column string) (k Constraint, ok bool) {
	p.constraintName(&k)
	before := p.at
	switch {
	case p.take("PRIMARY", "KEY"):
		k.Kind, k.Columns = PrimaryKey, []string{column}
		if !p.take("ASC") {
			p.take("DESC")
		}
		p.conflict()
		k.Autoincrement = p.take("AUTOINCREMENT")
	case p.is("NOT", "DEFERRABLE") || p.is("DEFERRABLE"):
		k.Kind = Deferral
		p.deferral()
	case p.take("NOT", "NULL"):
		k.Kind = NotNull
		p.conflict()
	case p.take("NULL"):
		k.Kind = Null
		p.conflict()
	case p.take("UNIQUE"):
		k.Kind, k.Columns = Unique, []string{column}
		p.conflict()
	case p.take("CHECK"):
		k.Kind, k.Expr = Check, p.parens()
		p.conflict()
	case p.take("DEFAULT"):
		k.Kind, k.Expr = Default, p.defaultValue()
	case p.take("COLLATE"):
		k.Kind = Collate
		k.Expr = Span{p.start(), p.peek(0).end}
		p.name()
	case p.is("REFERENCES"):
		k.Kind, k.Columns = ForeignKey, []string{column}
		p.references(&k)
	case p.is("GENERATED") || p.is("AS"):
		p.take("GENERATED", "ALWAYS")
		p.want("AS")
		k.Kind, k.Expr = Generated, p.parens()
		if k.Stored = p.take("STORED"); !k.Stored {
			p.take("VIRTUAL")
		}
	}
	k.Span.End = p.end()
	return k, p.err == nil && (p.at > before || k.Span.Start < k.Span.End)
}

// defaultValue reads what follows DEFAULT.
func (p *parser) defaultValue() Span {
	span := Span{Start: p.start()}
	if p.is("(") {
		p.parens()
	} else {
		if !p.take("-") {
			p.take("+")
		}
		switch p.peek(0).Kind {
		case chain.Word, chain.Quoted, chain.String, chain.Number:
			p.at++
		default:
			p.fail("a default")
		}
	}
	span.End = p.end()
	return span
}

func (p *parser) tableConstraint() (k Constraint) {
	p.constraintName(&k)
	switch {
	case p.take("PRIMARY", "KEY"):
		k.Kind = PrimaryKey
		k.Columns, k.Autoincrement = p.key()
	case p.take("UNIQUE"):
		k.Kind = Unique
		k.Columns, _ = p.key()
	case p.take("CHECK"):
		k.Kind, k.Expr = Check, p.parens()
		p.conflict()
	case p.take("FOREIGN", "KEY"):
		k.Kind = ForeignKey
		k.Columns = p.columnList()
		p.references(&k)
	case k.Name == "":
		p.fail("a constraint")
	}
	k.Span.End = p.end()
	return k
}

// key reads the columns of a key: names with a collation and an order.
func (p *parser) key() (columns []string, autoincrement bool) {
	p.want("(")
	for p.err == nil {
		columns = append(columns, p.name())
		for p.err == nil && !p.is(",") && !p.is(")") && !p.is("AUTOINCREMENT") {
			if p.peek(0).Text == "" {
				p.fail(")")
			}
			p.at++
		}
		if !p.take(",") {
			break
		}
	}
	autoincrement = p.take("AUTOINCREMENT")
	p.want(")")
	p.conflict()
	return columns, autoincrement
}

// columnList reads names in parentheses. SQLite lets a collation and an order
// pass here too, and ignores them.
func (p *parser) columnList() []string {
	p.want("(")
	var names []string
	for p.err == nil {
		names = append(names, p.name())
		if p.take("COLLATE") {
			p.name()
		}
		if !p.take("ASC") {
			p.take("DESC")
		}
		if !p.take(",") {
			break
		}
	}
	p.want(")")
	return names
}

func (p *parser) conflict() {
	if p.take("ON", "CONFLICT") {
		p.word()
	}
}

func (p *parser) references(k *Constraint) {
	p.want("REFERENCES")
	k.Parent = p.name()
	if p.is("(") {
		k.To = p.columnList()
	}
	for p.err == nil {
		switch {
		case p.take("MATCH"):
			p.name()
		case p.is("ON") && !p.is("ON", "CONFLICT"):
			p.action(k)
		case p.is("NOT", "DEFERRABLE") || p.is("DEFERRABLE"):
			p.deferral()
			return
		default:
			return
		}
	}
}

// action reads ON DELETE, ON UPDATE or ON INSERT, which SQLite ignores, and what
// is done then.
func (p *parser) action(k *Constraint) {
	p.want("ON")
	on := p.peek(0)
	p.word()
	start := p.start()
	if !p.take("SET") {
		p.take("NO")
	}
	p.word() // NULL, DEFAULT, ACTION, CASCADE, RESTRICT
	if p.err != nil {
		return
	}
	action := strings.ToUpper(strings.Join(strings.Fields(p.sql[start:p.end()]), " "))
	switch {
	case on.Is("DELETE"):
		k.OnDelete = action
	case on.Is("UPDATE"):
		k.OnUpdate = action
	}
}

// deferral reads [NOT] DEFERRABLE [INITIALLY …].
func (p *parser) deferral() {
	p.take("NOT")
	p.want("DEFERRABLE")
	if p.take("INITIALLY") {
		p.word()
	}
}

// IndexTerms returns what a CREATE INDEX statement says after the name of the
// table: the columns and the condition.
func IndexTerms(sql string) string {
	for _, t := range tokens(sql) {
		if t.Is("(") {
			return sql[t.Pos:]
		}
	}
	return ""
}

// RenameIndex returns a CREATE INDEX statement with another name.
func RenameIndex(sql, name string) (string, error) {
	p := &parser{sql: sql, tokens: tokens(sql)}
	p.want("CREATE")
	p.take("UNIQUE")
	p.want("INDEX")
	p.take("IF", "NOT", "EXISTS")
	if p.peek(1).Is(".") {
		p.name()
		p.at++
	}
	start := p.start()
	p.name()
	if p.err != nil {
		return "", fmt.Errorf("read %s: %w", strings.TrimSpace(sql), p.err)
	}
	return sql[:start] + Quote(name) + sql[p.end():], nil
}
