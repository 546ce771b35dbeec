package diff

import (
	"reflect"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// withParent reports whether what happens to a column is what happens to the
// parent's column that it is inherited from: the server does it to both.
//
// https://www.postgresql.org/docs/current/ddl-inherit.html
func (p *tableDiff) withParent(name string) bool {
	was, c := p.differ.from.column(p.from, name), p.model().column(p.to, name)
	if was != nil && !was.inherited || c != nil && !c.inherited {
		return false
	}
	for _, parent := range p.to.parents {
		o := find(p.pairs, func(o *tableDiff) bool { return o.to.name == parent })
		if o == nil {
			continue
		}
		parentWas, parentColumn := o.differ.from.column(o.from, name), o.model().column(o.to, name)
		if follows(parentWas, was) && follows(parentColumn, c) {
			return true
		}
	}
	return false
}

// follows reports whether a column is as its parent's, but for what it does not
// inherit: comments, and how it is stored.
func follows(parent, c *column) bool {
	if parent == nil || c == nil {
		return parent == nil && c == nil
	}
	a, b := parent.Column, c.Column
	a.Comment, b.Comment = "", ""
	return reflect.DeepEqual(a, b) && parent.kind == c.kind
}

// byParent notes a change of a column that the parent's makes.
func (p *tableDiff) byParent(action Action, c *column) {
	change := p.change(action, KindColumn, p.to.name, c.Name, "column "+p.to.name+"."+c.Name+", with its parent's")
	change.Type = c.Type.String()
	p.do(alteringColumns, change)
	was, now := p.differ.from.column(p.from, c.Name), p.model().column(p.to, c.Name)
	if now != nil && (was == nil || was.Comment != now.Comment) && (was != nil || now.Comment != "") {
		p.also(settingComments, &schema.AlterColumn{Table: p.to.name, Name: c.Name, Comment: &now.Comment})
	}
}
