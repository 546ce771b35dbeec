package hosttest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// testRandomOperations makes lists of operations at random, each of which knows
// what was before it, and takes them there and back with the rows that are there.
func testRandomOperations(t *testing.T, h Harness, db host.Database) {
	for seed := range uint64(15) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := newStage(t, h, db)
			m := newModel(seed)
			s.there([]string{tableP,
				`{"create_table":{"name":"t","columns":[{"name":"id","type":"integer","primary_key":true},{"name":"a","type":"text","not_null":true,"default":"x"},{"name":"b","type":"integer"}]}}`},
				[]string{"INSERT INTO p VALUES (1), (2)", "INSERT INTO t VALUES (1, 'it''s', 1), (2, 'y', NULL), (3, 'z', 2)"})
			var up []schema.Request
			for range 20 {
				up = append(up, schema.Request{Operation: m.next()})
			}
			t.Cleanup(func() {
				for _, q := range up {
					if t.Failed() {
						t.Log(string(schema.Append(nil, q)))
					}
				}
			})
			s.thereAndBack(operationCase{
				after: []string{
					"3 = SELECT count(*) FROM " + m.table,
					fmt.Sprintf("1 = SELECT count(*) FROM %s WHERE %s = 1 AND %s = 'it''s' AND %s = 1", m.table, m.quoted(0), m.quoted(1), m.quoted(2)),
				},
				kept: []string{"3 = SELECT count(*) FROM t", "1 = SELECT count(*) FROM t WHERE id = 1 AND a = 'it''s' AND b = 1"},
			}, up)
		})
	}
}

// A model is a table as the operations so far have left it.
type model struct {
	*rand.Rand
	names       int
	table       string
	columns     []modelColumn // the first three are there from the beginning
	constraints []schema.Constraint
	indexes     []schema.CreateIndex
	syncs       []schema.CreateSync
}

type modelColumn struct {
	schema.Column
	full    bool // no row has NULL in it
	altered bool // so that dropping it loses what its changes need on the way back
}

func newModel(seed uint64) *model {
	return &model{Rand: rand.New(rand.NewPCG(seed, 0)), table: "t", columns: []modelColumn{
		{Column: schema.Column{Name: "id", Type: schema.TypeOf(schema.BaseInteger), PrimaryKey: true}},
		{Column: schema.Column{Name: "a", Type: schema.TypeOf(schema.BaseText), NotNull: true, Default: schema.DefaultOf(schema.Text("x"))}, full: true},
		{Column: schema.Column{Name: "b", Type: schema.TypeOf(schema.BaseInteger)}},
	}}
}

func (m *model) name(prefix string) string {
	m.names++
	return fmt.Sprintf("%s %d", prefix, m.names)
}

func (m *model) quoted(column int) string { return `"` + m.columns[column].Name + `"` }

// next returns an operation that works, and does it on the model.
func (m *model) next() schema.Operation {
	some := []func() schema.Operation{
		m.addColumn, m.addColumn, m.dropColumn, m.renameColumn, m.alterColumn, m.alterColumn,
		m.addConstraint, m.addConstraint, m.dropConstraint, m.createIndex, m.changeIndex, m.renameTable,
		m.createSync, m.dropSync,
	}
	for {
		if op := some[m.IntN(len(some))](); op != nil {
			return op
		}
	}
}

func (m *model) renameTable() schema.Operation {
	from := m.table
	m.table = fmt.Sprintf("t%d", m.names)
	if m.table == from {
		return nil
	}
	return &schema.RenameTable{Name: from, To: m.table}
}

func (m *model) addColumn() schema.Operation {
	c := modelColumn{Column: schema.Column{Name: m.name("col")}}
	switch m.IntN(4) {
	case 0:
		c.Type, c.Default, c.NotNull, c.full = schema.TypeOf(schema.BaseText), schema.DefaultOf(schema.Text("d'")), true, true
	case 1:
		c.Type = schema.StringOf(20)
	case 2:
		c.Type, c.Default, c.full = schema.TypeOf(schema.BaseBoolean), schema.DefaultOf(schema.Bool(true)), true
	case 3:
		c.Type, c.Generated = schema.TypeOf(schema.BaseInteger), schema.Expr(m.quoted(0)+" + 1")
	}
	m.columns = append(m.columns, c)
	return &schema.AddColumn{Table: m.table, Column: c.Column}
}

func (m *model) dropColumn() schema.Operation {
	last := m.columns[len(m.columns)-1]
	if len(m.columns) == 3 || last.altered || m.used(last.Name) {
		return nil
	}
	m.columns = m.columns[:len(m.columns)-1]
	return &schema.DropColumn{Table: m.table, Name: last.Name, Was: &last.Column}
}

// used reports whether a constraint, an index or a sync is made of a column.
func (m *model) used(column string) bool {
	if m.synced(column) {
		return true
	}
	for _, c := range m.constraints {
		if slices.Contains(c.Columns(), column) || c.Check == checkOf(column) {
			return true
		}
	}
	return slices.ContainsFunc(m.indexes, func(i schema.CreateIndex) bool {
		return slices.Contains(i.Columns, schema.IndexColumn{Column: column}) || i.Where == checkOf(column)
	})
}

