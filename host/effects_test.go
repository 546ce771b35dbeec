package host_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// told writes effects as lines, such as "a +1 ~2 -3".
func told(steps []host.StepEffects) (lines []string) {
	row := func(fields []host.Field) string {
		var parts []string
		for _, f := range fields {
			value := f.Value
			if f.Null {
				value = "NULL"
			}
			parts = append(parts, f.Column+"="+value)
		}
		return strings.Join(parts, " ")
	}
	for _, step := range steps {
		for _, t := range step.Tables {
			line := fmt.Sprintf("%d: %s +%d ~%d -%d", step.Step, t.Table, t.Inserted, t.Updated, t.Deleted)
			if t.Unseen != "" {
				line += " unseen"
			}
			lines = append(lines, line)
			for _, s := range t.Samples {
				lines = append(lines, fmt.Sprintf("%d: %s [%s] → [%s]", step.Step, t.Table, row(s.Before), row(s.After)))
			}
		}
	}
	return lines
}

func TestEffects(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, `-- +upgrade
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent ON DELETE CASCADE);
INSERT INTO parent VALUES (1, 'one'), (2, NULL), (3, 'three');
INSERT INTO child VALUES (10, 3), (11, 3);
-- +downgrade
DROP TABLE child;
DROP TABLE parent;
`)
		f.upgrade()
		f.write(rev2, `-- +upgrade
UPDATE parent SET name = upper(name) WHERE id < 3;
DELETE FROM child WHERE id = 10;
INSERT INTO parent VALUES (4, 'four');
-- +downgrade
DELETE FROM parent WHERE id = 4;
`)
		f.write(rev3, `-- +upgrade
CREATE TABLE made AS SELECT id, name FROM parent ORDER BY id;
UPDATE made SET name = 'x';
SELECT count(*) FROM made;
-- +downgrade
DROP TABLE made;
`)
		effects, err := f.runner(host.Config{}).Effects(t.Context(), chain.Upgrade, "heads", 1)
		if err != nil {
			t.Fatal(err)
		}
		got := told(effects.Effects)
		want := []string{
			"0: child +0 ~0 -1",
			"0: child [id=10 parent_id=3] → []",
			"0: parent +1 ~2 -0",
			"0: parent [id=1 name=one] → [id=1 name=ONE]",
			"0: parent [] → [id=4 name=four]",
		}
		if f.dialect == chain.PostgreSQL {
			want = append(want, "1: made +4 ~4 -0 unseen")
		} else { // SQLite tells nobody what CREATE TABLE AS writes
			want = append(want, "1: made +0 ~4 -0")
		}
		want = append(want, "1: made [id=1 name=ONE] → [id=1 name=x]")
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		f.wantCount(3, "SELECT count(*) FROM parent")
		f.wantCount(-1, "SELECT count(*) FROM made")
		if f.dialect == chain.PostgreSQL {
			f.wantCount(0, "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'sandpiper%'")
		}
		f.wantHeads(rev1)
	})
}

// TestEffectsOfDroppedTables: rows that go with their table are counted and shown; a
// table that is made anew by an operation has them still.
func TestEffectsOfDroppedTables(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE \"The Old\" (id INTEGER PRIMARY KEY, n TEXT);\n"+
			"INSERT INTO \"The Old\" VALUES (1, 'one'), (2, NULL);\n"+
			"CREATE TABLE empty (id INTEGER);\n"+
			"CREATE TABLE kept (id INTEGER PRIMARY KEY, n TEXT);\n"+
			"INSERT INTO kept VALUES (1, 'one');\n")
		f.upgrade()
		f.write(rev2, "-- +upgrade\nINSERT INTO \"The Old\" VALUES (3, 'three');\nDROP TABLE IF EXISTS \"The Old\";\n"+
			"DROP TABLE empty;\nDROP TABLE IF EXISTS nowhere;\nCREATE TEMP TABLE kept (id INTEGER);\nINSERT INTO kept VALUES (1);\nDROP TABLE kept;\n-- +downgrade\n")
		f.files[strings.TrimSuffix(f.path(rev3), ".sql")+".yaml"] = &fstest.MapFile{Data: []byte(fmt.Sprintf("revision: %q\nrevises: %q\n", rev3, rev2) +
			"upgrade:\n  - alter_column: {table: kept, name: n, not_null: true, was: {not_null: false}}\n  - drop_table: {name: kept}\ndowngrade: irreversible\n")}
		effects, err := f.runner(host.Config{}).Effects(t.Context(), chain.Upgrade, "heads", 2)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"0: The Old +1 ~0 -3", "0: The Old [] → [id=3 n=three]", "0: The Old [id=1 n=one] → []", "0: The Old [id=2 n=NULL] → []",
			"1: kept +0 ~0 -1", "1: kept [id=1 n=one] → []",
		}
		if got := told(effects.Effects); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		f.wantCount(2, `SELECT count(*) FROM "The Old"`)
	})
}

