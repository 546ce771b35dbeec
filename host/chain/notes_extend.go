package chain

import "strings"

// Extend returns the text of the notes with more migrations, given newest first.
// One whose id an entry has for the other dialect belongs to that entry, which
// gets it for this one; an entry that says something of this dialect already
// stays as it is. The others get entries of their own, above all that are there.
func (n *Notes) Extend(notes []Note) string {
	entryOf := map[string]notesEntry{}
	for _, e := range n.entries {
		for _, id := range e.ids {
			if id != "" {
				entryOf[id] = e
			}
		}
	}
	next := *n
	next.lines = append([]string(nil), n.lines...)
	var fresh []insertion
	for _, note := range notes {
		known := false
		for d, id := range note.IDs {
			e, ok := entryOf[id]
			if _, said := e.at[d]; ok && !said {
				next.pair(e, d, id)
			}
			known = known || ok
		}
		if !known {
			fresh = append(fresh, insertion{note: note})
		}
	}
	return next.with(map[int][]insertion{n.top(): fresh}, nil)
}

// pair writes an id for one dialect into the line of an entry that has the
// other's, or beside it: SQLite stands above PostgreSQL.
func (n *Notes) pair(e notesEntry, d Dialect, id string) {
	if n.table {
		n.lines[e.line] = withCell(n.lines[e.line], n.columns[d], "`"+id+"`")
		return
	}
	mine := d.Title() + ": `" + id + "`" + n.eol()
	for other, at := range e.at {
		switch {
		case other == d:
		case d == SQLite:
			n.lines[at] = mine + n.lines[at]
		default:
			n.lines[at] = strings.TrimRight(n.lines[at], "\r\n") + n.eol() + mine
		}
	}
}

// withCell returns a row of a table with another text in one of its cells.
func withCell(row string, column int, cell string) string {
	var bars []int
	for i := range len(row) {
		if row[i] == '|' && (i == 0 || row[i-1] != '\\') {
			bars = append(bars, i)
		}
	}
	end := len(strings.TrimRight(row, "\r\n")) // of a row without a bar behind its last cell
	if column+1 < len(bars) {
		end = bars[column+1]
	}
	return row[:bars[column]+1] + " " + cell + " " + row[end:]
}
