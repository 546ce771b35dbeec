package tabletext

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Facts say what a table is: a line for each column, constraint and option,
// sorted. Two tables have the same facts if nobody who uses them can tell them
// apart but by the order of their columns: quotes, white space, comments and the
// order of constraints do not show, nor whether a constraint was written behind
// its column, nor what is so anyway. keyOf returns the primary key of a table, to
// which a foreign key refers that names no columns; it may return nothing.
//
// https://sqlite.org/lang_createtable.html
func (t *Table) Facts(keyOf func(table string) []string) []string {
	facts := make([]string, 0, len(t.Columns))
	for i := range t.Columns {
		facts = append(facts, t.columnFact(&t.Columns[i]))
	}
	all := t.All()
	settleDeferrals(all)
	for _, k := range all {
		if fact := t.constraintFact(&k, keyOf); fact != "" {
			facts = append(facts, named(&k, fact))
		}
	}
	if t.Strict {
		facts = append(facts, "strict")
	}
	if t.WithoutRowID {
		facts = append(facts, "without rowid")
	}
	slices.Sort(facts)
	return slices.Compact(facts) // SQLite makes one of constraints that say the same
}

// PrimaryKey returns the columns of the primary key, nil if there is none.
func (t *Table) PrimaryKey() []string {
	for _, k := range t.All() {
		if k.Kind == PrimaryKey {
			return k.Columns
		}
	}
	return nil
}

// settleDeferrals lets each deferral have its effect, which is on the foreign key
// before it (https://sqlite.org/src/file/src/parse.y).
func settleDeferrals(all []Constraint) {
	var last *Constraint
	for i := range all {
		switch k := &all[i]; {
		case k.Kind == ForeignKey:
			last = k
		case k.Kind == Deferral && last != nil:
			last.Deferred = k.Deferred
		}
	}
}

func named(k *Constraint, fact string) string {
	if k.Name == "" {
		return fact
	}
	return "constraint " + plainName(k.Name) + " " + fact
}

func conflictFact(k *Constraint) string {
	if k.Conflict == "" || k.Conflict == "ABORT" { // which is what is done anyway
		return ""
	}
	return " on conflict " + Fold(k.Conflict)
}

// columnFact says what a column is but for the constraints that a table could
// have as well.
func (t *Table) columnFact(c *Column) string {
	name := c.Name // whose case shows in results
	if plainName(name) != Fold(name) {
		name = Quote(name)
	}
	fact := "column " + name
	if !c.Type.empty() {
		fact += " " + Plain(t.Text(c.Type), "")
	}
	parts := map[Kind]string{} // of several of a kind the last counts
	if t.notNullAnyway(c) {
		parts[NotNull] = " not null"
	}
	for i := range c.Constraints {
		k := &c.Constraints[i]
		switch k.Kind {
		case NotNull:
			parts[k.Kind] = " " + named(k, "not null"+conflictFact(k))
		case Default:
			parts[k.Kind] = ""
			if value := defaultFact(t.Text(k.Expr)); value != "null" { // which it is without a default
				parts[k.Kind] = " " + named(k, "default "+value)
			}
		case Collate:
			parts[k.Kind] = collateFact(t.Text(k.Expr))
		case Generated:
			parts[k.Kind] = " " + named(k, "generated ("+Plain(t.Text(k.Expr), t.Name)+")"+map[bool]string{true: " stored"}[k.Stored])
		}
	}
	return fact + parts[NotNull] + parts[Default] + parts[Collate] + parts[Generated]
}

// collateFact names a collation, other than that which a column has anyway.
func collateFact(collation string) string {
	if name, ok := tokens(collation)[0].name(); ok && !SameName(name, "binary") {
		return " collate " + plainName(name)
	}
	return ""
}

// notNullAnyway reports whether a column is NOT NULL for being in the primary key
// of a table that is WITHOUT ROWID or STRICT (https://sqlite.org/withoutrowid.html,
// https://sqlite.org/stricttables.html).
func (t *Table) notNullAnyway(c *Column) bool {
	return slices.ContainsFunc(t.PrimaryKey(), func(name string) bool { return SameName(name, c.Name) }) &&
		(t.WithoutRowID || t.Strict && !t.isRowID(c))
}

