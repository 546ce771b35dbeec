package lint

import "github.com/sandpiper-db/sandpiper/host/chain"

// checks are called with each change, before it is noted.
var checks = []func(*linter, change){
	checkRefused, checkOutside, checkPragma, checkColumns, checkTypes, checkRebuilds, checkIndexes, checkConstraints, checkLocks, checkNames, checkDrops, checkObjects, checkDomains,
}

// fresh reports whether a table was made by the migration under way: nobody uses it
// yet, and it has the rows that the migration gives it.
func (l *linter) fresh(on string) bool { return l.rev.created[on] }

// used reports whether a change is of a PostgreSQL table that others use.
func (l *linter) used(c change) bool {
	return l.dialect == chain.PostgreSQL && !l.fresh(c.on())
}

// note notes what a change means for those that follow it in the migration.
func (l *linter) note(c change) {
	on := c.on()
	switch e := c.effect.(type) {
	case createTable:
		l.rev.created[on] = true
		for i := range e.columns {
			l.owe(c.at, on, e.columns[i].references)
		}
		for i := range e.constraints {
			l.owe(c.at, on, &e.constraints[i])
		}
	case createObject, createDomain:
		l.rev.created[on] = true
	case renameTable:
		if l.fresh(on) {
			delete(l.rev.created, on)
			l.rev.created[e.to] = true
		}
		for i := range l.rev.keys {
			if l.rev.keys[i].on == on {
				l.rev.keys[i].on = e.to
			}
		}
	case addColumn:
		l.owe(c.at, on, e.column.references)
	case addConstraint:
		l.owe(c.at, on, &e.constraint)
		if e.constraint.notValid {
			l.rev.pending[[2]string{on, e.constraint.name}] = true
		}
	case setSetting:
		l.rev.set(e, placed{l.spot, c.at})
	case addEnumValue:
		l.rev.values[e.value] = e.enum
	}
	if locks(c.effect) && l.used(c) {
		l.rev.locked = on
	}
}

// locks reports whether a change of a table keeps everybody out until the commit.
//
// https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
func locks(e effect) bool {
	switch e := e.(type) {
	case dropTable, renameTable, addColumn, dropColumn, renameColumn, setType, setNotNull, addConstraint, dropConstraint,
		truncate, lockTable, rewrite, attachPartition, dropNotNull, otherLock:
		return true
	case dropIndex:
		return !e.concurrently
	}
	return false
}

// owe notes that a foreign key wants an index.
func (l *linter) owe(at int, on string, k *constraint) {
	if k == nil || k.kind != foreignKey || len(k.columns) == 0 {
		return
	}
	if k.at > 0 {
		at = k.at
	}
	l.rev.keys = append(l.rev.keys, owedIndex{l.spot, at, on, k.columns})
}

// owed looks at what was owed, at the end of a migration.
func (l *linter) owed() {
	for _, o := range l.rev.keys {
		if _, there := l.facts.tables[o.on]; !there || l.facts.indexed(o.on, o.columns) {
			continue
		}
		l.spot = o.spot
		l.find(ruleForeignKey, o.at, o.on, "no index of %s begins with the columns of the foreign key (%s)", o.on, join(o.columns))
		l.rev.findings[len(l.rev.findings)-1].owed = o.columns
	}
}

// wayBack looks at whether what a migration drops can come back.
func (l *linter) wayBack() {
	file := l.rev.file
	switch {
	case file.Marked:
		return
	case file.Irreversible:
		l.spot = chain.Item{Statement: chain.Statement{Line: 1, Column: 1}}
		l.find(ruleNoWayBack, 0, "", "there is no downgrade, and nothing says why")
	case l.rev.losses > 0 && len(file.Downgrade) == 0:
		l.spot = chain.Item{Statement: chain.Statement{Line: 1, Column: 1}}
		l.find(ruleNoWayBack, 0, "", "something is dropped, and the downgrade does nothing")
	}
}
