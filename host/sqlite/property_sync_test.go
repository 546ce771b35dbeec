package sqlite_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A syncModel is what keeps two columns of the table in step.
type syncModel struct {
	name     string
	old, new *column
}

// of reports whether a column is kept in step.
func (m *syncModel) of(c *column) bool { return m != nil && (c == m.old || c == m.new) }

// createSync keeps two columns in step, or is refused for one of them.
func (g *generator) createSync() *step {
	t := g.s.table
	m := &syncModel{g.name().name, pick(g, t.columns...), pick(g, t.columns...)}
	if g.s.sync != nil || m.old == m.new || m.new.clause("default") != nil {
		return nil // not every default tells what a program gives
	}
	op := &schema.CreateSync{Name: m.name, Table: t.sym.name, Old: schema.SyncOn(m.old.sym.name), New: schema.SyncOn(m.new.sym.name)}
	st := &step{op: op, about: []string{m.old.sym.name, m.new.sym.name}}
	for _, c := range []*column{m.old, m.new} {
		notNull, filled := c.clause("not null") != nil, c.clause("default") != nil
		switch {
		case c.generated, t.isKey(c), notNull && !filled:
			st.verdict = refuse
		case notNull:
			return nil // the default may be NULL
		}
	}
	if t.calledAsARow() || t.rowid() == "" && !t.withoutRowID && t.alias() == nil {
		st.verdict = refuse
	}
	if st.verdict == succeed {
		g.s.sync = m
	}
	return st
}

// calledAsARow reports whether the table has the name by which triggers call a row.
func (t *tableModel) calledAsARow() bool {
	return strings.EqualFold(t.sym.name, "new") || strings.EqualFold(t.sym.name, "old")
}

// dropSync ends a sync, or is refused where there is none.
func (g *generator) dropSync() *step {
	op := &schema.DropSync{Table: g.s.table.sym.name}
	if g.s.sync == nil {
		op.Name = "missing" + g.name().name
		return &step{op: op, verdict: refuse, about: []string{op.Name}}
	}
	op.Name = g.s.sync.name
	g.s.sync = nil
	return &step{op: op, about: []string{op.Name}}
}

// refused makes a step one that is refused where it is about a column that is kept
// in step.
func (g *generator) refused(st *step, c *column) bool {
	if !g.s.sync.of(c) {
		return false
	}
	st.verdict, st.synced = refuse, true
	return true
}

// takeSync checks that the sync that is left is whole, and takes it away: the model
// has no texts for it.
func (s *scenario) takeSync(t *rapid.T, db *plainDB) {
	if s.sync == nil {
		return
	}
	s.saw("sync carried")
	table, column := quoted(s.table.sym.name), quoted(s.sync.new.sym.name)
	insert, update := schema.SyncTriggers(s.sync.name)
	for _, trigger := range []string{insert, update} {
		sql := db.texts()[trigger]
		if !strings.Contains(sql, schema.SyncMark) || !strings.Contains(sql, " ON "+table) {
			t.Fatalf("trigger %q of the sync is %q", trigger, sql)
		}
	}
	db.must(fmt.Sprintf("EXPLAIN INSERT INTO %s (%s) VALUES (NULL)", table, column), fmt.Sprintf("EXPLAIN UPDATE %s SET %s = NULL", table, column))
	db.must("DROP TRIGGER "+quoted(insert), "DROP TRIGGER "+quoted(update))
}