// isRowID reports whether a column of the primary key is the rowid. INTEGER
// PRIMARY KEY DESC behind a column makes none
// (https://sqlite.org/lang_createtable.html#rowid).
func (t *Table) isRowID(c *Column) bool {
	own := c.Find(PrimaryKey)
	return !t.WithoutRowID && len(t.PrimaryKey()) == 1 && Plain(t.Text(c.Type), "") == "integer" && (own == nil || !own.Descending)
}

// defaultFact writes a default. A constant means the same with parentheses and
// without.
func defaultFact(value string) string {
	if c := constant(value); c != "" {
		return c
	}
	return Plain(value, "")
}

// Constant returns the constant that a default is, as an expression; "" if it is
// computed, as the time is.
func Constant(value string) string {
	c := constant(value)
	if strings.HasPrefix(c, "current_") {
		return ""
	}
	return c
}

// constant returns what a default is that has one token, or two for a negative
// number. A name that is no constant is a string.
func constant(value string) string {
	list := tokens(value)
	inner := list
	for len(inner) > 2 && inner[0].Is("(") && inner[len(inner)-1].Is(")") {
		inner = inner[1 : len(inner)-1]
	}
	switch {
	case len(list) == 1 && (list[0].Kind == chain.Quoted || list[0].Kind == chain.Word && !constants[strings.ToUpper(list[0].Text)]):
		name, _ := list[0].name()
		return "'" + strings.ReplaceAll(name, "'", "''") + "'"
	case len(inner) == 1 && inner[0].constant(), len(inner) == 2 && inner[0].Is("-") && inner[1].Kind == chain.Number:
		return Plain(value[inner[0].Pos:inner[len(inner)-1].end], "")
	}
	return ""
}

func (t token) constant() bool {
	return t.Kind == chain.Number || t.Kind == chain.String || t.Kind == chain.Word && constants[strings.ToUpper(t.Text)]
}

// constraintFact says what a constraint is that may be a table's, "" for others.
func (t *Table) constraintFact(k *Constraint, keyOf func(table string) []string) string {
	switch k.Kind {
	case PrimaryKey:
		fact := "primary key " + t.keyFact(k)
		if k.Autoincrement {
			fact += " autoincrement"
		}
		return fact + conflictFact(k)
	case Unique:
		return "unique " + t.keyFact(k) + conflictFact(k)
	case Check:
		return "check (" + Plain(t.Text(k.Expr), t.Name) + ")"
	case ForeignKey:
		return foreignKeyFact(k, keyOf)
	}
	return ""
}

// keyFact lists the columns of a key. Nobody sees the order of a rowid.
func (t *Table) keyFact(k *Constraint) string {
	terms := make([]string, len(k.Columns))
	for i, name := range k.Columns {
		terms[i] = plainName(name)
		if at := t.Column(name); k.Kind == PrimaryKey && at >= 0 && t.isRowID(&t.Columns[at]) {
			continue
		}
		if i < len(k.Terms) {
			if rest := strings.TrimSuffix(" "+Plain(t.Text(k.Terms[i]), ""), " asc"); rest != " " {
				terms[i] += rest
			}
		}
		if k.Descending {
			terms[i] += " desc"
		}
	}
	return "(" + strings.Join(terms, ", ") + ")"
}

func foreignKeyFact(k *Constraint, keyOf func(table string) []string) string {
	to := k.To
	if len(to) == 0 {
		to = keyOf(k.Parent)
	}
	fact := "foreign key " + plainNames(k.Columns) + " references " + plainName(k.Parent)
	if len(to) > 0 {
		fact += " " + plainNames(to)
	}
	for _, on := range []struct{ what, action string }{{"delete", k.OnDelete}, {"update", k.OnUpdate}} {
		if on.action != "" && on.action != "NO ACTION" {
			fact += " on " + on.what + " " + Fold(on.action)
		}
	}
	if k.Deferred {
		fact += " deferrable initially deferred"
	}
	return fact
}

func plainNames(names []string) string {
	plain := make([]string, len(names))
	for i, name := range names {
		plain[i] = plainName(name)
	}
	return "(" + strings.Join(plain, ", ") + ")"
}
