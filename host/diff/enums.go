package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (d *differ) extensions() {
	for _, name := range d.to.extensions {
		if !slices.Contains(d.from.extensions, name) {
			d.do(creatingExtensions, "", d.change(Add, kindExtension, "", name, "extension "+name), &schema.CreateExtension{Name: name})
		}
	}
	for _, name := range d.from.extensions {
		if !slices.Contains(d.to.extensions, name) {
			d.do(droppingExtensions, "", d.change(Drop, kindExtension, "", name, "extension "+name), &schema.DropExtension{Name: name})
		}
	}
}

func (d *differ) enums() {
	for _, e := range d.to.enums {
		was := d.from.enum(e.name)
		text := "enum " + e.name + " (" + strings.Join(e.values, ", ") + ")"
		switch {
		case was == nil:
			d.do(creatingTypes, "", d.change(Add, KindType, "", e.name, text), &schema.CreateEnum{Name: e.name, Values: e.values, Plain: e.plain})
		case was.plain != e.plain:
			d.unwritten(d.change(Modify, KindType, "", e.name, text), "an enum that is plain and one that is not cannot be made of each other: create another one and change the columns")
		default:
			d.enumValues(was, e)
		}
	}
}

// dropEnums drops the enums that are not wanted. One whose columns stay as they
// are, since a filter leaves them alone, stays as well.
func (d *differ) dropEnums() {
	for _, e := range d.from.enums {
		if d.to.enum(e.name) != nil {
			continue
		}
		c := d.change(Drop, KindType, "", e.name, "enum "+e.name+" ("+strings.Join(e.values, ", ")+")")
		if filter := d.keptEnums[e.name]; filter != "" {
			d.result.Hidden = append(d.result.Hidden, Hidden{c, filter})
			continue
		}
		d.do(droppingTypes, "", c, &schema.DropEnum{Name: e.name, Values: e.values, Plain: e.plain})
	}
}

// enumValues adds and drops values. One that has another place is dropped and
// added again, which the database refuses where rows have it.
func (d *differ) enumValues(was, e *enum) {
	kept := common(was.values, e.values)
	change := d.change(Modify, KindType, "", e.name, "")
	var gone, moved, come []schema.Operation
	var text []string
	for i, v := range was.values {
		if slices.Contains(kept, v) {
			continue
		}
		op := &schema.DropEnumValue{Enum: e.name, Value: v, AtEnd: true}
		if i+1 < len(was.values) {
			op.Before, op.AtEnd = was.values[i+1], false
		}
		if slices.Contains(e.values, v) {
			op.Before, op.AtEnd = "", false // it comes again, elsewhere
			moved = append(moved, op)
			d.moved[e.name] = append(d.moved[e.name], v)
			text = append(text, fmt.Sprintf("value %q moves: fails where rows have it", v))
		} else {
			gone = append(gone, op)
			text = append(text, fmt.Sprintf("without value %q: fails where rows have it", v))
		}
	}
	for i, v := range e.values {
		if slices.Contains(kept, v) {
			continue
		}
		op := &schema.AddEnumValue{Enum: e.name, Value: v}
		if i > 0 {
			op.After = e.values[i-1]
		} else {
			op.Before = firstOf(kept, was.values)
		}
		come = append(come, op)
		if !slices.Contains(was.values, v) {
			text = append(text, fmt.Sprintf("with value %q", v))
		}
	}
	if change.Text = "enum " + e.name + " " + strings.Join(text, ", "); len(text) == 0 || d.hides(change) {
		return
	}
	first := step{phase: addingEnumValues, operations: append(moved, come...)}
	last := step{phase: droppingEnumValues, operations: gone}
	if len(first.operations) > 0 {
		first.changes = []Change{change}
	} else {
		last.changes = []Change{change}
	}
	if d.opts.Dialect == chain.SQLite {
		first.phase = creatingTypes
	}
	if len(moved) > 0 {
		first.phase = movingEnumValues
	}
	d.steps = append(d.steps, first, last)
	if len(moved)+len(gone) == 0 || d.opts.Dialect == chain.SQLite {
		return
	}
	for _, m := range []*model{d.from, d.to} {
		for _, t := range m.tables {
			for _, c := range t.columns {
				if c.Type.Base == schema.BaseEnum && c.Type.Enum == e.name {
					d.revalued[c] = true
				}
			}
		}
	}
}

// firstOf returns the first of a list, or of another where it is empty.
func firstOf(list, otherwise []string) string {
	if len(list) == 0 {
		list = otherwise
	}
	return list[0]
}

// common returns the longest list that two have in common, in order
// (https://en.wikipedia.org/wiki/Longest_common_subsequence).
func common(a, b []string) []string {
	best := make([][][]string, len(a)+1)
	for i := range best {
		best[i] = make([][]string, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			switch {
			case a[i] == b[j]:
				best[i][j] = append([]string{a[i]}, best[i+1][j+1]...)
			case len(best[i+1][j]) >= len(best[i][j+1]):
				best[i][j] = best[i+1][j]
			default:
				best[i][j] = best[i][j+1]
			}
		}
	}
	return best[0][0]
}
