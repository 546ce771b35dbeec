package diff

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A model is a schema in the words of schema operations. Two models of one
// dialect are compared part by part; what a part is besides, that operations
// have no word for, is text that is compared as well.
type model struct {
	dialect    chain.Dialect
	extensions []string
	enums      []*enum
	known      []*enum // SQLite: those of the other side
	tables     []*table
	views      []*view // each after those that it reads
	triggers   []*trigger
	others     []host.Object // functions, sequences and types, each after what it is made of
}

type enum struct {
	name   string
	values []string
	plain  bool
}

type table struct {
	name         string
	columns      []*column
	constraints  []*constraint
	indexes      []*index // of a materialized view too, which has nothing else here
	comment      string
	strict       bool
	withoutRowID bool
	besides      []string // sorted
	sql          string   // SQLite: the statement that created it
	materialized bool
	rowSecurity  bool     // PostgreSQL: policies hold
	forced       bool     // PostgreSQL: and for its owner too
	parents      []string // PostgreSQL: tables that it inherits from, or is a partition of
}

type column struct {
	schema.Column
	kind     string // the type as the database names it
	serial   string // PostgreSQL: the sequence that it owns and has its default from
	identity string // PostgreSQL: ALWAYS or BY DEFAULT, else ""
	sequence string // PostgreSQL: that of an identity
	owns     string // PostgreSQL: a sequence that serial would not have made
	besides  string

	inherited bool // PostgreSQL: from a parent of its table
}

type constraint struct {
	schema.Constraint
	comment string // PostgreSQL
	besides string
	def     string // PostgreSQL: what it is, besides included
}

type index struct {
	schema.CreateIndex
	method  string // btree, gin …; "" on SQLite
	classes []string
	comment string // PostgreSQL
	besides string
	sql     string // creates it with what it is besides
}

type view struct {
	name         string
	query        string
	columns      []string // SQLite: as the statement lists them
	materialized bool
	besides      string
	sql          string // creates it with what it is besides
	disturbed    bool   // something that it reads is renamed
}

type trigger struct {
	name, table string
	sql         string
	text        string // sql without what does not matter
	besides     string
	all         string // creates it with what it is besides
}

func (m *model) table(name string) *table {
	return find(m.tables, func(t *table) bool { return m.same(t.name, name) })
}

func (m *model) enum(name string) *enum {
	return find(m.enums, func(e *enum) bool { return e.name == name })
}

func (m *model) view(name string) *view {
	return find(m.views, func(v *view) bool { return m.same(v.name, name) })
}

func (m *model) column(t *table, name string) *column {
	return find(t.columns, func(c *column) bool { return m.same(c.Name, name) })
}

// find returns the first element that is, or nil.
func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

// pointers returns the elements of a list by reference.
func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// primaryKey returns the columns of the primary key.
func (t *table) primaryKey() []string {
	for _, k := range t.constraints {
		if len(k.PrimaryKey) > 0 {
			return k.PrimaryKey
		}
	}
	return nil
}
