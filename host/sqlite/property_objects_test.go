package sqlite_test

import "fmt"

// surroundings draws what is around the table: a table that it refers to, one
// that refers to it, indexes, views, triggers.
func (g *generator) surroundings() {
	for n := g.n(4); n > 0; n-- {
		g.index()
	}
	g.child()
	for n := g.n(3); n > 0; n-- {
		g.view()
	}
	for n := g.n(3); n > 0; n-- {
		g.trigger()
	}
}

// add adds an object whose body, after its name, is drawn already.
func (g *generator) add(kind, create string, body []*token) *object {
	o := &object{kind: kind, create: create, sym: body[0].sym, body: body}
	g.scatter(o.body)
	g.s.objects = append(g.s.objects, o)
	return o
}

// others makes the tables that are always there.
func (g *generator) others() {
	s := g.s
	s.parent, s.parentKey, s.log, s.other = g.name(), g.name(), g.name(), g.name()
	g.add("table", "CREATE TABLE", g.seq(g.define(s.parent), "(", g.define(s.parentKey), "INTEGER PRIMARY KEY , u UNIQUE )"))
	g.add("table", "CREATE TABLE", g.seq(g.define(s.log), "( who )"))
	g.add("table", "CREATE TABLE", g.seq(g.define(s.other), "( x )"))
	s.script = append(s.script, fmt.Sprintf("INSERT INTO %s VALUES (1, 'one'), (2, 'two'), (3, 'three')", quoted(s.parent.name)))
}

// child makes a table that refers to a key of the table, if it has one.
func (g *generator) child() {
	t := g.s.table
	if !g.one(2) {
		return
	}
	var keys [][]*column
	for _, c := range t.columns {
		if c.clause("unique") != nil || c.clause("primary key") != nil {
			keys = append(keys, []*column{c})
		}
	}
	for _, k := range t.constraints {
		// A key whose index has another collation than its columns is none
		// (https://sqlite.org/foreignkeys.html#fk_indexes).
		if (k.kind == "unique" || k.kind == "primary key") && !refersTo(k.body, "collate") {
			keys = append(keys, k.columns)
		}
	}
	if len(keys) == 0 {
		return
	}
	key := pick(g, keys...)
	g.s.child = g.name()
	var columns, refs []*token
	for i, c := range key {
		if i > 0 {
			columns, refs = append(columns, g.seq(",")...), append(refs, g.seq(",")...)
		}
		columns = append(columns, g.seq(fmt.Sprintf("c%d", i))...)
		refs = append(refs, g.seq(c)...)
		g.s.childKey = append(g.s.childKey, c)
	}
	g.add("table", "CREATE TABLE", g.seq(g.define(g.s.child), "( note ,", columns, ", FOREIGN KEY (", columns, ") REFERENCES", t.sym, "(", refs, ")", g.actions(), ")"))
	g.s.saw("foreign key of another table")
}

func refersTo(tokens []*token, word string) bool {
	for _, t := range tokens {
		if alike(t.text) == word {
			return true
		}
	}
	return false
}

// index makes an index on the table (https://sqlite.org/lang_createindex.html).
func (g *generator) index() {
	t := g.s.table
	create := "CREATE INDEX"
	var columns []*token
	for i := 1 + g.n(2); i > 0; i-- {
		if columns != nil {
			columns = append(columns, g.seq(",")...)
		}
		c := pick(g, t.columns...)
		if g.one(4) {
			g.s.saw("index on an expression")
			columns = append(columns, pick(g, g.seq("length (", c, ")"), g.seq("coalesce (", c, ",", literal("'desc, ('"), ")"), g.seq("( (", c, "IS NULL ) )"))...)
		} else {
			columns = append(columns, g.seq(c)...)
		}
		if g.one(4) {
			g.s.saw("index with a collation")
			columns = append(columns, g.seq("COLLATE", pick(g, "NOCASE", "RTRIM", `"binary"`))...)
		}
		if order := pick(g, "", "", "ASC", "DESC"); order != "" {
			g.s.saw("index " + order)
			columns = append(columns, g.seq(order)...)
		}
	}
	if g.one(8) {
		create = "CREATE UNIQUE INDEX"
		g.s.saw("unique index")
	}
	body := g.seq(g.define(g.name()), "ON", &token{text: g.spell(t.sym.name), sym: t.sym}, "(", columns, ")")
	if g.one(4) {
		g.s.saw("partial index")
		body = append(body, g.seq("WHERE", g.condition(pick(g, t.columns...)))...)
	}
	g.add("index", create, body)
}

