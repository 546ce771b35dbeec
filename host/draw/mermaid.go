package draw

import (
	"bytes"
	"fmt"
	"strings"
)

// MermaidEdges is how many edges Mermaid draws unless the page that shows the
// picture allows more (maxEdges in https://mermaid.js.org/config/schema-docs/config.html).
const MermaidEdges = 500

// Edges returns how many edges the picture has.
func (p Picture) Edges() (edges int) {
	for _, n := range p.Nodes {
		edges += len(n.Parents) + len(n.Needs)
	}
	return edges
}

// Mermaid writes the picture as a flowchart. A revision that is applied is
// filled; what is depended on is dashed.
//
// https://mermaid.js.org/syntax/flowchart.html
func (p Picture) Mermaid() []byte {
	var out bytes.Buffer
	out.WriteString("flowchart TB\n")
	for i, n := range p.Nodes {
		id, slug := n.name()
		label := mermaidText(id)
		if slug != "" {
			label += "<br/>" + mermaidText(slug)
		}
		if notes := n.notes(); len(notes) > 0 {
			label += "<br/>" + mermaidText(strings.Join(notes, ", "))
		}
		class := ""
		switch {
		case n.Elided > 0:
			class = ":::elided"
		case n.State == Applied:
			class = ":::applied"
		case n.State == Pending:
			class = ":::pending"
		}
		fmt.Fprintf(&out, "  n%d[\"%s\"]%s\n", i, label, class)
	}
	for i, n := range p.Nodes {
		for _, parent := range n.Parents {
			fmt.Fprintf(&out, "  n%d --> n%d\n", parent, i)
		}
		for _, need := range n.Needs {
			fmt.Fprintf(&out, "  n%d -.-> n%d\n", need, i)
		}
	}
	out.WriteString("  classDef applied fill:#d3f0dc,stroke:#1a7f37,color:#1f2328\n" +
		"  classDef pending stroke-dasharray:4 3\n" +
		"  classDef elided fill:none,stroke:none\n")
	return out.Bytes()
}

// mermaidText writes what has a meaning in a quoted label as entity codes:
// quotes, markup, Markdown, and the # and ; of the codes themselves.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range visible(s) {
		if strings.ContainsRune("\"#;<>&`\\*[]{}|", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
