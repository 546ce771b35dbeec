package diff_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

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
