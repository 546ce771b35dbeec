package diff_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A sample is a schema made up at random, as operations that create it. What it
// is made of refers by name to what is there; what refers to nothing is left out
// by prune.
type sample struct {
	*rand.Rand
	dialect  chain.Dialect
	enums    []*schema.CreateEnum
	tables   []*sampleTable
	views    []*sampleView
	triggers []sampleTrigger
}

type sampleTable struct {
	schema.CreateTable
	foreign []schema.Constraint
	indexes []schema.CreateIndex
}

type sampleView struct {
	schema.CreateView
	of      string // a table or view
	columns []string
	index   string // of a materialized view
}

type sampleTrigger struct{ name, table, column string }

func newSample(seed uint64, d chain.Dialect) *sample {
	s := &sample{Rand: rand.New(rand.NewPCG(seed, 1)), dialect: d}
	for range 12 {
		s.mutate()
	}
	return s
}

func (s *sample) lite() bool { return s.dialect == chain.SQLite }

func (s *sample) one(in int) bool { return s.IntN(in) == 0 }

func pick[T any](s *sample, l []T) T { return l[s.IntN(len(l))] }

// mutate changes something.
func (s *sample) mutate() {
	some := []func(){
		s.addTable, s.addTable, s.dropTable, s.addColumn, s.addColumn, s.addColumn, s.dropColumn, s.alterColumn, s.alterColumn, s.alterColumn,
		s.addConstraint, s.addConstraint, s.addConstraint, s.dropConstraint, s.addIndex, s.addIndex, s.dropIndex, s.changeEnum, s.changeEnum,
		s.changeView, s.changeView, s.changeTrigger, s.changeComment,
	}
	pick(s, some)()
	s.prune()
}

func (s *sample) addTable() {
	name := fmt.Sprintf("t%d", s.IntN(6))
	if s.table(name) != nil {
		return
	}
	t := &sampleTable{}
	t.Name = name
	switch s.IntN(4) {
	case 0:
		t.Columns = []schema.Column{{Name: "id", Type: schema.TypeOf(schema.BaseUUID), NotNull: true}}
		t.Constraints = []schema.Constraint{{Name: "pk_" + name, PrimaryKey: []string{"id"}}}
	case 1:
		t.Columns = []schema.Column{{Name: "id", Type: schema.TypeOf(schema.BaseInteger), PrimaryKey: true, NotNull: !s.lite(), Autoincrement: true}}
	default:
		t.Columns = []schema.Column{{Name: "id", Type: schema.TypeOf(schema.BaseInteger), PrimaryKey: true, NotNull: !s.lite()}}
	}
	if s.lite() {
		t.Strict, t.WithoutRowID = s.one(5), s.one(5) && !t.Columns[0].Autoincrement
		if t.WithoutRowID {
			t.Columns[0].NotNull = true
		}
	}
	s.tables = append(s.tables, t)
	for range 1 + s.IntN(5) {
		s.addColumnTo(t)
	}
}

func (s *sample) table(name string) *sampleTable {
	if i := slices.IndexFunc(s.tables, func(t *sampleTable) bool { return t.Name == name }); i >= 0 {
		return s.tables[i]
	}
	return nil
}

func (s *sample) dropTable() {
	if len(s.tables) > 2 {
		i := s.IntN(len(s.tables))
		s.tables = slices.Delete(s.tables, i, i+1)
	}
}

// operations creates the schema.
func (s *sample) operations() []schema.Operation {
	var ops []schema.Operation
	for _, e := range s.enums {
		ops = append(ops, e)
	}
	for _, t := range s.tables {
		create := t.CreateTable
		ops = append(ops, &create)
	}
	for _, t := range s.tables {
		for _, i := range t.indexes {
			ops = append(ops, &i)
		}
		for _, k := range t.foreign {
			ops = append(ops, &schema.AddConstraint{Table: t.Name, Constraint: k})
		}
	}
	for _, v := range s.views {
		ops = append(ops, &v.CreateView)
		if v.index != "" {
			ops = append(ops, &schema.CreateIndex{Name: v.index, Table: v.Name, Columns: schema.IndexOn("id")})
		}
	}
	for i, g := range s.triggers {
		sql := fmt.Sprintf("CREATE TRIGGER %s AFTER UPDATE OF %s ON %s BEGIN DELETE FROM %s WHERE id IS NULL; END", g.name, quote(g.column), g.table, g.table)
		if !s.lite() {
			if i == 0 {
				ops = append(ops, &schema.Execute{SQL: schema.Expr("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")})
			}
			sql = fmt.Sprintf("CREATE TRIGGER %s BEFORE UPDATE OF %s ON %s FOR EACH ROW WHEN (NEW.id IS NOT NULL) EXECUTE FUNCTION f()", g.name, quote(g.column), g.table)
		}
		ops = append(ops, &schema.CreateTrigger{Name: g.name, Table: g.table, SQL: schema.Expr(sql)})
	}
	return ops
}
