package tabletext

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

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
			k.Descending = p.take("DESC")
		}
		k.Conflict = p.conflict()
		k.Autoincrement = p.take("AUTOINCREMENT")
	case p.is("NOT", "DEFERRABLE") || p.is("DEFERRABLE"):
		k.Kind = Deferral
		k.Deferred = p.deferral()
	case p.take("NOT", "NULL"):
		k.Kind = NotNull
		k.Conflict = p.conflict()
	case p.take("NULL"):
		k.Kind = Null
		p.conflict()
	case p.take("UNIQUE"):
		k.Kind, k.Columns = Unique, []string{column}
		k.Conflict = p.conflict()
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
		p.key(&k)
	case p.take("UNIQUE"):
		k.Kind = Unique
		p.key(&k)
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
func (p *parser) key(k *Constraint) {
	p.want("(")
	for p.err == nil {
		k.Columns = append(k.Columns, p.name())
		term := Span{Start: p.end()}
		for p.err == nil && !p.is(",") && !p.is(")") && !p.is("AUTOINCREMENT") {
			if p.peek(0).Text == "" {
				p.fail(")")
			}
			p.at++
		}
		term.End = p.end()
		k.Terms = append(k.Terms, term)
		if !p.take(",") {
			break
		}
	}
	k.Autoincrement = p.take("AUTOINCREMENT")
	p.want(")")
	k.Conflict = p.conflict()
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

// conflict reads ON CONFLICT and returns what is then done, in capitals.
func (p *parser) conflict() string {
	if !p.take("ON", "CONFLICT") {
		return ""
	}
	what := strings.ToUpper(p.peek(0).Text)
	p.word()
	return what
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
			k.Deferred = p.deferral()
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
	action := ""
	switch {
	case p.take("SET"):
		action = "SET "
	case p.take("NO"):
		action = "NO "
	}
	action += strings.ToUpper(p.peek(0).Text)
	p.word() // NULL, DEFAULT, ACTION, CASCADE, RESTRICT
	if p.err != nil {
		return
	}
	switch {
	case on.Is("DELETE"):
		k.OnDelete = action
	case on.Is("UPDATE"):
		k.OnUpdate = action
	}
}

// deferral reads [NOT] DEFERRABLE [INITIALLY …]. All but DEFERRABLE INITIALLY
// DEFERRED is immediate (https://sqlite.org/foreignkeys.html#fk_deferred).
func (p *parser) deferral() (deferred bool) {
	not := p.take("NOT")
	p.want("DEFERRABLE")
	if p.take("INITIALLY") {
		deferred = !not && p.is("DEFERRED")
		p.word()
	}
	return deferred
}