func checkOf(column string) schema.SQL { return schema.Expr(`"` + column + `" IS NOT NULL OR 1 = 1`) }

func (m *model) renameColumn() schema.Operation {
	i := m.IntN(len(m.columns))
	generated := slices.ContainsFunc(m.columns, func(c modelColumn) bool { return !c.Generated.IsZero() })
	if m.used(m.columns[i].Name) || i == 0 && generated {
		return nil // what was made of it would be told by its old name
	}
	op := &schema.RenameColumn{Table: m.table, Name: m.columns[i].Name, To: m.name("new")}
	m.columns[i].Name = op.To
	return op
}

func (m *model) alterColumn() schema.Operation {
	c := &m.columns[1+m.IntN(len(m.columns)-1)]
	op := &schema.AlterColumn{Table: m.table, Name: c.Name, Was: &schema.ColumnState{}}
	switch {
	case !c.Generated.IsZero(), m.synced(c.Name):
		return nil
	case m.IntN(2) == 0:
		was, is := c.NotNull, !c.NotNull
		if is && !c.full {
			return nil
		}
		op.Was.NotNull, op.NotNull, c.NotNull = &was, &is, is
	case c.Default != nil:
		op.DropDefault, op.Was.Default, c.Default = true, c.Default, nil
	default:
		c.Default = schema.DefaultOf(schema.Int(7))
		if c.Type.Base == schema.BaseBoolean {
			c.Default = schema.DefaultOf(schema.Bool(false))
		}
		op.Default, op.Was.NoDefault = c.Default, true
	}
	c.altered = true
	return op
}

func (m *model) addConstraint() schema.Operation {
	k := schema.Constraint{Name: m.name("con")}
	column := m.columns[m.IntN(len(m.columns))].Name
	switch m.IntN(3) {
	case 0:
		if column == m.columns[0].Name {
			return nil
		}
		k.Unique = []string{column, m.columns[0].Name}
	case 1:
		k.Check = checkOf(column)
	case 2:
		k.ForeignKey, k.References, k.OnDelete = []string{m.columns[2].Name}, "p", schema.Cascade
	}
	m.constraints = append(m.constraints, k)
	return &schema.AddConstraint{Table: m.table, Constraint: k}
}

func (m *model) dropConstraint() schema.Operation {
	if len(m.constraints) == 0 {
		return nil
	}
	i := m.IntN(len(m.constraints))
	k := m.constraints[i]
	m.constraints = slices.Delete(m.constraints, i, i+1)
	return &schema.DropConstraint{Table: m.table, Name: k.Name, Was: &k}
}

func (m *model) createIndex() schema.Operation {
	index := schema.CreateIndex{Name: m.name("ix"), Table: m.table, Columns: schema.IndexOn(m.columns[m.IntN(len(m.columns))].Name)}
	if m.IntN(2) == 0 {
		index.Where = checkOf(m.columns[m.IntN(len(m.columns))].Name)
	}
	m.indexes = append(m.indexes, index)
	return &index
}

// changeIndex drops or renames one.
func (m *model) changeIndex() schema.Operation {
	if len(m.indexes) == 0 {
		return nil
	}
	i := m.IntN(len(m.indexes))
	index := m.indexes[i]
	index.Table = m.table
	if m.IntN(2) == 0 {
		m.indexes = slices.Delete(m.indexes, i, i+1)
		return &schema.DropIndex{Table: m.table, Name: index.Name, Was: &index}
	}
	op := &schema.RenameIndex{Table: m.table, Name: index.Name, To: m.name("ix")}
	m.indexes[i].Name = op.To
	return op
}

func (m *model) createSync() schema.Operation {
	var free []string
	for _, c := range m.columns {
		text := c.Type.Base == schema.BaseText || c.Type.Base == schema.BaseString
		if text && !m.synced(c.Name) && (!c.NotNull || c.Default != nil) { // as SQLite wants it
			free = append(free, c.Name)
		}
	}
	if len(free) < 2 {
		return nil
	}
	m.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	sync := schema.CreateSync{Name: m.name("sync"), Old: schema.SyncOn(free[0]), New: schema.SyncOn(free[1])}
	m.syncs = append(m.syncs, sync)
	sync.Table = m.table
	return &sync
}

func (m *model) dropSync() schema.Operation {
	if len(m.syncs) == 0 {
		return nil
	}
	i := m.IntN(len(m.syncs))
	was := m.syncs[i]
	m.syncs = slices.Delete(m.syncs, i, i+1)
	return &schema.DropSync{Name: was.Name, Table: m.table, Was: &schema.CreateSync{Old: was.Old, New: was.New}}
}

// synced reports whether a sync keeps a column in step.
func (m *model) synced(column string) bool {
	return slices.ContainsFunc(m.syncs, func(s schema.CreateSync) bool {
		return s.Old[0].Column == column || s.New[0].Column == column
	})
}
