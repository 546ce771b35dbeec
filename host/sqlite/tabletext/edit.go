package tabletext

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// An edit puts text in the place of a span.
type edit struct {
	Span
	text string
}

// apply makes edits that do not overlap.
func (t *Table) apply(edits ...edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(t.SQL[at:e.Start])
		b.WriteString(e.text)
		at = e.End
	}
	return b.String() + t.SQL[at:]
}

const spaces = " \t\r\n\f\v"

// Rename returns the text with another name of the table.
func (t *Table) Rename(name string) string { return t.apply(edit{t.NameSpan, Quote(name)}) }

// AddColumn returns the text with one more column, after the last one.
func (t *Table) AddColumn(definition string) string {
	return t.append(t.Columns[len(t.Columns)-1].Span, definition)
}

// AddConstraint returns the text with one more constraint of the table.
func (t *Table) AddConstraint(definition string) string {
	return t.append(t.items[len(t.items)-1], definition)
}

// append adds an item after another one, on a line of its own where that one
// has one.
func (t *Table) append(after Span, definition string) string {
	before, gap := t.SQL[:after.Start], " "
	blank := before[len(strings.TrimRight(before, spaces)):]
	if i := strings.LastIndexByte(blank, '\n'); i >= 0 {
		gap = blank[i:]
	}
	return t.apply(edit{Span{after.End, after.End}, "," + gap + definition})
}

// DropColumn returns the text without a column and the constraints in its
// definition. It must not be the only one.
func (t *Table) DropColumn(i int) string { return t.dropItem(i) }

// Drop returns the text without a constraint of the table or of a column.
func (t *Table) Drop(k Constraint) string {
	for i := range t.items {
		if i >= len(t.Columns) && t.items[i] == k.Span {
			return t.dropItem(i)
		}
	}
	return t.apply(t.removal(k.Span))
}

// dropItem takes out an item, a comma beside it, and the white space that set
// it off. Comments stay.
func (t *Table) dropItem(i int) string {
	item := t.items[i]
	first := slices.IndexFunc(t.tokens, func(k token) bool { return k.Pos >= item.Start })
	next := slices.IndexFunc(t.tokens, func(k token) bool { return k.Pos >= item.End })
	before, after := t.tokens[first-1], t.tokens[next]
	comma := before.Is(",")
	switch {
	case after.Is(",") && (i == 0 || comma):
		end := after.end
		end += len(t.SQL[end:]) - len(strings.TrimLeft(t.SQL[end:], spaces))
		comment := t.SQL[item.End:after.Pos]
		if strings.TrimSpace(comment) == "" {
			comment = ""
		}
		return t.apply(edit{Span{item.Start, end}, comment})
	case i == len(t.items)-1 && comma:
		return t.apply(edit{Span{before.Pos, before.end}, ""}, t.removal(item))
	case t.onlyNames(i-1) && !comma && !after.Is(",") && !after.Is(")"):
		return t.apply(edit{item, ","}) // the name before it is not to become that of the next one
	}
	return t.apply(t.removal(item))
}

// onlyNames reports whether an item is a name without a constraint.
func (t *Table) onlyNames(i int) bool {
	i -= len(t.Columns)
	return i >= 0 && t.Constraints[i].Kind == NoConstraint
}

// removal takes out a span and the white space before it, unless something must
// keep what is on its two sides apart.
func (t *Table) removal(s Span) edit {
	start := len(strings.TrimRight(t.SQL[:s.Start], spaces))
	if t.lineComment(start) {
		return edit{s, ""}
	}
	text := ""
	if start > 0 && s.End < len(t.SQL) && !separate(t.SQL[start-1]) && !separate(t.SQL[s.End]) {
		text = " "
	}
	return edit{Span{start, s.End}, text}
}

// separate reports whether no word, number or quoted name goes on with c.
func separate(c byte) bool { return strings.IndexByte(spaces+"(),;", c) >= 0 }

