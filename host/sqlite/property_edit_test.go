package sqlite_test

// Edits of the model: what an operation is to do to the text of a table.

// loosen is called before tokens are taken out of a table: the comments among
// them, and between them and the next token, may go or stay. Those before keep
// are about what precedes it, and stay.
func (t *tableModel) loosen(removed []*token, keep *token) {
	gone := map[*token]bool{}
	for _, r := range removed {
		gone[r] = true
	}
	var pending []trivia
	behind := false // what has gone
	tokens := t.tokens(false)
	for i, tok := range tokens {
		if !gone[tok] && !behind {
			continue
		}
		behind = gone[tok]
		for _, l := range tok.lead {
			pending = append(pending, trivia{l.text, l.optional || tok != keep, l.elsewhere})
		}
		if gone[tok] {
			continue
		}
		tok.lead, pending = pending, nil
		if tok.text == "," {
			tokens[i+1].beside(tok)
		}
	}
}

// beside says that the comments before a comma may be behind it, before t: it
// may as well be the other comma that has gone.
func (t *token) beside(comma *token) {
	var list []trivia
	for _, l := range comma.lead {
		if l.optional {
			list = append(list, trivia{l.text, true, true})
		}
	}
	t.lead = append(list, t.lead...)
}

// optional says that what is written before a token may go.
func (t *token) optional() {
	for i := range t.lead {
		t.lead[i].optional = true
	}
}

// removeColumn takes a column out of the text. It is not the only one.
func (t *tableModel) removeColumn(c *column) {
	i := 0
	for t.columns[i] != c {
		i++
	}
	defer func() { t.columns = append(t.columns[:i:i], t.columns[i+1:]...) }()
	if c.added {
		t.aside()
		return
	}
	// The comma to remove is the one before it. One after it is kept, and what
	// is written behind that may be about either column.
	comma, first := t.following(c)
	if first != nil {
		first.optional()
	}
	if c.comma != nil {
		t.loosen(append(c.tokens(false), c.comma), c.comma)
		return
	}
	t.loosen(append(c.tokens(false), *comma), nil)
	*comma = nil
}

// following returns the comma of what follows a column, and its first token.
func (t *tableModel) following(c *column) (comma **token, first *token) {
	columns := t.original()
	for i := range columns {
		if columns[i] == c && i+1 < len(columns) {
			return &columns[i+1].comma, columns[i+1].name
		}
	}
	for _, k := range t.constraints {
		if !k.added {
			return &k.comma, k.body[0]
		}
	}
	return nil, nil
}

// aside says that what is written behind the last column may be on either side
// of a comma, since a column was there in the meantime.
func (t *tableModel) aside() {
	columns := t.original()
	if comma, first := t.following(columns[len(columns)-1]); comma != nil && *comma != nil {
		(*comma).optional()
		first.beside(*comma)
	}
}

// removeConstraint takes a constraint of the table out of the text.
func (t *tableModel) removeConstraint(k *constraint) {
	i := 0
	for t.constraints[i] != k {
		i++
	}
	defer func() { t.constraints = append(t.constraints[:i:i], t.constraints[i+1:]...) }()
	if k.added {
		return
	}
	removed := append([]*token(nil), k.body...)
	if k.comma == nil { // the next one can do without, since one stands before it
		t.loosen(removed, nil)
		for _, next := range t.constraints[i+1:] {
			if next.comma != nil && !next.added {
				first := next.body[0]
				first.lead = append(append(next.comma.lead, trivia{",", true, false}), first.lead...)
				first.lead = append([]trivia{{",", true, true}}, first.lead...)
				first.optional()
				next.comma = nil
			}
			if !next.added {
				return
			}
		}
		return
	}
	t.loosen(append(removed, k.comma), k.comma)
	for _, next := range t.constraints[i+1:] {
		if next.added {
			continue
		}
		if next.comma != nil {
			next.body[0].optional()
		} else { // it has done with this one's, and may go on to
			first := next.body[0] // among its comments
			var lead []trivia
			for _, l := range first.lead {
				lead = append(lead, trivia{",", true, true}, l)
			}
			first.lead = append(lead, trivia{", ", true, false})
		}
		return
	}
}

// removeClauses takes all that a column says of a kind out of the text, or the
// one clause that is given.
func (t *tableModel) removeClauses(c *column, matches func(*constraint) bool) {
	var rest []*constraint
	for _, k := range c.clauses {
		if !matches(k) {
			rest = append(rest, k)
		} else if k.added {
			t.beforeClauses(c)
		} else {
			t.loosen(k.body, nil)
		}
	}
	// The tokens are gone only now, so that loosen has found what follows them.
	c.clauses = rest
}

// beforeClauses says that what is written before the clauses of a column, and
// behind the last one, may be gone: a clause was there that is not any more.
func (t *tableModel) beforeClauses(c *column) {
	for _, k := range c.clauses {
		k.body[0].optional()
	}
	own, all := c.tokens(false), t.tokens(false)
	for i, tok := range all {
		if tok == own[len(own)-1] && !c.added {
			all[i+1].optional()
		}
	}
}

// addClause adds a clause at the end of a column; it may be anywhere in it.
func (c *column) addClause(kind string, body []*token) *constraint {
	k := &constraint{kind: kind, body: body, columns: []*column{c}, added: true}
	c.clauses = append(c.clauses, k)
	return k
}

// addColumn adds a column after the others.
func (t *tableModel) addColumn(c *column) {
	c.added = true
	c.comma = &token{text: ","}
	t.columns = append(t.columns, c)
}

// addConstraint adds a constraint after the others.
func (t *tableModel) addConstraint(k *constraint) {
	k.added = true
	k.comma = &token{text: ","}
	t.constraints = append(t.constraints, k)
}
