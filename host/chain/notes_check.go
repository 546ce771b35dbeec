package chain

import (
	"fmt"
	"slices"
	"strings"
)

// Check compares the notes with the chains: each migration of the main line has
// an entry (other lines have an author of their own, who may keep notes), each
// entry has the ids of one migration, and the newest is first.
func (n *Notes) Check(graphs ...*Graph) []Problem {
	pairs := Pairs(n, graphs...)
	where := positions(pairs)
	var problems []Problem
	add := func(rule Rule, revision string, line int, format string, args ...any) {
		problems = append(problems, Problem{rule, revision, n.Name, line + 1, fmt.Sprintf(format, args...)})
	}
	noted := make([]bool, len(pairs))
	newest := len(pairs) // the place of the entry above
	for _, e := range n.entries {
		place := -1
		wrong := false
		for _, d := range Dialects {
			id := e.ids[d]
			i, ok := where[d][id]
			switch {
			case id == "" || !hasDialect(graphs, d):
			case !ok:
				wrong = true
				add(RuleNotes, id, e.at[d], "the %s chain has no revision %s: if a plugin has it, build that into versions/ (`sandpiper build`); else correct the entry, or bring the file back", d, id)
			case place >= 0 && place != i:
				wrong = true
				add(RuleNotes, id, e.at[d], "%s and %s are two migrations, %s and %s, by their time and slug: give each an entry",
					pairs[place].ids(), pairs[i].ids(), pairs[place].Slug, pairs[i].Slug)
			default:
				place = i
			}
			if ok {
				noted[i] = true
			}
		}
		if wrong || place < 0 {
			continue
		}
		for d, id := range pairs[place].IDs {
			if e.ids[d] != id {
				add(RuleNotes, id, e.line, "the entry of %s lacks its %s revision %s: write it there", pairs[place].Slug, d, id)
			}
		}
		if place > newest && later(graphs, pairs[newest], pairs[place]) {
			add(RuleNotesOrder, "", e.line, "the entry of %s stands below that of %s, which comes before it in the chain: the newest stands first; `sandpiper notes sync` moves it", pairs[place].Slug, pairs[newest].Slug)
		}
		newest = place
	}
	for i := len(pairs) - 1; i >= 0; i-- {
		if !noted[i] && pairs[i].Line == DefaultLine {
			problems = append(problems, Problem{Rule: RuleNotesEntry, Source: n.Name, Revision: pairs[i].ids(), Message: fmt.Sprintf(
				"there is no entry for %s: `sandpiper notes sync` adds it", pairs[i].Slug)})
		}
	}
	return problems
}

// later reports whether b is newer than a: it comes from a, or was written later.
// Of what was written at once in two branches or lines, neither is.
func later(graphs []*Graph, a, b Pair) bool {
	if b.Created.After(a.Created) {
		return true
	}
	return slices.ContainsFunc(graphs, func(g *Graph) bool {
		return slices.Contains(g.Ancestors(Key{b.Line, b.IDs[g.dialect]}), Key{a.Line, a.IDs[g.dialect]})
	})
}

// ids names a pair's revisions for people.
func (p Pair) ids() string {
	var ids []string
	for _, d := range Dialects {
		if id := p.IDs[d]; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ", ")
}

// positions says where in pairs a revision is: the main line's, if several lines
// have the id.
func positions(pairs []Pair) map[Dialect]map[string]int {
	where := map[Dialect]map[string]int{PostgreSQL: {}, SQLite: {}}
	for i, p := range pairs {
		for d, id := range p.IDs {
			if _, taken := where[d][id]; !taken || p.Line == DefaultLine {
				where[d][id] = i
			}
		}
	}
	return where
}

func hasDialect(graphs []*Graph, d Dialect) bool {
	return slices.ContainsFunc(graphs, func(g *Graph) bool { return g.dialect == d })
}
<<<<<<< HEAD

// A Note is an entry to be.
type Note struct {
	Slug string
	Text string // one line, "" for nothing
	IDs  map[Dialect]string
	None []Dialect // those that it says to be for others alone
}

