package lint

import (
	"fmt"
	"strings"
)

// GitHub writes a report as workflow commands, which GitHub shows beside the lines
// of a pull request.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func (r *Report) GitHub() []byte {
	var b strings.Builder
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(&b, "::%s file=%s", f.Severity, property(f.File))
		if f.Line > 0 {
			fmt.Fprintf(&b, ",line=%d", f.Line)
		}
		if f.Column > 0 {
			fmt.Fprintf(&b, ",col=%d", f.Column)
		}
		fmt.Fprintf(&b, ",title=%s::%s\n", property(f.Rule.Name), data(f.Message+"\n"+f.Rule.Why+"\n"+f.Rule.Instead))
	}
	return []byte(b.String())
}

// escapes are what would end a command.
var escapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")

func data(s string) string { return escapes.Replace(s) }

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapes.Replace(s))
}
