package sqlite_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// A generator makes a scenario out of SQLite's grammar of CREATE TABLE
// (https://sqlite.org/lang_createtable.html). What it draws shrinks towards the
// first of a choice, and towards "no".
type generator struct {
	t *rapid.T
	s *scenario

	used map[string]bool // names, in lower case
}

var bit = rapid.Bool()

// n draws a number below max, all alike: rapid's own favour small ones.
func (g *generator) n(max int) int {
	v := 0
	for m := max - 1; m > 0; m >>= 1 {
		v <<= 1
		if bit.Draw(g.t, "") {
			v |= 1
		}
	}
	return v % max
}

// one is true once in so many times, a power of two.
func (g *generator) one(in int) bool { return g.n(in) == in-1 }

func pick[T any](g *generator, list ...T) T { return list[g.n(len(list))] }

// names of things: plain ones, keywords, and such as need quotes.
var names = []string{
	"a", "b", "c", "d", "e", "CamelCase", "order", "group", "select", "key", "action", "desc", "no", "match",
	"sp ace", `dou"ble`, "back`tick", "br]acket", "quo'te", "ünïcode", "日本", "x$y", "_", "1digit", "a.b", "semi;colon",
	"(paren)", "com,ma", "--dash", "/*star*/", "rowid", "oid", "_rowid_", "primary", "check", "generated", "always",
	"constraint", "new", "old", "null", "tab\tbed", "per%cent",
}

// reserved are the names above that are keywords which no name may be, unquoted.
var reserved = map[string]bool{
	"order": true, "group": true, "select": true, "primary": true, "check": true, "constraint": true, "null": true,
}

// name draws a name that is not in use.
func (g *generator) name() *symbol {
	s := pick(g, names...)
	for base, i := s, 2; g.used[strings.ToLower(s)]; i++ {
		s = fmt.Sprintf("%s%d", base, i)
	}
	g.used[strings.ToLower(s)] = true
	return &symbol{name: s}
}

// define returns a token that gives sym its name.
func (g *generator) define(sym *symbol) *token {
	if g.one(16) {
		g.s.saw("name in single quotes")
		return &token{text: "'" + strings.ReplaceAll(sym.name, "'", "''") + "'", sym: sym}
	}
	return &token{text: g.spell(sym.name), sym: sym}
}

// ref returns a token that refers to sym, perhaps in another spelling.
func (g *generator) ref(sym *symbol) *token {
	name := sym.name
	if g.one(8) {
		name = swapCase(name)
		g.s.saw("reference in other case")
	}
	return &token{text: g.spell(name), sym: sym}
}

// spell writes a name in one of the ways that it can be written in.
func (g *generator) spell(name string) string {
	ways := []string{quoted(name), "`" + strings.ReplaceAll(name, "`", "``") + "`"}
	if !strings.Contains(name, "]") {
		ways = append(ways, "["+name+"]")
	}
	if plain(name) {
		return pick(g, append([]string{name, name, name}, ways...)...)
	}
	return pick(g, ways...)
}

func plain(name string) bool {
	if reserved[strings.ToLower(name)] || name[0] >= '0' && name[0] <= '9' || name[0] == '$' {
		return false
	}
	for i := range len(name) {
		if !wordByte(name[i]) {
			return false
		}
	}
	return true
}

func swapCase(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			b[i] ^= 0x20
		}
	}
	return string(b)
}

// seq makes tokens: words of strings, symbols that are referred to, tokens and
// literals as they are.
func (g *generator) seq(parts ...any) (list []*token) {
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			for _, word := range strings.Fields(part) {
				if g.one(16) {
					word = swapCase(word)
				}
				list = append(list, &token{text: word})
			}
		case literal:
			list = append(list, &token{text: string(part)})
		case *symbol:
			list = append(list, g.ref(part))
		case *column:
			list = append(list, g.ref(part.sym))
		case *token:
			list = append(list, part)
		case []*token:
			list = append(list, part...)
		default:
			panic(fmt.Sprintf("no tokens are made of a %T", part))
		}
	}
	return list
}

// A literal is one token.
type literal string

// scatter puts white space and comments between the tokens of a text.
func (g *generator) scatter(tokens []*token) {
	for i, t := range tokens {
		if i == 0 {
			continue
		}
		space := ""
		if !joins(tokens[i-1].text) && !joins(t.text) || g.one(2) {
			space = " "
		}
		if g.one(8) {
			space = pick(g, "  ", "\n", "\t", "\r\n", "\f", " /* c */ ", "/**/", "-- c\n", "/* ), ' \" -- ( */", " -- it's, ( \"\n", "\n\n-- */ d\n  ", " /* a */ -- b\n/* c */")
			if strings.ContainsAny(space, "-*") {
				g.s.saw("comment")
			}
			if strings.HasSuffix(tokens[i-1].text, "-") {
				space = " " + space // or it would begin a comment
			}
		}
		if space != "" {
			t.lead = []trivia{{text: space}}
		}
	}
}

var types = [][]string{
	{}, {"INTEGER"}, {"TEXT"}, {"INT"}, {"BLOB"}, {"REAL"}, {"NUMERIC"}, {"VARCHAR", "(", "10", ")"},
	{"DECIMAL", "(", "10", ",", "-2", ")"}, {"DOUBLE", "PRECISION"}, {"UNSIGNED", "BIG", "INT"},
	{"LONG", "VARCHAR", "(", "+20", ")"}, {`"quoted type"`}, {"'string type'"}, {"[br TEXT]"}, {"key"},
	{"DATETIME"}, {"BOOLEAN"}, {"ANY"}, {"float", "(", "1e3", ")"}, {"generated"},
}

