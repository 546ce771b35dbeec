package diff_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

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

func (s *sample) lite() bool         { return s.dialect == chain.SQLite }
func (s *sample) one(in int) bool    { return s.IntN(in) == 0 }
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

func (s *sample) addColumn() {
	if len(s.tables) > 0 {
		s.addColumnTo(pick(s, s.tables))
	}
}

func (s *sample) addColumnTo(t *sampleTable) {
	name := fmt.Sprintf("c%d", s.IntN(8))
	if s.one(12) {
		name = `odd "na'me`
	}
	if t.column(name) == nil {
		t.Columns = append(t.Columns, s.column(t, name))
	}
}

func (t *sampleTable) column(name string) *schema.Column {
	if i := slices.IndexFunc(t.Columns, func(c schema.Column) bool { return c.Name == name }); i >= 0 {
		return &t.Columns[i]
	}
	return nil
}

// column makes up a column.
func (s *sample) column(t *sampleTable, name string) schema.Column {
	c := schema.Column{Name: name, NotNull: s.one(3)}
	c.Type = schema.TypeOf(pick(s, schema.Bases[:len(schema.Bases)-1]))
	switch {
	case len(s.enums) > 0 && s.one(4):
		c.Type = schema.EnumOf(pick(s, s.enums).Name)
	case s.one(12) && !t.Strict:
		c.Type = schema.NativeType(pick(s, []string{"real", "inet", "timestamp(3) with time zone", "char(5)", "tsvector"}), pick(s, []string{"INT", "DOUBLE PRECISION", "CLOB"}))
	case c.Type.Base == schema.BaseString && s.one(2):
		c.Type = schema.StringOf(int64(10 * (1 + s.IntN(3))))
	case c.Type.Base == schema.BaseNumeric && s.one(2):
		c.Type = schema.NumericOf(int64(6+s.IntN(3)), int64(s.IntN(3)))
	}
	if s.one(10) && c.Type.Native.IsZero() {
		c.Type = schema.ArrayOf(c.Type)
	}
	if s.one(2) {
		c.Default = s.defaultOf(c.Type)
	}
	if c.Type.Base == schema.BaseText && s.one(3) && !c.Type.IsArray {
		c.Collate = schema.PerDialect("C", "NOCASE")
	}
	if s.one(8) && t.column("id").Type.Base == schema.BaseInteger {
		c.Type, c.Default, c.NotNull, c.Collate = schema.TypeOf(schema.BaseInteger), nil, false, schema.SQL{}
		c.Generated = schema.Expr(fmt.Sprintf("id + %d", s.IntN(3)))
		c.Virtual = s.lite() && s.one(2)
	}
	if !s.lite() && s.one(4) {
		c.Comment = fmt.Sprintf("it's %d", s.IntN(5))
	}
	return c
}

// defaultOf makes up a default for a type, or none.
func (s *sample) defaultOf(t schema.Type) *schema.Default {
	if t.IsArray {
		return pick(s, []*schema.Default{nil, {Function: schema.FunctionJSONArray}})
	}
	switch t.Base {
	case schema.BaseString, schema.BaseText:
		return pick(s, []*schema.Default{schema.DefaultOf(schema.Text("it's")), schema.DefaultOf(schema.Text("")), schema.DefaultSQL(schema.Expr("lower('X')"))})
	case schema.BaseSmallint, schema.BaseInteger, schema.BaseBigint:
		return pick(s, []*schema.Default{schema.DefaultOf(schema.Int(0)), schema.DefaultOf(schema.Int(-7)), schema.DefaultSQL(schema.Expr("1 + 2"))})
	case schema.BaseFloat, schema.BaseNumeric:
		return pick(s, []*schema.Default{schema.DefaultOf(schema.Number("1.5")), schema.DefaultOf(schema.Number("-2.25"))})
	case schema.BaseBoolean:
		return schema.DefaultOf(schema.Bool(s.one(2)))
	case schema.BaseTimestamp, schema.BaseTimestampTZ, schema.BaseDate:
		return pick(s, []*schema.Default{schema.DefaultNow(), schema.DefaultSQL(schema.PerDialect("'2026-01-01'", "'2026-01-01'"))})
	case schema.BaseTime:
		return schema.DefaultOf(schema.Text("10:11:12"))
	case schema.BaseInterval:
		return schema.DefaultOf(schema.Text(pick(s, []string{"1 day", "02:00:00"})))
	case schema.BaseUUID:
		return schema.DefaultUUID()
	case schema.BaseJSON, schema.BaseJSONB:
		return pick(s, []*schema.Default{{Function: schema.FunctionJSON}, {Function: schema.FunctionJSONArray}})
	case schema.BaseBinary:
		return schema.DefaultOf(schema.Bytes([]byte{0, 255}))
	case schema.BaseEnum:
		for _, e := range s.enums {
			if e.Name == t.Enum {
				return schema.DefaultOf(schema.Text(pick(s, e.Values)))
			}
		}
	}
	return nil
}

