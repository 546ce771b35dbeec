package chain

import (
	"fmt"
	"slices"
	"strings"
)

// A Note is an entry to be.
type Note struct {
	Slug string
	Text string // "" for nothing; its lines are one in a table
	IDs  map[Dialect]string
	None []Dialect // those that it says to be for others alone
}

// Synced is what Sync has done.
type Synced struct {
	Text  string   // of the notes
	Added []string // slugs of migrations that had no entry
	Moved []string // slugs of those whose entry stood in the wrong place
}

// Sync returns the notes with an entry for every migration that has none, and
// with all of them in their places. The entries themselves stay as they are.
func (n *Notes) Sync(graphs ...*Graph) Synced {
	pairs := Pairs(n, graphs...)
	where := positions(pairs)
	noted := map[int]bool{}
	type mark struct{ place, line int }
	var marks []mark                // entries that stay, in the order of the file
	misplaced := map[int][]string{} // texts of the others
	cut := map[int]int{}            // where those begin and end
	for i, e := range n.entries {
		place := -1
		for d, id := range e.ids {
			if at, ok := where[d][id]; ok {
				noted[at] = true
				place = max(place, at)
			}
		}
		if place < 0 {
			continue
		}
		if len(marks) > 0 {
			if above := marks[len(marks)-1].place; place > above && later(graphs, pairs[above], pairs[place]) != "" {
				cut[e.line] = n.endOf(i)
				misplaced[place] = append(misplaced[place], strings.Join(n.lines[e.line:cut[e.line]], ""))
				continue
			}
		}
		marks = append(marks, mark{place, e.line})
	}
	var done Synced
	insert := map[int][]insertion{} // before a line
	for i := len(pairs) - 1; i >= 0; i-- {
		at := n.end()
		if older := slices.IndexFunc(marks, func(m mark) bool { return m.place < i }); older >= 0 {
			at = marks[older].line
		}
		for _, text := range misplaced[i] {
			insert[at] = append(insert[at], insertion{text: text})
			done.Moved = append(done.Moved, pairs[i].Slug)
		}
		if noted[i] || pairs[i].Line != DefaultLine {
			continue
		}
		insert[at] = append(insert[at], insertion{note: Note{Slug: pairs[i].Slug, IDs: pairs[i].IDs}})
		done.Added = append(done.Added, pairs[i].Slug)
	}
	done.Text = n.with(insert, cut)
	return done
}

// Add returns the text of the notes with one more entry, above all others.
func (n *Notes) Add(note Note) string {
	return n.with(map[int][]insertion{n.top(): {{note: note}}}, nil)
}

// top is the line before which an entry goes that is above all others.
func (n *Notes) top() int {
	switch {
	case len(n.entries) > 0:
		return n.entries[0].line
	case n.table:
		return n.first
	}
	return len(n.lines)
}

// eol is how the lines end.
func (n *Notes) eol() string {
	if len(n.lines) > 0 && strings.HasSuffix(n.lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// end is the line before which an entry goes that is below all others.
func (n *Notes) end() int {
	if n.table {
		return n.last
	}
	return len(n.lines)
}

// endOf is the line behind an entry: a section goes up to the next heading that
// is not below its own.
func (n *Notes) endOf(entry int) int {
	first := n.entries[entry].line
	if n.table {
		return first + 1
	}
	last := len(n.lines)
	if entry+1 < len(n.entries) {
		last = n.entries[entry+1].line
	}
	fenced := false
	for i := first + 1; i < last; i++ {
		if notesFence.MatchString(n.lines[i]) {
			fenced = !fenced
		}
		if !fenced && notesHeading.MatchString(n.lines[i]) && depth(n.lines[i]) <= depth(n.lines[first]) {
			return i
		}
	}
	return last
}

// depth is the level of a heading.
func depth(heading string) int { return len(heading) - len(strings.TrimLeft(heading, "#")) }

// An insertion is an entry that is put into the notes.
type insertion struct {
	note Note
	text string // of an entry that is there already, in the place of note
}

// with returns the text with entries put in before lines, and without the lines
// that are cut, by where the cuts begin.
func (n *Notes) with(insert map[int][]insertion, cut map[int]int) string {
	eol := n.eol()
	var b strings.Builder
	end := 0 // of the newest cut
	for i := 0; i <= len(n.lines); i++ {
		if entries := insert[i]; len(entries) > 0 {
			if text := b.String(); text != "" && !strings.HasSuffix(text, "\n") {
				b.WriteString(eol)
			}
			for _, e := range entries {
				if e.text == "" {
					b.WriteString(strings.ReplaceAll(n.entry(e.note, b.Len() > 0 && i == len(n.lines), i < len(n.lines)), "\n", eol))
					continue
				}
				b.WriteString(strings.TrimRight(e.text, "\r\n") + eol)
				if !n.table {
					b.WriteString(eol)
				}
			}
		}
		if to, ok := cut[i]; ok {
			end = to
		}
		if i < len(n.lines) && i >= end {
			b.WriteString(n.lines[i])
		}
	}
	if end == len(n.lines) && end > 0 {
		return strings.TrimRight(b.String(), "\r\n") + eol // what stood before the last entry
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
			cells[last] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(note.Text)
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
