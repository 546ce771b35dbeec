package diff

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// readPostgreSQL reads the schema that the connection works in from the
// catalogs: tables, their columns, constraints and indexes, enums, extensions,
// views and triggers. The rest is taken from the objects as it is.
//
// https://www.postgresql.org/docs/current/catalogs.html
func readPostgreSQL(ctx context.Context, side Side, _ []*enum) (*model, error) {
	m := &model{dialect: chain.PostgreSQL}
	tx, err := side.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read the schema from the catalogs: %w", err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, readingSettings); err != nil {
		return nil, fmt.Errorf("read the schema from the catalogs: %w", err)
	}
	for _, read := range []func(context.Context, *sql.Tx) error{
		m.readEnums, m.readTables, m.readColumns, m.readConstraints, m.readIndexes, m.readViews, m.readTriggers, m.readExtensions,
	} {
		if err := read(ctx, tx); err != nil {
			return nil, fmt.Errorf("read the schema from the catalogs: %w", err)
		}
	}
	m.order(side.Objects)
	return m, nil
}

// rows runs a query and returns its rows, each field by its column's name.
func rows[T any](ctx context.Context, tx *sql.Tx, query string) ([]T, error) {
	var text []byte
	err := tx.QueryRowContext(ctx, "SELECT coalesce(pg_catalog.json_agg(r), '[]')::text FROM ("+query+") r").Scan(&text)
	if err != nil {
		return nil, err
	}
	var list []T
	return list, json.Unmarshal(text, &list)
}

func (m *model) readEnums(ctx context.Context, tx *sql.Tx) error {
	type row struct {
		Name   string
		Values []string
	}
	list, err := rows[row](ctx, tx, enumsQuery)
	for _, r := range list {
		m.enums = append(m.enums, &enum{name: r.Name, values: r.Values})
	}
	return err
}

func (m *model) readTables(ctx context.Context, tx *sql.Tx) error {
	type row struct {
		Name, Kind, Comment, Persistence, Partition, Parents string
		Options, ParentNames                                 []string
		RowSecurity, Forced                                  bool
	}
	list, err := rows[row](ctx, tx, tablesQuery)
	for _, r := range list {
		t := &table{name: r.Name, comment: r.Comment, materialized: r.Kind == "m", parents: r.ParentNames, rowSecurity: r.RowSecurity, forced: r.Forced}
		for _, b := range []struct{ what, is string }{
			{"persistence", strings.Trim(r.Persistence, "p")}, {"partitions", r.Partition}, {"parents", r.Parents},
			{"with", strings.Join(r.Options, ", ")}, {"kind", strings.Trim(r.Kind, "rm")},
		} {
			if b.is != "" {
				t.besides = append(t.besides, b.what+" "+b.is)
			}
		}
		m.tables = append(m.tables, t)
	}
	return err
}

func (m *model) readColumns(ctx context.Context, tx *sql.Tx) error {
	type row struct {
		Table, Name, Type, Enum, Default, Generated, Identity, Collation, Comment, Sequence, Besides string
		IsArray, NotNull, StandardSequence, Inherited                                                bool
	}
	list, err := rows[row](ctx, tx, columnsQuery)
	for _, r := range list {
		t := m.table(r.Table)
		if t == nil {
			continue
		}
		c := &column{kind: r.Type, besides: r.Besides, inherited: r.Inherited}
		switch r.Identity {
		case "a":
			c.identity = "ALWAYS"
		case "d":
			c.identity = "BY DEFAULT"
		}
		c.Column = schema.Column{
			Name: r.Name, Type: portablePostgreSQL(r.Type), NotNull: r.NotNull, Comment: r.Comment, Autoincrement: c.identity != "",
		}
		if r.Enum != "" {
			c.Type = schema.Type{Base: schema.BaseEnum, Enum: r.Enum, IsArray: r.IsArray}
		}
		if r.Collation != "" {
			c.Collate = schema.Expr(r.Collation)
		}
		switch {
		case r.Generated != "":
			c.Generated = schema.Expr(unwrapped(m.dialect, r.Default))
		case c.identity != "":
			c.sequence = r.Sequence
		case r.Sequence == r.Table+"_"+r.Name+"_seq" && r.StandardSequence && r.NotNull:
			c.serial = r.Sequence
		case r.Default != "":
			c.Default = defaultPostgreSQL(r.Default, c.Type, r.Type)
			c.owns = r.Sequence
		}
		t.columns = append(t.columns, c)
	}
	return err
}

