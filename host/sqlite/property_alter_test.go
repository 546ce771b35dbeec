package sqlite_test

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (g *generator) alterType() *step {
	t := g.s.table
	c := g.plainColumn()
	if c == nil || c.added || c.altered || t.isKey(c) {
		return nil
	}
	op := &schema.AlterColumn{Table: t.sym.name, Name: c.sym.name}
	st := &step{op: op, onRows: true, about: []string{c.sym.name}}
	var words []*token
	var natural string
	op.Type, words, natural = g.newType()
	if g.refused(st, c) {
		return st
	}
	switch {
	case words[0].text == "TEXT" && g.one(2):
		op.Using = schema.Expr("CAST(" + quoted(c.sym.name) + " AS TEXT)")
		c.copied = "CAST(" + c.copied + " AS TEXT)"
		g.s.saw("using")
	case words[0].text == "INTEGER" && op.Type.Base != schema.BaseBoolean && g.one(2):
		op.Using = schema.Expr("length(" + quoted(c.sym.name) + ")")
		c.copied = "length(" + c.copied + ")"
		g.s.saw("using")
	}
	st.natural = fmt.Sprintf("SELECT count(*) FROM %s WHERE NOT coalesce(%s, 1)", quoted(g.s.oldName), fmt.Sprintf("("+natural+")", c.copied))
	c.altered = true
	if len(words) == 1 && len(c.typ) == 1 && strings.EqualFold(words[0].text, nameOf(c.typ[0].text)) {
		g.s.saw("type altered")
		return st // it is this type already, however it is written
	}
	// What is written beside the type may be on either side of the new one.
	t.loosen(c.typ, nil)
	tokens := t.tokens(false)
	for i, tok := range tokens {
		if tok == c.name {
			tokens[i+1+len(c.typ)].optional()
		}
	}
	if len(c.typ) > 0 {
		words[0].lead = c.typ[0].lead
		words[0].optional()
	}
	c.typ = words
	g.s.saw("type altered")
	return st
}

func (g *generator) alterNull() *step {
	t := g.s.table
	c := pick(g, t.columns...)
	if c.clause("null") != nil || c.clause("dangling") != nil || t.withoutRowID && t.isKey(c) {
		return nil
	}
	notNull := g.one(2)
	st := &step{op: &schema.AlterColumn{Table: t.sym.name, Name: c.sym.name, NotNull: &notNull}, about: []string{c.sym.name}}
	there := c.clause("not null") != nil
	switch {
	case notNull && !there:
		c.addClause("not null", tokensOf("NOT NULL"))
		st.onRows = true
		g.s.saw("made NOT NULL")
	case !notNull && there:
		t.removeClauses(c, func(k *constraint) bool { return k.kind == "not null" })
		g.s.saw("NOT NULL removed")
	}
	return st
}

func (g *generator) alterDefault() *step {
	t := g.s.table
	c := g.plainColumn()
	if c == nil || c.clause("dangling") != nil || t.isKey(c) || t.strict || c.added {
		return nil
	}
	op := &schema.AlterColumn{Table: t.sym.name, Name: c.sym.name}
	st := &step{op: op, about: []string{c.sym.name}}
	if g.refused(st, c) {
		op.DropDefault = true
		return st
	}
	name := ""
	if k := c.clause("default"); k != nil {
		name = k.name
	}
	t.removeClauses(c, func(k *constraint) bool { return k.kind == "default" })
	if g.one(2) {
		op.DropDefault = true
		g.s.saw("default dropped")
	} else {
		var text string
		op.Default, text = g.newDefault()
		c.addClause("default", tokensOf("DEFAULT "+text)).name = name
		g.s.saw("default set")
	}
	return st
}

