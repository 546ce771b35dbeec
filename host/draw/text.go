package draw

import (
	"bytes"
	"strings"
)

// The marks of nodes in text.
const (
	markPlain   = '*' // no database was asked, or it is applied
	markPending = 'o'
	markElided  = '~'
)

// Text draws the picture newest first, as `git log --graph` does: one line per
// revision, and between them what leads from column to column.
func (p Picture) Text() []byte {
	var out bytes.Buffer
	places, _ := layout(p.upwards())
	d := textDrawer{out: &out}
	for i, at := range places {
		node := p.Nodes[len(p.Nodes)-1-i]
		for n := len(at.in) - 1; n > 0; n-- {
			d.join(at.column, at.in[n])
		}
		if len(at.in) == 0 && i > 0 && len(places[i-1].out) == 0 && places[i-1].column == at.column {
			d.line(d.lanes(), "") // or it would seem to come after the one above
		}
		d.node(at.column, node)
		d.live(at.column, len(at.out) > 0)
		for _, c := range at.out[min(1, len(at.out)):] {
			d.fork(at.column, c)
		}
	}
	if p.Asked && len(p.Nodes) > 0 {
		out.WriteString("\n* applied   o not applied\n")
	}
	return out.Bytes()
}

// A textDrawer draws with two characters per column: column c is at 2c, and
// what leads away from it beside it.
type textDrawer struct {
	out  *bytes.Buffer
	busy []bool // columns with an edge in them
}

// live says whether there is an edge in a column from here on.
func (d *textDrawer) live(column int, yes bool) {
	for column >= len(d.busy) {
		d.busy = append(d.busy, false)
	}
	d.busy[column] = yes
}

// lanes returns the columns as they are.
func (d *textDrawer) lanes() []byte {
	row := bytes.Repeat([]byte(" "), 2*len(d.busy))
	for c, yes := range d.busy {
		if yes {
			row[2*c] = '|'
		}
	}
	return row
}

func (d *textDrawer) line(row []byte, text string) {
	d.out.Write(bytes.TrimRight(row, " "))
	if text != "" {
		d.out.WriteString(" " + text)
	}
	d.out.WriteByte('\n')
}

// node draws a node.
func (d *textDrawer) node(column int, n Node) {
	d.live(column, true)
	row := d.lanes()
	mark := byte(markPlain)
	switch {
	case n.Elided > 0:
		mark = markElided
	case n.State == Pending:
		mark = markPending
	}
	row[2*column] = mark
	d.line(row, n.text())
}

// text is what stands beside a node.
func (n Node) text() string {
	if n.Elided > 0 {
		return n.elision()
	}
	text := n.Revision.Key.String()
	if n.Revision.Slug != "" {
		text += " " + n.Revision.Slug
	}
	if notes := n.notes(); len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return visible(text)
}

// join draws how the edge in one column ends in another to the left of it.
func (d *textDrawer) join(to, from int) {
	d.live(from, false)
	row := d.lanes()
	row[2*from-1] = '/'
	if from > to+1 {
		underline(row, to, from)
		d.line(row, "")
		row = d.lanes()
		row[2*to+1] = '/'
	}
	d.line(row, "")
}

// fork draws how an edge begins in a column to the right of its node's.
func (d *textDrawer) fork(from, to int) {
	d.live(to, false)
	row := d.lanes()
	row[2*from+1] = '\\'
	if to > from+1 {
		underline(row, from, to)
		d.line(row, "")
		row = d.lanes()
		row[2*to-1] = '\\'
	}
	d.line(row, "")
	d.live(to, true)
}

// underline leads from beside one column to beside another, below the edges
// between them.
func underline(row []byte, left, right int) {
	for at := 2*left + 2; at <= 2*right-2; at++ {
		if row[at] == ' ' {
			row[at] = '_'
		}
	}
}

// name is the id and slug of a node, for the forms that have room for little.
func (n Node) name() (id, slug string) {
	if n.Elided > 0 {
		return n.elision(), ""
	}
	return n.Revision.Key.String(), n.Revision.Slug
}
