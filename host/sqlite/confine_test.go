package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// prisoner returns the database of the attacks with a plugin on it.
func prisoner(t *testing.T, more func(*abi.Capabilities), opts ...sqlite.Option) (path string, conn host.Conn, confined host.Confined) {
	t.Helper()
	path = victim(t)
	conn = connect(t, open(t, "sqlite:"+path, opts...))
	confined = confine(t, conn, plugin(t, more))
	t.Cleanup(func() { confined.Close() })
	return path, conn, confined
}

func wantRefusal(t *testing.T, err error, words string) {
	t.Helper()
	var r *policy.Refusal
	if !errors.As(err, &r) || r.Errno() != abi.ErrnoDenied {
		t.Fatalf("got %v, want a refusal", err)
	}
	if !strings.Contains(err.Error(), words) {
		t.Errorf("it is refused with %q, want %q", err, words)
	}
}

// TestConfinedGoesOn: a refusal leaves the transaction as it was.
func TestConfinedGoesOn(t *testing.T) {
	path, _, confined := prisoner(t, nil)
	err := in(t.Context(), confined, func(tx host.Tx) error {
		exec := func(sql string) error {
			_, err := tx.Exec(t.Context(), host.Statement{SQL: sql})
			return err
		}
		if err := exec("INSERT INTO acme_t (id) VALUES (3)"); err != nil {
			return err
		}
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "SELECT id FROM acme_t ORDER BY id"})
		if err != nil {
			return err
		}
		defer rows.Close()
		for _, refused := range []string{
			"SELECT * FROM flow_run", "ROLLBACK", "CREATE VIEW acme_v AS SELECT * FROM flow_run", "ALTER TABLE acme_t RENAME TO flow_x",
			"CREATE TABLE acme_f (r INT REFERENCES flow_run (id))", "INSERT OR ROLLBACK INTO acme_t (id) VALUES (1)",
		} {
			wantRefusal(t, exec(refused), "plugin acme may not")
			wantRefusal(t, tx.Defer(t.Context(), host.Statement{SQL: refused}), "plugin acme may not")
		}
		_, err = tx.ExecBatch(t.Context(), host.Statement{SQL: "INSERT INTO flow_run (name) VALUES ('x')"}, noParams(t))
		wantRefusal(t, err, "insert flow_run")
		for n := int64(1); ; n++ {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) && n == 4 {
				break
			}
			if err != nil || row[0].Int != n {
				t.Fatalf("row %d: %v, %v", n, row, err)
			}
		}
		return exec("CREATE INDEX acme_t_n ON acme_t (n)")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := rawText(t, path, "SELECT count(*) || group_concat(DISTINCT name) FROM acme_t, sqlite_schema WHERE name IN ('acme_t', 'acme_t_n')"); got != "6acme_t,acme_t_n" {
		t.Errorf("committed is %s", got)
	}
}

