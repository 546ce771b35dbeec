package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

var midway = chain.Key{Line: chain.DefaultLine, ID: "cccccccccccc"}

// begun makes a migration that has committed already, so that its next transaction
// is neither the first nor the last one.
func begun(t *testing.T, conn host.Conn) host.Fence {
	t.Helper()
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	fence := host.Fence{Line: midway.Line, Revision: midway.ID, Direction: chain.Upgrade}
	tx, err := conn.Begin(t.Context(), fence)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.Progress(t.Context(), midway, chain.Upgrade, []host.Unit{{Position: 1, Kind: host.UnitBegin}}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	fence.Done = 1
	return fence
}

// between runs statements in a transaction of a migration that is half done.
// Statements that fail are passed over.
func between(ctx context.Context, conn host.Conn, fence host.Fence, sqls ...string) error {
	tx, err := conn.Begin(ctx, fence)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, sql := range sqls {
		if err := tx.Savepoint(ctx, host.SavepointSet, "s"); err != nil {
			return err
		}
		op := host.SavepointRelease
		if _, err := tx.Exec(ctx, host.Statement{SQL: sql}); err != nil {
			op = host.SavepointRollback
		}
		if err := tx.Savepoint(ctx, op, "s"); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

// family is a schema with foreign keys of every kind, and rows that keep them.
var family = []string{
	"CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT UNIQUE, a, b, note, UNIQUE (a, b))",
	"CREATE TABLE rowless (k TEXT PRIMARY KEY, note) WITHOUT ROWID",
	"CREATE TABLE computed (id INTEGER PRIMARY KEY, base, key AS (base || 'x') STORED UNIQUE, note)",
	"CREATE TABLE replacing (id INTEGER PRIMARY KEY, u UNIQUE ON CONFLICT REPLACE, note)",
	"CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p, code TEXT REFERENCES P (CODE), a, b, note, self INTEGER REFERENCES c ON DELETE CASCADE, FOREIGN KEY (a, b) REFERENCES p (a, b))",
	"CREATE TABLE crowless (k PRIMARY KEY, r REFERENCES rowless, note) WITHOUT ROWID",
	"CREATE TABLE ccomputed (id INTEGER PRIMARY KEY, base, own AS (base || 'x') REFERENCES computed (key), r INTEGER REFERENCES replacing, note)",
	"CREATE TABLE alone (id INTEGER PRIMARY KEY, note)",
	"CREATE TABLE log (id INTEGER PRIMARY KEY, note)",
	"CREATE VIEW v AS SELECT * FROM p",
	"CREATE TRIGGER deletes AFTER UPDATE OF note ON alone WHEN new.note = 'delete' BEGIN DELETE FROM p WHERE id = 2; END",
	"CREATE TRIGGER adds AFTER INSERT ON alone BEGIN INSERT INTO c (p) VALUES (new.id); END",
	"CREATE TRIGGER instead INSTEAD OF DELETE ON v BEGIN DELETE FROM p WHERE id = old.id; END",
	"INSERT INTO p VALUES (1, 'one', 1, 1, ''), (2, 'two', 2, 2, ''), (3, 'three', 3, 3, '')",
	"INSERT INTO rowless VALUES ('1', ''), ('2', '')",
	"INSERT INTO computed (id, base) VALUES (1, 1), (2, 2)",
	"INSERT INTO replacing VALUES (1, 1, ''), (2, 2, '')",
	"INSERT INTO c VALUES (1, 1, 'one', 1, 1, '', NULL), (2, 2, NULL, 2, 2, '', 1), (3, NULL, 'two', NULL, 9, '', 3)",
	"INSERT INTO crowless VALUES (1, '1', ''), (2, '2', '')",
	"INSERT INTO ccomputed (id, base, r) VALUES (1, 1, 1), (2, 2, 2)",
	"INSERT INTO alone VALUES (1, ''), (2, '')",
}

// statements of a property test; %d are numbers between 0 and 4.
var touching = []string{
	"UPDATE p SET note = 'x'", "UPDATE c SET note = replace('a', 'a', 'b')", "UPDATE alone SET note = 'x'",
	"UPDATE p SET id = %d WHERE id = %d", "UPDATE p SET rowid = %d WHERE id = %d", "UPDATE p SET oid = %d WHERE id = %d",
	"UPDATE p SET CODE = %d WHERE id = %d", "UPDATE p SET a = %d WHERE b = %d",
	"DELETE FROM p WHERE id = %d", "DELETE FROM p", "DELETE FROM c WHERE id = %d", "DELETE FROM c", "DELETE FROM v WHERE id = %d",
	"INSERT INTO p (id) VALUES (%d)", "INSERT OR REPLACE INTO p (id) VALUES (%d)", "REPLACE INTO p (id, code) VALUES (%d, %d)",
	"UPDATE OR REPLACE p SET note = 'y', code = %d", "INSERT INTO p (id, note) VALUES (%d, 1) ON CONFLICT (id) DO UPDATE SET id = %d",
	"INSERT INTO c (id, p) VALUES (%d, %d)", "INSERT INTO c (code) VALUES ('one')", "INSERT INTO c (a, b) VALUES (%d, %d)",
	"UPDATE c SET p = %d WHERE id = %d", "UPDATE c SET code = 'three'", "UPDATE c SET code = 'ONE' WHERE id = %d", "UPDATE c SET p = '1.0', a = '1' WHERE id = %d", "UPDATE c SET p = p + 0.5 WHERE id = %d", "UPDATE c SET a = %d", "UPDATE c SET self = %d WHERE id = %d", "UPDATE c SET id = %d WHERE id = %d",
	"INSERT INTO alone VALUES (%d, '')", "UPDATE alone SET note = 'delete' WHERE id = %d", "UPDATE alone SET id = %d WHERE id = %d",
	"DELETE FROM rowless WHERE k = %d", "UPDATE rowless SET k = %d WHERE k = %d", "INSERT INTO crowless VALUES (%d, %d, '')", "UPDATE crowless SET note = 1", "UPDATE crowless SET r = %d",
	"UPDATE computed SET base = %d WHERE id = %d", "UPDATE computed SET note = %d", "UPDATE ccomputed SET base = %d WHERE id = %d", "UPDATE ccomputed SET note = %d",
	"UPDATE replacing SET u = %d WHERE id = %d", "INSERT INTO replacing (u) VALUES (%d)", "UPDATE replacing SET note = %d",
	"DROP TABLE p", "ALTER TABLE p RENAME TO q", "ALTER TABLE p RENAME COLUMN code TO kode", "ALTER TABLE c ADD COLUMN x REFERENCES p DEFAULT NULL", "CREATE TABLE late (p REFERENCES p)", "INSERT INTO late VALUES (%d)",
	"CREATE TEMP TRIGGER t AFTER UPDATE ON alone BEGIN DELETE FROM p WHERE id = %d; END",
	"WITH n AS (SELECT %d AS i) DELETE FROM p WHERE id IN (SELECT i FROM n)",
}

// No transaction leaves a row without its parent, whatever it does, and those that
// leave none are not refused.
func TestWhatIsTouched(t *testing.T) {
	set(t, "rapid.checks", strconv.Itoa(200/raceFactor))
	set(t, "rapid.nofailfile", "true")
	dir, n := t.TempDir(), 0
	var kept, refused int
	rapid.Check(t, func(r *rapid.T) {
		n++
		path := fmt.Sprintf("%s/%d.db", dir, n)
		raw(t, path, append([]string{"PRAGMA foreign_keys = OFF", "PRAGMA journal_mode = MEMORY", "PRAGMA synchronous = OFF"}, family...)...)
		conn := connect(t, open(t, "sqlite:"+path))
		defer conn.Close()
		fence := begun(t, conn)
		var sqls []string
		for range rapid.IntRange(1, 4).Draw(r, "statements") {
			sql := rapid.SampledFrom(touching).Draw(r, "statement")
			for strings.Contains(sql, "%d") {
				sql = strings.Replace(sql, "%d", strconv.Itoa(rapid.IntRange(0, 4).Draw(r, "number")), 1)
			}
			sqls = append(sqls, sql)
		}
		copied := path + ".copy"
		raw(t, path, "VACUUM INTO '"+copied+"'")
		whole := connect(t, open(t, "sqlite:"+copied))
		defer whole.Close()

		want := between(t.Context(), whole, host.Fence{}, sqls...) // which looks at everything
		got := between(t.Context(), conn, fence, sqls...)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("%q: got %v, and looking at everything %v", sqls, got, want)
		}
		if got == nil {
			kept++
		} else {
			refused++
		}
	})
	if kept < 40/raceFactor || refused < 40/raceFactor {
		t.Errorf("%d transactions were committed and %d refused: it proves little", kept, refused)
	}
}

// What a transaction did not touch is not looked at, however large it is: an orphan
// that somebody left while the migration ran is found where the migration ends.
func TestWhatIsNotTouchedIsNotRead(t *testing.T) {
	path, conn := file(t)
	raw(t, path, append([]string{"PRAGMA foreign_keys = OFF"}, family...)...)
	fence := begun(t, conn)
	raw(t, path, "PRAGMA foreign_keys = OFF", "INSERT INTO c (id, p) VALUES (1000, 77)")
	for _, sql := range []string{
		"UPDATE p SET note = replace('x', 'x', 'y')", "UPDATE c SET note = 'y'", "UPDATE log SET note = 'z'", "INSERT INTO p (id) VALUES (100)",
		"INSERT INTO crowless VALUES (3, '1', '')", "DELETE FROM log",
		"UPDATE c SET p = 1 WHERE id = 1", "INSERT INTO c (id, p) VALUES (4, 3)", "UPDATE c SET p = NULL, code = 'two' WHERE id = 4", // of c itself the rows that are written alone
	} {
		if err := between(t.Context(), conn, fence, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{"DELETE FROM p WHERE id = 100", "UPDATE OR REPLACE c SET p = 1 WHERE id = 1", "CREATE TABLE x (a)"} {
		var refused *host.SQLError
		if err := between(t.Context(), conn, fence, sql); !errors.As(err, &refused) || !strings.Contains(refused.Hint, "before the migration") {
			t.Errorf("%s: got %v, want the orphan to be found", sql, err)
		}
	}
	tx, err := conn.Begin(t.Context(), fence)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.Record(t.Context(), host.Entry{Key: midway, Action: host.ActionUpgrade, Slug: "s", Digest: "d", Module: "m", Seed: "s"}, []string{midway.ID}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), `row 1000 of table "c"`) {
		t.Errorf("the end of the migration: got %v, want the orphan to be found", err)
	}
}

// The ledger's own statements are not told again: whoever refers to its tables is
// looked at each time.
func TestWhatRefersToTheLedger(t *testing.T) {
	path, conn := file(t)
	fence := begun(t, conn)
	raw(t, path, "PRAGMA foreign_keys = OFF", "CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p REFERENCES p)",
		"CREATE TRIGGER t AFTER INSERT ON sandpiper_progress BEGIN INSERT INTO c VALUES (new.position); END")
	tx, err := conn.Begin(t.Context(), fence)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.Progress(t.Context(), midway, chain.Upgrade, []host.Unit{{Position: 2, Kind: host.UnitExec}}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "has no parent") {
		t.Errorf("got %v, want what the trigger did to be found", err)
	}
}
