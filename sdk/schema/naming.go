package schema

import (
	"hash/fnv"
	"strings"
)

// Naming is how indexes, constraints and syncs are called that nobody names. Each is a
// pattern in which {table}, {columns} and, for foreign keys, {referenced} stand
// for names; several columns are joined by an underscore. Those of a sync are the new
// ones. A check has no columns
// to be called after and {name} stands for the name it is given, which the
// pattern completes; a check without a name gets the database's.
// Defaults are those of [DefaultNaming], field by field.
type Naming struct {
	PrimaryKey string
	Unique     string
	ForeignKey string
	Check      string
	Exclude    string
	Index      string
	Sync       string
}

// DefaultNaming is what SQLAlchemy's users know as the usual convention
// (https://docs.sqlalchemy.org/en/20/core/constraints.html#configuring-constraint-naming-conventions).
var DefaultNaming = Naming{
	PrimaryKey: "pk_{table}",
	Unique:     "uq_{table}__{columns}",
	ForeignKey: "fk_{table}__{columns}__{referenced}",
	Check:      "{name}",
	Exclude:    "ex_{table}__{columns}",
	Index:      "ix_{table}__{columns}",
	Sync:       "sync_{table}__{columns}",
}

// Fill gives names to the indexes, constraints and syncs of a request that have
// none.
// The request is not changed: what is named is a copy.
func (n Naming) Fill(q Request) Request {
	switch op := q.Operation.(type) {
	case *CreateTable:
		named := *op
		named.Constraints = append([]Constraint(nil), op.Constraints...)
		for i := range named.Constraints {
			n.constraint(op.Name, &named.Constraints[i])
		}
		q.Operation = &named
	case *AddConstraint:
		named := *op
		n.constraint(op.Table, &named.Constraint)
		q.Operation = &named
	case *DropConstraint:
		if op.Name == "" {
			named := *op
			was := *op.Was
			n.constraint(op.Table, &was)
			named.Name = was.Name
			q.Operation = &named
		}
	case *CreateIndex:
		named := *op
		n.index(&named)
		q.Operation = &named
	case *DropIndex:
		if op.Name == "" {
			named := *op
			was := op.was()
			n.index(was)
			named.Name = was.Name
			q.Operation = &named
		}
	case *DropTable:
		if op.Was != nil {
			named, was := *op, *op.Was
			was.Constraints = append([]Constraint(nil), was.Constraints...)
			for i := range was.Constraints {
				n.constraint(op.Name, &was.Constraints[i])
			}
			was.Indexes = append([]CreateIndex(nil), was.Indexes...)
			for i := range was.Indexes {
				was.Indexes[i].Table = op.Name
				n.index(&was.Indexes[i])
			}
			named.Was = &was
			q.Operation = &named
		}
	case *CreateSync:
		named := *op
		n.sync(&named)
		q.Operation = &named
	case *DropSync:
		if op.Name == "" {
			named := *op
			was := op.was()
			n.sync(was)
			named.Name = was.Name
			q.Operation = &named
		}
	case *Batch:
		named := *op
		named.Operations = make([]Request, len(op.Operations))
		for i := range op.Operations {
			named.Operations[i] = n.Fill(op.Operations[i])
		}
		q.Operation = &named
	}
	return q
}

func (n Naming) constraint(table string, c *Constraint) {
	switch {
	case !c.Check.IsZero():
		if c.Name != "" && !n.completed(table, c.Name) {
			c.Name = name(n.Check, DefaultNaming.Check, table, nil, "", c.Name)
		}
	case c.Name != "":
	case len(c.PrimaryKey) > 0:
		c.Name = name(n.PrimaryKey, DefaultNaming.PrimaryKey, table, c.PrimaryKey, "", "")
	case len(c.Unique) > 0:
		c.Name = name(n.Unique, DefaultNaming.Unique, table, c.Unique, "", "")
	case len(c.ForeignKey) > 0:
		c.Name = name(n.ForeignKey, DefaultNaming.ForeignKey, table, c.ForeignKey, c.References, "")
	case len(c.Exclude) > 0:
		var columns []string
		for _, e := range c.Exclude {
			if e.Column != "" {
				columns = append(columns, e.Column)
			}
		}
		c.Name = name(n.Exclude, DefaultNaming.Exclude, table, columns, "", "")
	}
}

// completed reports whether the name of a check is what the pattern makes of
// another name: a name of the database is not completed twice.
func (n Naming) completed(table, check string) bool {
	before, after, found := strings.Cut(strings.ReplaceAll(n.Check, "{table}", table), "{name}")
	return found && before+after != "" && len(check) > len(before+after) &&
		strings.HasPrefix(check, before) && strings.HasSuffix(check, after)
}

func (n Naming) index(i *CreateIndex) {
	if i.Name != "" {
		return
	}
	var columns []string
	for _, c := range i.Columns {
		if c.Column != "" {
			columns = append(columns, c.Column)
		} else {
			columns = append(columns, "expr")
		}
	}
	i.Name = name(n.Index, DefaultNaming.Index, i.Table, columns, "", "")
}

func (n Naming) sync(s *CreateSync) {
	if s.Name != "" {
		return
	}
	var columns []string
	for _, c := range s.New {
		columns = append(columns, c.Column)
	}
	s.Name = shortened(filled(n.Sync, DefaultNaming.Sync, s.Table, columns, "", ""), maxSync)
}

// name fills in a pattern, for a name that may be as long as PostgreSQL's are.
func name(pattern, otherwise, table string, columns []string, referenced, given string) string {
	return shortened(filled(pattern, otherwise, table, columns, referenced, given), maxIdentifier)
}

func filled(pattern, otherwise, table string, columns []string, referenced, given string) string {
	if pattern == "" {
		pattern = otherwise
	}
	return strings.NewReplacer(
		"{table}", table, "{columns}", strings.Join(columns, "_"), "{referenced}", referenced, "{name}", given,
	).Replace(pattern)
}

// shortened cuts a name that is longer than it may be. It ends in a digest of the
// whole, so that two long names stay two.
func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	h := fnv.New64a() // crypto would bring half of the standard library into every guest
	h.Write([]byte(s))
	digest := Bytes(h.Sum(nil)[:4]).Text
	cut := most - len(digest) - 1
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut-- // not inside a character
	}
	return s[:cut] + "_" + digest
}

// Validate says what is wrong with the patterns.
func (n Naming) Validate() error {
	for _, p := range []struct{ key, pattern string }{
		{"primary_key", n.PrimaryKey}, {"unique", n.Unique}, {"foreign_key", n.ForeignKey},
		{"check", n.Check}, {"exclude", n.Exclude}, {"index", n.Index}, {"sync", n.Sync},
	} {
		rest := p.pattern
		for _, word := range []string{"{table}", "{columns}", "{referenced}", "{name}"} {
			rest = strings.ReplaceAll(rest, word, "")
		}
		if strings.ContainsAny(rest, "{}\x00") {
			return &InvalidError{"naming", p.key + " = " + quote(p.pattern) + ": the words are {table}, {columns}, {referenced} and {name}"}
		}
		if p.key == "check" && p.pattern != "" && !strings.Contains(p.pattern, "{name}") {
			return &InvalidError{"naming", p.key + " = " + quote(p.pattern) + ": two checks of a table would have one name: use {name}"}
		}
	}
	return nil
}
