package tabletext

import (
	"errors"
	"fmt"

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

// IsType reports whether a text is the name of a type and nothing more.
func IsType(name string) bool {
	t, err := Parse("CREATE TABLE t(c " + name + "\n)")
	return err == nil && len(t.Columns) == 1 && len(t.Columns[0].Constraints) == 0 && t.Text(t.Columns[0].Type) == name
}
