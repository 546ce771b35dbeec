package sdktest

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Keyed is a Database that knows the keys of its tables.
type Keyed interface {
	// Keys returns the columns of a table's primary key, nil if it has none, and
	// those of its other keys: what is unique together, without conditions and
	// expressions.
	Keys(table string) (primary []string, others [][]string, err error)
}

// A source is where the rows of a backfill come from.
type source interface {
	// begin returns the largest key, nil if there are no rows.
	begin() (end []sdk.Value, err error)

	// next returns at most n rows beyond a place.
	next(at *place, n int) (*chunk, error)

	// statement returns a backfill's statement for a chunk.
	statement(sql string, c *chunk) (string, []sdk.Value)
}

// source returns where the rows of a backfill come from.
func (s *session) source(d *abi.Backfill) (source, error) {
	if fake, ok := s.db.(*Fake); ok {
		return &cannedSource{fake, d}, nil
	}
	key := d.Key
	if d.Table != "" {
		keyed, ok := s.db.(Keyed)
		if !ok {
			return nil, refuse(sdk.ErrUnsupported, "this test database does no backfills of tables")
		}
		primary, others, err := keyed.Keys(d.Table)
		if err != nil {
			return nil, s.spoilt(err)
		}
		if key, err = choose(d, primary, others); err != nil {
			return nil, err
		}
	}
	from, name := quoted(d.Table), quoted(d.Table)
	if d.Query != "" {
		from, name = "(\n"+d.Query+"\n) AS q", "q"
	}
	return &tableSource{s.db, d, key, from, name}, nil
}

// choose returns the columns of the key that a backfill asks for.
func choose(d *abi.Backfill, primary []string, others [][]string) ([]string, error) {
	switch {
	case len(d.Key) == 0 && primary == nil:
		return nil, refuse(sdk.ErrArgument, "backfill %q: the table %q has no primary key: name the columns of another key", d.Name, d.Table)
	case len(d.Key) == 0:
		return primary, nil
	case primary != nil:
		others = append(others, primary)
	}
	for _, key := range others {
		if covers(d.Key, key) {
			return d.Key, nil
		}
	}
	return nil, refuse(sdk.ErrArgument, "backfill %q: the table %q has no key of the columns %q: a primary key, "+
		"or a unique index without conditions and expressions", d.Name, d.Table, d.Key)
}

// covers reports whether columns are all those of a key, and maybe others.
func covers(columns, key []string) bool {
	for _, k := range key {
		if !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, k) }) {
			return false
		}
	}
	return true
}

// A tableSource reads a database.
type tableSource struct {
	db   Database
	d    *abi.Backfill
	key  []string
	from string
	name string // what columns are qualified with
}

// A text is a statement that is being written.
type text struct {
	dialect sdk.Dialect
	sql     string
	params  []sdk.Value
}

func (t *text) compare(columns, op string, key []sdk.Value) string {
	list := make([]string, len(key))
	for i, v := range key {
		t.params = append(t.params, v)
		list[i] = t.dialect.Param(len(t.params))
	}
	return "(" + columns + ") " + op + " (" + strings.Join(list, ", ") + ")"
}

// within appends the conditions that rows lie beyond one key and up to another.
func (s *tableSource) within(t *text, after, until []sdk.Value) {
	all := []string{"1 = 1"}
	if s.d.Where != "" {
		all = append(all, "(\n"+s.d.Where+"\n)")
	}
	if after != nil {
		all = append(all, t.compare(list(s.name, s.key), ">", after))
	}
	if until != nil {
		all = append(all, t.compare(list(s.name, s.key), "<=", until))
	}
	t.sql += " WHERE " + strings.Join(all, " AND ")
}

func (s *tableSource) begin() ([]sdk.Value, error) {
	null := s.selecting("1")
	null.sql += " WHERE " + strings.ReplaceAll(list(s.name, s.key), ", ", " IS NULL OR ") + " IS NULL LIMIT 1"
	if c, err := s.read(null); err != nil || len(c.rows) > 0 {
		return nil, cmp.Or(err, refuse(sdk.ErrArgument, "backfill %q: the key of a row of %s holds NULL, so that it has no place in the order", s.d.Name, s.name))
	}
	t := s.selecting(list(s.name, s.key)) // of all rows, whether they fit the condition or not
	t.sql += " ORDER BY " + strings.ReplaceAll(list(s.name, s.key), ", ", " DESC, ") + " DESC LIMIT 1"
	c, err := s.read(t)
	if err != nil || len(c.rows) == 0 {
		return nil, err
	}
	return c.rows[0], nil
}

