package sqlite_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// outcome is what became of a scenario.
type outcome int

const (
	done outcome = iota
	turnedDown
	unusable // the database could not be made, or nothing could be committed to it
)

// check makes the database, runs the operations on it, and compares what came
// of it with what must: with the texts of the model, and with a database that
// is created anew from them and filled with the rows that were there before.
func (s *scenario) check(t *rapid.T) outcome {
	conn, name := memory(t)
	db := plainOpen(t, name)
	db.must("PRAGMA foreign_keys = ON")
	for _, sql := range s.setup {
		if err := db.Exec(sql); err != nil {
			if !strings.Contains(err.Error(), "conflicting ON CONFLICT clauses") {
				t.Fatalf("the generator is wrong: %v: %s", err, sql)
			}
			t.Skip("SQLite does not accept the table")
		}
	}
	db.must(s.script...)
	for _, sql := range s.may {
		_ = db.Exec(sql) // a row that the table refuses is none
	}
	db.must(s.late...)
	if rows, err := db.rows("PRAGMA foreign_key_check"); err != nil || len(rows) > 0 {
		t.Skip("nothing could be committed to this database")
	}
	before := db.state()
	s.checkModel(t, before)
	want, mustRefuse := s.expect(t, name)

	err := s.apply(t, conn)
	got := plainOpen(t, name)
	got.must("PRAGMA foreign_keys = OFF")
	if err != nil {
		s.checkRefusal(t, err, mustRefuse)
		got.same(before, got.state(), "after the refusal ("+err.Error()+")")
		return turnedDown
	}
	if mustRefuse != "" {
		t.Fatalf("it succeeded, and must be refused: %s", mustRefuse)
	}
	s.takeSync(t, got)
	s.checkTexts(t, got.texts())
	skip := s.volatile()
	got.same(want.describe(skip), got.describe(skip), "after it succeeded")
	got.same(s.sequences(before), map[string]string{"sqlite_sequence": got.sequences()}, "after it succeeded")
	got.healthy()
	for _, o := range s.objects {
		if o.kind == "trigger" {
			fire := render(o.fire)
			if w, g := want.fired(s.log.name, fire), got.fired(s.log.name, fire); w != g {
				t.Fatalf("trigger %q: after %s it logged %q, want %q", o.sym.name, fire, g, w)
			}
		}
	}
	s.checkTemporary(t, conn)
	return done
}

// apply runs the operations as a session does.
func (s *scenario) apply(t *rapid.T, conn host.Conn) error {
	return in(t.Context(), conn, func(tx host.Tx) error {
		var operations []host.Operation
		for i, st := range s.steps {
			q := schema.Request{Operation: st.op}
			if err := q.Check(schema.SQLite); err != nil {
				return err
			}
			operations = append(operations, host.Operation{Request: schema.Naming{}.Fill(q), Ordinal: i + 1})
		}
		return conn.Apply(t.Context(), tx, operations)
	})
}

// state is all there is in a database, for comparing it with itself.
func (db *plainDB) state() map[string]string {
	d := db.describe(nil)
	for name, sql := range db.texts() {
		d["text of "+name] = sql
	}
	d["sqlite_sequence"] = db.sequences()
	return d
}

func (db *plainDB) sequences() string {
	if len(db.mustRows("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'")) == 0 {
		return ""
	}
	return lines(db.mustRows("SELECT name, seq FROM sqlite_sequence WHERE seq > 0"))
}

// sequences are as before, under the table's new name.
func (s *scenario) sequences(before map[string]string) map[string]string {
	text := before["sqlite_sequence"]
	if rest, ok := strings.CutPrefix(text, fmt.Sprintf("%q |", s.oldName)); ok {
		text = fmt.Sprintf("%q |", s.table.sym.name) + rest
	}
	return map[string]string{"sqlite_sequence": text}
}

// same compares what a database is described as.
func (db *plainDB) same(want, got map[string]string, when string) {
	for key, w := range want {
		if g, ok := got[key]; !ok || g != w {
			db.t.Fatalf("%s: %s:\n%s\nwant:\n%s", when, key, g, w)
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			db.t.Fatalf("%s: there is, and should not be, %s:\n%s", when, key, g)
		}
	}
}

func (db *plainDB) healthy() {
	if rows := db.mustRows("PRAGMA integrity_check"); lines(rows) != `"ok"` {
		db.t.Fatalf("integrity_check: %s", lines(rows))
	}
	if rows := db.mustRows("PRAGMA foreign_key_check"); len(rows) > 0 {
		db.t.Fatalf("foreign_key_check: %s", lines(rows))
	}
}

// fired returns what a statement's triggers log. Nothing stays of it.
func (db *plainDB) fired(log, sql string) string {
	db.must("SAVEPOINT fire", "DELETE FROM "+quoted(log))
	err := db.Exec(sql)
	logged := lines(db.mustRows("SELECT who, count(*) FROM " + quoted(log) + " GROUP BY who"))
	db.must("ROLLBACK TO fire", "RELEASE fire")
	if err != nil {
		return err.Error()
	}
	return logged
}