var strictTypes = [][]string{{"INTEGER"}, {"INT"}, {"TEXT"}, {"REAL"}, {"BLOB"}, {"ANY"}}

// typeOf draws the type of a column.
func (g *generator) typeOf(strict bool) (list []*token) {
	words := pick(g, types...)
	if strict {
		words = pick(g, strictTypes...)
	}
	switch {
	case len(words) == 0:
		g.s.saw("column without a type")
	case words[len(words)-1] == ")":
		g.s.saw("type with arguments")
	case len(words) > 1:
		g.s.saw("type of several words")
	}
	for _, w := range words {
		list = append(list, &token{text: w})
	}
	return list
}

// table draws the table that is operated on.
func (g *generator) table() {
	t := &tableModel{sym: g.name()}
	g.s.table = t
	t.strict = g.one(8)
	t.head = []*token{g.define(t.sym), {text: "("}}
	for n := 1 + g.n(5); n > 0; n-- {
		c := &column{sym: g.name()}
		if len(t.columns) == 0 && g.one(16) {
			c.sym.name = t.sym.name
			g.s.saw("column of its table's name")
		}
		c.name, c.typ = g.define(c.sym), g.typeOf(t.strict)
		c.copied = quoted(c.sym.name)
		if len(t.columns) > 0 {
			c.comma = &token{text: ","}
		}
		t.columns = append(t.columns, c)
	}
	g.primaryKey()
	for _, c := range t.columns {
		g.clauses(c)
	}
	g.constraints()
	g.options()
	g.scatter(t.tokens(true))
}

// primaryKey draws a primary key, or none.
func (g *generator) primaryKey() {
	t := g.s.table
	switch c := t.columns[0]; g.n(8) {
	case 0, 1, 2:
		c.typ = []*token{{text: pick(g, "INTEGER", "integer", "[INTEGER]")}}
		k := &constraint{kind: "primary key", columns: []*column{c}}
		body := g.seq("PRIMARY KEY", pick(g, "", "", "ASC"), g.conflict())
		switch g.n(4) {
		case 0:
			k.auto = true
			body = append(body, g.seq("AUTOINCREMENT")...)
			g.s.saw("AUTOINCREMENT")
		case 1:
			k.desc = true
			body = g.seq("PRIMARY KEY DESC", g.conflict())
			g.s.saw("INTEGER PRIMARY KEY DESC")
		}
		k.body = g.named(k, body)
		c.clauses = append(c.clauses, k)
		g.s.saw("INTEGER PRIMARY KEY")
	case 3, 4:
		k := &constraint{kind: "primary key", columns: []*column{c}, desc: g.one(4)}
		body := g.seq("PRIMARY KEY", g.conflict())
		if k.desc {
			body = g.seq("PRIMARY KEY DESC", g.conflict())
		}
		k.body = g.named(k, body)
		c.clauses = append(c.clauses, k)
		g.s.saw("PRIMARY KEY of a column")
		t.withoutRowID = !t.strict && g.one(2) || g.one(4)
	case 5, 6:
		key := t.columns[:1+g.n(min(len(t.columns), 3))]
		k := &constraint{kind: "primary key", columns: key, comma: &token{text: ","}}
		k.body = g.named(k, g.seq("PRIMARY KEY (", g.keyColumns(key), ")", g.conflict()))
		t.constraints = append(t.constraints, k)
		g.s.saw("PRIMARY KEY of a table")
		if len(key) > 1 {
			g.s.saw("composite key")
		}
		t.withoutRowID = g.one(2)
	}
}

// options draws what follows the columns.
func (g *generator) options() {
	t := g.s.table
	t.tail = g.seq(")")
	if t.withoutRowID {
		g.s.saw("WITHOUT ROWID")
		t.tail = append(t.tail, g.seq("WITHOUT ROWID")...)
	}
	if t.strict {
		g.s.saw("STRICT")
		if t.withoutRowID {
			t.tail = append(t.tail, g.seq(",")...)
		}
		t.tail = append(t.tail, g.seq("STRICT")...)
	}
}

// conflict draws a conflict clause, or none
// (https://sqlite.org/lang_conflict.html).
func (g *generator) conflict() []*token {
	if !g.one(4) {
		return nil
	}
	g.s.saw("conflict clause")
	return g.seq("ON CONFLICT", pick(g, "ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK"))
}

// named gives a constraint a name, or none.
func (g *generator) named(k *constraint, body []*token) []*token {
	if !g.one(2) {
		return body
	}
	sym := g.name()
	k.name = sym.name
	g.s.saw("named " + k.kind)
	return append(g.seq("CONSTRAINT", &token{text: g.define(sym).text}), body...)
}

// keyColumns are the columns of a key, with collations and orders.
func (g *generator) keyColumns(columns []*column) (list []*token) {
	for i, c := range columns {
		if i > 0 {
			list = append(list, g.seq(",")...)
		}
		list = append(list, g.seq(c)...)
		if g.one(8) {
			list = append(list, g.seq("COLLATE", pick(g, "NOCASE", "RTRIM", `"binary"`))...)
		}
		list = append(list, g.seq(pick(g, "", "", "ASC", "DESC"))...)
	}
	return list
}
