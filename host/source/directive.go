package source

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// directives finds the comments of a file that speak to a tool. The YAML reader
// knows what is a comment and not where it stands, so the lines are looked
// through for what it has found.
func (r *yamlReader) directives(root *yaml.Node, b []byte) []chain.Directive {
	if !bytes.Contains(b, []byte(chain.DirectivePrefix)) {
		return nil
	}
	comments := map[string]int{} // how often each is there
	for todo := []*yaml.Node{root}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], n.Content...)
		for _, comment := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			for line := range strings.Lines(comment) {
				comments[strings.TrimSpace(line)]++
			}
		}
	}
	head := root.Content[r.find(root, keyUpgrade)].Line
	var found []chain.Directive
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(b))
	line := 0
	for row := range strings.Lines(text) {
		line++
		at := strings.LastIndex(row, "#")
		for at >= 0 && comments[strings.TrimSpace(row[at:])] == 0 {
			at = strings.LastIndex(row[:at], "#")
		}
		if at < 0 {
			continue
		}
		comment := strings.TrimSpace(row[at:])
		comments[comment]--
		if said := strings.TrimSpace(strings.TrimLeft(comment, "#")); strings.HasPrefix(said, chain.DirectivePrefix) {
			found = append(found, chain.Directive{Text: said, Line: line, Head: line < head})
		}
	}
	return found
}