// Sync returns the text of the notes with an entry for every migration that has
// none, in its place, and the slugs of those. What is there stays as it is.
func (n *Notes) Sync(graphs ...*Graph) (text string, added []string) {
	pairs := Pairs(n, graphs...)
	where := positions(pairs)
	noted := map[int]bool{}
	type mark struct{ place, line int }
	var marks []mark // entries, in the order of the file
	for _, e := range n.entries {
		place := -1
		for d, id := range e.ids {
			if i, ok := where[d][id]; ok {
				noted[i] = true
				place = max(place, i)
			}
		}
		if place >= 0 {
			marks = append(marks, mark{place, e.line})
		}
	}
	insert := map[int][]Note{} // before a line
	for i := len(pairs) - 1; i >= 0; i-- {
		if noted[i] || pairs[i].Line != DefaultLine {
			continue
		}
		at := n.end()
		if older := slices.IndexFunc(marks, func(m mark) bool { return m.place < i }); older >= 0 {
			at = marks[older].line
		}
		insert[at] = append(insert[at], Note{Slug: pairs[i].Slug, IDs: pairs[i].IDs})
		added = append(added, pairs[i].Slug)
	}
	return n.with(insert), added
}

// Add returns the text of the notes with one more entry, above all others.
func (n *Notes) Add(note Note) string {
	at := n.end()
	if n.table {
		at = n.first
	}
	if len(n.entries) > 0 {
		at = n.entries[0].line
	}
	return n.with(map[int][]Note{at: {note}})
}

// end is the line before which an entry goes that is below all others.
func (n *Notes) end() int {
	if n.table {
		return n.last
	}
	return len(n.lines)
}

// with returns the text with entries put in before lines.
func (n *Notes) with(insert map[int][]Note) string {
	eol := "\n"
	if len(n.lines) > 0 && strings.HasSuffix(n.lines[0], "\r\n") {
		eol = "\r\n"
	}
	var b strings.Builder
	for i := 0; i <= len(n.lines); i++ {
		if notes := insert[i]; len(notes) > 0 {
			if text := b.String(); text != "" && !strings.HasSuffix(text, "\n") {
				b.WriteString(eol)
			}
			for _, note := range notes {
				b.WriteString(strings.ReplaceAll(n.entry(note, b.Len() > 0 && i == len(n.lines), i < len(n.lines)), "\n", eol))
			}
		}
		if i < len(n.lines) {
			b.WriteString(n.lines[i])
		}
	}
	return b.String()
}

// entry writes an entry in the form of the file: a section, with an empty line
// above or below it where something stands there, or a row.
func (n *Notes) entry(note Note, above, below bool) string {
	id := func(d Dialect) string {
		switch {
		case note.IDs[d] != "":
			return "`" + note.IDs[d] + "`"
		case slices.Contains(note.None, d):
			return noRevision
		}
		return ""
	}
	var b strings.Builder
	if n.table {
		cells := make([]string, n.width)
		for d, c := range n.columns {
			cells[c] = id(d)
		}
		free := 0 // the first of the other columns has the name, the last the text
		for free < n.width && (free == n.columns[PostgreSQL] || free == n.columns[SQLite]) {
			free++
		}
		last := n.width - 1
		for last > free && (last == n.columns[PostgreSQL] || last == n.columns[SQLite]) {
			last--
		}
		if free < n.width {
			cells[free] = note.Slug
		}
		if last > free {
			cells[last] = strings.ReplaceAll(note.Text, "|", `\|`)
		}
		for _, c := range cells {
			b.WriteString("| " + c)
			if c != "" {
				b.WriteByte(' ')
			}
		}
		return b.String() + "|\n"
	}
	if above {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "# %s\n\n", note.Slug)
	if note.Text != "" {
		fmt.Fprintf(&b, "%s\n\n", note.Text)
	}
	for _, d := range []Dialect{SQLite, PostgreSQL} {
		if id := id(d); id != "" {
			fmt.Fprintf(&b, "%s: %s\n", d.Title(), id)
		}
	}
	if below {
		b.WriteByte('\n')
	}
	return b.String()
}
=======
>>>>>>> fixauth
