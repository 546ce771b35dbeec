package diff_test

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

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
