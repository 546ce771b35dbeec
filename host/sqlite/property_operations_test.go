package sqlite_test

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A verdict is what is to become of an operation.
type verdict int

const (
	succeed verdict = iota
	refuse          // it must be refused, whatever the rows
	either          // nothing says which
)

// A step is an operation, and what is known of it.
type step struct {
	op      schema.Operation
	verdict verdict

	// onRows says that the rows decide: if the table as it is to be takes
	// them, the operation must succeed.
	onRows bool

	// natural, if set, is a query on the rows before that counts those that may
	// be refused, since their values are not of the new type, or no key.
	natural string

	about []string // an error names one of these, or the table

	synced bool // it is refused because a sync needs the column as it is
}

// operations draws what is done to the table, and changes the model so that it
// is as it must be afterwards.
func (g *generator) operations() {
	kinds := []func() *step{
		g.addColumn, g.dropColumn, g.renameColumn, g.alterType, g.alterNull, g.alterDefault,
		g.addConstraint, g.dropConstraint, g.createIndex, g.dropIndex, g.renameIndex, g.renameTable,
		g.addColumn, g.alterNull, g.alterDefault, g.wrong, g.createSync, g.dropSync,
	}
	oneTable, synced := g.one(2), g.one(4)
	for n, tries := 1+g.n(4), 0; n > 0 && tries < 10; tries++ {
		kind := g.n(len(kinds))
		if oneTable && kind == 11 {
			continue
		}
		draw := kinds[kind]
		if synced && tries == 0 {
			draw = g.createSync
		}
		st := draw()
		if st == nil || st.verdict == refuse && !st.synced && !g.one(4) {
			continue
		}
		st.about = append(st.about, g.s.table.sym.name)
		g.s.steps = append(g.s.steps, st)
		g.s.saw(st.op.Kind())
		if st.synced {
			g.s.saw("change of a column in step")
		}
		if st.verdict == refuse {
			g.s.saw("refused")
			break
		}
		n--
	}
	if len(g.s.steps) == 0 {
		g.s.steps = []*step{g.wrong()}
	}
	if g.one(4) {
		g.batch()
	}
}

// batch makes one operation of several on one table.
func (g *generator) batch() {
	if len(g.s.steps) < 2 {
		return
	}
	b := &schema.Batch{Table: g.s.steps[0].op.On()}
	whole := &step{op: b}
	for _, st := range g.s.steps {
		if st.op.On() != b.Table || b.Table == "" {
			return
		}
		b.Operations = append(b.Operations, schema.Request{Operation: st.op})
		whole.about = append(whole.about, st.about...)
		whole.onRows = whole.onRows || st.onRows
		if st.natural != "" || st.verdict == either {
			return // which of them is refused would not be known
		}
		whole.verdict = st.verdict
	}
	g.s.steps = []*step{whole}
	g.s.saw("batch")
}

// column draws a column, where two are kept in step often one of these.
func (g *generator) column() *column {
	if m := g.s.sync; m != nil && g.one(2) {
		return pick(g, m.old, m.new)
	}
	return pick(g, g.s.table.columns...)
}

// plainColumn draws a column that is not generated.
func (g *generator) plainColumn() *column {
	c := g.column()
	if c.generated {
		return nil
	}
	return c
}

// portable are types of operations, with what they become on SQLite.
var portable = []struct {
	typ, words, strict string
	natural            string // of a value %s: it is one of the type
}{
	{"text", "TEXT", "TEXT", "typeof(%s) = 'text'"},
	{"integer", "INTEGER", "INTEGER", "typeof(%s) = 'integer'"},
	{"bigint", "INTEGER", "INTEGER", "typeof(%s) = 'integer'"},
	{"string(20)", "VARCHAR ( 20 )", "TEXT", "typeof(%s) = 'text' AND length(%[1]s) <= 20"},
	{"boolean", "BOOLEAN", "INTEGER", "%s IN (0, 1) AND typeof(%[1]s) = 'integer'"},
	{"float", "FLOAT", "REAL", "typeof(%s) = 'real'"},
	{"numeric(10,2)", "NUMERIC ( 10 , 2 )", "TEXT", "typeof(%s) = 'integer' AND abs(CAST(%[1]s AS REAL)) < 99999"},
	{"binary", "BLOB", "BLOB", "typeof(%s) = 'blob'"},
}

