package chain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// NotesName is what the notes are called, in the folder that holds versions/.
const NotesName = "MIGRATION-NOTES.md"

// Notes are what people keep beside the chains: an entry for each migration with
// the revision of each dialect, newest first. They are Markdown, in one of two
// forms. In the one each entry is a section:
//
//	# add_labels
//	What it is for.
//
//	SQLite: `5e1f0c0de1a2`
//	PostgreSQL: `5e1f0c0de0a2`
//
// In the other they are rows of the first table that has columns PostgreSQL and
// SQLite. "none" (or a dash) in the place of an id says that the migration is for
// the other dialect alone; a remark may follow it, or an id. Whatever else stands
// in the file is people's.
type Notes struct {
	Name    string // the file, for messages
	entries []notesEntry
	lines   []string // with their ends

	table   bool
	columns map[Dialect]int // of the table
	width   int             // its columns
	first   int             // line of its first row, from 0
	last    int             // behind its last row
}

// A notesEntry is what the notes say of one migration.
type notesEntry struct {
	line int // where it begins, from 0
	ids  map[Dialect]string
	at   map[Dialect]int // lines of the ids, from 0
}

// noRevision is what stands in the place of an id.
const noRevision = "none"

var (
	notesHeading = regexp.MustCompile(`^#{1,6}[ \t]`)
	notesID      = regexp.MustCompile("(?i)^[-*]?[ \t]*\\**(sqlite|postgres|postgresql)\\**[ \t]*:\\**[ \t]*(.*?)[ \t]*$")
	notesValue   = regexp.MustCompile("^(?i:`[ \t]*([^`]*?)[ \t]*`.*|(none)(?:[ \t]*[,;:.(].*)?|([-–—])(?:[ \t].*)?|([^ \t]+))$")
	notesRule    = regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)
	notesFence   = regexp.MustCompile("^[ \t]*(```|~~~)")
)

// ParseNotes reads notes. Errors are of type *ParseError.
func ParseNotes(name string, b []byte) (*Notes, error) {
	n := &Notes{Name: name, lines: strings.SplitAfter(string(b), "\n")}
	if n.lines[len(n.lines)-1] == "" {
		n.lines = n.lines[:len(n.lines)-1]
	}
	if at := badText(string(b)); at >= 0 {
		return nil, n.fail(strings.Count(string(b[:at]), "\n"), "not UTF-8 text, or it holds a NUL byte: save the file as UTF-8")
	}
	for i, line := range n.lines {
		if conflictMark(strings.TrimRight(line, "\r\n")) {
			return nil, n.fail(i, "a conflict of a merge: keep the entries of both branches")
		}
	}
	read := n.sections
	if n.findTable() {
		read = n.rows
	}
	if err := read(); err != nil {
		return nil, err
	}
	if err := n.unique(); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *Notes) fail(line int, format string, args ...any) error {
	return &ParseError{Path: n.Name, Line: line + 1, Msg: fmt.Sprintf(format, args...)}
}

// sections reads entries that are sections: those headings with an id below.
func (n *Notes) sections() error {
	heading, fenced := -1, false
	var open *notesEntry // of the heading
	for i, line := range n.lines {
		line = strings.TrimRight(line, "\r\n")
		if notesFence.MatchString(line) {
			fenced = !fenced
		}
		if fenced {
			continue
		}
		if notesHeading.MatchString(line) {
			heading, open = i, nil
			continue
		}
		m := notesID.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		d := SQLite
		if !strings.EqualFold(m[1], string(SQLite)) {
			d = PostgreSQL
		}
		id, ok := notedID(m[2])
		if !ok && !notesValue.MatchString(m[2]) {
			continue // a sentence about the dialect
		}
		switch {
		case !ok:
			return n.fail(i, "%q is not a revision: write its 12 lower-case hex digits in backquotes, or %s", m[2], noRevision)
		case heading < 0:
			return n.fail(i, "a revision above the first heading: an entry begins with a heading")
		case open == nil:
			n.entries = append(n.entries, notesEntry{line: heading, ids: map[Dialect]string{}, at: map[Dialect]int{}})
			open = &n.entries[len(n.entries)-1]
		}
		if first, twice := open.at[d]; twice {
			return n.fail(i, "a second revision for %s in one entry: line %d has the first; an entry begins with a heading", d.Title(), first+1)
		}
		open.ids[d], open.at[d] = id, i
	}
	return nil
}

