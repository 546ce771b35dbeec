package lint

import "github.com/sandpiper-db/sandpiper/host/chain"

// checkNames is about names that programs know.
func checkNames(l *linter, c change) {
	switch e := c.effect.(type) {
	case renameTable:
		l.renameTable(c.at, e)
	case renameColumn:
		if !l.fresh(e.on()) {
			l.find(ruleRenameCol, c.at, "", "%s.%s is called %s from now on", e.on(), e.name, e.to)
		}
	case renameEnumValue:
		l.find(ruleRenameValue, c.at, "", "the value %q of the enum %s has another name from now on", e.value, e.enum)
	}
}

// renameTable looks at a table that gets another name. On SQLite, a table that is
// made in the migration and gets the name of one that was dropped is a rebuild by
// hand (https://sqlite.org/lang_altertable.html#otheralter).
func (l *linter) renameTable(at int, e renameTable) {
	finding, replaced := l.rev.dropped[e.to]
	switch {
	case l.fresh(e.on()) && replaced && l.dialect == chain.SQLite:
		l.byHand(finding, e.to)
		l.rev.losses--
	case l.fresh(e.on()):
	default:
		l.rev.renamed[e.to] = old{e.on(), len(l.rev.findings)}
		l.find(ruleRenameTable, at, "", "%s is called %s from now on", e.on(), e.to)
	}
}

// byHand makes a rebuild of what looked like the end of a table.
func (l *linter) byHand(finding int, name string) {
	f := &l.rev.findings[finding]
	f.Rule, f.table = Find(ruleRebuild), name
	f.Severity = l.cfg.severity(f.Rule, l.dialect)
	f.Message = name + " is rebuilt by hand: what its indexes, triggers and views were is up to this migration; the operation alter_column and others do it and lose nothing"
}

// checkDrops is about what is gone afterwards.
func checkDrops(l *linter, c change) {
	switch e := c.effect.(type) {
	case createTable:
		for name, was := range l.rev.renamed { // renamed away, and made anew
			if was.name == e.on() && l.dialect == chain.SQLite {
				l.byHand(was.finding, e.on())
				l.rev.created[name] = true
			}
		}
	case dropTable:
		if !l.fresh(e.on()) {
			l.rev.dropped[e.on()] = len(l.rev.findings)
			l.rev.losses++
			l.find(ruleDropTable, c.at, "", "%s is dropped", e.on())
		}
		if e.cascade {
			l.find(ruleCascade, c.at, "", "DROP TABLE %s CASCADE also drops what refers to it", e.on())
		}
	case dropColumn:
		if !l.fresh(e.on()) {
			l.rev.losses++
			l.find(ruleDropColumn, c.at, "", "%s.%s is dropped", e.on(), e.name)
		}
		if e.cascade {
			l.find(ruleCascade, c.at, "", "DROP COLUMN %s CASCADE also drops what refers to it", e.name)
		}
	case dropCascade:
		l.find(ruleCascade, c.at, "", "%s … CASCADE also drops what refers to it", e.what)
	}
}
