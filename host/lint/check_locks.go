package lint

import "github.com/sandpiper-db/sandpiper/host/chain"

// checkIndexes is about indexes of tables that others use.
//
// https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
func checkIndexes(l *linter, c change) {
	if l.dialect != chain.PostgreSQL {
		return
	}
	switch e := c.effect.(type) {
	case createIndex:
		if e.only && l.facts.partitions(e.on()) {
			return // nothing is built: indexes of the partitions are attached to it
		}
		if !e.concurrently && l.used(c) {
			l.find(ruleIndex, c.at, e.on(), "nobody writes to %s while the index%s is built", e.on(), named(e.name))
		}
	case dropIndex:
		on := e.on()
		if on == "" {
			on = l.facts.owner[e.name]
		}
		if !e.concurrently && !l.fresh(on) {
			l.find(ruleIndex, c.at, on, "to drop the index%s, its table is locked until the commit", named(e.name))
		}
	case reindex:
		if !e.concurrently && (e.on() == "" || l.used(c)) {
			l.find(ruleIndex, c.at, e.on(), "REINDEX of %s builds indexes while nobody writes", e.what)
		}
	}
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " " + name
}

// checkConstraints is about constraints of tables that others use.
//
// https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT
func checkConstraints(l *linter, c change) {
	if !l.used(c) {
		return
	}
	switch e := c.effect.(type) {
	case addConstraint:
		k := &e.constraint
		switch {
		case k.kind.builds() && k.usingIndex == "":
			l.find(ruleKey, c.at, e.on(), "the %s%s of %s is built while nobody can use the table", k.kind, named(k.name), e.on())
		case k.kind == primaryKey:
			for _, name := range l.facts.keyed(e.on(), k) {
				if !l.facts.of(e.on()).notNull[name] && !l.facts.proven(e.on(), name) {
					l.find(ruleSetNotNull, c.at, e.on(), "a primary key is NOT NULL: all rows of %s are read to see that no %s is NULL", e.on(), name)
				}
			}
		case (k.kind == foreignKey || k.kind == check) && !k.notValid:
			l.find(ruleUnvalidated, c.at, e.on(), "all rows of %s are checked for the %s%s under a lock", e.on(), k.kind, named(k.name))
		}
	case attachPartition:
		if !l.fresh(e.partition) && !l.facts.checked(e.partition) {
			l.find(ruleUnvalidated, c.at, e.partition, "all rows of %s are read to see that they belong into the partition: a validated check that says so, of any name, lets them be", e.partition)
		}
	case validateConstraint:
		if l.rev.pending[[2]string{e.on(), e.name}] {
			l.find(ruleValidate, c.at, e.on(), "%s of %s is validated in the transaction that adds it", e.name, e.on())
		}
	case setNotNull:
		if !l.facts.proven(e.on(), e.name) {
			l.find(ruleSetNotNull, c.at, e.on(), "all rows of %s are read to see that no %s is NULL", e.on(), e.name)
		}
	}
}

// checkLocks is about locks that are held for long.
func checkLocks(l *linter, c change) {
	if !l.used(c) {
		return
	}
	switch e := c.effect.(type) {
	case writeRows:
		if l.rev.locked != "" && !l.rev.backfilled {
			l.rev.backfilled = true
			l.find(ruleBackfill, c.at, e.on(), "%s writes rows while %s is locked by the change before it", e.verb, l.rev.locked)
		}
	case lockTable:
		l.find(ruleLockTable, c.at, e.on(), "%s is locked until the commit", e.on())
	case refreshView:
		if !e.concurrently {
			l.find(ruleRefresh, c.at, e.on(), "nobody reads %s while it is refreshed", e.on())
		}
	case truncate:
		l.find(ruleTruncate, c.at, "", "all rows of %s are gone at once", e.on())
		l.rev.losses++
	}
}

// checkOutside is about statements that refuse to run in a transaction.
func checkOutside(l *linter, c change) {
	if e, ok := c.effect.(runsOutside); ok && !l.rev.inSection {
		l.find(ruleAutocommit, c.at, "", "%s cannot run in a transaction", e.what)
	}
}

// inTransaction are the pragmas that SQLite does nothing about, or refuses, while a
// transaction is open. The others read, or set what is done later.
//
// https://sqlite.org/pragma.html
var inTransaction = map[string]string{
	"foreign_keys": "does nothing", "journal_mode": "does nothing or is refused", "synchronous": "is refused",
	"auto_vacuum": "does nothing", "page_size": "does nothing", "wal_checkpoint": "is refused",
}

func checkPragma(l *linter, c change) {
	if e, ok := c.effect.(pragma); ok && !l.rev.inSection && inTransaction[e.name] != "" {
		l.find(rulePragma, c.at, "", "PRAGMA %s %s in a transaction", e.name, inTransaction[e.name])
	}
}