// TestConfinedSavepoints: those of the plugin are the host's to set, and nest
// with the wall's own.
func TestConfinedSavepoints(t *testing.T) {
	_, _, confined := prisoner(t, nil)
	err := in(t.Context(), confined, func(tx host.Tx) error {
		const name = "sandpiper_wall"
		err := errors.Join(
			tx.Savepoint(t.Context(), host.SavepointSet, name),
			send(t.Context(), tx, "CREATE TABLE acme_a (a)"),
			tx.Savepoint(t.Context(), host.SavepointRollback, name),
			send(t.Context(), tx, "CREATE TABLE acme_a (b)"),
			send(t.Context(), tx, "INSERT INTO acme_a (b) VALUES (1)"),
			tx.Savepoint(t.Context(), host.SavepointRelease, name),
		)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	owned, err := confined.Owned(t.Context())
	if want := []host.Owned{{Kind: "table", Name: "acme_a"}, {Kind: "table", Name: "acme_t"}}; err != nil || !slices.Equal(owned, want) {
		t.Errorf("it owns %v, %v", owned, err)
	}
}

// TestConfinedOwned: what was there before the plugin is not the plugin's, nor
// what the host makes later under such a name.
func TestConfinedOwned(t *testing.T) {
	_, conn, confined := prisoner(t, nil)
	mustRun(t, confined,
		"CREATE TABLE acme_b (a INTEGER PRIMARY KEY, u UNIQUE)", "CREATE INDEX acme_b_i ON acme_b (u, a)", "CREATE VIEW acme_v AS SELECT a FROM acme_b",
		"CREATE TABLE acme_c (a)", "DROP TABLE acme_c", "CREATE TABLE acme_d (a)", "ALTER TABLE acme_d RENAME TO acme_e")
	want := []host.Owned{{Kind: "index", Name: "acme_b_i"}, {Kind: "table", Name: "acme_b"}, {Kind: "table", Name: "acme_e"}, {Kind: "table", Name: "acme_t"}, {Kind: "view", Name: "acme_v"}}
	if owned, err := confined.Owned(t.Context()); err != nil || !slices.Equal(owned, want) {
		t.Errorf("it owns %v, %v", owned, err)
	}
	confined.Close()
	mustRun(t, conn, "DROP VIEW acme_v", "CREATE TABLE acme_host (a)", "CREATE INDEX acme_host_i ON acme_b (a)")
	confined = confine(t, conn, plugin(t, nil))
	wantRefusal(t, run(t.Context(), confined, "INSERT INTO acme_host VALUES (1)"), "insert acme_host")
	wantRefusal(t, run(t.Context(), confined, "DROP INDEX acme_host_i"), "change the index acme_host_i")
	wantRefusal(t, run(t.Context(), confined, "CREATE TABLE IF NOT EXISTS Acme_Host (a)"), "there before the plugin")
	mustRun(t, confined, "DROP TABLE acme_e")
	want = []host.Owned{{Kind: "index", Name: "acme_b_i"}, {Kind: "table", Name: "acme_b"}, {Kind: "table", Name: "acme_t"}}
	if owned, err := confined.Owned(t.Context()); err != nil || !slices.Equal(owned, want) {
		t.Errorf("then it owns %v, %v", owned, err)
	}
	confined.Close()
	objects, err := conn.Objects(t.Context())
	if err != nil || slices.ContainsFunc(objects, func(o host.Object) bool { return strings.HasPrefix(o.Name, "sandpiper_") }) {
		t.Errorf("the ledger is among the objects: %v, %v", objects, err)
	}
	if err := conn.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestConfinedEnums: the enums of a plugin are its own too.
func TestConfinedEnums(t *testing.T) {
	_, conn, confined := prisoner(t, nil)
	mustApply(t, confined, `{"create_enum": {"name": "acme_kind", "values": ["a", "b"]}}`,
		`{"create_table": {"name": "acme_k", "columns": [{"name": "k", "type": "enum(acme_kind)"}]}}`,
		`{"add_enum_value": {"enum": "acme_kind", "value": "c"}}`)
	if owned, err := confined.Owned(t.Context()); err != nil || !slices.Contains(owned, host.Owned{Kind: "type", Name: "acme_kind"}) {
		t.Errorf("it owns %v, %v", owned, err)
	}
	confined.Close()
	mustApply(t, conn, `{"create_enum": {"name": "acme_other", "values": ["a", "b"]}}`)
	confined = confine(t, conn, plugin(t, nil))
	_, err := apply(t, confined, `{"drop_enum_value": {"enum": "acme_other", "value": "a"}}`)
	wantRefusal(t, err, "acme_other")
	_, err = apply(t, confined, `{"create_enum": {"name": "flow_kind", "values": ["a"]}}`)
	wantRefusal(t, err, "flow_kind")
}

// TestConfinedOperationsRefused: what a plugin writes in an operation is judged
// like a statement.
func TestConfinedOperationsRefused(t *testing.T) {
	for document, words := range map[string]string{
		`{"drop_table": {"name": "flow_run"}}`:                                                                                                   "change the table flow_run",
		`{"rename_table": {"name": "acme_t", "to": "flow_x"}}`:                                                                                   "flow_x",
		`{"create_table": {"name": "flow_x", "columns": [{"name": "a", "type": "integer"}]}}`:                                                    "flow_x",
		`{"insert": {"table": "flow_run", "columns": ["name"], "rows": [["x"]]}}`:                                                                "insert flow_run",
		`{"execute": {"sql": "DELETE FROM flow_run"}}`:                                                                                           "delete flow_run",
		`{"execute": {"sql": "CREATE VIEW acme_v AS SELECT * FROM flow_run"}}`:                                                                   "make a view of flow_run",
		`{"execute": {"sql": "CREATE TABLE sandpiper_new_x (a)"}}`:                                                                               "sandpiper_new_x",
		`{"create_view": {"name": "acme_v", "query": "SELECT secret FROM flow_run"}}`:                                                            "make a view of flow_run",
		`{"create_view": {"name": "acme_v", "query": "SELECT sqlite_version() AS v"}}`:                                                           "sqlite_version",
		`{"add_column": {"table": "acme_t", "column": {"name": "z", "type": "binary", "default": {"sql": "zeroblob(9)"}}}}`:                      "zeroblob",
		`{"add_column": {"table": "acme_t", "column": {"name": "z", "type": "text", "generated": "hex(zeroblob(id))"}}}`:                         "zeroblob",
		`{"add_constraint": {"table": "acme_t", "constraint": {"name": "q", "check": "zeroblob(id) IS NOT NULL"}}}`:                              "zeroblob",
		`{"create_index": {"name": "acme_t_z", "table": "acme_t", "columns": [{"expr": "zeroblob(id)"}]}}`:                                       "zeroblob",
		`{"alter_column": {"table": "acme_t", "name": "n", "type": "binary", "using": "zeroblob(5)"}}`:                                           "zeroblob",
		`{"alter_column": {"table": "acme_t", "name": "n", "type": "integer", "using": "(SELECT max(id) FROM flow_run)"}}`:                       "select flow_run",
		`{"alter_column": {"table": "acme_t", "name": "n", "type": "text", "using": "(SELECT max(sql) FROM sqlite_master)"}}`:                    "sqlite_master",
		`{"alter_column": {"table": "acme_t", "name": "n", "type": "text", "using": "(SELECT max(name) FROM sqlite_sequence)"}}`:                 "sqlite_sequence",
		`{"add_constraint": {"table": "acme_t", "constraint": {"name": "q", "foreign_key": ["id"], "references": "flow_run"}}}`:                  "refer to flow_run",
		`{"create_trigger": {"name": "acme_tr", "table": "acme_t", "sql": "CREATE TRIGGER acme_tr AFTER INSERT ON acme_t BEGIN SELECT 1; END"}}`: "trigger",
	} {
		t.Run(document, func(t *testing.T) {
			path, _, confined := prisoner(t, nil)
			before := theirs(t, path) + rawText(t, path, "SELECT group_concat(sql) FROM sqlite_schema")
			_, err := apply(t, confined, document)
			wantRefusal(t, err, words)
			if after := theirs(t, path) + rawText(t, path, "SELECT group_concat(sql) FROM sqlite_schema"); after != before {
				t.Errorf("the database was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

// TestConfinedRebuild: a rebuild of the plugin's table takes along what the host
// has made on it.
func TestConfinedRebuild(t *testing.T) {
	path, conn, confined := prisoner(t, nil)
	confined.Close()
	mustRun(t, conn, "CREATE INDEX host_i ON acme_t (s)", "CREATE VIEW host_v AS SELECT n, s FROM acme_t")
	confined = confine(t, conn, plugin(t, nil))
	mustApply(t, confined, `{"alter_column": {"table": "acme_t", "name": "n", "type": "string(9)", "using": "upper(n)"}}`)
	if got := rawText(t, path, "SELECT group_concat(n) || (SELECT count(*) FROM sqlite_schema WHERE name LIKE 'host\\__' ESCAPE '\\') FROM acme_t"); got != "X,Y2" {
		t.Errorf("got %s", got)
	}
	_, err := apply(t, confined, `{"drop_column": {"table": "acme_t", "name": "s"}}`)
	if err == nil {
		t.Error("a column that the host's view reads was dropped")
	}
	for _, sql := range []string{"DROP TABLE acme_t", "ALTER TABLE acme_t DROP COLUMN n", "ALTER TABLE acme_t RENAME TO acme_x"} {
		if err := run(t.Context(), confined, sql); err == nil {
			t.Errorf("%s: the host's view reads it", sql)
		}
	}
	if got := rawText(t, path, "SELECT group_concat(s) FROM host_v"); got != "s,s" {
		t.Errorf("the host's view has %s", got)
	}
}

// TestConfinedDependents: what the host has made of the plugin's tables stands in
// the way of dropping them.
func TestConfinedDependents(t *testing.T) {
	for _, made := range []string{
		"CREATE TABLE flow_ref (t INT REFERENCES acme_t (id))",
		"CREATE TRIGGER flow_tr AFTER INSERT ON acme_t BEGIN SELECT 1; END",
		"CREATE TRIGGER flow_tr AFTER INSERT ON flow_run BEGIN INSERT INTO acme_t (id) VALUES (new.id + 10); END",
		"CREATE VIEW flow_v AS SELECT * FROM acme_t",
	} {
		t.Run(made, func(t *testing.T) {
			path, conn, confined := prisoner(t, nil)
			confined.Close()
			mustRun(t, conn, made)
			confined = confine(t, conn, plugin(t, nil))
			before := theirs(t, path)
			wantRefusal(t, run(t.Context(), confined, "DROP TABLE acme_t"), "")
			_, err := confined.Purge(t.Context(), purge)
			wantRefusal(t, err, "")
			if after := theirs(t, path); after != before {
				t.Errorf("the host's was\n%s\nand is\n%s", before, after)
			}
			if owned, err := confined.Owned(t.Context()); err != nil || len(owned) != 1 {
				t.Errorf("it owns %v, %v", owned, err)
			}
		})
	}
}

var purge = host.Entry{Key: chain.Key{Line: "acme", ID: "0123456789ab"}, Action: host.ActionPurge, Slug: "purge", Started: time.Unix(0, 0), Runner: host.Version}

// TestConfinedPurge drops what the plugin owns, and nothing else.
func TestConfinedPurge(t *testing.T) {
	path, conn, confined := prisoner(t, nil)
	mustRun(t, confined, "CREATE TABLE acme_child (t INT REFERENCES acme_t (id))", "INSERT INTO acme_child VALUES (1)",
		"CREATE VIEW acme_v AS SELECT * FROM acme_t", "CREATE INDEX acme_i ON acme_t (n)")
	mustApply(t, confined, `{"create_enum": {"name": "acme_kind", "values": ["a", "b"]}}`)
	err := in(t.Context(), confined, func(tx host.Tx) error {
		e := purge
		e.Action = host.ActionUpgrade
		return errors.Join(tx.Progress(t.Context(), chain.Key{Line: "acme", ID: "x"}, chain.Upgrade, []host.Unit{{Position: 1, Kind: host.UnitBegin}}),
			tx.Record(t.Context(), e, []string{e.Key.ID}))
	})
	if err != nil {
		t.Fatal(err)
	}
	before := theirs(t, path)
	done, err := confined.Purge(t.Context(), purge)
	want := []host.Owned{{Kind: "index", Name: "acme_i"}, {Kind: "table", Name: "acme_child"}, {Kind: "table", Name: "acme_t"}, {Kind: "type", Name: "acme_kind"}, {Kind: "view", Name: "acme_v"}}
	if err != nil || !slices.Equal(done.Dropped, want) {
		t.Fatalf("dropped were %v, %v", done.Dropped, err)
	}
	if owned, err := confined.Owned(t.Context()); err != nil || len(owned) > 0 {
		t.Errorf("it still owns %v, %v", owned, err)
	}
	confined.Close()
	ledger, err := conn.Ledger(t.Context())
	if err != nil || len(ledger.Heads["acme"]) > 0 || len(ledger.Progress) > 0 || len(ledger.Applied) > 0 {
		t.Errorf("the ledger is %+v, %v", ledger, err)
	}
	history, err := conn.History(t.Context(), 1)
	if err != nil || len(history) != 1 || history[0].Action != host.ActionPurge {
		t.Errorf("the history ends with %v, %v", history, err)
	}
	mustRun(t, conn, "DELETE FROM sandpiper_history WHERE action = 'purge'")
	if after := theirs(t, path); strings.Contains(after, "acme_kind") || len(after) > len(before) {
		t.Errorf("the host's was\n%s\nand is\n%s", before, after)
	}
}

// TestConfinedComesDown: the walls are away for the runner's own statements, and
// for good when they are taken away.
func TestConfinedComesDown(t *testing.T) {
	var newest *sqlite3.Conn
	_, conn, confined := prisoner(t, nil, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		newest = c
		return nil
	}))
	state := func() string {
		var b strings.Builder
		for l := sqlite3.LIMIT_LENGTH; l <= sqlite3.LIMIT_WORKER_THREADS; l++ {
			fmt.Fprintln(&b, l, newest.Limit(l, -1))
		}
		return b.String()
	}
	mustRun(t, confined, "SELECT 1")
	up := state()
	confined.Close()
	mustRun(t, conn, "SELECT instr('a', 'a')", "SELECT length(unhex('4-1', '-')) + length(zeroblob(2000000)) FROM flow_run", "CREATE TABLE flow_x (a PRIMARY KEY ON CONFLICT ROLLBACK)")
	if down := state(); up != down {
		t.Errorf("the limits between statements are\n%sand without walls\n%s", up, down)
	}
	if defensive, err := newest.Config(sqlite3.DBCONFIG_DEFENSIVE); defensive || err != nil {
		t.Errorf("the connection is still defensive: %v", err)
	}
	if _, err := confined.Begin(t.Context(), host.Fence{}); err == nil {
		t.Error("a transaction began behind walls that are not there")
	}
}

// TestConfinedCache: a statement that was compiled without the walls is not run
// behind them.
func TestConfinedCache(t *testing.T) {
	path := victim(t)
	conn := connect(t, open(t, "sqlite:"+path))
	const sql = "SELECT secret FROM flow_run"
	for range 2 {
		mustRun(t, conn, sql, sql)
		confined := confine(t, conn, plugin(t, nil))
		wantRefusal(t, run(t.Context(), confined, sql), "select flow_run")
		confined.Close()
	}
}

// TestConfinedCacheOfOperations: nor is what an operation has sent.
func TestConfinedCacheOfOperations(t *testing.T) {
	_, _, confined := prisoner(t, nil)
	mustRun(t, confined, "CREATE TABLE acme_q (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)", "INSERT INTO acme_q (a) VALUES ('1')")
	err := in(t.Context(), confined, func(tx host.Tx) error {
		w := &watcher{Tx: tx}
		ops := operations(t, `{"alter_column": {"table": "acme_q", "name": "a", "type": "integer"}}`, `{"create_enum": {"name": "acme_kind", "values": ["a"]}}`)
		if err := confined.Apply(t.Context(), w, ops); err != nil {
			return err
		}
		for _, sql := range w.sent {
			if strings.Contains(sql, "sqlite_sequence") || strings.Contains(sql, "sandpiper_") {
				if err := send(t.Context(), tx, sql); err == nil {
					t.Errorf("%s: it is not refused", sql)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestConfinedOutside: nothing runs outside a transaction, and nothing resets.
func TestConfinedOutside(t *testing.T) {
	_, _, confined := prisoner(t, nil)
	if confined.RunsOutside("VACUUM") {
		t.Error("VACUUM is said to run outside")
	}
	_, err := confined.Outside(t.Context(), host.Fence{}, host.Statement{SQL: "VACUUM"}, host.Unit{}, false)
	wantRefusal(t, err, "VACUUM outside a transaction")
	wantRefusal(t, confined.Reset(t.Context()), "reset")
	if _, err := confined.Confine(t.Context(), plugin(t, nil)); err == nil {
		t.Error("it is confined twice")
	}
}

// TestConfinedForeignRollback: a conflict clause of the host's own that ends the
// transaction ends it.
func TestConfinedForeignRollback(t *testing.T) {
	path := victim(t)
	raw(t, path, "CREATE TABLE flow_r (x INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)", "INSERT INTO flow_r VALUES (1)")
	conn := connect(t, open(t, "sqlite:"+path))
	confined := confine(t, conn, plugin(t, func(c *abi.Capabilities) { c.Uses = []abi.Use{{Table: "flow_r", Verbs: []string{"insert"}}} }))
	err := in(t.Context(), confined, func(tx host.Tx) error {
		if err := send(t.Context(), tx, "INSERT INTO flow_r VALUES (1)"); err == nil {
			t.Error("the conflict is none")
		}
		return send(t.Context(), tx, "INSERT INTO acme_t (id) VALUES (10)")
	})
	if err == nil {
		t.Error("a transaction that is over goes on")
	}
	if n := rawText(t, path, "SELECT count(*) FROM acme_t"); n != "2" {
		t.Errorf("%s rows are there", n)
	}
}
