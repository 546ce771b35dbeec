package host

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A fillSQL writes the statements of a backfill. All of them go through the
// transaction as the guest's own do, so that those of a plugin are judged. Their
// texts are the same from chunk to chunk: what changes is a parameter.
//
// https://www.postgresql.org/docs/current/functions-comparisons.html#ROW-WISE-COMPARISON,
// https://sqlite.org/rowvalue.html
type fillSQL struct {
	dialect chain.Dialect
	from    string
	rows    string // what columns are qualified with, so that SQLite does not take their names for texts
	key     []string
	some    bool // only the rows without NULL in the key have a place in its order
	columns []string
	where   string
}

func newFillSQL(dialect chain.Dialect, b *abi.Backfill, at *checkpoint) *fillSQL {
	f := &fillSQL{dialect: dialect, key: at.Key, some: at.Nullable, columns: b.Columns, where: b.Where}
	if b.Table != "" {
		f.from, f.rows = quoteName(b.Table), quoteName(b.Table)
	} else {
		f.from, f.rows = "(\n"+b.Query+"\n) AS q", "q"
	}
	return f
}

// A fillQuery is a statement that is being written.
type fillQuery struct {
	*fillSQL
	sql    strings.Builder
	params []abi.Value
}

// param appends a parameter and returns its placeholder.
func (q *fillQuery) param(v abi.Value) string {
	q.params = append(q.params, v)
	if q.dialect == chain.PostgreSQL {
		return fmt.Sprintf("$%d", len(q.params))
	}
	return fmt.Sprintf("?%d", len(q.params))
}

// list returns qualified columns.
func list(rows string, columns []string, suffix string) string {
	var b strings.Builder
	for i, column := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		if rows != "" {
			b.WriteString(rows + ".")
		}
		b.WriteString(quoteName(column) + suffix)
	}
	return b.String()
}

// tuple is the key as one thing to compare.
func tuple(items string, n int) string {
	if n == 1 {
		return items
	}
	return "(" + items + ")"
}

func (q *fillQuery) values(key keyRow) string {
	items := make([]string, len(key))
	for i, v := range key {
		items[i] = q.param(v)
	}
	return tuple(strings.Join(items, ", "), len(key))
}

// within is the condition that a key lies behind one and not behind another, either
// of which may be none. A comparison with NULL does not see to it that the key has a
// place: (1, NULL) < (2, 0) is true.
func (q *fillQuery) within(rows string, after, until keyRow) string {
	key := tuple(list(rows, q.key, ""), len(q.key))
	var all []string
	if after != nil {
		all = append(all, key+" > "+q.values(after))
	}
	if until != nil {
		all = append(all, key+" <= "+q.values(until))
	}
	if q.some {
		for _, column := range q.key {
			all = append(all, list(rows, []string{column}, " IS NOT NULL"))
		}
	}
	return strings.Join(all, " AND ")
}

// among is the condition that a key is one of some.
func (q *fillQuery) among(rows string, keys keyRows) string {
	items := make([]string, len(keys))
	for i, key := range keys {
		items[i] = q.values(key)
	}
	return tuple(list(rows, q.key, ""), len(q.key)) + " IN (" + strings.Join(items, ", ") + ")"
}

func (q *fillQuery) conditions(all ...string) {
	word := " WHERE "
	for _, c := range all {
		if c != "" {
			q.sql.WriteString(word + c)
			word = " AND "
		}
	}
}

// fitting is the author's own condition.
func (f *fillSQL) fitting() string {
	if f.where == "" {
		return ""
	}
	return "(\n" + f.where + "\n)"
}

func (f *fillSQL) selecting(what string) *fillQuery {
	q := &fillQuery{fillSQL: f}
	q.sql.WriteString("SELECT " + what + " FROM " + f.from)
	return q
}

func (q *fillQuery) statement() Statement { return Statement{SQL: q.sql.String(), Params: q.params} }

func (f *fillSQL) keys() string { return list(f.rows, f.key, "") }

// places are the keys, and on SQLite what their values are to it: a text that is not
// UTF-8 comes as bytes, which are compared otherwise.
func (f *fillSQL) places() string {
	if f.dialect != chain.SQLite {
		return f.keys()
	}
	kinds := make([]string, len(f.key))
	for i, column := range f.key {
		kinds[i] = "typeof(" + list(f.rows, []string{column}, "") + ")"
	}
	return f.keys() + ", " + strings.Join(kinds, ", ")
}

func (f *fillSQL) ordered(q *fillQuery) { q.sql.WriteString(" ORDER BY " + f.keys()) }

// last asks for the largest key behind one, of rows up to another.
func (f *fillSQL) last(after, until keyRow, fitting bool) Statement {
	q := f.selecting(f.places())
	where := ""
	if fitting {
		where = f.fitting()
	}
	q.conditions(q.within(f.rows, after, until), where)
	q.sql.WriteString(" ORDER BY " + list(f.rows, f.key, " DESC") + " LIMIT 1")
	return q.statement()
}

