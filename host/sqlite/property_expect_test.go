package sqlite_test

import (
	"fmt"

	"pgregory.net/rapid"
)

// expect creates the database that must come of the operations: anew, with the
// rows of the one that is there. It says why there can be none.
func (s *scenario) expect(t *rapid.T, name string) (want *plainDB, mustRefuse string) {
	for _, st := range s.steps {
		if st.verdict == refuse {
			return nil, "it is about something that is missing, in use or there already"
		}
	}
	want = plainOpen(t, ":memory:")
	want.must("PRAGMA foreign_keys = OFF", "ATTACH '"+sqlText(name)+"' AS before")
	s.judgeValues(want)
	if why := s.create(want); why != "" {
		for _, st := range s.steps {
			if st.onRows || st.verdict == either {
				return nil, why
			}
		}
		t.Fatalf("the model is wrong: %s", why)
	}
	want.must("DETACH before")
	return want, ""
}

// judgeValues says of alterations of a type whether values are in the way that
// a cast would change.
func (s *scenario) judgeValues(db *plainDB) {
	for _, st := range s.steps {
		if st.natural != "" && lines(db.mustRows(st.natural)) != "0" {
			st.verdict = either
		}
	}
}

// create makes the objects of the model, and says what keeps it from doing so.
func (s *scenario) create(db *plainDB) (why string) {
	run := func(sql string) {
		if err := db.Exec(sql); err != nil && why == "" {
			why = fmt.Sprintf("%v: %s", err, sql)
		}
	}
	run(s.table.sql())
	for _, o := range s.objects {
		if o.kind == "table" {
			run(o.sql())
			run(fmt.Sprintf("INSERT INTO main.%s SELECT * FROM before.%[1]s", quoted(o.sym.name)))
		}
	}
	run(s.copyRows())
	for _, o := range s.objects {
		if o.kind != "table" {
			run(o.sql())
		}
	}
	if why != "" {
		return why
	}
	rows, err := db.rows("PRAGMA main.foreign_key_check")
	switch {
	case err != nil:
		return err.Error()
	case len(rows) > 0:
		return "rows without a parent: " + lines(rows)
	}
	return ""
}

// copyRows returns the statement that fills the table. Conflict clauses of the
// table must not lose rows.
func (s *scenario) copyRows() string {
	into, from := "", ""
	add := func(name, expr string) {
		if into != "" {
			into, from = into+", ", from+", "
		}
		into, from = into+name, from+expr
	}
	if rowid := s.table.rowid(); rowid != "" && s.oldRowid != "" {
		add(rowid, s.oldRowid)
	}
	for _, c := range s.table.columns {
		if c.copied != "" {
			add(quoted(c.sym.name), c.copied)
		}
	}
	if into == "" {
		return "SELECT 1"
	}
	return fmt.Sprintf("INSERT OR ABORT INTO main.%s (%s) SELECT %s FROM before.%s", quoted(s.table.sym.name), into, from, quoted(s.oldName))
}
