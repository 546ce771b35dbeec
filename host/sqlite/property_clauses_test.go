package sqlite_test

// clauses draws what a column says of itself
// (https://sqlite.org/syntax/column-constraint.html).
func (g *generator) clauses(c *column) {
	add := func(kind string, parts ...any) *constraint {
		k := &constraint{kind: kind, columns: []*column{c}}
		k.body = g.named(k, g.seq(parts...))
		at := g.n(len(c.clauses) + 1)
		c.clauses = append(c.clauses[:at:at], append([]*constraint{k}, c.clauses[at:]...)...)
		g.s.saw(kind)
		return k
	}
	key := g.s.table.isKey(c)
	if !key && g.one(8) && g.generated(c, add) {
		return
	}
	if g.one(4) {
		add("not null", "NOT NULL", g.conflict())
	} else if g.one(16) {
		add("null", "NULL", g.conflict())
	}
	if g.one(4) {
		add("unique", "UNIQUE", g.conflict())
	}
	if g.one(4) && c.clause("primary key") == nil {
		add("default", "DEFAULT", g.defaultValue())
	}
	if g.one(4) {
		g.check(c, add)
	}
	if g.one(8) {
		add("collate", "COLLATE", pick(g, "NOCASE", "RTRIM", "BINARY", `"nocase"`))
	}
	if g.one(4) && !key {
		g.references(c, add)
	}
	if g.one(32) { // a name of nothing, which is no constraint but allowed
		k := &constraint{kind: "dangling", body: g.seq("CONSTRAINT", literal(quoted(g.name().name)))}
		c.clauses = append(c.clauses, k)
		g.s.saw("name of no constraint")
	}
}

// isKey reports whether a column is part of the primary key.
func (t *tableModel) isKey(c *column) bool {
	for _, list := range [][]*constraint{c.clauses, t.constraints} {
		for _, k := range list {
			if k.kind != "primary key" {
				continue
			}
			for _, of := range k.columns {
				if of == c {
					return true
				}
			}
		}
	}
	return false
}

type addClause func(kind string, parts ...any) *constraint

// generated makes c a generated column (https://sqlite.org/gencol.html).
func (g *generator) generated(c *column, add addClause) bool {
	var of []*column
	for _, other := range g.s.table.columns {
		if other != c && !other.generated {
			of = append(of, other)
		}
	}
	if len(of) == 0 {
		return false
	}
	from := pick(g, of...)
	expr, typ := g.seq("length (", from, ")"), "INT"
	if g.one(2) {
		expr, typ = g.seq("coalesce (", from, ",", literal("'), ('"), ")", "||", literal("'/*'")), "TEXT"
	}
	c.generated, c.copied = true, ""
	if g.s.table.strict {
		c.typ = g.seq(typ)
	}
	if last := len(c.typ) - 1; last >= 0 && alike(c.typ[last].text) == "generated" {
		c.typ = nil // it would be taken for the keyword
	}
	how := pick(g, "", "STORED", "VIRTUAL")
	// SQLite takes these two words off the end of the type, by looking at the
	// text: with a comment beside them they would be the type's.
	words := pick(g, "GENERATED ALWAYS", "generated always", "")
	if g.s.table.strict {
		words = ""
	}
	as := g.seq("AS")
	if words != "" {
		as = append([]*token{{text: words}}, as...)
	}
	add("generated", as, "(", expr, ")", how)
	if how == "STORED" {
		g.s.saw("generated stored")
	} else {
		g.s.saw("generated virtual")
	}
	if g.one(4) {
		add("unique", "UNIQUE")
	}
	return true
}

// defaultValue draws a default of every kind.
func (g *generator) defaultValue() []*token {
	if g.s.table.strict {
		return pick(g, g.seq("NULL"), g.seq("( NULL )"))
	}
	text := pick(g, "5", "-5", "+1.5e3", "0x1F", "NULL", "TRUE", "'it''s, ('", "x'00ff'", "CURRENT_TIMESTAMP", "bareword", `"quoted"`,
		"(1 + 1)", "('a' || ')' || '--')", "(datetime('now', 'localtime'))", "( /* , */ 3)")
	g.s.saw("default " + kindOfDefault(text))
	var list []*token
	for _, l := range lex(text) {
		if l.comment {
			continue
		}
		list = append(list, &token{text: l.text})
	}
	return list
}