func (m *model) readConstraints(ctx context.Context, tx *sql.Tx) error {
	list, err := rows[constraintRow](ctx, tx, constraintsQuery)
	for _, r := range list {
		if t := m.table(r.Table); t != nil {
			t.constraints = append(t.constraints, r.constraint(m.dialect))
		}
	}
	return err
}

// A constraintRow is a row of constraintsQuery.
type constraintRow struct {
	Table, Name, Type, References, OnDelete, OnUpdate, Expr, Def, Method, Predicate, Besides, Comment string
	Columns, To, Elements, Operators                                                                  []string
	Deferrable, Deferred, Validated, NullsNotDistinct                                                 bool
}

var actions = map[string]schema.Action{"r": schema.Restrict, "c": schema.Cascade, "n": schema.SetNull, "d": schema.SetDefault}

func (r *constraintRow) constraint(d chain.Dialect) *constraint {
	k := &constraint{besides: r.Besides, comment: r.Comment, def: r.Def}
	k.Constraint = schema.Constraint{
		Name: r.Name, Deferrable: r.Deferrable, InitiallyDeferred: r.Deferred, NotValid: !r.Validated, NullsNotDistinct: r.NullsNotDistinct,
	}
	switch r.Type {
	case "p":
		k.PrimaryKey = r.Columns
	case "u":
		k.Unique = r.Columns
	case "f":
		k.ForeignKey, k.References, k.To = r.Columns, r.References, r.To
		k.OnDelete, k.OnUpdate = actions[r.OnDelete], actions[r.OnUpdate]
	case "c":
		k.Check = schema.Expr(unwrapped(d, r.Expr))
	case "x":
		def := make([]string, len(r.Elements))
		for i, e := range r.Elements {
			x := schema.Exclusion{With: r.Operators[i]}
			if r.Columns[i] != "" {
				x.Column = r.Columns[i]
			} else {
				x.Expr = schema.Expr(unwrapped(d, e))
			}
			k.Exclude = append(k.Exclude, x)
			def[i] = e + " WITH " + r.Operators[i]
		}
		if r.Method != "gist" {
			k.Using = r.Method
		}
		expected := "EXCLUDE USING " + r.Method + " (" + strings.Join(def, ", ") + ")"
		if r.Predicate != "" {
			k.Where = schema.Expr(unwrapped(d, r.Predicate))
			expected += " WHERE (" + r.Predicate + ")"
		}
		if !strings.HasPrefix(r.Def, expected) {
			k.besides = r.Def // collations, orders or operator classes
		}
	default: // of a trigger
		k.besides = r.Def
	}
	return k
}

func (m *model) readIndexes(ctx context.Context, tx *sql.Tx) error {
	list, err := rows[indexRow](ctx, tx, indexesQuery)
	for _, r := range list {
		if t := m.table(r.Table); t != nil {
			t.indexes = append(t.indexes, r.index(m.dialect))
		}
	}
	return err
}

// An indexRow is a row of indexesQuery.
type indexRow struct {
	Table, Name, Method, Predicate, Comment, Besides string
	Unique, NullsNotDistinct                         bool
	Columns                                          []struct {
		Name, Expr, Collation, Class string
		Desc, NullsFirst             bool
	}
	Include, Options []string
}

