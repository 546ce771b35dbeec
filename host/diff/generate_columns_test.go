package diff_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

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
