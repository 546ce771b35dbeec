package schema

import (
	"slices"
	"strings"
)

// Rows of a table that the requests have made go with it. Others are deleted by
// their keys, in SQL, since no operation deletes.
func (o *Insert) reverse(p *past) ([]Request, string) {
	var dialects []string
	for _, d := range p.dialects {
		if !p.made(d, o.Table) {
			dialects = append(dialects, d)
		}
	}
	if len(dialects) == 0 {
		return nil, ""
	}
	if len(o.Key) == 0 {
		return nil, give("how to find the rows to delete", `key: ["…"], the columns that tell a row from all others`)
	}
	key := make([]int, len(o.Key))
	for i, name := range o.Key {
		key[i] = slices.Index(o.Columns, name)
		for n, row := range o.Rows {
			if row[key[i]].Kind == NullLiteral {
				return nil, "row " + itoa(int64(n)+1) + " has no " + quote(name) + ", which is part of the key: NULL finds no row"
			}
		}
	}
	var back []Request
	for end := len(o.Rows); end > 0; {
		start := o.chunk(end)
		back = append(back, by(o.deletion(dialects, key, o.Rows[start:end]))...)
		end = start
	}
	return back, ""
}

// maxStatement is how many bytes of literals go into one statement, roughly, so
// that its document (which has it twice for each dialect) stays small.
const maxStatement = 64 << 10

// chunk returns where the rows before end begin that go into one statement.
func (o *Insert) chunk(end int) int {
	size := 0
	for start := end - 1; ; start-- {
		for _, l := range o.Rows[start] {
			size += len(l.Text) + len("NULL, ")
		}
		if start == 0 {
			return 0
		}
		if size > maxStatement {
			return start
		}
	}
}

// deletion deletes rows, and knows how to insert them again.
func (o *Insert) deletion(dialects []string, key []int, rows []Row) *Execute {
	all := make([]int, len(o.Columns))
	for i := range all {
		all[i] = i
	}
	op := &Execute{}
	for _, d := range dialects {
		keys := tuples(d, rows, key)
		if d == SQLite {
			keys = "VALUES " + keys // it compares a row with those of a query, not of a list
		}
		remove := "DELETE FROM " + identifier(o.Table) + " WHERE " + o.tuple(key) + " IN (" + keys + ")"
		insert := "INSERT INTO " + identifier(o.Table) + " " + o.tuple(all) + " VALUES " + tuples(d, rows, all)
		if d == SQLite {
			op.SQL.SQLite, op.Reverse.SQLite = remove, insert
		} else {
			op.SQL.PostgreSQL, op.Reverse.PostgreSQL = remove, insert
		}
	}
	return op
}

// tuple writes columns as ("a", "b").
func (o *Insert) tuple(columns []int) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = identifier(o.Columns[c])
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// tuples writes columns of rows as (1, 'x'), (2, 'y').
func tuples(dialect string, rows []Row, columns []int) string {
	var b strings.Builder
	for i, row := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		for j, c := range columns {
			if j == 0 {
				b.WriteString("(")
			} else {
				b.WriteString(", ")
			}
			b.WriteString(literal(dialect, row[c]))
		}
		b.WriteString(")")
	}
	return b.String()
}

func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes a constant. PostgreSQL gives a string the type of the column it
// is compared with or put into, and has no escapes in it but doubled quotes
// (standard_conforming_strings is on).
//
// https://www.postgresql.org/docs/current/typeconv-oper.html,
// https://www.postgresql.org/docs/current/typeconv-query.html
func literal(dialect string, l Literal) string {
	text := "'" + strings.ReplaceAll(l.Text, "'", "''") + "'"
	switch {
	case l.Kind == NullLiteral || l.Kind == NoLiteral:
		return "NULL"
	case dialect == PostgreSQL && l.Kind == BytesLiteral:
		return `'\x` + l.Text + "'"
	case dialect == PostgreSQL || l.Kind == TextLiteral:
		return text
	case l.Kind == BytesLiteral:
		return "x" + text
	case l.Kind == NumberLiteral:
		return l.Text
	case l.Text == "true":
		return "1"
	}
	return "0"
}
