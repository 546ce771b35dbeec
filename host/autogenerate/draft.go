package autogenerate

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A draft is what a migration holds, before it has a name and a place.
type draft struct {
	format author.Format
	body   chain.Body

	// parts are what may fail in each direction, by the number of the call.
	parts map[chain.Direction][]string
}

// operations writes the operations of both directions as YAML.
func (g gap) operations() (draft, error) {
	d := draft{format: author.YAML, parts: map[chain.Direction][]string{}}
	d.body.Remarks = g.remarks(author.YAML)
	for _, direction := range []struct {
		is   chain.Direction
		does []schema.Operation
		text *string
	}{{chain.Upgrade, g.up.Operations, &d.body.Upgrade}, {chain.Downgrade, g.down.Operations, &d.body.Downgrade}} {
		text, err := source.WriteOperations(direction.does)
		if err != nil {
			return d, err
		}
		*direction.text = text
		for _, op := range direction.does {
			d.parts[direction.is] = append(d.parts[direction.is], string(schema.Append(nil, schema.Request{Operation: op})))
		}
	}
	return d, nil
}

// statements writes what a trial of the operations has sent as SQL.
func (g gap) statements(dialect chain.Dialect, all map[chain.Direction][]sent) draft {
	d := draft{format: author.SQL, parts: map[chain.Direction][]string{}}
	d.body.Remarks = g.remarks(author.SQL)
	d.body.Upgrade = textOf(dialect, all[chain.Upgrade], g.up.Operations)
	d.body.Downgrade = textOf(dialect, all[chain.Downgrade], g.down.Operations)
	for direction, statements := range all {
		for _, s := range statements {
			d.parts[direction] = append(d.parts[direction], s.sql)
		}
	}
	return d
}

// textOf writes statements, each with the operation it is of: those of one that
// has to be committed by itself stand in a section of their own.
func textOf(dialect chain.Dialect, statements []sent, operations []schema.Operation) string {
	var text strings.Builder
	for _, s := range statements {
		committed := false
		if s.call >= 1 && s.call <= len(operations) {
			request := schema.Request{Operation: operations[s.call-1]}
			committed = request.Mode(string(dialect)) != schema.Inline
		}
		if committed {
			text.WriteString("-- +autocommit begin\n")
		}
		text.WriteString(chain.Terminate(s.sql) + "\n")
		if committed {
			text.WriteString("-- +autocommit end\n")
		}
	}
	return text.String()
}

// comments are how a line of remarks begins.
var comments = map[author.Format]string{author.YAML: "# ", author.SQL: "-- "}

// remarks are the comment of a file about what it destroys and what it lacks.
func (g gap) remarks(format author.Format) string {
	var destroyed []string
	for _, c := range g.up.Changes {
		if c.Destroys {
			destroyed = append(destroyed, string(c.Action)+" "+c.Text)
		}
	}
	return remark(format, "The upgrade destroys data:", destroyed) +
		remark(format, "Not written:", unwritten(g.up.Unwritten)) +
		remark(format, "Not undone by the downgrade:", unwritten(g.down.Unwritten))
}

// remark is a list in a comment, "" where it is empty.
func remark(format author.Format, head string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	comment := comments[format]
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s%s\n", strings.TrimSpace(comment), comment, head)
	for _, line := range lines {
		fmt.Fprintf(&b, "%s  %s\n", comment, host.OneLine(line))
	}
	return b.String()
}

func unwritten(all []diff.Unwritten) (lines []string) {
	for _, u := range all {
		lines = append(lines, string(u.Change.Action)+" "+u.Change.Text+" ("+u.Reason+")")
	}
	return lines
}