// TestEffectsOfCascades: what a statement brings about in other tables
// counts, and what a savepoint undid does not.
func TestEffectsOfCascades(t *testing.T) {
	f := onPostgres(t)
	f.write(rev1, `-- +upgrade
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent ON DELETE CASCADE);
CREATE TABLE part (id INTEGER, note TEXT) PARTITION BY RANGE (id);
CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (100);
INSERT INTO parent VALUES (1), (2);
INSERT INTO child VALUES (10, 1), (11, 1);
INSERT INTO part VALUES (1, 'a');
-- +downgrade
DROP TABLE part;
DROP TABLE child;
DROP TABLE parent;
`)
	f.upgrade()
	f.write(rev2, `-- +upgrade
DELETE FROM parent WHERE id = 1;
UPDATE part SET note = repeat('ü', 300);
DO $$ BEGIN
  BEGIN
    INSERT INTO parent VALUES (5);
    RAISE EXCEPTION 'no';
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  INSERT INTO parent VALUES (6);
END $$;
WITH gone AS (DELETE FROM parent WHERE id = 2 RETURNING id) SELECT * FROM gone;
-- +downgrade
SELECT 1;
`)
	effects, err := f.runner(host.Config{}).Effects(t.Context(), chain.Upgrade, "heads", 2)
	if err != nil {
		t.Fatal(err)
	}
	got := told(effects.Effects)
	want := []string{
		"0: child +0 ~0 -2", "0: child [id=10 parent_id=1] → []", "0: child [id=11 parent_id=1] → []",
		"0: parent +1 ~0 -2", "0: parent [id=1] → []", "0: parent [] → [id=6]", "0: parent [id=2] → []",
		"0: part +0 ~1 -0", "0: part [id=1 note=a] → [id=1 note=" + strings.Repeat("ü", host.MaxSample) + "…]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestEffectsOfAPlugin: what a plugin would do is seen although its role may make
// no triggers, and counts for its limit of rows once.
func TestEffectsOfAPlugin(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		allowed := ownsAcme
		allowed.Rows = 3
		allowed.Uses = []abi.Use{{Table: "secret", Verbs: []string{"select", "update"}}}
		plugin := f.acme(allowed, acmeTable, pluginRevision{up: []string{
			"INSERT INTO acme_t VALUES (2), (3)", "UPDATE secret SET id = 8 WHERE id = 7",
		}})
		r := f.pluginRunner(host.Config{}, plugin)
		if _, err := r.Upgrade(t.Context(), "acme@"+acme1); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "main@heads"); err != nil {
			t.Fatal(err)
		}
		f.exec("INSERT INTO secret VALUES (7)")
		effects, err := r.Effects(t.Context(), chain.Upgrade, "acme@heads", 1)
		if err != nil {
			t.Fatal(err)
		}
		got := told(effects.Effects)
		want := []string{"0: acme_t +2 ~0 -0", "0: acme_t [] → [id=2]", "0: secret +0 ~1 -0", "0: secret [id=7] → [id=8]"}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		f.wantCount(0, "SELECT count(*) FROM secret WHERE id = 8")
	})
}

// TestEffectsUndone: what a savepoint undid is no effect, and what comes after it is.
func TestEffectsUndone(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "-- +upgrade\nCREATE TABLE a (id INTEGER);\nINSERT INTO a VALUES (1);\nCREATE TABLE b (id INTEGER);\n-- +downgrade\nDROP TABLE b;\nDROP TABLE a;\n")
		f.upgrade()
		ctx := t.Context()
		conn, err := f.open().Connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		tx, err := conn.Begin(ctx, host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		observed, err := conn.Observe(ctx, tx, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer observed.Rollback()
		do := func(sql string) {
			t.Helper()
			if _, err := observed.Exec(ctx, host.Statement{SQL: sql, Ordinal: 1}); err != nil {
				t.Fatal(err)
			}
		}
		savepoint := func(op host.SavepointOp) {
			t.Helper()
			if err := observed.Savepoint(ctx, op, "s"); err != nil {
				t.Fatal(err)
			}
		}
		do("INSERT INTO a VALUES (2)")
		savepoint(host.SavepointSet)
		do("INSERT INTO a VALUES (3)")
		do("INSERT INTO b VALUES (1)")
		savepoint(host.SavepointRollback)
		do("INSERT INTO b VALUES (2)")
		savepoint(host.SavepointRelease)
		do("DELETE FROM a")
		tables, err := observed.Effects(ctx)
		if err != nil {
			t.Fatal(err)
		}
		got := told([]host.StepEffects{{Tables: tables}})
		want := []string{"0: a +1 ~0 -2", "0: a [] → [id=2]", "0: a [id=1] → []", "0: b +1 ~0 -0", "0: b [] → [id=2]"}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// TestEffectsOfWhatCannotBeCommitted: what a commit would refuse is an error here too,
// and constraints that are deferred wait for the end of each migration.
func TestEffectsOfWhatCannotBeCommitted(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE p (id INTEGER PRIMARY KEY);\n"+
			"CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);\n")
		f.upgrade()
		f.write(rev2, "INSERT INTO c VALUES (1, 1);\nINSERT INTO p VALUES (1);\n")
		f.write(rev3, "INSERT INTO c VALUES (2, 2);\nINSERT INTO p VALUES (2);\n")
		r := f.runner(host.Config{})
		effects, err := r.Effects(t.Context(), chain.Upgrade, "heads", 0)
		want := []string{"0: c +1 ~0 -0", "0: p +1 ~0 -0", "1: c +1 ~0 -0", "1: p +1 ~0 -0"}
		if got := told(effects.Effects); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		f.put(rev3, rev2, "INSERT INTO c VALUES (2, 3);\nINSERT INTO p VALUES (2);\n")
		_, err = f.runner(host.Config{}).Effects(t.Context(), chain.Upgrade, "heads", 0)
		var failed *host.RunError
		if !errors.As(err, &failed) || failed.Failed.ID != rev3 || failed.Next != "mend what the database refuses to commit, and run `sandpiper upgrade` again" {
			t.Errorf("got %+v, want that revision %s cannot be committed", err, rev3)
		}
		f.wantHeads(rev1)
		f.wantCount(0, "SELECT count(*) FROM c")
	})
}