func (r *indexRow) index(d chain.Dialect) *index {
	i := &index{method: r.Method, comment: r.Comment, besides: r.Besides}
	i.CreateIndex = schema.CreateIndex{
		Name: r.Name, Table: r.Table, Unique: r.Unique, NullsNotDistinct: r.NullsNotDistinct, Include: r.Include,
	}
	if r.Method != "btree" {
		i.Using = r.Method
	}
	if r.Predicate != "" {
		i.Where = schema.Expr(unwrapped(d, r.Predicate))
	}
	for _, option := range r.Options {
		name, value, _ := strings.Cut(option, "=")
		i.With = append(i.With, schema.Parameter{Name: name, Value: value})
	}
	for _, c := range r.Columns {
		part := schema.IndexColumn{Column: c.Name, Opclass: c.Class}
		if c.Name == "" {
			part.Expr = schema.Expr(unwrapped(d, c.Expr))
		}
		if c.Collation != "" {
			part.Collate = schema.Expr(c.Collation)
		}
		if c.Desc {
			part.Order = schema.Desc
		}
		if c.NullsFirst != c.Desc {
			part.Nulls = schema.NullsLast
			if c.NullsFirst {
				part.Nulls = schema.NullsFirst
			}
		}
		if c.Class != "" {
			i.classes = append(i.classes, c.Class)
		}
		i.Columns = append(i.Columns, part)
	}
	return i
}

func (m *model) readViews(ctx context.Context, tx *sql.Tx) error {
	type row struct {
		Name, Kind, Query, Comment string
		Options                    []string
	}
	list, err := rows[row](ctx, tx, viewsQuery)
	for _, r := range list {
		v := &view{name: r.Name, query: strings.TrimSuffix(strings.TrimSpace(r.Query), ";"), materialized: r.Kind == "m"}
		for _, b := range []struct{ what, is string }{{"with", strings.Join(r.Options, ", ")}, {"comment", r.Comment}} {
			if b.is != "" {
				v.besides += b.what + " " + b.is + "; "
			}
		}
		m.views = append(m.views, v)
	}
	return err
}

func (m *model) readTriggers(ctx context.Context, tx *sql.Tx) error {
	type row struct{ Name, Table, SQL, Besides string }
	list, err := rows[row](ctx, tx, triggersQuery)
	for _, r := range list {
		m.triggers = append(m.triggers, &trigger{name: r.Name, table: r.Table, sql: r.SQL, text: r.SQL, besides: r.Besides})
	}
	return err
}

func (m *model) readExtensions(ctx context.Context, tx *sql.Tx) error {
	list, err := rows[struct{ Name string }](ctx, tx, extensionsQuery)
	for _, r := range list {
		m.extensions = append(m.extensions, r.Name)
	}
	return err
}

// order takes over what is only known by its objects, and the order in which
// these can be created.
func (m *model) order(objects []host.Object) {
	place := map[string]int{}
	for i, o := range objects {
		switch o.Kind {
		case host.ObjectView, host.ObjectMaterializedView:
			place[o.Name] = i
			if v := m.view(o.Name); v != nil {
				v.sql = o.SQL
			}
		case host.ObjectTable:
			if t := m.table(o.Name); t != nil {
				t.sql = o.SQL
			}
		case host.ObjectIndex:
			if t := m.table(o.Table); t != nil {
				if i := find(t.indexes, func(i *index) bool { return i.Name == o.Name }); i != nil {
					i.sql = o.SQL
				}
			}
		case host.ObjectTrigger:
			if t := find(m.triggers, func(t *trigger) bool { return t.name == o.Name && t.table == o.Table }); t != nil {
				t.all = o.SQL
			}
		case host.ObjectExtension, host.ObjectForeignKey: // are read whole
		case host.ObjectType:
			if m.enum(o.Name) == nil {
				m.others = append(m.others, o)
			}
		default:
			m.others = append(m.others, o)
		}
	}
	slices.SortStableFunc(m.views, func(a, b *view) int { return place[a.name] - place[b.name] })
}
