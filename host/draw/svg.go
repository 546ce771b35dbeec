package draw

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
	"unicode/utf8"
)

// The measures of an SVG, in pixels.
const (
	svgRow    = 30 // from node to node, downwards
	svgColumn = 22
	svgMargin = 24
	svgTop    = 72 // the first node, below the title
	svgGutter = 44 // for what is depended on, left of the columns
	svgDot    = 6  // radius
	svgChar   = 7  // about the width of a character
	svgNote   = 18 // around a note, besides its characters
)

// svgSlug is how much of a slug is written; the tool tip has all of it.
const svgSlug = 72

const svgStyle = `
  svg { background: #ffffff; }
  text { font: 13px ui-sans-serif, system-ui, "DejaVu Sans", sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .id { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px; fill: #57606a; }
  .faint { font-size: 12px; fill: #6e7781; }
  .note { font-size: 12px; font-weight: 600; fill: #0969da; }
  .edge { fill: none; stroke-width: 2.5; }
  .need { fill: none; stroke: #8250df; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .dot { stroke-width: 2.5; }
  .applied { fill: #2da44e; stroke: #1a7f37; }
  .pending { fill: #ffffff; stroke: #57606a; }
  .plain { fill: #57606a; stroke: #57606a; }
  .elided { fill: #ffffff; stroke: #8c959f; stroke-dasharray: 2 2; }
  .c0 { stroke: #57606a; } .c1 { stroke: #0969da; } .c2 { stroke: #bf3989; } .c3 { stroke: #9a6700; }
  .c4 { stroke: #1b7c83; } .c5 { stroke: #cf222e; } .c6 { stroke: #6639ba; } .c7 { stroke: #4d7c0f; }
  @media screen and (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    .back { fill: #0d1117; }
    text { fill: #e6edf3; }
    .id { fill: #9198a1; } .faint { fill: #848d97; } .note { fill: #58a6ff; }
    .need { stroke: #ab7df8; }
    .applied { fill: #238636; stroke: #3fb950; }
    .pending, .elided { fill: #0d1117; stroke: #9198a1; }
    .plain { fill: #9198a1; stroke: #9198a1; }
    .c0 { stroke: #9198a1; } .c1 { stroke: #58a6ff; } .c2 { stroke: #f778ba; } .c3 { stroke: #d29922; }
    .c4 { stroke: #39c5cf; } .c5 { stroke: #f85149; } .c6 { stroke: #bc8cff; } .c7 { stroke: #87ab63; }
  }
`

// svgColors is how many classes for columns the style has.
const svgColors = 8

