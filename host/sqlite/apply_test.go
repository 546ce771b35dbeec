package sqlite_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// requests makes operations of what a document would hold.
func operations(t *testing.T, documents ...string) []host.Operation {
	t.Helper()
	var list []host.Operation
	for i, d := range documents {
		q, err := schema.Decode([]byte(d))
		if err == nil {
			q = schema.Naming{}.Fill(q)
			err = q.Check(schema.SQLite)
		}
		if err != nil {
			t.Fatalf("%s: %v", d, err)
		}
		list = append(list, host.Operation{Request: q, Ordinal: i + 1})
	}
	return list
}

// A watcher notes the statements that go through a transaction.
type watcher struct {
	host.Tx
	sent []string
}

func (w *watcher) Exec(ctx context.Context, stmt host.Statement) (int64, error) {
	w.sent = append(w.sent, stmt.SQL)
	return w.Tx.Exec(ctx, stmt)
}

// apply runs operations in a transaction, each in a call of its own, and returns
// what was sent.
func apply(t *testing.T, conn host.Conn, documents ...string) ([]string, error) {
	t.Helper()
	w := &watcher{}
	err := in(t.Context(), conn, func(tx host.Tx) error {
		w.Tx = tx
		for _, op := range operations(t, documents...) {
			if err := conn.Apply(t.Context(), w, []host.Operation{op}); err != nil {
				return err
			}
		}
		return nil
	})
	return w.sent, err
}

// together runs operations in one call.
func together(t *testing.T, conn host.Conn, documents ...string) ([]string, error) {
	t.Helper()
	w := &watcher{}
	err := in(t.Context(), conn, func(tx host.Tx) error {
		w.Tx = tx
		return conn.Apply(t.Context(), w, operations(t, documents...))
	})
	return w.sent, err
}

func mustApply(t *testing.T, conn host.Conn, documents ...string) []string {
	t.Helper()
	sent, err := apply(t, conn, documents...)
	if err != nil {
		t.Fatalf("%v\nhint: %s\nsent:\n%s", err, hintOf(err), strings.Join(sent, "\n"))
	}
	return sent
}

func hintOf(err error) string {
	var e *host.SQLError
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}

// refused asserts that operations are refused with these words in the message
// or the hint, and leave no trace.
func refused(t *testing.T, conn host.Conn, documents []string, words ...string) {
	t.Helper()
	before := schemaOf(t, conn)
	_, err := apply(t, conn, documents...)
	var e *host.SQLError
	if !errors.As(err, &e) {
		t.Fatalf("%s: %v is no SQLError", documents, err)
	}
	for _, w := range words {
		if !strings.Contains(e.Message+"\n"+e.Hint, w) {
			t.Errorf("%s: %q with the hint %q does not say %q", documents, e.Message, e.Hint, w)
		}
	}
	if e.Ordinal != len(documents) {
		t.Errorf("%s: the ordinal is %d", documents, e.Ordinal)
	}
	if after := schemaOf(t, conn); after != before {
		t.Errorf("%s: the schema is\n%s\nand was\n%s", documents, after, before)
	}
}

// schemaOf returns all of sqlite_schema as one text, without the ledger.
func schemaOf(t *testing.T, conn host.Conn) string {
	t.Helper()
	return value(t, conn, `SELECT coalesce(group_concat(type || ' ' || name || ' on ' || tbl_name || ': ' || coalesce(sql, '-'), char(10)), '')
		FROM (SELECT * FROM sqlite_schema ORDER BY type, name)`)
}

func TestCreateTable(t *testing.T) {
	_, conn := file(t)
	sent := mustApply(t, conn, `{"create_enum": {"name": "state", "values": ["A", "it's"]}}`,
		`{"create_table": {"name": "t", "columns": [
			{"name": "id", "type": "bigint", "primary_key": true, "autoincrement": true},
			{"name": "name", "type": "string(10)", "not_null": true, "default": "it's", "collate": "nocase"},
			{"name": "made", "type": "timestamptz", "not_null": true, "default": {"function": "now"}},
			{"name": "day", "type": "date", "default": {"function": "now"}},
			{"name": "uid", "type": "uuid", "default": {"function": "uuid"}},
			{"name": "doc", "type": "json", "default": {"function": "json_object"}},
			{"name": "state", "type": "enum(state)", "default": "A"},
			{"name": "len", "type": "integer", "generated": "length(name)", "virtual": true}],
		"constraints": [{"unique": ["name"]}, {"name": "c", "check": "len < 5 -- short"}]}}`)
	want := `CREATE TABLE "t" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "name" VARCHAR(10) NOT NULL DEFAULT 'it''s' COLLATE "nocase",
  "made" DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
  "day" DATE DEFAULT (date('now')),
  "uid" CHAR(36) DEFAULT (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-' || substr('89ab', abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6)))),
  "doc" TEXT DEFAULT '{}',
  "state" TEXT DEFAULT 'A' CONSTRAINT "enum_state" CHECK ("state" IN ('A', 'it''s')),
  "len" INTEGER GENERATED ALWAYS AS (length(name)) VIRTUAL,
  CONSTRAINT "uq_t__name" UNIQUE ("name"),
  CONSTRAINT "c" CHECK (len < 5 -- short
)
)`
	if got := sent[len(sent)-1]; got != want {
		t.Errorf("sent\n%s\nnot\n%s", got, want)
	}
	mustRun(t, conn, "INSERT INTO t DEFAULT VALUES")
	if got := value(t, conn, "SELECT name || state || doc || len || (uid GLOB '????????-????-4???-[89ab]???-????????????') || (made GLOB '????-??-?? ??:??:??.???000') FROM t"); got != "it'sA{}411" {
		t.Error(got)
	}
	if err := run(t.Context(), conn, "INSERT INTO t (name, state) VALUES ('b', 'B')"); err == nil {
		t.Error("B is no value of the enum")
	}
}