// nth asks for the key of the n-th row behind a key.
func (f *fillSQL) nth(after, until keyRow, n int64) Statement {
	q := f.selecting(f.places())
	q.conditions(q.within(f.rows, after, until), f.fitting())
	f.ordered(q)
	q.sql.WriteString(" LIMIT 1 OFFSET " + q.param(abi.Int64(n-1)))
	return q.statement()
}

// first asks for the keys of the first n rows behind a key.
func (f *fillSQL) first(after, until keyRow, n int64) Statement {
	q := f.selecting(f.places())
	q.conditions(q.within(f.rows, after, until), f.fitting())
	f.ordered(q)
	q.sql.WriteString(" LIMIT " + q.param(abi.Int64(n)))
	return q.statement()
}

// count counts the rows between two keys.
func (f *fillSQL) count(after, until keyRow, fitting bool) Statement {
	q := f.selecting("count(*)")
	where := ""
	if fitting {
		where = f.fitting()
	}
	q.conditions(q.within(f.rows, after, until), where)
	return q.statement()
}

// left counts the rows between two keys, up to maxLeft.
func (f *fillSQL) left(after, until keyRow) Statement {
	q := &fillQuery{fillSQL: f}
	q.sql.WriteString("SELECT count(*) FROM (SELECT 1 FROM " + f.from)
	q.conditions(q.within(f.rows, after, until), f.fitting())
	q.sql.WriteString(" LIMIT " + q.param(abi.Int64(maxLeft)) + ") AS rest")
	return q.statement()
}

// maxLeft is how many rows are counted in a moment: some hundredths of a second.
const maxLeft = 100_000

// placed asks for the keys at the places of a chunk, whether their rows still fit or
// not.
func (f *fillSQL) placed(c *chunk) Statement {
	q := f.selecting(f.keys())
	q.conditions(q.of(f.rows, c))
	return q.statement()
}

// there asks for the keys of all rows of a chunk.
func (f *fillSQL) there(c *chunk) Statement {
	q := f.selecting(f.keys())
	q.conditions(q.of(f.rows, c), f.fitting())
	f.ordered(q)
	return q.statement()
}

// nothing asks for no row.
func (f *fillSQL) nothing() Statement {
	q := f.selecting("1")
	q.conditions("false")
	return q.statement()
}

// null asks for a row without a place in the order.
func (f *fillSQL) null() Statement {
	q := f.selecting("1")
	var any []string
	for _, column := range f.key {
		any = append(any, list(f.rows, []string{column}, " IS NULL"))
	}
	q.conditions("(" + strings.Join(any, " OR ") + ")")
	q.sql.WriteString(" LIMIT 1")
	return q.statement()
}

// chunk asks for the rows of a chunk.
func (f *fillSQL) chunk(c *chunk, ordinal int) Statement {
	what := f.keys()
	if len(f.columns) > 0 {
		what += ", " + list(f.rows, f.columns, "")
	}
	return f.locked(c, what, ordinal)
}

// locked asks for something of the rows of a chunk, and locks them.
func (f *fillSQL) locked(c *chunk, what string, ordinal int) Statement {
	q := f.selecting(what)
	q.conditions(q.of(f.rows, c), f.fitting())
	f.ordered(q)
	stmt := q.statement()
	stmt.Ordinal, stmt.Lock, stmt.Own = ordinal, c.lock, true
	return stmt
}

// of is the condition that a row is of a chunk, but for the author's own.
func (q *fillQuery) of(rows string, c *chunk) string {
	if c.late != nil {
		return q.among(rows, c.late)
	}
	return q.within(rows, c.after, c.until)
}

// run is the statement of a backfill for one of its chunks.
func (f *fillSQL) run(statement string, c *chunk, ordinal int) Statement {
	q := &fillQuery{fillSQL: f}
	q.sql.WriteString(chain.ReplaceChunks(f.dialect, statement, func(m chain.ChunkMark) string {
		return "(" + q.condition(m.Alias, c) + ")"
	}))
	stmt := q.statement()
	stmt.Ordinal = ordinal
	return stmt
}

// condition is true of a chunk's rows. Where not all rows between two keys are the
// chunk's, the keys of those that are say so.
func (q *fillQuery) condition(alias string, c *chunk) string {
	condition := q.of(alias, c)
	if q.where != "" || q.rows == "q" {
		inner := q.selecting(q.keys())
		inner.params = q.params
		inner.conditions(inner.of(q.rows, c), q.fitting())
		q.params = inner.params
		condition += " AND " + tuple(list(alias, q.key, ""), len(q.key)) + " IN (" + inner.sql.String() + ")"
	}
	if len(c.held) > 0 {
		condition += " AND NOT " + q.among(alias, c.held)
	}
	return condition
}
