package sqlite_test

import "strings"

// A pattern is what the text of a table must be like.
type pattern []element

type element struct {
	text     string
	name     string   // if set: a name, however it is quoted
	optional bool     // it may be missing
	before   []*float // what may stand before it
}

// A float is something that an operation has added, somewhere near.
type float struct {
	item bool       // a comma, and all up to the next one or to the parenthesis
	want [][]string // what must be in it, in the form of alike; a clause is just want[0]
	name string     // a clause may have a name, that of the one it replaces
}

// take returns how many lexemes of text the float is, 0 if it isn't there.
func (f *float) take(text []lexeme) int {
	if !f.item {
		want := f.want[0]
		if n := exactly(text, append([]string{"constraint", ""}, want...)); f.name != "" && n > 0 {
			return n
		}
		return exactly(text, want)
	}
	if len(text) == 0 || text[0].text != "," {
		return 0
	}
	n, depth := 1, 0
	for ; n < len(text); n++ {
		switch text[n].text {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth < 0 || depth == 0 && text[n].text == "," {
			break
		}
	}
	for text[n-1].comment {
		n-- // it was there
	}
	for _, want := range f.want {
		if !contains(text[1:n], want) {
			return 0
		}
	}
	return n
}

// exactly returns how many lexemes are what is wanted, with comments between
// them, 0 if they aren't. "" is any name.
func exactly(text []lexeme, want []string) int {
	for i, l := range text {
		switch {
		case l.comment && i > 0:
			continue
		case want[0] != "" && alike(l.text) != want[0]:
			return 0
		case len(want) == 1:
			return i + 1
		}
		want = want[1:]
	}
	return 0
}

func contains(text []lexeme, want []string) bool {
	for i := 0; i+len(want) <= len(text); i++ {
		same := true
		for j := range want {
			same = same && alike(text[i+j].text) == want[j]
		}
		if same {
			return true
		}
	}
	return false
}

// pattern returns what the text of the table is now to be like.
func (t *tableModel) pattern() pattern {
	var p pattern
	var columns, constraints, pending []*float
	for _, c := range t.columns {
		if c.added {
			columns = append(columns, c.float())
		}
	}
	for _, k := range t.constraints {
		if k.added {
			constraints = append(constraints, &float{item: true, want: [][]string{alikes(k.body)}})
		}
	}
	p.add(t.sym, nil, t.head...)
	for _, c := range t.original() {
		if c.comma != nil {
			p.add(t.sym, pending, c.comma)
		}
		p.add(t.sym, nil, append([]*token{c.name}, c.typ...)...)
		pending = nil
		for _, k := range c.clauses {
			if k.added {
				pending = append(pending, &float{want: [][]string{alikes(k.body)}, name: k.name})
			}
		}
		for _, k := range c.clauses {
			if !k.added {
				p.add(t.sym, pending, k.body...)
			}
		}
	}
	pending = append(pending, columns...)
	for _, k := range t.constraints {
		if k.added {
			continue
		}
		tokens := k.body
		if k.comma != nil {
			tokens = append([]*token{k.comma}, tokens...)
		}
		p.add(t.sym, pending, tokens...)
		pending = nil
	}
	p.add(t.sym, append(pending, constraints...), t.tail...)
	return p
}

// float returns a column that was added, as its text may be.
func (c *column) float() *float {
	f := &float{item: true, want: [][]string{alikes(append([]*token{c.name}, c.typ...))}}
	for _, k := range c.clauses {
		f.want = append(f.want, alikes(k.body))
	}
	return f
}

func alikes(tokens []*token) (list []string) {
	for _, t := range tokens {
		for _, l := range lex(t.String()) {
			list = append(list, alike(l.text))
		}
	}
	return list
}

// add adds tokens, the first of which may have floats before it. A table's own
// name may be quoted in another way than it was, since SQLite does so.
func (p *pattern) add(own *symbol, floats []*float, tokens ...*token) {
	for _, t := range tokens {
		for _, l := range t.lead {
			for _, c := range lex(l.text) {
				*p = append(*p, element{text: c.text, optional: l.optional, before: floats})
			}
		}
		switch {
		case t.sym != nil && (t.sym.renamed || t.sym == own):
			*p = append(*p, element{name: t.sym.name, before: floats})
		default:
			for _, l := range lex(t.text) {
				*p = append(*p, element{text: l.text, before: floats})
			}
		}
		floats = nil
	}
}

// patternOf returns the pattern of another object's text.
func patternOf(tokens []*token) pattern {
	var p pattern
	p.add(nil, nil, tokens...)
	return p
}

// matches reports whether a text is like the pattern.
func (p pattern) matches(text []lexeme) bool {
	all := map[*float]bool{}
	for _, e := range p {
		for _, f := range e.before {
			all[f] = true
		}
	}
	used := map[*float]bool{}
	var match func(i, j int) bool
	match = func(i, j int) bool {
		if i == len(p) {
			return j == len(text) && len(used) == len(all)
		}
		for _, f := range p[i].before {
			if used[f] {
				continue
			}
			if n := f.take(text[j:]); n > 0 {
				used[f] = true
				if match(i, j+n) {
					return true
				}
				delete(used, f)
			}
		}
		if j < len(text) && p[i].is(text[j].text) && match(i+1, j+1) {
			return true
		}
		return p[i].optional && match(i+1, j)
	}
	return match(0, 0)
}

func (e element) is(text string) bool {
	if e.name != "" {
		return strings.EqualFold(nameOf(text), e.name)
	}
	return e.text == text
}

func (p pattern) String() string {
	var b strings.Builder
	for _, e := range p {
		switch {
		case e.name != "":
			b.WriteString(quoted(e.name))
		case e.optional:
			b.WriteString("[" + e.text + "]")
		default:
			b.WriteString(e.text)
		}
		b.WriteString(" ")
	}
	return b.String()
}