func (s *tableSource) next(at *place, n int) (*chunk, error) {
	columns := list(s.name, s.key)
	if len(s.d.Columns) > 0 {
		columns += ", " + list(s.name, s.d.Columns)
	}
	t := s.selecting(columns)
	end := at.end
	if s.d.Inserted == abi.InsertedInclude {
		end = nil
	} else if end == nil {
		n = 0 // there was nothing when it began
	}
	s.within(t, at.last, end)
	t.sql += fmt.Sprintf(" ORDER BY %s LIMIT %d", list(s.name, s.key), n)
	c, err := s.read(t)
	if err != nil {
		return nil, err
	}
	c.after = at.last
	return c, nil
}

func (s *tableSource) selecting(columns string) *text {
	return &text{dialect: s.db.Dialect(), sql: "SELECT " + columns + " FROM " + s.from}
}

// read reads all rows of a query.
func (s *tableSource) read(t *text) (*chunk, error) {
	rows, err := s.db.Query(t.sql, t.params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	c := &chunk{key: len(s.key)}
	if c.columns, err = rows.Columns(); err != nil {
		return nil, err
	}
	for {
		row, err := rows.Next()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		own := make([]sdk.Value, len(row))
		for i, v := range row {
			own[i] = v.Clone()
		}
		c.rows = append(c.rows, own)
	}
}

func (s *tableSource) statement(sql string, c *chunk) (string, []sdk.Value) {
	t := &text{dialect: s.db.Dialect()}
	until := c.rows[len(c.rows)-1][:c.key]
	for {
		before, alias, after, found := abi.CutChunk(sql)
		if !found {
			t.sql += sql
			return t.sql, t.params
		}
		inner := s.selecting(list(s.name, s.key))
		inner.params = t.params
		s.within(inner, c.after, until)
		t.params = inner.params
		t.sql += before + "((" + list(alias, s.key) + ") IN (" + inner.sql + "))"
		sql = after
	}
}

// A cannedSource has the rows that a Fake was told (see [Fake.Backfill]).
type cannedSource struct {
	fake *Fake
	d    *abi.Backfill
}

func (s *cannedSource) begin() ([]sdk.Value, error) { return nil, nil }

func (s *cannedSource) next(at *place, n int) (*chunk, error) {
	a := s.fake.backfills[s.d.Name]
	rows := a.rows[min(at.rows, len(a.rows)):]
	c := &chunk{columns: a.columns, key: max(1, len(s.d.Key)), after: at.last, rows: rows[:min(n, len(rows))]}
	if want := c.key + len(s.d.Columns); a.err == nil && len(c.rows) > 0 && len(s.d.Key) > 0 && len(c.columns) != want {
		return nil, refuse(sdk.ErrArgument, "the fake's rows of the backfill %q have %d columns, and it reads %d", s.d.Name, len(c.columns), want)
	}
	return c, a.err
}

func (s *cannedSource) statement(sql string, c *chunk) (string, []sdk.Value) {
	t := &text{dialect: s.fake.Dialect()}
	for {
		before, alias, after, found := abi.CutChunk(sql)
		if !found {
			t.sql += sql
			return t.sql, t.params
		}
		names := make([]string, c.key)
		for i := range names {
			names[i] = c.columns[i].Name
		}
		t.sql += before + "("
		if c.after != nil {
			t.sql += t.compare(list(alias, names), ">", c.after) + " AND "
		}
		t.sql += t.compare(list(alias, names), "<=", c.rows[len(c.rows)-1][:c.key]) + ")"
		sql = after
	}
}

// list returns columns, qualified if there is something to qualify them with.
func list(with string, columns []string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		if names[i] = quoted(c); with != "" {
			names[i] = with + "." + names[i]
		}
	}
	return strings.Join(names, ", ")
}

// quoted quotes a name, as both dialects do.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