// checkModel checks that the model is of this database.
func (s *scenario) checkModel(t *rapid.T, before map[string]string) {
	if text := before["text of "+s.oldName]; !s.oldPattern.matches(lex(strings.TrimPrefix(text, "CREATE TABLE "))) {
		t.Fatalf("the model is wrong: %s\nis not: %s", text, s.oldPattern)
	}
}

// volatile returns the columns whose values differ from time to time.
func (s *scenario) volatile() map[string]bool {
	skip := map[string]bool{}
	for _, c := range s.table.columns {
		for _, other := range s.table.columns {
			if other.volatile && (other == c || refers(c.tokens(true), other.sym)) {
				skip[c.sym.name] = true
			}
		}
	}
	return skip
}

// checkTexts checks that the text of everything is as it was, to the letter,
// but for what was to change.
func (s *scenario) checkTexts(t *rapid.T, texts map[string]string) {
	text := texts[s.table.sym.name]
	if p := s.table.pattern(); !p.matches(lex(strings.TrimPrefix(text, "CREATE TABLE "))) {
		t.Fatalf("the table's text is\n%s\nwant\n%s\nas in\n%s", text, s.table.sql(), p)
	}
	for _, o := range s.objects {
		text, ok := texts[o.sym.name]
		rest, prefixed := strings.CutPrefix(text, o.create+" ")
		switch {
		case !ok:
			t.Fatalf("%s %q is gone", o.kind, o.sym.name)
		case o.added:
			if got, want := lex(rest), alikes(o.body); !prefixed || len(got) < len(want) {
				t.Fatalf("the text of %s %q is\n%s\nwant\n%s", o.kind, o.sym.name, text, o.sql())
			}
		case !o.touched():
			if text != o.was {
				t.Fatalf("the text of %s %q is\n%s\nwas\n%s", o.kind, o.sym.name, text, o.was)
			}
		case !prefixed || !patternOf(o.body).matches(lex(rest)):
			t.Fatalf("the text of %s %q is\n%s\nwant\n%s", o.kind, o.sym.name, text, o.sql())
		}
	}
}

// touched reports whether something has a new name that the object's text names.
func (o *object) touched() bool {
	for _, t := range o.body {
		if t.sym != nil && t.sym.renamed {
			return true
		}
	}
	return false
}

// checkTemporary checks that nothing temporary is left on the connection.
func (s *scenario) checkTemporary(t *rapid.T, conn host.Conn) {
	err := in(t.Context(), conn, func(tx host.Tx) error {
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT count(*) FROM sqlite_temp_schema"})
		if err != nil {
			return err
		}
		defer rows.Close()
		row, err := rows.Next()
		if err == nil && row[0].Int != 0 {
			err = errors.New("something temporary is left")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkRefusal checks that the operations may be refused, and how they were.
func (s *scenario) checkRefusal(t *rapid.T, err error, mustRefuse string) {
	about, allowed := s.about(err, mustRefuse)
	if !allowed {
		t.Fatalf("refused, and nothing is wrong with it: %v%s", err, adviceOf(err))
	}
	var refused *host.SQLError
	var unsupported *schema.UnsupportedError
	var invalid *schema.InvalidError
	if !errors.As(err, &refused) && !errors.As(err, &unsupported) && !errors.As(err, &invalid) {
		t.Fatalf("refused with a %T, want a *host.SQLError or an error of package schema: %v", err, err)
	}
	for _, name := range about {
		text, plain, quoted := strings.ToLower(err.Error()), strings.ToLower(name), strings.ToLower(strconv.Quote(name))
		if name != "" && (strings.Contains(text, plain) || strings.Contains(text, quoted)) {
			return
		}
	}
	t.Fatalf("the error names none of %q: %v", about, err)
}

func adviceOf(err error) string {
	var refused *host.SQLError
	if errors.As(err, &refused) {
		return fmt.Sprintf(" (operation %d; hint: %s)", refused.Ordinal, refused.Hint)
	}
	return ""
}

// about returns what an error must name one of, and whether there may be one:
// where the ordinal says which operation it is of, that one.
func (s *scenario) about(err error, mustRefuse string) (about []string, allowed bool) {
	steps := s.steps
	var refused *host.SQLError
	if errors.As(err, &refused) && refused.Ordinal > 0 && refused.Ordinal <= len(steps) {
		steps = steps[refused.Ordinal-1 : refused.Ordinal]
	}
	allowed = mustRefuse != ""
	for _, st := range steps {
		about = append(about, st.about...)
		// Rows may refuse what a later operation takes back.
		several := len(s.steps) > 1 || st.op.Kind() == "batch"
		allowed = allowed || st.verdict != succeed || st.onRows && several
	}
	if s.child != nil {
		about = append(about, s.child.name)
	}
	return append(about, s.oldName, s.parent.name), allowed
}