// findTable looks for the table.
func (n *Notes) findTable() bool {
	for i := 0; i+1 < len(n.lines); i++ {
		cells, ok := cellsOf(n.lines[i])
		if !ok || !notesRule.MatchString(strings.TrimRight(n.lines[i+1], "\r\n")) {
			continue
		}
		columns := map[Dialect]int{}
		for c, cell := range cells {
			switch strings.ToLower(cell) {
			case "postgresql", "postgres":
				columns[PostgreSQL] = c
			case "sqlite":
				columns[SQLite] = c
			}
		}
		if len(columns) == 2 {
			n.table, n.columns, n.width, n.first = true, columns, len(cells), i+2
			return true
		}
	}
	return false
}

// rows reads entries that are rows of the table.
func (n *Notes) rows() error {
	n.last = n.first
	for i := n.first; i < len(n.lines); i++ {
		cells, ok := cellsOf(n.lines[i])
		if !ok {
			break
		}
		n.last = i + 1
		if len(cells) != n.width {
			return n.fail(i, "a row of %d cells in a table of %d columns: a | in a cell is written \\|", len(cells), n.width)
		}
		entry := notesEntry{line: i, ids: map[Dialect]string{}, at: map[Dialect]int{}}
		for _, d := range Dialects {
			if cells[n.columns[d]] == "" {
				continue
			}
			id, ok := notedID(cells[n.columns[d]])
			if !ok {
				return n.fail(i, "%q in the column %s is not a revision: write its 12 lower-case hex digits in backquotes, or %s", cells[n.columns[d]], d.Title(), noRevision)
			}
			entry.ids[d], entry.at[d] = id, i
		}
		n.entries = append(n.entries, entry)
	}
	return nil
}

// cellsOf cuts a row of a table.
func cellsOf(line string) ([]string, bool) {
	line, ok := strings.CutPrefix(strings.TrimSpace(line), "|")
	if !ok {
		return nil, false
	}
	const escaped = "\x00" // which the text does not have
	line = strings.TrimSuffix(strings.ReplaceAll(line, `\|`, escaped), "|")
	cells := strings.Split(line, "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], escaped, `\|`))
	}
	return cells, true
}

// notedID reads an id as it stands in the notes, "" for none.
func notedID(text string) (string, bool) {
	m := notesValue.FindStringSubmatch(text)
	switch {
	case m == nil:
		return "", false
	case m[2] != "" || m[3] != "":
		return "", true
	}
	id := m[1] + m[4] // one of them is empty
	return id, ValidID(id)
}

// unique sees that no revision has two entries.
func (n *Notes) unique() error {
	seen := map[Dialect]map[string]int{PostgreSQL: {}, SQLite: {}}
	for _, e := range n.entries {
		for _, d := range Dialects {
			id := e.ids[d]
			if id == "" {
				continue
			}
			if first, twice := seen[d][id]; twice {
				return n.fail(e.at[d], "revision %s of %s has an entry already, at line %d: remove one of the two", id, d.Title(), first+1)
			}
			seen[d][id] = e.at[d]
		}
	}
	return nil
}

// Named returns the ids of a dialect that the notes have, in their order.
func (n *Notes) Named(d Dialect) (ids []string) {
	if n == nil {
		return nil
	}
	for _, e := range n.entries {
		if id := e.ids[d]; id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// alone reports whether an entry says that a revision is for its dialect alone.
func (n *Notes) alone(id string, d Dialect) bool {
	return n != nil && slices.ContainsFunc(n.entries, func(e notesEntry) bool {
		return e.ids[d] == id && slices.ContainsFunc(Dialects, func(other Dialect) bool {
			none, said := e.ids[other]
			return other != d && said && none == ""
		})
	})
}