// lineComment reports whether a -- comment ends at a byte.
func (t *Table) lineComment(at int) bool {
	for k := range chain.Tokens(chain.SQLite, t.SQL[:at]) {
		if k.Pos+len(k.Text) == at {
			return k.Kind == chain.Comment && strings.HasPrefix(k.Text, "--")
		}
	}
	return false
}

// insert returns the text with something more in a column, after what ends at a
// byte.
func (t *Table) insert(at int, what string) edit {
	if at < len(t.SQL) && !separate(t.SQL[at]) {
		what += " "
	}
	return edit{Span{at, at}, " " + what}
}

// put puts something in the place of a span, apart from what is beside it: the
// parenthesis in DEFAULT(1) needed no space, a number does.
func (t *Table) put(s Span, what string) edit {
	if !separate(t.SQL[s.Start-1]) {
		what = " " + what
	}
	if s.End < len(t.SQL) && !separate(t.SQL[s.End]) {
		what += " "
	}
	return edit{s, what}
}

// SetType returns the text with another type of a column.
func (t *Table) SetType(i int, name string) string {
	c := &t.Columns[i]
	if c.Type.empty() {
		return t.apply(t.insert(c.Type.End, name))
	}
	return t.apply(t.put(c.Type, name))
}

// SetNotNull returns the text with a NOT NULL at the end of a column, instead of
// its NULL if it has one.
func (t *Table) SetNotNull(i int) string {
	c := &t.Columns[i]
	if c.Find(NotNull) != nil {
		return t.SQL
	}
	edits := t.removals(c, Null)
	return t.apply(append(edits, t.insert(c.Span.End, "NOT NULL"))...)
}

// DropNotNull returns the text without the NOT NULL of a column, its conflict
// clause included.
func (t *Table) DropNotNull(i int) string { return t.apply(t.removals(&t.Columns[i], NotNull)...) }

// SetDefault returns the text with another default of a column.
func (t *Table) SetDefault(i int, value string) string {
	c := &t.Columns[i]
	if there := c.Find(Default); there != nil {
		edits := []edit{t.put(there.Expr, value)}
		for _, k := range c.Constraints {
			if k.Kind == Default && k.Span != there.Span {
				edits = append(edits, edit{k.Span, ""})
			}
		}
		return t.apply(edits...)
	}
	after := c.Type.End
	if k := c.Find(NotNull); k != nil {
		after = k.Span.End
	}
	return t.apply(t.insert(after, "DEFAULT "+value))
}

// DropDefault returns the text without the default of a column.
func (t *Table) DropDefault(i int) string { return t.apply(t.removals(&t.Columns[i], Default)...) }

// AddColumnConstraint returns the text with one more constraint at the end of a
// column.
func (t *Table) AddColumnConstraint(i int, definition string) string {
	return t.apply(t.insert(t.Columns[i].Span.End, definition))
}

// ReplaceExpr returns the text with another expression in a constraint.
func (t *Table) ReplaceExpr(k Constraint, expr string) string { return t.apply(edit{k.Expr, expr}) }

// removals takes out all that a column says of a kind. What stands side by side
// goes as one, so that what is around it is kept apart.
func (t *Table) removals(c *Column, kind Kind) []edit {
	var spans []Span
	for i, k := range c.Constraints {
		switch last := len(spans) - 1; {
		case k.Kind != kind:
		case i > 0 && c.Constraints[i-1].Kind == kind && strings.Trim(t.SQL[spans[last].End:k.Span.Start], spaces) == "":
			spans[last].End = k.Span.End
		default:
			spans = append(spans, k.Span)
		}
	}
	var edits []edit
	for _, s := range spans {
		edits = append(edits, t.removal(s))
	}
	return edits
}

// Unqualify returns the text without the table's own name before the names of
// columns, as in CHECK (t.a > 0): it says nothing there, and stands in the way
// of a table that is to be renamed.
func (t *Table) Unqualify() string {
	var edits []edit
	for i := range t.tokens {
		if t.tokens[i].Pos >= t.NameSpan.End && qualifies(t.tokens, i, t.Name) {
			edits = append(edits, edit{Span{t.tokens[i].Pos, t.tokens[i+1].end}, ""})
		}
	}
	return t.apply(edits...)
}