// other returns a table and one of its columns that is not the key.
func (s *sample) other() (*sampleTable, *schema.Column) {
	if len(s.tables) == 0 {
		return nil, nil
	}
	t := pick(s, s.tables)
	if len(t.Columns) < 3 {
		return nil, nil
	}
	return t, &t.Columns[1+s.IntN(len(t.Columns)-1)]
}

func (s *sample) dropColumn() {
	if t, c := s.other(); t != nil {
		t.Columns = slices.DeleteFunc(t.Columns, func(o schema.Column) bool { return o.Name == c.Name })
	}
}

// alterColumn makes a column up anew, or a part of it.
func (s *sample) alterColumn() {
	t, c := s.other()
	switch {
	case t == nil:
	case s.one(2):
		*c = s.column(t, c.Name)
	case c.Generated.IsZero():
		c.NotNull = !c.NotNull
		c.Default = s.defaultOf(c.Type)
	}
}

// comparable reports whether a column can be in a key.
func comparable(c *schema.Column) bool {
	return c.Type.Base != schema.BaseJSON && c.Type.Native.IsZero()
}

func (s *sample) addConstraint() {
	t, c := s.other()
	if t == nil {
		return
	}
	n := s.IntN(6)
	if slices.ContainsFunc(slices.Concat(t.Constraints, t.foreign), func(k schema.Constraint) bool { return strings.HasSuffix(k.Name, fmt.Sprint("_", n)) }) {
		return
	}
	k := schema.Constraint{Name: fmt.Sprintf("k_%s_%d", t.Name, n)}
	switch s.IntN(5) {
	case 0:
		if k.Unique = []string{c.Name}; !comparable(c) {
			return
		}
		if s.one(2) {
			k.Unique = append(k.Unique, "id")
		}
		k.NullsNotDistinct = !s.lite() && s.one(3)
		k.Deferrable = !s.lite() && s.one(4)
		k.InitiallyDeferred = k.Deferrable && s.one(2)
	case 1:
		k.Check = schema.Expr(quote(c.Name) + fmt.Sprintf(" IS NOT NULL OR %d = id", s.IntN(3)))
		if t.Columns[0].Type.Base == schema.BaseUUID {
			k.Check = schema.Expr(quote(c.Name) + " IS NOT NULL")
		}
		if c.Type.Base == schema.BaseEnum && !c.Type.IsArray {
			k.Check = schema.Expr(quote(c.Name) + " <> '" + s.values(c.Type.Enum)[0] + "'")
		}
	default:
		parent := pick(s, s.tables)
		if parent.Columns[0].Type != c.Type || !c.Generated.IsZero() {
			return
		}
		k.ForeignKey, k.References = []string{c.Name}, parent.Name
		if s.one(2) {
			k.To = []string{"id"}
		}
		k.OnDelete = pick(s, []schema.Action{"", schema.Cascade, schema.SetNull, schema.Restrict})
		k.OnUpdate = pick(s, []schema.Action{"", schema.Cascade})
		k.Deferrable = s.one(3)
		k.InitiallyDeferred = k.Deferrable && (s.lite() || s.one(2))
		k.NotValid = !s.lite() && s.one(5)
		t.foreign = append(t.foreign, k)
		return
	}
	t.Constraints = append(t.Constraints, k)
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (s *sample) values(enum string) []string {
	for _, e := range s.enums {
		if e.Name == enum {
			return e.Values
		}
	}
	return nil
}

func (s *sample) dropConstraint() {
	t, _ := s.other()
	switch {
	case t == nil:
	case s.one(2) && len(t.foreign) > 0:
		t.foreign = t.foreign[1:]
	case len(t.Constraints) > 1:
		t.Constraints = t.Constraints[:len(t.Constraints)-1]
	}
}

func (s *sample) addIndex() {
	t, c := s.other()
	if t == nil || !comparable(c) {
		return
	}
	i := schema.CreateIndex{Name: fmt.Sprintf("ix_%s_%d", t.Name, s.IntN(5)), Table: t.Name, Unique: s.one(4)}
	if slices.ContainsFunc(t.indexes, func(o schema.CreateIndex) bool { return o.Name == i.Name }) {
		return
	}
	part := schema.IndexColumn{Column: c.Name}
	if s.one(3) {
		part.Order = schema.Desc
	}
	text := (c.Type.Base == schema.BaseText || c.Type.Base == schema.BaseString) && !c.Type.IsArray
	if text && s.one(2) {
		part.Column, part.Expr = "", schema.Expr("lower("+quote(c.Name)+")")
	}
	if s.lite() && text && s.one(4) {
		part.Collate = schema.Expr("NOCASE")
	}
	if !s.lite() {
		switch s.IntN(6) {
		case 0:
			part.Nulls = pick(s, []schema.Nulls{schema.NullsFirst, schema.NullsLast})
		case 1:
			i.Include = []string{"id"}
		case 2:
			i.With = []schema.Parameter{{Name: "fillfactor", Value: "70"}}
		case 3:
			if c.Type == schema.TypeOf(schema.BaseJSONB) {
				i.Using, i.Unique, part.Order = "gin", false, ""
				part.Opclass = pick(s, []string{"", "jsonb_path_ops"})
			} else if text {
				part.Opclass = map[schema.Base]string{schema.BaseText: "text_pattern_ops", schema.BaseString: "varchar_pattern_ops"}[c.Type.Base]
				if !part.Expr.IsZero() {
					part.Opclass = "text_pattern_ops"
				}
			}
		case 4:
			part.Collate = schema.SQL{}
			if text {
				part.Collate = schema.Expr("POSIX")
			}
		}
		i.NullsNotDistinct = i.Unique && s.one(3)
	}
	i.Columns = []schema.IndexColumn{part}
	if s.one(3) && i.Using == "" {
		i.Columns = append(i.Columns, schema.IndexColumn{Column: "id"})
	}
	if s.one(3) {
		i.Where = schema.Expr(quote(c.Name) + " IS NOT NULL")
	}
	t.indexes = append(t.indexes, i)
}

func (s *sample) dropIndex() {
	if t, _ := s.other(); t != nil && len(t.indexes) > 0 {
		i := s.IntN(len(t.indexes))
		t.indexes = slices.Delete(t.indexes, i, i+1)
	}
}

// changeEnum adds an enum or a value, or takes a value out.
func (s *sample) changeEnum() {
	name := fmt.Sprintf("e%d", s.IntN(3))
	i := slices.IndexFunc(s.enums, func(e *schema.CreateEnum) bool { return e.Name == name })
	if i < 0 {
		s.enums = append(s.enums, &schema.CreateEnum{Name: name, Values: []string{"A", "it's"}})
		return
	}
	e := *s.enums[i]
	e.Values = slices.Clone(e.Values)
	value := fmt.Sprintf("v%d", s.IntN(5))
	at := slices.Index(e.Values, value)
	switch {
	case s.one(10):
		s.enums = slices.Delete(s.enums, i, i+1)
		return
	case at < 0:
		e.Values = slices.Insert(e.Values, s.IntN(len(e.Values)+1), value)
	default:
		e.Values = slices.Delete(e.Values, at, at+1)
	}
	s.enums[i] = &e
}

func (s *sample) changeView() {
	name := fmt.Sprintf("w%d", s.IntN(3))
	if i := slices.IndexFunc(s.views, func(v *sampleView) bool { return v.Name == name }); i >= 0 {
		if s.one(2) {
			s.views = slices.Delete(s.views, i, i+1)
		}
		return
	}
	t, c := s.other()
	if t == nil {
		return
	}
	v := &sampleView{of: t.Name, columns: []string{"id", c.Name}}
	if len(s.views) > 0 && s.one(2) {
		below := pick(s, s.views)
		v.of, v.columns = below.Name, []string{"id"}
	}
	v.Name, v.Materialized = name, !s.lite() && s.one(3)
	if v.Materialized && s.one(2) {
		v.index = "ix_" + name
	}
	quoted := make([]string, len(v.columns))
	for i, c := range v.columns {
		quoted[i] = quote(c)
	}
	v.Query = schema.Expr(fmt.Sprintf("SELECT %s FROM %s WHERE id IS NOT NULL", strings.Join(quoted, ", "), v.of))
	s.views = append(s.views, v)
}

func (s *sample) changeTrigger() {
	if len(s.triggers) > 2 || s.one(4) && len(s.triggers) > 0 {
		s.triggers = s.triggers[1:]
		return
	}
	t, c := s.other()
	if t == nil || !c.Generated.IsZero() {
		return
	}
	name := fmt.Sprintf("g%d", s.IntN(4))
	if !slices.ContainsFunc(s.triggers, func(g sampleTrigger) bool { return g.name == name }) {
		s.triggers = append(s.triggers, sampleTrigger{name, t.Name, c.Name})
	}
}

func (s *sample) changeComment() {
	if len(s.tables) > 0 && !s.lite() {
		pick(s, s.tables).Comment = pick(s, []string{"", "a table", "it's one"})
	}
}

// prune leaves out what refers to something that is not there.
func (s *sample) prune() {
	enum := func(name string) *schema.CreateEnum {
		if i := slices.IndexFunc(s.enums, func(e *schema.CreateEnum) bool { return e.Name == name }); i >= 0 {
			return s.enums[i]
		}
		return nil
	}
	for _, t := range s.tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Type.Base != schema.BaseEnum {
				continue
			}
			if e := enum(c.Type.Enum); e == nil {
				*c = schema.Column{Name: c.Name, Type: schema.TypeOf(schema.BaseText)}
			} else if c.Default != nil && !c.Type.IsArray && !slices.Contains(e.Values, c.Default.Literal.Text) {
				c.Default = nil
			}
		}
	}
	for _, t := range s.tables {
		has := func(names ...string) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return t.column(n) == nil || !comparable(t.column(n)) })
		}
		t.Constraints = slices.DeleteFunc(t.Constraints, func(k schema.Constraint) bool {
			return !has(k.Columns()...) || !k.Check.IsZero() && !s.checkHolds(t, k.Check.Both)
		})
		t.foreign = slices.DeleteFunc(t.foreign, func(k schema.Constraint) bool {
			parent := s.table(k.References)
			return parent == nil || !has(k.ForeignKey...) || t.column(k.ForeignKey[0]).Type != parent.Columns[0].Type || !t.column(k.ForeignKey[0]).Generated.IsZero()
		})
		t.indexes = slices.DeleteFunc(t.indexes, func(i schema.CreateIndex) bool { return !s.indexHolds(t, &i) })
	}
	s.triggers = slices.DeleteFunc(s.triggers, func(g sampleTrigger) bool {
		t := s.table(g.table)
		return t == nil || t.column(g.column) == nil || !t.column(g.column).Generated.IsZero()
	})
	s.views = slices.DeleteFunc(s.views, func(v *sampleView) bool {
		t := s.table(v.of)
		return t != nil && slices.ContainsFunc(v.columns, func(c string) bool { return t.column(c) == nil })
	})
	for again := true; again; {
		again = false
		for i, v := range s.views {
			if s.table(v.of) == nil && !slices.ContainsFunc(s.views[:i], func(o *sampleView) bool { return o.Name == v.of }) {
				s.views, again = slices.Delete(s.views, i, i+1), true
				break
			}
		}
	}
}

