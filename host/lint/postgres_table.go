package lint

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

func (r *postgresReader) createTable(n grammar.Node) {
	rel := n.Node("relation")
	e := createTable{table: relation(rel), ifNotExists: n.True("if_not_exists"), partitioned: n.Node("partspec").There()}
	for _, item := range n.List("tableElts") {
		switch item.Kind {
		case "ColumnDef":
			e.columns = append(e.columns, columnOf(item))
		case "Constraint":
			e.constraints = append(e.constraints, constraintOf(item))
		}
	}
	r.add(rel.At(), e)
}

// alterTable reads an ALTER TABLE. PostgreSQL drops constraints before it does
// what else the statement says, so a check that is dropped proves nothing.
func (r *postgresReader) alterTable(on table, at int, n grammar.Node) {
	cmds := n.List("cmds")
	if n.Text("objtype") == "OBJECT_INDEX" {
		for _, cmd := range cmds {
			if cmd.Text("subtype") == "AT_SetTableSpace" {
				r.add(at, rewrite{how: "SET TABLESPACE copies the index " + string(on) + " while nobody can use it"})
			}
		}
	}
	if n.Text("objtype") != "OBJECT_TABLE" {
		return
	}
	places := actions(r.sql, at)
	for _, dropped := range []bool{true, false} {
		for i, cmd := range cmds {
			if len(places) == len(cmds) {
				at = places[i]
			}
			if (cmd.Text("subtype") == "AT_DropConstraint") == dropped {
				r.action(on, at, cmd)
			}
		}
	}
}

// actions returns where the actions of an ALTER TABLE begin: behind the name of the
// table, and behind each comma that is not in parentheses.
func actions(sql string, name int) (places []int) {
	depth, begins, named := 0, false, false
	for t := range chain.Tokens(chain.PostgreSQL, sql) {
		switch {
		case t.Blank() || t.Pos < name:
			continue
		case !named:
			// schema.table, and a * for the tables that inherit from it
			_, isName := t.Name(chain.PostgreSQL)
			if t.Pos == name || t.Is(".") || t.Is("*") || t.Is(")") {
				begins = true
				continue
			}
			if isName && dotted(sql, t.Pos) {
				continue
			}
			named = true
		}
		if begins {
			places = append(places, t.Pos)
			begins = false
		}
		switch {
		case t.Is("(") || t.Is("["):
			depth++
		case t.Is(")") || t.Is("]"):
			depth--
		case t.Is(",") && depth == 0:
			begins = true
		}
	}
	return places
}

// dotted reports whether a dot stands before a place.
func dotted(sql string, at int) bool {
	return strings.HasSuffix(strings.TrimRight(sql[:at], " \t\r\n"), ".")
}

// action reads one change of an ALTER TABLE. Some say where they stand; the others
// begin at a place.
func (r *postgresReader) action(on table, at int, n grammar.Node) {
	def := n.Node("def")
	if def.At() > 0 {
		at = def.At()
	}
	name := n.Text("name")
	switch n.Text("subtype") {
	case "AT_AddColumn":
		r.add(at, addColumn{on, columnOf(def)})
	case "AT_DropColumn":
		r.add(at, dropColumn{table: on, name: name, cascade: n.Text("behavior") == "DROP_CASCADE"})
	case "AT_AlterColumnType":
		if t := def.Node("typeName").At(); t > 0 {
			at = t
		}
		r.add(at, setType{table: on, name: name, to: kindOf(def.Node("typeName")), using: using(name, def), collate: def.Node("collClause").There()})
	case "AT_SetNotNull":
		r.add(at, setNotNull{on, name})
	case "AT_DropNotNull":
		r.add(at, dropNotNull{on, name})
	case "AT_AttachPartition":
		r.add(at, attachPartition{on, string(relation(def.Node("name")))})
	case "AT_AddConstraint":
		r.add(at, addConstraint{on, constraintOf(def)})
	case "AT_DropConstraint":
		r.add(at, dropConstraint{on, name})
		r.cascade(n, "DROP CONSTRAINT")
	case "AT_ValidateConstraint":
		r.add(at, validateConstraint{on, name})
	case "AT_SetLogged":
		r.add(at, rewrite{on, "SET LOGGED writes it anew"})
	case "AT_SetUnLogged":
		r.add(at, rewrite{on, "SET UNLOGGED writes it anew"})
	case "AT_SetAccessMethod":
		r.add(at, rewrite{on, "SET ACCESS METHOD writes it anew"})
	case "AT_SetTableSpace":
		r.add(at, rewrite{on, "SET TABLESPACE copies it"})
	case "AT_SetExpression":
		r.add(at, rewrite{on, "another expression of " + name + " is computed for each row"})
	case "AT_DetachPartition":
		if def.True("concurrent") {
			r.add(at, runsOutside{what: "DETACH PARTITION CONCURRENTLY"})
			return
		}
		r.add(at, otherLock{on})
	default:
		r.add(at, otherLock{on})
	}
}