// TestNative is what SQLite's own ALTER TABLE does, in one statement.
func TestNative(t *testing.T) {
	_, conn := file(t)
	mustRun(t, conn, "CREATE TABLE t (a INT, b TEXT)", "CREATE INDEX i ON t (b)", "CREATE VIEW v AS SELECT a FROM t", "INSERT INTO t VALUES (1, 'x')")
	for _, c := range []struct{ document, sql string }{
		{`{"add_column": {"table": "t", "column": {"name": "c", "type": "string(3)", "not_null": true, "default": "q"}}}`,
			`ALTER TABLE "t" ADD COLUMN "c" VARCHAR(3) NOT NULL DEFAULT 'q'`},
		{`{"drop_column": {"table": "t", "name": "c"}}`, `ALTER TABLE "t" DROP COLUMN "c"`},
		{`{"rename_column": {"table": "t", "name": "a", "to": "aa"}}`, `ALTER TABLE "t" RENAME COLUMN "a" TO "aa"`},
		{`{"rename_table": {"name": "t", "to": "u"}}`, `ALTER TABLE "t" RENAME TO "u"`},
		{`{"create_index": {"name": "j", "table": "u", "columns": ["aa", {"expr": "length(b)", "order": "desc"}], "where": "aa > 0"}}`,
			`CREATE INDEX "j" ON "u" ("aa", (length(b)) DESC) WHERE aa > 0`},
		{`{"drop_index": {"name": "j", "table": "u"}}`, `DROP INDEX "j"`},
	} {
		if sent := mustApply(t, conn, c.document); !slices.Equal(sent, []string{c.sql}) {
			t.Errorf("%s sent %q", c.document, sent)
		}
	}
	mustRun(t, conn, "CREATE TABLE n (a INT, b INT)")
	for _, c := range []struct{ document, sql string }{
		{`{"alter_column": {"table": "n", "name": "a", "not_null": true}}`, `ALTER TABLE "n" ALTER COLUMN "a" SET NOT NULL`},
		{`{"alter_column": {"table": "n", "name": "a", "not_null": false}}`, `ALTER TABLE "n" ALTER COLUMN "a" DROP NOT NULL`},
		{`{"add_constraint": {"table": "n", "constraint": {"name": "k", "check": "a > 0"}}}`, `ALTER TABLE "n" ADD CONSTRAINT "k" CHECK (a > 0)`},
		{`{"add_constraint": {"table": "n", "constraint": {"check": "a > 1"}}}`, `ALTER TABLE "n" ADD CHECK (a > 1)`},
		{`{"drop_constraint": {"table": "n", "name": "k"}}`, `ALTER TABLE "n" DROP CONSTRAINT "k"`},
	} {
		if sent := mustApply(t, conn, c.document); !slices.Equal(sent, []string{c.sql}) {
			t.Errorf("%s sent %q", c.document, sent)
		}
	}
	if got := value(t, conn, "SELECT sql FROM sqlite_schema WHERE name = 'n'"); got != "CREATE TABLE n (a INT, b INT, CHECK (a > 1))" {
		t.Error(got)
	}
	sent := mustApply(t, conn, `{"rename_index": {"name": "i", "table": "u", "to": "k"}}`)
	if want := []string{`DROP INDEX "i"`, `CREATE INDEX "k" ON "u" (b)`}; !slices.Equal(sent, want) {
		t.Errorf("rename_index sent %q", sent)
	}
	if got := value(t, conn, "SELECT aa FROM v"); got != "1" {
		t.Errorf("the view has %q", got)
	}
}