func (g *generator) addConstraint() *step {
	t := g.s.table
	c := pick(g, t.columns...)
	op := &schema.AddConstraint{Table: t.sym.name}
	st := &step{op: op, onRows: true, about: []string{c.sym.name}}
	if g.one(2) {
		op.Constraint.Name = g.name().name
	}
	k := &constraint{columns: []*column{c}}
	name := func(s *symbol) *token { return &token{text: quoted(s.name), sym: s} }
	switch g.n(4) {
	case 0:
		k.kind, k.expr, k.columns = "check", g.condition(c), nil
		op.Constraint.Check = schema.Expr(render(k.expr))
		k.body = append(append(tokensOf("CHECK ("), k.expr...), tokensOf(")")...)
	case 1:
		if c.generated {
			return nil
		}
		k.kind, k.parent = "references", g.s.parent
		op.Constraint.ForeignKey, op.Constraint.References, op.Constraint.OnDelete = []string{c.sym.name}, g.s.parent.name, schema.SetNull
		k.body = append(append(append(tokensOf("FOREIGN KEY ("), name(c.sym)), tokensOf(") REFERENCES")...), name(g.s.parent))
		if g.one(2) {
			op.Constraint.To = []string{g.s.parentKey.name}
			k.body = append(append(append(k.body, tokensOf("(")...), name(g.s.parentKey)), tokensOf(")")...)
		}
		k.body = append(k.body, tokensOf("ON DELETE SET NULL")...)
	case 2:
		if c.integer() || c.generated {
			return nil
		}
		k.kind, op.Constraint.PrimaryKey = "primary key", []string{c.sym.name}
		k.body = append(append(tokensOf("PRIMARY KEY ("), name(c.sym)), tokensOf(")")...)
		switch {
		case t.hasPrimaryKey():
			st.verdict = refuse
		case c.copied == "":
			st.verdict = either
		default: // SQLite lets NULLs into most primary keys; they may be refused
			st.natural = fmt.Sprintf("SELECT count(*) FROM %s WHERE %s IS NULL", quoted(g.s.oldName), c.copied)
		}
	default:
		k.kind, op.Constraint.Unique = "unique", []string{c.sym.name}
		k.body = append(tokensOf("UNIQUE ("), name(c.sym))
		if other := pick(g, t.columns...); other != c {
			op.Constraint.Unique = append(op.Constraint.Unique, other.sym.name)
			k.columns = append(k.columns, other)
			k.body = append(append(k.body, tokensOf(",")...), name(other.sym))
		}
		k.body = append(k.body, tokensOf(")")...)
	}
	// What the runner does before it hands an operation to a dialect.
	filled := schema.Naming{}.Fill(schema.Request{Operation: op}).Operation.(*schema.AddConstraint)
	if k.name = filled.Constraint.Name; k.name != "" {
		if t.constraintNamed(k.name) {
			return nil
		}
		k.body = append(append(tokensOf("CONSTRAINT"), &token{text: quoted(k.name)}), k.body...)
		st.about = append(st.about, k.name)
	}
	g.s.saw("added " + k.kind)
	if st.verdict != refuse {
		t.addConstraint(k)
	}
	return st
}

func (t *tableModel) constraintNamed(name string) bool {
	for _, k := range t.everyConstraint() {
		if strings.EqualFold(k.name, name) {
			return true
		}
	}
	return false
}

func (t *tableModel) hasPrimaryKey() bool {
	for _, k := range t.everyConstraint() {
		if k.kind == "primary key" {
			return true
		}
	}
	return false
}

// everyConstraint returns the constraints of the table and those of its columns.
func (t *tableModel) everyConstraint() []*constraint {
	list := append([]*constraint(nil), t.constraints...)
	for _, c := range t.columns {
		list = append(list, c.clauses...)
	}
	return list
}

func (g *generator) dropConstraint() *step {
	t := g.s.table
	k := g.droppableConstraint()
	if k == nil {
		return nil
	}
	op := &schema.DropConstraint{Table: t.sym.name, Name: k.name}
	st := &step{op: op, onRows: true, about: []string{k.name}}
	if k.name == "" {
		op.Was = k.was()
		g.s.saw("constraint without a name dropped")
		st.about = []string{}
	}
	g.s.saw("dropped " + k.kind)
	if k.kind == "primary key" && t.withoutRowID {
		st.verdict = refuse
		return st
	}
	for _, own := range t.constraints {
		if own == k {
			t.removeConstraint(k)
			return st
		}
	}
	for _, c := range t.columns {
		t.removeClauses(c, func(of *constraint) bool { return of == k })
	}
	return st
}