// SVG draws the picture oldest first, one column per branch. It is whole in
// itself: no script, no font and no image is loaded.
func (p Picture) SVG() []byte {
	places, columns := layout(p.downwards())
	d := svgDrawer{picture: p, places: places, left: svgMargin}
	for _, n := range p.Nodes {
		if len(n.Needs) > 0 {
			d.left = svgMargin + svgGutter
		}
	}
	d.text = d.left + max(columns, 1)*svgColumn + 4

	width := d.text + svgChar*utf8.RuneCountInString(p.Title)
	for _, n := range p.Nodes {
		width = max(width, d.text+n.svgWidth())
	}
	width = max(width+svgMargin, 360)
	height := svgTop + len(p.Nodes)*svgRow + 8
	fmt.Fprintf(&d.out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n", width, height, width, height)
	fmt.Fprintf(&d.out, "<title>%s</title>\n<style>%s</style>\n", escaped(p.Title), svgStyle)
	fmt.Fprintf(&d.out, "<rect class=\"back\" width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", width, height)
	fmt.Fprintf(&d.out, "<text class=\"title\" x=\"%d\" y=\"30\">%s</text>\n", svgMargin-svgDot, escaped(p.Title))
	if p.Asked {
		d.legend()
	}
	for i, next := range p.downwards() {
		for n, to := range next {
			d.edge(i, to, places[i].out[n])
		}
	}
	for i, n := range p.Nodes {
		for _, need := range n.Needs {
			d.need(need, i)
		}
	}
	for i, n := range p.Nodes {
		d.node(i, n)
	}
	d.out.WriteString("</svg>\n")
	return d.out.Bytes()
}

type svgDrawer struct {
	out     bytes.Buffer
	picture Picture
	places  []place
	left    int // of the first column
	text    int // of what stands beside the nodes
}

func (d *svgDrawer) x(column int) int { return d.left + column*svgColumn }
func (d *svgDrawer) y(row int) int    { return svgTop + row*svgRow }

// legend says what the marks mean.
func (d *svgDrawer) legend() {
	x := svgMargin
	for _, l := range []struct{ class, text string }{{"applied", "applied"}, {"pending", "not applied"}} {
		fmt.Fprintf(&d.out, "<circle class=\"dot %s\" cx=\"%d\" cy=\"47\" r=\"4\"/><text class=\"faint\" x=\"%d\" y=\"51\">%s</text>\n", l.class, x, x+10, l.text)
		x += 80
	}
}

// edge draws from a node to one below it, along a column: a curve into the
// column where it is not the first node's, and one out of it where it is not
// the second's.
func (d *svgDrawer) edge(from, to, column int) {
	x1, y1, x2, y2, x := d.x(d.places[from].column), d.y(from), d.x(d.places[to].column), d.y(to), d.x(column)
	if to == from+1 {
		x = x2
	}
	fmt.Fprintf(&d.out, "<path class=\"edge c%d\" d=\"M%d %d", column%svgColors, x1, y1)
	at := y1
	if x != x1 {
		at += svgRow
		d.curve(x1, y1, x, at)
	}
	if x != x2 {
		fmt.Fprintf(&d.out, " V%d", y2-svgRow)
		d.curve(x, y2-svgRow, x2, y2)
	} else if at != y2 {
		fmt.Fprintf(&d.out, " V%d", y2)
	}
	d.out.WriteString("\"/>\n")
}

func (d *svgDrawer) curve(x1, y1, x2, y2 int) {
	middle := (y1 + y2) / 2
	fmt.Fprintf(&d.out, " C%d %d %d %d %d %d", x1, middle, x2, middle, x2, y2)
}

// need draws what is depended on, as a bow to the left.
func (d *svgDrawer) need(from, to int) {
	x1, y1, x2, y2 := d.x(d.places[from].column), d.y(from), d.x(d.places[to].column), d.y(to)
	bow := min(x1, x2) - min(svgGutter+svgMargin/2, 14+6*(to-from))
	fmt.Fprintf(&d.out, "<path class=\"need\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n", x1, y1, bow, y1, bow, y2, x2, y2)
}

// node draws a node and what stands beside it.
func (d *svgDrawer) node(row int, n Node) {
	class := "plain"
	switch {
	case n.Elided > 0:
		class = "elided"
	case n.State == Applied:
		class = "applied"
	case n.State == Pending:
		class = "pending"
	}
	id, slug := n.name()
	fmt.Fprintf(&d.out, "<g><title>%s</title><circle class=\"dot %s\" cx=\"%d\" cy=\"%d\" r=\"%d\"/>",
		escaped(n.text()), class, d.x(d.places[row].column), d.y(row), svgDot)
	fmt.Fprintf(&d.out, "<text x=\"%d\" y=\"%d\">", d.text, d.y(row)+5)
	if n.Elided > 0 {
		fmt.Fprintf(&d.out, "<tspan class=\"faint\">%s</tspan>", escaped(id))
	} else {
		fmt.Fprintf(&d.out, "<tspan class=\"id\">%s</tspan>", escaped(id))
		if day := n.day(); day != "" {
			fmt.Fprintf(&d.out, "<tspan class=\"faint\" dx=\"12\">%s</tspan>", day)
		}
		fmt.Fprintf(&d.out, "<tspan dx=\"12\">%s</tspan>", escaped(shortened(slug, svgSlug)))
		for _, note := range n.notes() {
			fmt.Fprintf(&d.out, "<tspan class=\"note\" dx=\"12\">%s</tspan>", escaped(note))
		}
	}
	d.out.WriteString("</text></g>\n")
}

// svgWidth is about how wide the text beside a node is.
func (n Node) svgWidth() int {
	id, slug := n.name()
	width := svgChar*(utf8.RuneCountInString(id)+2+len(n.day())) + (svgChar+1)*min(utf8.RuneCountInString(slug), svgSlug)
	for _, note := range n.notes() {
		width += svgNote + (svgChar+1)*utf8.RuneCountInString(note)
	}
	return width + 2*svgNote
}

// day is when a node's revision was created, for people.
func (n Node) day() string {
	if n.Revision.Created.IsZero() {
		return ""
	}
	return n.Revision.Created.UTC().Format(time.DateOnly)
}

// escaped writes text into XML. What XML cannot hold is written otherwise
// before it comes here.
func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(visible(s))) // a buffer takes everything
	return b.String()
}
