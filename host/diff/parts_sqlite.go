package diff

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (m *model) sqliteColumn(t *tabletext.Table, c *tabletext.Column) *column {
	col := &column{Column: schema.Column{Name: c.Name}, kind: tabletext.Plain(t.Text(c.Type), "")}
	var besides []string
	beside := func(k *tabletext.Constraint, what string) {
		if k.Name != "" {
			besides = append(besides, "constraint "+tabletext.Fold(k.Name)+" "+what)
		}
		if k.Conflict != "" && k.Conflict != "ABORT" {
			besides = append(besides, what+" on conflict "+tabletext.Fold(k.Conflict))
		}
	}
	if col.kind == "" {
		besides = append(besides, "no type")
	}
	col.Type = portableSQLite(col.kind, t.Strict)
	for i := range c.Constraints {
		switch k := &c.Constraints[i]; k.Kind {
		case tabletext.NotNull:
			col.NotNull = true
			beside(k, "not null")
		case tabletext.Default:
			col.Default = defaultSQLite(t.Text(k.Expr), col.Type)
			beside(k, "default")
		case tabletext.Collate:
			if name := unquotedSQLite(t.Text(k.Expr)); !tabletext.SameName(name, "BINARY") {
				col.Collate = schema.Expr(name)
			}
		case tabletext.Generated:
			col.Generated, col.Virtual = schema.Expr(t.Text(k.Expr)), !k.Stored
			beside(k, "generated")
		}
	}
	col.besides = strings.Join(besides, "; ")
	return col
}

// unquotedSQLite returns the name that a text is.
func unquotedSQLite(text string) string {
	for t := range chain.Tokens(chain.SQLite, text) {
		if name, ok := t.Name(chain.SQLite); ok {
			return name
		}
		if t.Kind == chain.String {
			return literalText(t.Text)
		}
	}
	return text
}

// portableTypes are the types of SQLite that a portable type becomes, in the form
// of tabletext.Plain (sdk/schema/README.md has the table). Of several that become
// one the most telling is taken.
var (
	portableTypes = map[string]schema.Base{
		"varchar": schema.BaseString, "text": schema.BaseText, "integer": schema.BaseInteger, "boolean": schema.BaseBoolean,
		"float": schema.BaseFloat, "numeric": schema.BaseNumeric, "datetime": schema.BaseTimestamp, "date": schema.BaseDate,
		"time": schema.BaseTime, "char(36)": schema.BaseUUID, "blob": schema.BaseBinary,
	}
	strictTypes = map[string]schema.Base{
		"text": schema.BaseText, "integer": schema.BaseInteger, "real": schema.BaseFloat, "blob": schema.BaseBinary,
	}
	sizedSQLite = regexp.MustCompile(`^(varchar|numeric)\((\d+)(?:, (\d+))?\)$`)
)

// portableSQLite returns the portable type that becomes a type, or the type by
// its name.
func portableSQLite(kind string, strict bool) schema.Type {
	types := portableTypes
	if strict {
		types = strictTypes
	}
	if base, ok := types[kind]; ok {
		return schema.TypeOf(base)
	}
	m := sizedSQLite.FindStringSubmatch(kind)
	if m == nil || strict || m[1] == "numeric" && m[3] == "" || m[1] == "varchar" && m[3] != "" {
		return schema.NativeType("", strings.ToUpper(kind))
	}
	t := schema.Type{Base: portableTypes[m[1]]}
	size, _ := strconv.ParseInt(m[2], 10, 64)
	scale, _ := strconv.ParseInt(m[3], 10, 64)
	if t.Size, t.Scale = size, scale; size == 0 {
		return schema.NativeType("", strings.ToUpper(kind))
	}
	return t
}

// functionsSQLite are the expressions that portable defaults become, in the form
// of tabletext.Plain, by the type of the column.
var functionsSQLite = map[string]struct {
	function schema.Function
	base     schema.Base
}{
	`strftime('%Y-%m-%d %H:%M:%f000', 'now')`: {schema.FunctionNow, schema.BaseTimestamp},
	`date('now')`:                    {schema.FunctionNow, schema.BaseDate},
	`strftime('%H:%M:%f000', 'now')`: {schema.FunctionNow, schema.BaseTime},
	`lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || ` +
		`substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))`: {schema.FunctionUUID, ""},
}

// defaultSQLite returns the default that a text after DEFAULT is: a constant, one
// of the functions that both dialects have, or an expression.
func defaultSQLite(text string, t schema.Type) *schema.Default {
	expr := unwrapped(chain.SQLite, text)
	if f, ok := functionsSQLite[tabletext.Plain(expr, "")]; ok && (f.base == "" || f.base == t.Base) {
		return &schema.Default{Function: f.function}
	}
	var list []chain.Token
	for tok := range chain.Tokens(chain.SQLite, expr) {
		if !tok.Blank() {
			list = append(list, tok)
		}
	}
	switch {
	case len(list) == 1 && list[0].Kind == chain.String && list[0].Text[0] == '\'':
		return schema.DefaultOf(schema.Text(literalText(list[0].Text)))
	case len(list) == 1 && list[0].Is("NULL"):
		return schema.DefaultOf(schema.Null())
	case len(list) == 1 && (expr == "0" || expr == "1") && t.Base == schema.BaseBoolean:
		return schema.DefaultOf(schema.Bool(expr == "1"))
	case plainNumber.MatchString(expr):
		return schema.DefaultOf(schema.Number(expr))
	case len(list) == 1 && (list[0].Kind == chain.Quoted || list[0].Kind == chain.Word && !constantWord(list[0])) && !strings.HasPrefix(text, "("):
		// A name after DEFAULT is a string (https://sqlite.org/src/file/src/parse.y).
		name, _ := list[0].Name(chain.SQLite)
		return schema.DefaultOf(schema.Text(name))
	}
	return schema.DefaultSQL(schema.Expr(expr))
}