func kindOfDefault(text string) string {
	switch {
	case text[0] == '(':
		return "expression"
	case text[0] == '\'' || text[0] == 'x' || wordByte(text[0]) && text[0] < 'A' || text[0] == '-' || text[0] == '+':
		return "literal"
	}
	return "keyword or name"
}

// check adds a check that most values pass.
func (g *generator) check(c *column, add addClause) {
	expr := g.condition(c)
	k := add("check", "CHECK (", expr, ")")
	k.expr = expr
	k.columns = nil
}

// condition draws an expression on a column that is true of most values.
func (g *generator) condition(c *column) []*token {
	switch g.n(6) {
	case 0:
		return g.seq(c, "IS NOT NULL OR", c, "IS NULL")
	case 1:
		g.s.saw("expression with strings that look like syntax")
		return g.seq(c, "<>", literal("'), CHECK (/* -- '' \" ` ['"))
	case 2:
		return g.seq("length (", c, ") < 100000")
	case 3:
		return g.seq("typeof (", c, ") IN (", literal("'null'"), ",", literal("'integer'"), ",", literal("'text'"), ",", literal("'real'"), ",", literal("'blob'"), ")")
	case 4:
		return g.seq("( (", c, "IS NULL ) ) OR CASE WHEN", c, "=", literal("x'5d29'"), "THEN 0 ELSE 1 END")
	}
	return g.seq("coalesce (", c, "COLLATE nocase , 1 ) NOT IN (", literal("'zz'"), ", - 77 )")
}

// references adds a foreign key, to the table itself or to another one.
func (g *generator) references(c *column, add addClause) {
	parts := []any{"REFERENCES", g.s.parent}
	k := &constraint{parent: g.s.parent}
	if key := g.s.table.columns[0]; g.one(4) && g.s.table.alias() == key {
		g.s.saw("self-reference")
		k.parent = g.s.table.sym
		parts = []any{"REFERENCES", g.s.table.sym, pick(g, g.seq("(", key, ")"), nil)}
	} else if g.one(2) {
		parts = append(parts, "(", g.s.parentKey, ")")
	}
	parts = append(parts, g.actions())
	added := add("references", parts...)
	added.parent = k.parent
	if !g.s.table.strict {
		return
	}
	c.typ = g.seq("INTEGER")
}

// actions draws the rest of a foreign key (https://sqlite.org/foreignkeys.html).
func (g *generator) actions() (list []*token) {
	if g.one(2) {
		g.s.saw("foreign key action")
		list = append(list, g.seq("ON", pick(g, "DELETE", "UPDATE"), pick(g, "CASCADE", "SET NULL", "NO ACTION", "RESTRICT", "SET DEFAULT"))...)
	}
	if g.one(8) {
		g.s.saw("MATCH")
		list = append(list, g.seq("MATCH", pick(g, "SIMPLE", "FULL"))...)
	}
	if g.one(8) {
		g.s.saw("DEFERRABLE")
		list = append(list, g.seq(pick(g, "DEFERRABLE INITIALLY DEFERRED", "NOT DEFERRABLE", "DEFERRABLE INITIALLY IMMEDIATE"))...)
	}
	return list
}

// constraints draws the table's own
// (https://sqlite.org/syntax/table-constraint.html).
func (g *generator) constraints() {
	t := g.s.table
	add := func(k *constraint, body []*token) {
		k.body = g.named(k, body)
		if len(t.constraints) == 0 || !g.one(8) {
			k.comma = &token{text: ","}
		} else {
			g.s.saw("constraints without a comma")
		}
		t.constraints = append(t.constraints, k)
		g.s.saw(k.kind + " of the table")
	}
	for g.one(2) && len(t.constraints) < 4 {
		c := pick(g, t.columns...)
		switch g.n(4) {
		case 0:
			expr := g.condition(c)
			add(&constraint{kind: "check", expr: expr}, g.seq("CHECK (", expr, ")", g.conflict()))
		case 1, 2:
			key := []*column{c}
			if other := pick(g, t.columns...); other != c {
				key = append(key, other)
				g.s.saw("composite key")
			}
			add(&constraint{kind: "unique", columns: key}, g.seq("UNIQUE (", g.keyColumns(key), ")", g.conflict()))
		default:
			if c.generated || t.isKey(c) || t.strict {
				continue
			}
			add(&constraint{kind: "references", columns: []*column{c}, parent: g.s.parent},
				g.seq("FOREIGN KEY (", c, ") REFERENCES", g.s.parent, pick(g, g.seq("(", g.s.parentKey, ")"), nil), g.actions()))
		}
	}
}
