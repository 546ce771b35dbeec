package diff_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

const (
	beforeRename = `CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
		CREATE TABLE c (id INTEGER PRIMARY KEY, parent INTEGER, title TEXT, CONSTRAINT ck CHECK (title <> ''), CONSTRAINT fk FOREIGN KEY (parent) REFERENCES p (id));
		CREATE INDEX ix ON c (title) WHERE parent IS NOT NULL;
		CREATE VIEW v AS SELECT c.title, p.name FROM c JOIN p ON p.id = c.parent`
	afterRename = `CREATE TABLE parents (id INTEGER PRIMARY KEY, label TEXT);
		CREATE TABLE c (id INTEGER PRIMARY KEY, parent_id INTEGER, title TEXT, CONSTRAINT ck CHECK (title <> ''), CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parents (id));
		CREATE INDEX ix ON c (title) WHERE parent_id IS NOT NULL;
		CREATE VIEW v AS SELECT c.title, parents.label AS name FROM c JOIN parents ON parents.id = c.parent_id`
)

// What is renamed keeps its rows, and what refers to it follows.
func TestRenames(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		a, b := p.empty(t).run(t, beforeRename), p.empty(t).run(t, afterRename)
		a.run(t, "INSERT INTO p VALUES (1, 'one'); INSERT INTO c VALUES (1, 1, 'first')")
		opts := a.unfiltered()
		opts.Renames = []diff.Rename{{Old: "p", New: "parents"}, {Table: "parents", Old: "name", New: "label"}, {Table: "c", Old: "parent", New: "parent_id"}}
		r := become(t, a, b, opts)
		if strings.Contains(listed(r), "drop constraint") {
			t.Errorf("a constraint is dropped:\n%s", listed(r))
		}
		var name string
		if err := a.db.QueryRow("SELECT name FROM v").Scan(&name); err != nil || name != "one" {
			t.Errorf("the row is %q, %v", name, err)
		}
	})
}

// Each candidate is asked about once; a no makes it a drop and an addition.
func TestAsk(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		a := p.empty(t).run(t, `CREATE TABLE p (id INTEGER, name TEXT); CREATE TABLE c (id INTEGER, a TEXT, b INTEGER)`)
		b := p.empty(t).run(t, `CREATE TABLE q (id INTEGER, name TEXT); CREATE TABLE c (id INTEGER, x TEXT, y INTEGER)`)
		var asked []string
		opts := a.unfiltered()
		opts.Ask = func(r diff.Rename) (bool, error) {
			asked = append(asked, strings.TrimPrefix(r.Table+"."+r.Old+">"+r.New, "."))
			return r.Table == "" || r.Old == "a", nil
		}
		r := become(t, a, b, opts)
		if want := []string{"p>q", "c.a>x", "c.b>y"}; !slices.Equal(asked, want) {
			t.Errorf("asked %v, want %v", asked, want)
		}
		for _, part := range []string{"rename table p → q", "rename column c.a → x", "drop column c.b", "add column c.y"} {
			if !strings.Contains(listed(r), part) {
				t.Errorf("%q is missing in\n%s", part, listed(r))
			}
		}
		stop := errors.New("stop")
		opts.Ask = func(diff.Rename) (bool, error) { return false, stop }
		c := p.empty(t).run(t, `CREATE TABLE r (id INTEGER, name TEXT)`)
		if _, err := diff.Compare(t.Context(), a.side(t), c.side(t), opts); !errors.Is(err, stop) {
			t.Errorf("got %v, want the error of Ask", err)
		}
	})
}

func TestRenamesThatAreWrong(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		a := p.empty(t).run(t, `CREATE TABLE t (a TEXT, b TEXT); CREATE TABLE u (a TEXT)`)
		b := p.empty(t).run(t, `CREATE TABLE t (b TEXT, c TEXT); CREATE TABLE w (a TEXT)`)
		for _, c := range []struct {
			rename diff.Rename
			want   string
		}{
			{diff.Rename{Old: "x", New: "w"}, `the database has no table called "x"; it has t, u`},
			{diff.Rename{Old: "u", New: "x"}, `the wanted schema has no table called "x"; it has t, w`},
			{diff.Rename{Old: "u", New: "t"}, `the database has a table called "t" already`},
			{diff.Rename{Table: "x", Old: "a", New: "c"}, `there is no table "x" on both sides`},
			{diff.Rename{Table: "t", Old: "x", New: "c"}, `the database has no column of table t called "x"; it has a, b`},
			{diff.Rename{Table: "t", Old: "a", New: "b"}, `the database has a column of table t called "b" already`},
		} {
			opts := a.unfiltered()
			opts.Renames = []diff.Rename{c.rename}
			if _, err := diff.Compare(t.Context(), a.side(t), b.side(t), opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: got %v, want %s", c.rename, err, c.want)
			}
		}
	})
}

// An index or a constraint that differs in its name alone is renamed, not made
// anew.
func TestRenamedByName(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		a := p.empty(t).run(t, `CREATE TABLE t (a TEXT, b TEXT, CONSTRAINT k UNIQUE (a)); CREATE INDEX i ON t (lower(b) DESC)`)
		b := p.empty(t).run(t, `CREATE TABLE t (a TEXT, b TEXT, CONSTRAINT l UNIQUE (a)); CREATE INDEX j ON t (lower(b) DESC)`)
		r := listed(become(t, a, b, a.unfiltered()))
		if !strings.Contains(r, "rename index i on t → j") || p.dialect == chain.PostgreSQL && !strings.Contains(r, "rename constraint k of table t → l") {
			t.Errorf("not renamed:\n%s", r)
		}
	})
}