// newType draws a type; see types of sdk/schema/README.md.
func (g *generator) newType() (t schema.Type, words []*token, natural string) {
	p := pick(g, portable...)
	t, err := schema.ParseType(p.typ)
	if err != nil {
		panic(err)
	}
	text := p.words
	if g.s.table.strict {
		text = p.strict
	}
	return t, tokensOf(text), p.natural
}

func tokensOf(text string) (list []*token) {
	sign := ""
	for _, l := range lex(text) {
		if l.text == "-" {
			sign = l.text // of a number, which it stays with
			continue
		}
		list = append(list, &token{text: sign + l.text})
		sign = ""
	}
	return list
}

var rowidNames = map[string]bool{"rowid": true, "_rowid_": true, "oid": true}

// newDefault draws a default, with its text.
func (g *generator) newDefault() (*schema.Default, string) {
	switch g.n(6) {
	case 0:
		return schema.DefaultOf(schema.Int(-7)), "-7"
	case 1:
		return schema.DefaultOf(schema.Bool(true)), "1"
	case 2:
		return schema.DefaultOf(schema.Bytes([]byte{0, 255})), "x'00ff'"
	case 3:
		return schema.DefaultSQL(schema.Expr("1 + length('), (')")), "(1 + length('), ('))"
	case 4:
		return schema.DefaultOf(schema.Number("2.5")), "2.5"
	}
	return schema.DefaultOf(schema.Text("it's, (")), "'it''s, ('"
}

// randomUUID is the default {"function": "uuid"}; see the defaults of sdk/schema/README.md.
const randomUUID = `(lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || ` +
	`substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6))))`

func (g *generator) addColumn() *step {
	t := g.s.table
	c := &column{sym: g.name(), added: true}
	op := &schema.AddColumn{Table: t.sym.name, Column: schema.Column{Name: c.sym.name}}
	st := &step{op: op, about: []string{c.sym.name}}
	c.name = &token{text: quoted(c.sym.name), sym: c.sym}
	op.Column.Type, c.typ, _ = g.newType()
	switch g.n(8) {
	case 0, 1:
		if t.strict {
			break
		}
		d, text := g.newDefault()
		op.Column.Default = d
		c.addClause("default", tokensOf("DEFAULT "+text))
	case 2:
		op.Column.Type, c.typ = schema.TypeOf(schema.BaseText), tokensOf("TEXT")
		op.Column.Default, c.volatile = schema.DefaultUUID(), true
		c.addClause("default", tokensOf("DEFAULT "+randomUUID))
		g.s.saw("default that is computed for each row")
	case 3:
		of := g.plainColumn()
		if of == nil {
			break
		}
		op.Column.Type, c.typ = schema.TypeOf(schema.BaseInteger), tokensOf("INTEGER")
		op.Column.Generated = schema.Expr("length(" + quoted(of.sym.name) + ")")
		op.Column.Virtual = g.one(2)
		c.generated = true
		how := "STORED"
		if op.Column.Virtual {
			how = "VIRTUAL"
		}
		c.addClause("generated", append([]*token{{text: "AS"}, {text: "("}, {text: "length"}, {text: "("}, {text: quoted(of.sym.name), sym: of.sym}, {text: ")"}, {text: ")"}}, tokensOf(how)...))
		g.s.saw("generated column added")
	}
	if g.one(4) {
		op.Column.NotNull = true
		c.addClause("not null", tokensOf("NOT NULL"))
		st.onRows = true
	}
	if g.one(4) {
		op.Column.Collate = schema.Expr("NOCASE")
		c.addClause("collate", append(tokensOf("COLLATE"), &token{text: quoted("NOCASE")}))
	}
	if g.one(16) {
		op.Column.Name = pick(g, t.columns...).sym.name
		st.verdict, st.about = refuse, []string{op.Column.Name}
		return st
	}
	if rowidNames[strings.ToLower(c.sym.name)] {
		st.verdict = either
	}
	t.addColumn(c)
	return st
}

func (g *generator) dropColumn() *step {
	t := g.s.table
	c := g.column()
	st := &step{op: &schema.DropColumn{Table: t.sym.name, Name: c.sym.name}, about: []string{c.sym.name}}
	if g.refused(st, c) {
		return st
	}
	st.verdict = g.droppable(c)
	if st.verdict != refuse {
		if !c.added && len(t.original()) == 1 {
			return nil // the model has no place for what is added to nothing
		}
		t.removeColumn(c)
	}
	return st
}