// view makes a view over the table (https://sqlite.org/lang_createview.html).
func (g *generator) view() {
	t := g.s.table
	c := pick(g, t.columns...)
	name := g.define(g.name())
	switch g.n(5) {
	case 0:
		o := g.add("view", "CREATE VIEW", g.seq(name, "AS SELECT * FROM", t.sym))
		o.star = true
		g.s.saw("view of *")
	case 1:
		g.add("view", "CREATE VIEW", g.seq(name, "AS SELECT", c, ",", literal("'x, ('"), "AS s FROM", t.sym, "WHERE", c, "IS NOT NULL"))
	case 2:
		g.add("view", "CREATE VIEW", g.seq(name, "( v1 , v2 ) AS SELECT m .", c, ", o . x FROM", t.sym, "AS m LEFT JOIN", g.s.other, "o ON o . x = m .", c))
	case 3:
		g.add("view", "CREATE VIEW", g.seq(name, "AS WITH q ( z ) AS ( SELECT", c, "FROM", t.sym, ") SELECT count ( * ) AS n FROM q UNION ALL SELECT count (", c, ") FROM", t.sym))
	default:
		g.add("view", "CREATE VIEW", g.seq(name, "AS SELECT x FROM", g.s.other, "WHERE x IN ( SELECT", t.sym, ".", c, "FROM", t.sym, ")"))
	}
	g.s.saw("view")
}

// trigger makes a trigger, on the table or on another one that then writes to
// the table (https://sqlite.org/lang_createtrigger.html).
func (g *generator) trigger() {
	t := g.s.table
	c := pick(g, t.columns...)
	name := g.define(g.name())
	when := pick(g, "BEFORE", "AFTER", "")
	log := g.seq("INSERT INTO", g.s.log, "VALUES (", literal("'"+sqlText(name.sym.name)+"'"), ") ;")
	if c.generated {
		c = nil
		for _, other := range t.columns {
			if !other.generated {
				c = other
			}
		}
	}
	var o *object
	switch g.n(5) {
	case 0:
		o = g.add("trigger", "CREATE TRIGGER", g.seq(name, when, "UPDATE OF", c, "ON", t.sym, "BEGIN", log, "END"))
		o.fire = g.seq("UPDATE", t.sym, "SET", c, "=", c)
		g.s.saw("trigger of a column")
	case 1:
		o = g.add("trigger", "CREATE TRIGGER", g.seq(name, when, "DELETE ON", t.sym, "FOR EACH ROW WHEN old .", c, "IS NOT", literal("'end;'"), "BEGIN", log, "SELECT 1 ; END"))
		o.fire = g.seq("DELETE FROM", t.sym)
		g.s.saw("trigger with a condition")
	case 2:
		o = g.add("trigger", "CREATE TRIGGER", g.seq(name, when, "INSERT ON", g.s.other, "BEGIN", log, "UPDATE", t.sym, "SET", c, "=", c, "WHERE", c, "IS NULL ; END"))
		o.fire = g.seq("INSERT INTO", g.s.other, "VALUES ( 1 )")
		g.s.saw("trigger of another table that writes to it")
	case 3:
		o = g.add("trigger", "CREATE TRIGGER", g.seq(name, when, "DELETE ON", g.s.other, "BEGIN DELETE FROM", t.sym, "WHERE", c, "= old . x ;", log, "END"))
		o.fire = g.seq("DELETE FROM", g.s.other)
		g.s.saw("trigger of another table that writes to it")
	default:
		view := g.add("view", "CREATE VIEW", g.seq(g.define(g.name()), "AS SELECT", c, "AS v FROM", t.sym))
		o = g.add("trigger", "CREATE TRIGGER", g.seq(name, "INSTEAD OF DELETE ON", view.sym, "BEGIN", log, "END"))
		o.fire = g.seq("DELETE FROM", view.sym)
		g.s.saw("trigger of a view")
	}
	g.s.saw("trigger")
}

