package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func join(names []string) string { return strings.Join(names, ", ") }

// checkColumns is about what a new column does to the rows that are there.
//
// https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES,
// https://sqlite.org/lang_altertable.html#alter_table_add_column
func checkColumns(l *linter, c change) {
	e, ok := c.effect.(addColumn)
	if !ok || l.fresh(e.on()) {
		return
	}
	col := &e.column
	if col.notNull && !col.hasDefault {
		l.find(ruleNotNull, c.at, "", "%s.%s is NOT NULL and has no default", e.on(), col.name)
	}
	if col.volatile != "" && l.dialect == chain.SQLite {
		l.find(ruleVolatile, c.at, "", "the default of %s.%s, %s, is an expression, and SQLite adds no column with one", e.on(), col.name, col.volatile)
	} else if col.volatile != "" {
		l.find(ruleVolatile, c.at, e.on(), "the default of %s.%s, %s, is not the same for all rows", e.on(), col.name, col.volatile)
	}
	if l.dialect == chain.SQLite {
		return
	}
	if l.facts.domains[col.kind.name] {
		l.find(ruleRewrite, c.at, e.on(), "all rows of %s are written for the new column %s: the domain %s checks its values", e.on(), col.name, col.kind)
	}
	if col.rewrites != "" {
		l.find(ruleRewrite, c.at, e.on(), "all rows of %s are written for the new column %s: %s", e.on(), col.name, col.rewrites)
	}
	if col.key != nil {
		l.find(ruleKey, c.at, e.on(), "the %s of the new column %s.%s is built while nobody can use the table", col.key.kind, e.on(), col.name)
	}
	// A foreign key lets NULL be, which the rows that are there have if there is no
	// default.
	if col.references != nil && col.hasDefault || col.check {
		l.find(ruleUnvalidated, c.at, e.on(), "all rows of %s are checked for the new column %s", e.on(), col.name)
	}
}

// checkTypes is about changes of a column's type.
func checkTypes(l *linter, c change) {
	e, ok := c.effect.(setType)
	if !ok || !l.used(c) {
		return
	}
	was := e.was
	if was.name == "" {
		was = l.facts.of(e.on()).kinds[e.name]
	}
	if !e.using && was.name != "" && coercible(was, e.to) {
		if e.collate && l.facts.indexOf(e.on(), e.name) != "" {
			l.find(ruleRewrite, c.at, e.on(), "the indexes of %s that have %s are written anew for the collation", e.on(), e.name)
		}
		return
	}
	from := ""
	if was.name != "" {
		from = " from " + was.String()
	}
	l.find(ruleRewrite, c.at, e.on(), "the type of %s.%s changes%s to %s: all rows are written anew", e.on(), e.name, from, e.to)
}

// String returns the type as SQL has it.
func (k kind) String() string {
	s := k.name
	if len(k.mods) > 0 {
		s += "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(k.mods), " ", ", "), "[]") + ")"
	}
	if k.array {
		s += "[]"
	}
	return s
}

// coercible reports whether PostgreSQL leaves the rows as they are when a column
// changes its type: the bytes are the same, and no length has to be kept that was
// not kept before.
//
// https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
func coercible(was, to kind) bool {
	if was.array || to.array {
		return was.array == to.array && was.name == to.name && slices.Equal(was.mods, to.mods)
	}
	text := []string{"text", "varchar"}
	switch {
	case slices.Contains(text, was.name) && slices.Contains(text, to.name):
		return len(to.mods) == 0 || was.name == "varchar" && len(was.mods) > 0 && was.mods[0] <= to.mods[0]
	case was.name == "cidr" && to.name == "inet", was.name == "varbit" && to.name == "varbit" && len(to.mods) == 0:
		return true
	case was.name != to.name:
		return false
	case slices.Equal(was.mods, to.mods):
		return true
	}
	switch was.name {
	case "numeric":
		return len(to.mods) == 0 || len(was.mods) > 0 && was.mods[0] <= to.mods[0] && scale(was) == scale(to)
	case "varbit":
		return len(to.mods) == 0 || len(was.mods) > 0 && was.mods[0] <= to.mods[0]
	case "timestamp", "timestamptz", "time", "timetz":
		return len(to.mods) == 0 || to.mods[0] >= microseconds || len(was.mods) > 0 && was.mods[0] <= to.mods[0]
	}
	return false
}

// microseconds is the precision that times have where none is given.
const microseconds = 6

func scale(k kind) int {
	if len(k.mods) > 1 {
		return k.mods[1]
	}
	return 0
}

// checkRebuilds is about whole tables that are written anew.
func checkRebuilds(l *linter, c change) {
	switch e := c.effect.(type) {
	case rewrite:
		switch {
		case e.on() == "":
			l.find(ruleRewrite, c.at, "", "%s", e.how)
		case l.used(c):
			l.find(ruleRewrite, c.at, e.on(), "%s: %s", e.on(), e.how)
		}
	case rebuild:
		// Changes of one table in a row are one rebuild.
		again := func(f Finding) bool { return f.Rule.Name == ruleRebuild && f.table == e.on() }
		if !l.fresh(e.on()) && !slices.ContainsFunc(l.rev.findings, again) {
			l.find(ruleRebuild, c.at, e.on(), "%s is rebuilt: %s", e.on(), e.why)
		}
	}
}
