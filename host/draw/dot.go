package draw

import (
	"bytes"
	"fmt"
	"strings"
)

// DOT writes the picture in Graphviz's language. A revision that is applied is
// filled; what is depended on is dashed.
//
// https://graphviz.org/doc/info/lang.html
func (p Picture) DOT() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "digraph migrations {\n  label=%s; labelloc=t; rankdir=TB;\n", dotString(p.Title))
	out.WriteString("  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n")
	for i, n := range p.Nodes {
		id, slug := n.name()
		lines := []string{id}
		if slug != "" {
			lines = append(lines, slug)
		}
		if notes := n.notes(); len(notes) > 0 {
			lines = append(lines, strings.Join(notes, ", "))
		}
		style := ""
		switch {
		case n.Elided > 0:
			style = ", shape=plaintext"
		case n.State == Applied:
			style = `, style="rounded,filled", fillcolor="#d3f0dc"`
		case n.State == Pending:
			style = `, style="rounded,dashed"`
		}
		if n.Head {
			style += ", penwidth=2"
		}
		fmt.Fprintf(&out, "  n%d [label=%s%s];\n", i, dotString(lines...), style)
	}
	for i, n := range p.Nodes {
		for _, parent := range n.Parents {
			fmt.Fprintf(&out, "  n%d -> n%d;\n", parent, i)
		}
		for _, need := range n.Needs {
			fmt.Fprintf(&out, "  n%d -> n%d [style=dashed, constraint=false];\n", need, i)
		}
	}
	out.WriteString("}\n")
	return out.Bytes()
}

// dotString quotes lines as one string.
func dotString(lines ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for i := range lines {
		lines[i] = escape.Replace(visible(lines[i]))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
