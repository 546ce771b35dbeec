package sqlite_test

import "strings"

// The model of a schema: its SQL texts, token by token, with what is named
// where, so that the text after an operation can be foretold.

// A symbol is a name that tokens refer to: a rename changes them all.
type symbol struct {
	name    string
	renamed bool
}

func (s *symbol) rename(to string) { s.name, s.renamed = to, true }

// trivia is white space and comments between two tokens. Optional ones stood
// beside something that an operation has removed: they may go with it.
type trivia struct {
	text      string
	optional  bool
	elsewhere bool // it is at another place, and may be here instead
}

// A token of a SQL text.
type token struct {
	lead []trivia // before it
	text string   // as it was written
	sym  *symbol  // what it names, if that has a symbol
}

func (t *token) String() string {
	if t.sym != nil && t.sym.renamed {
		return quoted(t.sym.name)
	}
	return t.text
}

func (t *token) space() string {
	space := ""
	comma := t.text == "," || t.text == ")" // there is one, or none is needed
	for i := len(t.lead) - 1; i >= 0; i-- {
		l := t.lead[i]
		if l.elsewhere || l.comma() && comma {
			continue
		}
		comma = comma || l.comma()
		space = l.text + space
	}
	return space
}

// comma reports whether it is a comma that may be written between constraints.
func (l trivia) comma() bool { return strings.TrimSpace(l.text) == "," }

// render returns the text of tokens.
func render(tokens []*token) string {
	var b strings.Builder
	for i, t := range tokens {
		space := t.space()
		if i == 0 {
			space = ""
		} else if space == "" && !joins(tokens[i-1].text) && !joins(t.text) {
			space = " "
		}
		b.WriteString(space)
		b.WriteString(t.String())
	}
	return b.String()
}

// joins reports whether a token needs no space beside it.
func joins(text string) bool { return text == "(" || text == ")" || text == "," || text == "." }

// refers reports whether one of the tokens names sym.
func refers(tokens []*token, sym *symbol) bool {
	for _, t := range tokens {
		if t.sym == sym {
			return true
		}
	}
	return false
}

// A tableModel is the table that is operated on.
type tableModel struct {
	sym          *symbol
	head         []*token // name and parenthesis
	columns      []*column
	constraints  []*constraint
	tail         []*token // parenthesis and options
	strict       bool
	withoutRowID bool
}

type column struct {
	sym     *symbol
	comma   *token // before it, nil before the first
	name    *token
	typ     []*token
	clauses []*constraint
	added   bool // by an operation

	// copied is the expression of its values in the table as it was before,
	// "" if a default or an expression makes them. A volatile default is one
	// that differs from time to time.
	copied   string
	volatile bool

	generated bool
	altered   bool // its type was altered
}

// A constraint of a table, or a clause of a column.
type constraint struct {
	kind    string    // as in the grammar, in lower case
	name    string    // "" if it has none
	comma   *token    // before it; nil in a column, and where it was left out
	body    []*token  //
	columns []*column // of a key, and of what a column says of itself
	parent  *symbol   // of a foreign key
	expr    []*token  // of a check
	desc    bool      // an inline primary key that is not the rowid
	auto    bool      // AUTOINCREMENT
	added   bool      // by an operation
}

// An object is an index, a view, a trigger, or a table that is not operated on.
type object struct {
	kind   string // as in sqlite_schema
	create string // what its text in sqlite_schema begins with
	sym    *symbol
	body   []*token // from its name on
	added  bool     // by an operation
	fire   []*token // of a trigger: a statement that fires it
	star   bool     // a view that selects *
	was    string   // its text before the operations
}

func (o *object) sql() string { return o.create + " " + render(o.body) }

// find returns the column of that name, as SQLite compares names.
func (t *tableModel) find(name string) *column {
	for _, c := range t.columns {
		if strings.EqualFold(c.sym.name, name) {
			return c
		}
	}
	return nil
}

// alias returns the column that is the rowid, if one is
// (https://sqlite.org/lang_createtable.html#rowid).
func (t *tableModel) alias() *column {
	if t.withoutRowID {
		return nil
	}
	for _, c := range t.columns {
		for _, k := range c.clauses {
			if k.kind == "primary key" && !k.desc && c.integer() {
				return c
			}
		}
	}
	for _, k := range t.constraints {
		if k.kind == "primary key" && len(k.columns) == 1 && k.columns[0].integer() {
			return k.columns[0]
		}
	}
	return nil
}

func (c *column) integer() bool {
	return len(c.typ) == 1 && strings.EqualFold(nameOf(c.typ[0].text), "integer")
}

// rowid returns a name by which the rowids can be had, "" if there is none.
func (t *tableModel) rowid() string {
	if t.withoutRowID {
		return ""
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if t.find(name) == nil {
			return name
		}
	}
	return ""
}

// tokens returns the table's text, with or without what operations have added.
func (t *tableModel) tokens(added bool) []*token {
	list := append([]*token(nil), t.head...)
	for _, c := range t.columns {
		if c.added && !added {
			continue
		}
		if c.comma != nil {
			list = append(list, c.comma)
		}
		list = append(list, c.tokens(added)...)
	}
	for _, k := range t.constraints {
		if k.added && !added {
			continue
		}
		if k.comma != nil {
			list = append(list, k.comma)
		}
		list = append(list, k.body...)
	}
	return append(list, t.tail...)
}

// tokens returns the text of a column.
func (c *column) tokens(added bool) []*token {
	list := append([]*token{c.name}, c.typ...)
	for _, k := range c.clauses {
		if added || !k.added {
			list = append(list, k.body...)
		}
	}
	return list
}

func (t *tableModel) sql() string { return "CREATE TABLE " + render(t.tokens(true)) }

// clause returns what a column says of kind, or nil.
func (c *column) clause(kind string) *constraint {
	for _, k := range c.clauses {
		if k.kind == kind {
			return k
		}
	}
	return nil
}

// original returns the columns that were there from the beginning.
func (t *tableModel) original() (list []*column) {
	for _, c := range t.columns {
		if !c.added {
			list = append(list, c)
		}
	}
	return list
}
