package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/sandpiper-db/sandpiper/host"
)

// readingSettings make the server write every name and constant the same way in
// every session: names in the schema and in those of extensions on the
// search_path bare, all others qualified. The schema stays first, so that it
// stays the current one. Nothing is compiled: a database that is new has no
// statistics of its catalogs, and what the planner then expects of these queries
// would have the server spend seconds on them. Who wants to read the definition of
// an object waits for its lock: not long, so that somebody is told of it.
//
// https://www.postgresql.org/docs/current/jit-decision.html
const readingSettings = `SELECT set_config('search_path', concat_ws(', ', quote_ident(current_schema()), (
    SELECT string_agg(quote_ident(name), ', ' ORDER BY n) FROM unnest(current_schemas(false)) WITH ORDINALITY s (name, n)
    WHERE n > 1 AND name IN (SELECT nspname FROM pg_extension JOIN pg_namespace s ON s.oid = extnamespace)), 'pg_temp'), true),
  set_config('standard_conforming_strings', 'on', true),
  set_config('quote_all_identifiers', 'off', true),
  set_config('DateStyle', 'ISO, YMD', true),
  set_config('IntervalStyle', 'postgres', true),
  set_config('TimeZone', 'UTC', true),
  set_config('extra_float_digits', '1', true),
  set_config('bytea_output', 'hex', true),
  set_config('lock_timeout', '1s', true),
  (SELECT set_config(name, 'off', true) FROM pg_settings WHERE name = 'jit')`

// A described is an object as the queries of this package describe it. Keys name
// objects of the catalogs: the oid of the catalog, a slash, and their own.
type described struct {
	Key   string
	Also  []string // keys of what is a part of it
	Kind  host.ObjectKind
	Table string
	Name  string
	SQL   string
	Facts []string
	Notes []note
}

// A note is something that may have a comment.
type note struct {
	Key string
	Sub int    // the number of a column, else 0
	On  string // such as TABLE t
}

// A dependency is a line of pg_depend.
type dependency struct {
	Key, On string
	Type    string
}

// A storedSchema is what the catalogs say of a schema.
type storedSchema struct {
	objects      []described
	tables       []*storedTable
	sequences    []*storedSequence
	dependencies []dependency
	comments     map[note]string // as literals; On is empty
}

// Objects implements host.Conn. All of it is read in one snapshot. Owners,
// privileges and tablespaces are the server's and no part of it.
//
// https://www.postgresql.org/docs/current/catalogs.html
func (c *conn) Objects(ctx context.Context) ([]host.Object, error) {
	if c.tx != nil {
		return nil, errors.New("a transaction is open on this connection")
	}
	if c.schema == "" {
		return nil, errors.New("no schema of the search_path exists, so there is nothing to read")
	}
	read := storedSchema{comments: map[note]string{}}
	items := []item{{sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}, {sql: readingSettings}}
	for i, q := range objectQueries {
		items = append(items, rowsOf("objects_"+strconv.Itoa(i), q, func(d described) { read.objects = append(read.objects, d) }))
	}
	items = append(items,
		rowsOf("tables", tableQuery, func(t storedTable) { read.tables = append(read.tables, &t) }),
		rowsOf("sequences", sequenceQuery, func(s storedSequence) { read.sequences = append(read.sequences, &s) }),
		rowsOf("dependencies", dependencyQuery, func(d dependency) { read.dependencies = append(read.dependencies, d) }),
		rowsOf("comments", commentQuery, func(d struct {
			note
			Text string
		}) {
			read.comments[d.note] = d.Text
		}),
		item{sql: "COMMIT"})
	if err := c.main.do(ctx, items...); err != nil {
		c.main.rollback()
		if errors.Is(err, host.ErrLockTimeout) {
			return nil, host.ErrInUse
		}
		return nil, fmt.Errorf("read schema %q: %w", c.schema, err)
	}
	return read.ordered(), nil
}

// rowsOf is a query of one column of JSON. It is prepared: the planner takes
// longer than the query.
func rowsOf[T any](name, sql string, add func(T)) item {
	it := own(roleOther, name, sql)
	it.row = func(values [][]byte) error {
		var row T
		if err := json.Unmarshal(values[0], &row); err != nil {
			return fmt.Errorf("the catalogs: %w", err)
		}
		add(row)
		return nil
	}
	return it
}

// ordered returns the objects, each after those that it needs.
func (c *storedSchema) ordered() []host.Object {
	var nodes []*node
	for _, s := range c.sequences {
		if t := c.owner(s); t != nil {
			t.sequences = append(t.sequences, s)
		}
	}
	for _, t := range c.tables {
		nodes = append(nodes, t.node(c))
	}
	known := map[string]bool{}
	for _, s := range c.sequences {
		known[s.Key] = true
		if !s.folded {
			nodes = append(nodes, &node{described: s.describe()})
		}
	}
	for _, t := range c.tables {
		known[t.Key] = true
	}
	for _, d := range c.objects {
		for _, key := range d.Also {
			known[key] = true
		}
		// The last query lists everything, for what no other has found.
		if d.Kind != host.ObjectOther || !known[d.Key] {
			nodes = append(nodes, &node{described: d})
		}
		known[d.Key] = true
	}
	for _, n := range nodes {
		c.comment(n)
	}
	objects := []host.Object{}
	for _, n := range inOrder(nodes, c.dependencies) {
		slices.Sort(n.Facts)
		objects = append(objects, host.Object{Kind: n.Kind, Name: n.Name, Table: n.Table, SQL: n.text(), Facts: n.Facts})
	}
	return objects
}

// comment adds the comments on an object and its parts.
func (c *storedSchema) comment(n *node) {
	for _, note := range n.Notes {
		on := note.On
		note.On = ""
		if text, ok := c.comments[note]; ok {
			n.Facts = append(n.Facts, "comment on "+on+" "+text)
			n.comments = append(n.comments, comment{note.Key, "COMMENT ON " + on + " IS " + text + ";"})
		}
	}
}