// rows draws INSERT statements. Rows that the table refuses are left out.
func (g *generator) rows() {
	t, s := g.s.table, g.s
	var list string
	var columns []*column
	for _, c := range t.columns {
		if c.generated {
			continue
		}
		if columns != nil {
			list += ", "
		}
		list += quoted(c.sym.name)
		columns = append(columns, c)
	}
	rowid := t.rowid()
	n := g.n(8)
	for i := range n {
		columnList, values := list, ""
		if t.alias() == nil && rowid != "" && g.one(4) {
			columnList = rowid + ", " + list
			values = pick(g, "10", "-5", "9000000000000000000", "77") + ", "
			s.saw("rowid of its own")
		}
		for i, c := range columns {
			if i > 0 {
				values += ", "
			}
			values += g.value(c)
		}
		s.may = append(s.may, fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) VALUES (%s)", quoted(t.sym.name), columnList, values))
		if i == n/2 && g.one(4) {
			s.may = append(s.may, fmt.Sprintf("DELETE FROM %s", quoted(t.sym.name)))
			s.saw("rows deleted")
		}
	}
	s.may = append(s.may, fmt.Sprintf("INSERT INTO %s VALUES (1), ('a')", quoted(s.other.name)))
	if s.child != nil {
		var key, columns string
		for i, c := range s.childKey {
			if i > 0 {
				key, columns = key+", ", columns+", "
			}
			key, columns = key+quoted(c.sym.name), columns+fmt.Sprintf("c%d", i)
		}
		s.may = append(s.may, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s LIMIT 3", quoted(s.child.name), columns, key, quoted(t.sym.name)))
	}
}

// value draws a value for a column, as SQL.
func (g *generator) value(c *column) string {
	for _, list := range [][]*constraint{c.clauses, g.s.table.constraints} {
		for _, k := range list {
			if k.kind == "references" && (len(k.columns) == 0 || k.columns[0] == c) {
				return pick(g, "1", "2", "3", "NULL")
			}
		}
	}
	integers := []string{"1", "2", "3", "7", "-1", "0", "9223372036854775807", "-9223372036854775808"}
	reals := []string{"0.5", "-1.25e300", "1e999", "-1e999", "3.0", "0.1"}
	texts := []string{"'a'", "'A'", "'it''s'", "'ünï日本'", "''", "' 1 '", "'007'", "'1e3'", "'12'", "CAST(x'ff41' AS TEXT)", "'nul' || char(0) || 'l'", "'-- ; )'"}
	blobs := []string{"x''", "x'00ff'", "zeroblob(3000)", "x'5d'"}
	all := [][]string{{"NULL"}, integers, texts, integers, reals, texts, blobs}
	if g.s.table.strict && len(c.typ) > 0 {
		switch alike(c.typ[0].text) {
		case "int", "integer":
			all = [][]string{integers, {"NULL"}}
		case "real":
			all = [][]string{reals, {"NULL"}}
		case "text":
			all = [][]string{texts, {"NULL"}}
		case "blob":
			all = [][]string{blobs, {"NULL"}}
		}
	}
	if k := c.clause("primary key"); k != nil && c.integer() && !k.desc {
		all = [][]string{integers, {"NULL"}}
	}
	return pick(g, pick(g, all...)...)
}