// droppable says whether a column can be dropped: what is made of it is in the
// way. What it says of itself may or may not go with it.
func (g *generator) droppable(c *column) verdict {
	t := g.s.table
	v := succeed
	values := 0
	for _, other := range t.columns {
		if other != c && refers(other.tokens(true), c.sym) {
			return refuse
		}
		if other != c && !other.generated {
			values++
		}
	}
	if values == 0 {
		return refuse // a table has a column that is not generated
	}
	for _, k := range t.constraints {
		if refers(k.body, c.sym) {
			return refuse
		}
	}
	for _, o := range g.s.objects {
		if refers(o.body, c.sym) {
			return refuse
		}
		if o.star {
			v = either
		}
	}
	if rowidNames[strings.ToLower(c.sym.name)] {
		v = either
	}
	for _, k := range c.clauses {
		switch k.kind {
		case "primary key":
			return refuse
		case "unique", "references", "check":
			v = either
		}
	}
	return v
}

func (g *generator) renameColumn() *step {
	t := g.s.table
	c := g.column()
	op := &schema.RenameColumn{Table: t.sym.name, Name: c.sym.name}
	st := &step{op: op, about: []string{c.sym.name}}
	if g.one(8) && len(t.columns) > 1 {
		other := pick(g, t.columns...)
		if other == c {
			return nil
		}
		op.To, st.verdict = other.sym.name, refuse
		return st
	}
	op.To = g.name().name
	if g.refused(st, c) {
		return st
	}
	switch {
	case rowidNames[strings.ToLower(op.Name)], rowidNames[strings.ToLower(op.To)]:
		st.verdict = either // SQLite refuses it where rowids would be hidden or seen
	case t.withoutRowID && t.isKey(c) && t.uniqueToo(c):
		st.verdict = either // SQLite 3.54 trips over a UNIQUE that says the primary key again
	}
	st.about = append(st.about, op.To)
	c.sym.rename(op.To)
	return st
}

// uniqueToo reports whether a constraint of the table makes c unique.
func (t *tableModel) uniqueToo(c *column) bool {
	for _, k := range t.constraints {
		if k.kind == "unique" && refers(k.body, c.sym) {
			return true
		}
	}
	return false
}

func (g *generator) renameTable() *step {
	t := g.s.table
	op := &schema.RenameTable{Name: t.sym.name}
	st := &step{op: op, about: []string{t.sym.name}}
	if g.one(8) {
		op.To, st.verdict = g.s.parent.name, refuse
		return st
	}
	op.To = g.name().name
	t.sym.rename(op.To)
	return st
}

// wrong is an operation on something that is not there.
func (g *generator) wrong() *step {
	t := g.s.table.sym.name
	missing := "missing" + g.name().name
	c := pick(g, g.s.table.columns...).sym.name
	notNull := true
	op := pick[schema.Operation](g,
		&schema.DropColumn{Table: t, Name: missing},
		&schema.RenameColumn{Table: t, Name: missing, To: "x"},
		&schema.AlterColumn{Table: t, Name: missing, NotNull: &notNull},
		&schema.DropConstraint{Table: t, Name: missing},
		&schema.DropIndex{Table: t, Name: missing},
		&schema.RenameIndex{Table: t, Name: missing, To: "x"},
		&schema.RenameTable{Name: missing, To: "x"},
		&schema.AddColumn{Table: missing, Column: schema.Column{Name: "x", Type: schema.TypeOf(schema.BaseText)}},
		&schema.DropColumn{Table: missing, Name: c},
		&schema.AlterColumn{Table: missing, Name: c, NotNull: &notNull},
		&schema.CreateIndex{Name: "x", Table: t, Columns: schema.IndexOn(missing)},
		&schema.AddConstraint{Table: t, Constraint: schema.Constraint{Name: "x", Unique: []string{missing}}},
		&schema.AddConstraint{Table: t, Constraint: schema.Constraint{Name: "x", ForeignKey: []string{missing}, References: t}},
		&schema.AddConstraint{Table: t, Constraint: schema.Constraint{Name: "x", Check: schema.Expr(quoted(missing) + " > 0")}},
	)
	g.s.saw("something that is missing")
	return &step{op: op, verdict: refuse, about: []string{missing}}
}