func constantWord(t chain.Token) bool {
	for _, word := range []string{"TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"} {
		if t.Is(word) {
			return true
		}
	}
	return false
}

// sqliteConstraint returns a constraint of a table, nil for what is only a
// column's.
func sqliteConstraint(t *tabletext.Table, k *tabletext.Constraint) *constraint {
	own := &constraint{Constraint: schema.Constraint{Name: k.Name}}
	var besides []string
	switch k.Kind {
	case tabletext.PrimaryKey:
		own.PrimaryKey = k.Columns
	case tabletext.Unique:
		own.Unique = k.Columns
	case tabletext.Check:
		own.Check = schema.Expr(t.Text(k.Expr))
		return own
	case tabletext.ForeignKey:
		own.ForeignKey, own.References, own.To = k.Columns, k.Parent, k.To
		own.OnDelete, own.OnUpdate = actionSQLite(k.OnDelete), actionSQLite(k.OnUpdate)
		own.Deferrable, own.InitiallyDeferred = k.Deferred, k.Deferred
		return own
	default:
		return nil
	}
	if k.Conflict != "" && k.Conflict != "ABORT" {
		besides = append(besides, "on conflict "+tabletext.Fold(k.Conflict))
	}
	if k.Descending {
		besides = append(besides, "desc")
	}
	for i, term := range k.Terms {
		if order := tabletext.Plain(t.Text(term), ""); order != "" && order != "asc" {
			besides = append(besides, k.Columns[i]+" "+order)
		}
	}
	own.besides = strings.Join(besides, "; ")
	return own
}

func actionSQLite(action string) schema.Action {
	if action == "NO ACTION" {
		return ""
	}
	return schema.Action(strings.ToLower(action))
}

// sqliteIndex reads a CREATE INDEX statement.
//
// https://sqlite.org/lang_createindex.html
func sqliteIndex(o host.Object) *index {
	i := &index{sql: bareStatement(o.SQL), CreateIndex: schema.CreateIndex{Name: o.Name, Table: o.Table}}
	for _, fact := range tabletext.IndexFacts(o.SQL, o.Table) {
		i.Unique = i.Unique || fact == "unique"
	}
	terms := tabletext.IndexTerms(i.sql)
	depth, start := 0, 0
	for t := range chain.Tokens(chain.SQLite, terms) {
		switch {
		case t.Is("("):
			if depth++; depth == 1 {
				start = t.Pos + 1
			}
		case t.Is(")"):
			depth--
		case t.Is("WHERE") && depth == 0:
			i.Where = schema.Expr(strings.TrimSpace(terms[t.Pos+len(t.Text):]))
			return i
		}
		if depth == 1 && t.Is(",") || depth == 0 && t.Is(")") {
			i.Columns = append(i.Columns, i.term(strings.TrimSpace(terms[start:t.Pos])))
			start = t.Pos + 1
		}
	}
	return i
}

// term reads a column of an index, or an expression. An expression that is not
// in parentheses would get some.
func (i *index) term(text string) schema.IndexColumn {
	var part schema.IndexColumn
	var list []chain.Token
	for t := range chain.Tokens(chain.SQLite, text) {
		if !t.Blank() {
			list = append(list, t)
		}
	}
	if last := list[len(list)-1]; len(list) > 1 && (last.Is("DESC") || last.Is("ASC")) {
		if last.Is("DESC") {
			part.Order = schema.Desc
		}
		list, text = list[:len(list)-1], strings.TrimSpace(text[:last.Pos])
	}
	if n := len(list); n > 2 && list[n-2].Is("COLLATE") {
		if name := unquotedSQLite(list[n-1].Text); name != "" {
			part.Collate = schema.Expr(name)
		}
		text = strings.TrimSpace(text[:list[n-2].Pos])
		list = list[:n-2]
	}
	if name, ok := list[0].Name(chain.SQLite); ok && len(list) == 1 {
		part.Column = name
		return part
	}
	part.Expr = schema.Expr(unwrapped(chain.SQLite, text))
	if part.Expr.Both == text {
		i.besides = "an expression without parentheses"
	}
	return part
}

// sqliteView reads a CREATE VIEW statement.
//
// https://sqlite.org/lang_createview.html
func sqliteView(o host.Object) *view {
	v := &view{name: o.Name, sql: bareStatement(o.SQL)}
	depth, named := 0, false
	for t := range chain.Tokens(chain.SQLite, v.sql) {
		name, isName := t.Name(chain.SQLite)
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case depth == 0 && named && t.Is("AS"):
			v.query = strings.TrimSpace(v.sql[t.Pos+len(t.Text):])
			return v
		case depth == 1 && isName:
			v.columns = append(v.columns, name)
		case depth == 0 && isName && tabletext.SameName(name, o.Name):
			named = true
		}
	}
	v.besides = "a text that cannot be read"
	return v
}
