package lint

import "github.com/sandpiper-db/sandpiper/host/chain"

// checkObjects is about what is no table and has a name that programs know. What is
// dropped and made anew in one migration, as a view is, is there all the time.
func checkObjects(l *linter, c change) {
	switch e := c.effect.(type) {
	case createObject, createTable: // a materialized view is as a table
		if finding, ok := l.rev.gone[c.on()]; ok {
			l.rev.findings[finding].Severity = Off
		}
	case dropObject:
		if l.fresh(e.on()) {
			return
		}
		l.rev.gone[e.on()] = len(l.rev.findings)
		l.find(ruleDropObject, c.at, "", "%s is dropped", e.what)
		if e.rows {
			l.rev.losses++
		}
	case renameObject:
		if !l.fresh(e.on()) {
			l.find(ruleRenameObject, c.at, "", "%s is called %s from now on", e.what, e.to)
		}
	}
}

// checkDomains is about domains, whose changes are checked in all tables that have
// them.
//
// https://www.postgresql.org/docs/current/sql-alterdomain.html
func checkDomains(l *linter, c change) {
	e, ok := c.effect.(alterDomain)
	if !ok || l.fresh(e.on()) || e.notValid {
		return
	}
	l.find(ruleUnvalidated, c.at, "", "all rows of all tables that have the domain %s are checked while nobody may write to them", e.on())
}

// checkRefused is about what the database refuses, whatever rows there are.
func checkRefused(l *linter, c change) {
	switch e := c.effect.(type) {
	case refused:
		l.find(ruleRefused, c.at, "", "%s", e.why)
	case createIndex:
		if e.concurrently && l.dialect == chain.PostgreSQL && l.facts.of(e.on()).partitioned {
			l.find(ruleRefused, c.at, "", "PostgreSQL builds no index of the partitioned table %s CONCURRENTLY: create it ON ONLY %s, build one of each partition CONCURRENTLY, and attach them", e.on(), e.on())
		}
	case addConstraint:
		if e.constraint.kind == foreignKey && e.constraint.notValid && l.facts.of(e.on()).partitioned {
			l.find(ruleRefused, c.at, "", "a PostgreSQL before 18 adds no foreign key to the partitioned table %s NOT VALID: add it to each partition", e.on())
		}
	case dropColumn:
		if index := l.facts.indexOf(e.on(), e.name); e.plain && index != "" {
			l.find(ruleRefused, c.at, "", "SQLite does not drop %s.%s while the index %s has it: drop that first, or use the operation drop_column", e.on(), e.name, index)
		}
	}
}