// droppableConstraint draws a constraint that can be told from all others. A
// primary key that is the rowid is left alone.
func (g *generator) droppableConstraint() *constraint {
	t := g.s.table
	var list []*constraint
	for _, k := range t.everyConstraint() {
		switch k.kind {
		case "primary key":
			if t.alias() != nil || k.auto {
				continue
			}
		case "check", "unique", "references":
		default:
			continue
		}
		alone := true
		for _, other := range t.everyConstraint() {
			alone = alone && (other == k || other.kind != k.kind || strings.Join(k.identity(), " ") != strings.Join(other.identity(), " "))
		}
		if k.name != "" || alone {
			list = append(list, k)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return pick(g, list...)
}

// identity is what Was of a DropConstraint says of a constraint.
func (k *constraint) identity() (list []string) {
	for _, c := range k.columns {
		list = append(list, c.sym.name)
	}
	for _, t := range k.expr {
		list = append(list, alikes([]*token{t})...)
	}
	return list
}

func (k *constraint) was() *schema.Constraint {
	w := &schema.Constraint{}
	switch k.kind {
	case "check":
		w.Check = schema.Expr(render(k.expr))
	case "unique":
		w.Unique = k.identity()
	case "primary key":
		w.PrimaryKey = k.identity()
	default:
		w.ForeignKey, w.References = k.identity(), k.parent.name
	}
	return w
}

func (g *generator) createIndex() *step {
	t := g.s.table
	c := pick(g, t.columns...)
	sym := g.name()
	name := func(s *symbol) *token { return &token{text: quoted(s.name), sym: s} }
	op := &schema.CreateIndex{Name: sym.name, Table: t.sym.name, Unique: g.one(4)}
	o := &object{kind: "index", create: "CREATE INDEX", sym: sym, added: true}
	if op.Unique {
		o.create = "CREATE UNIQUE INDEX"
	}
	o.body = []*token{name(sym), {text: "ON"}, name(t.sym), {text: "("}}
	var of schema.IndexColumn
	if g.one(2) {
		of.Expr = schema.Expr("coalesce(" + quoted(c.sym.name) + ", 'desc, (')")
		o.body = append(o.body, &token{text: "coalesce"}, &token{text: "("}, name(c.sym), &token{text: ","}, &token{text: "'desc, ('"}, &token{text: ")"})
	} else {
		of.Column = c.sym.name
		o.body = append(o.body, name(c.sym))
	}
	if g.one(2) {
		of.Collate = schema.Expr("NOCASE")
		o.body = append(o.body, &token{text: "COLLATE"}, &token{text: `"NOCASE"`})
	}
	if g.one(2) {
		of.Order = schema.Desc
		o.body = append(o.body, &token{text: "DESC"})
	}
	op.Columns = []schema.IndexColumn{of}
	o.body = append(o.body, &token{text: ")"})
	if g.one(2) {
		where := g.condition(c)
		op.Where = schema.Expr(render(where))
		o.body = append(append(o.body, &token{text: "WHERE"}), where...)
	}
	st := &step{op: op, onRows: op.Unique, about: []string{c.sym.name, sym.name}}
	if i := g.anIndex(); i != nil && g.one(8) {
		op.Name, st.verdict, st.about = i.sym.name, refuse, []string{i.sym.name}
		return st
	}
	g.s.objects = append(g.s.objects, o)
	return st
}

// anIndex draws an index of the table, nil if it has none.
func (g *generator) anIndex() *object {
	var list []*object
	for _, o := range g.s.objects {
		if o.kind == "index" {
			list = append(list, o)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return pick(g, list...)
}

func (g *generator) dropIndex() *step {
	o := g.anIndex()
	if o == nil {
		return nil
	}
	var rest []*object
	for _, other := range g.s.objects {
		if other != o {
			rest = append(rest, other)
		}
	}
	g.s.objects = rest
	return &step{op: &schema.DropIndex{Name: o.sym.name, Table: g.s.table.sym.name}, onRows: true, about: []string{o.sym.name}}
}

func (g *generator) renameIndex() *step {
	o := g.anIndex()
	if o == nil {
		return nil
	}
	op := &schema.RenameIndex{Name: o.sym.name, Table: g.s.table.sym.name}
	st := &step{op: op, about: []string{o.sym.name}}
	if other := g.anIndex(); other != o && g.one(4) {
		op.To, st.verdict = other.sym.name, refuse
		return st
	}
	op.To = g.name().name
	o.sym.rename(op.To)
	return st
}