// checkHolds reports whether a check is one of the table still.
func (s *sample) checkHolds(t *sampleTable, check string) bool {
	for _, c := range t.Columns {
		if rest, ok := strings.CutPrefix(check, quote(c.Name)+" "); ok {
			compared := strings.HasPrefix(rest, "<>")
			return !compared || c.Type.Base == schema.BaseEnum && !c.Type.IsArray && slices.ContainsFunc(s.values(c.Type.Enum), func(v string) bool { return rest == "<> '"+v+"'" })
		}
	}
	return false
}

func (s *sample) indexHolds(t *sampleTable, i *schema.CreateIndex) bool {
	for _, part := range i.Columns {
		if part.Column != "" && (t.column(part.Column) == nil || !comparable(t.column(part.Column))) {
			return false
		}
		special := part.Opclass != "" || !part.Collate.IsZero() || !part.Expr.IsZero() || i.Using != ""
		if !special {
			continue
		}
		kept := false
		for _, c := range t.Columns {
			about := part.Column == c.Name || strings.Contains(part.Expr.Both, quote(c.Name))
			text := c.Type.Base == schema.BaseText && part.Opclass != "varchar_pattern_ops" || c.Type.Base == schema.BaseString && (part.Opclass != "text_pattern_ops" || part.Column == "")
			kept = kept || about && !c.Type.IsArray && (text && i.Using == "" || i.Using == "gin" && c.Type.Base == schema.BaseJSONB)
		}
		if !kept {
			return false
		}
	}
	for _, c := range t.Columns {
		if strings.HasPrefix(i.Where.Both, quote(c.Name)+" ") {
			return true
		}
	}
	return i.Where.IsZero()
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