// using reports whether a change of type computes something other than a cast to
// that type, which is made anyway.
func using(name string, def grammar.Node) bool {
	expr := def.Node("raw_default")
	if !expr.There() {
		return false
	}
	of := expr.Node("arg").Strings("fields")
	cast := expr.Is("TypeCast") && len(of) > 0 && of[len(of)-1] == name && expr.Node("arg").Is("ColumnRef")
	return !cast || kindOf(expr.Node("typeName")).String() != kindOf(def.Node("typeName")).String()
}

func kindOf(n grammar.Node) kind {
	k := kind{name: n.Name("names"), array: len(n.List("arrayBounds")) > 0}
	for _, m := range n.List("typmods") {
		k.mods = append(k.mods, m.Node("ival").Int("ival"))
	}
	return k
}

func columnOf(n grammar.Node) column {
	c := column{name: n.Text("colname"), kind: kindOf(n.Node("typeName")), at: n.At()}
	if strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(c.kind.name, "big"), "small"), "serial") {
		c.hasDefault, c.notNull, c.rewrites = true, true, "it is numbered"
	}
	for _, item := range n.List("constraints") {
		switch item.Text("contype") {
		case "CONSTR_NOTNULL":
			c.notNull = true
		case "CONSTR_DEFAULT":
			expr := item.Node("raw_expr")
			c.hasDefault = !expr.True("isnull")
			c.volatile = volatileIn(expr)
		case "CONSTR_IDENTITY":
			c.hasDefault, c.notNull, c.rewrites = true, true, "it is numbered"
		case "CONSTR_GENERATED":
			c.hasDefault, c.rewrites = true, "it is generated and stored"
		case "CONSTR_CHECK":
			c.check = true
		case "CONSTR_PRIMARY", "CONSTR_UNIQUE":
			k := constraintOf(item)
			k.columns = []string{c.name}
			c.key = &k
			c.notNull = c.notNull || k.kind == primaryKey
		case "CONSTR_FOREIGN":
			k := constraintOf(item)
			k.columns = []string{c.name}
			c.references = &k
		}
	}
	return c
}

func constraintOf(n grammar.Node) constraint {
	k := constraint{name: n.Text("conname"), notValid: n.True("skip_validation"), usingIndex: n.Text("indexname"), at: n.At()}
	switch n.Text("contype") {
	case "CONSTR_PRIMARY":
		k.kind, k.columns = primaryKey, n.Strings("keys")
	case "CONSTR_UNIQUE":
		k.kind, k.columns = unique, n.Strings("keys")
	case "CONSTR_EXCLUSION":
		k.kind = exclusion
	case "CONSTR_FOREIGN":
		k.kind, k.columns, k.parent = foreignKey, n.Strings("fk_attrs"), string(relation(n.Node("pktable")))
	case "CONSTR_CHECK":
		k.kind, k.proves = check, proven(n.Node("raw_expr"))
	}
	return k
}

// proven returns the columns that a check says are not NULL: those of an IS NOT
// NULL that has to be true for all of it to be.
func proven(n grammar.Node) []string {
	switch {
	case n.Is("NullTest") && n.Text("nulltesttype") == "IS_NOT_NULL" && n.Node("arg").Is("ColumnRef"):
		if parts := n.Node("arg").Strings("fields"); len(parts) > 0 {
			return parts[len(parts)-1:]
		}
	case n.Is("BoolExpr") && n.Text("boolop") == "AND_EXPR":
		var columns []string
		for _, arg := range n.List("args") {
			columns = append(columns, proven(arg)...)
		}
		return columns
	}
	return nil
}

// steady are functions that give all rows of a statement the same. Others may be
// too; their definitions are not at hand.
//
// https://www.postgresql.org/docs/current/xfunc-volatility.html
var steady = strings.Fields(`now transaction_timestamp statement_timestamp current_setting current_database
	current_schema timezone date_trunc date_part extract make_date make_time make_timestamp make_timestamptz make_interval age
	to_timestamp to_date to_char to_number lower upper initcap concat concat_ws format md5 sha256 sha512 length substring substr
	left right replace trim btrim ltrim rtrim lpad rpad repeat reverse decode encode convert_to abs round ceil floor
	json_build_object json_build_array jsonb_build_object jsonb_build_array to_json to_jsonb array_to_string
	string_to_array array_append array_fill hstore to_tsvector int4range int8range numrange tsrange tstzrange daterange`)

// volatileIn returns what of an expression may differ from row to row, "" if
// nothing does.
func volatileIn(n grammar.Node) string {
	found := ""
	n.Walk(func(n grammar.Node) bool {
		if n.Is("FuncCall") && !slices.Contains(steady, n.Name("funcname")) {
			found = n.Name("funcname") + "()"
		}
		return found == ""
	})
	return found
}
