package sqlite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// TestConfinedRows: rows that are written count, however they are written.
func TestConfinedRows(t *testing.T) {
	ten := func(c *abi.Capabilities) { c.Rows = 10 }
	_, _, confined := prisoner(t, ten)
	mustRun(t, confined, "UPDATE acme_t SET n = 'z'", "INSERT INTO acme_t (id) VALUES (3), (4), (5) RETURNING id", "DELETE FROM acme_t", "CREATE INDEX acme_i ON acme_t (n)")
	for _, sqls := range [][]string{
		{"INSERT INTO acme_t (id) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11) SELECT i FROM n"},
		{"INSERT INTO acme_t (id) VALUES (1), (2), (3), (4), (5)", "UPDATE acme_t SET n = 'z'", "DELETE FROM acme_t WHERE id = 1"},
	} {
		err := run(t.Context(), confined, sqls...)
		wantRefusal(t, err, "the migration wrote 11 of 10; it would need the grant rows = ")
		if n := value(t, confined, "SELECT count(*) FROM acme_t"); n != "0" {
			t.Errorf("%s rows were committed", n)
		}
	}
	err := in(t.Context(), confined, func(tx host.Tx) error {
		_, err := tx.Exec(t.Context(), host.Statement{SQL: "INSERT INTO acme_t (id) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11) SELECT i FROM n"})
		if err == nil {
			t.Error("11 rows of 10 were written")
		}
		return nil // a plugin that goes on all the same
	})
	wantRefusal(t, err, "11 of 10")
}

// TestConfinedGrowth: a file that would grow without end does not.
func TestConfinedGrowth(t *testing.T) {
	if raceFactor > 1 {
		t.Skip("64 MiB take long")
	}
	path, _, confined := prisoner(t, func(c *abi.Capabilities) { c.Rows = 1000 })
	err := run(t.Context(), confined, "CREATE TABLE acme_big (a)",
		"INSERT INTO acme_big WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT randomblob(200000) FROM n")
	var refused *host.SQLError
	if !errors.As(err, &refused) || refused.Code != "SQLITE_FULL" || !strings.Contains(refused.Hint, "grant of rows") {
		t.Errorf("got %v", err)
	}
	mustRun(t, confined, "INSERT INTO acme_t (id) VALUES (9)")
	if got := rawText(t, path, "SELECT max_page_count > 1000000 FROM pragma_max_page_count"); got != "1" {
		t.Error("the limit stays")
	}
}

// TestConfinedDeadline: the time is that of the transaction, whatever it is spent
// on, and one statement does not outlast it by much.
func TestConfinedDeadline(t *testing.T) {
	const chunk = "WITH RECURSIVE r (s) AS (SELECT 'aaaaaaaaaaaaaaaa' UNION ALL SELECT s || s FROM r WHERE length(s) < 130000), m AS MATERIALIZED (SELECT max(s) AS s FROM r), "
	const forever = "c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(length("
	for _, sql := range []string{
		chunk + forever + "instr(s, substr(s, 1, length(s) / 2) || 'b') || x)) FROM c, m",
		chunk + forever + "replace(s, substr(s, 1, length(s) / 2) || 'b', x))) FROM c, m",
		chunk + forever + "trim(s || 'b', 'bcdefghijklmnopqrstuvwxyza' || x))) FROM c, m",
		chunk + forever + "json_patch('{\"a\": \"' || s || '\"}', '{\"b\": ' || x || '}'))) FROM c, m",
		chunk + forever + "json_valid(s) || json_valid(s || 1) || json_valid(s || 2) || upper(s) LIKE x || json_valid(s || 3))) FROM c, m",
		chunk + forever + "s LIKE '%aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab%' || x)) FROM c, m",
	} {
		_, _, confined := prisoner(t, func(c *abi.Capabilities) { c.Seconds = 1 })
		began := hosttest.CPUTime(t)
		err := run(t.Context(), confined, sql)
		wantRefusal(t, err, "of 1s; it would need the grant seconds = 2")
		if took := hosttest.CPUTime(t) - began; took > 2*time.Second {
			t.Errorf("%s: it took %v of 1s", sql, took)
		}
		mustRun(t, confined, "INSERT INTO acme_t (id) VALUES (9)")
	}
}

// patiently grants the time that another limit needs to be met on a busy machine.
func patiently(c *abi.Capabilities) { c.Seconds = 3600 }

// TestConfinedMemory: a plugin that brings SQLite to the end of its memory loses
// its transaction, and the runner goes on.
func TestConfinedMemory(t *testing.T) {
	path, conn, confined := prisoner(t, patiently)
	before := theirs(t, path)
	list := make([]string, 900)
	for i := range list {
		list[i] = fmt.Sprintf("max(s || %d)", i)
	}
	err := run(t.Context(), confined, "INSERT INTO acme_t (id) VALUES (7)",
		"SELECT "+strings.Join(list, ", ")+" FROM (SELECT printf('%.250000c', 'x') AS s)")
	if err == nil || !strings.Contains(err.Error(), "SQLite broke off") {
		t.Fatalf("got %v", err)
	}
	if err := confined.Close(); err != nil {
		t.Fatal(err)
	}
	mustRun(t, conn, "SELECT 1")
	if after := theirs(t, path); after != before {
		t.Errorf("the host's was\n%s\nand is\n%s", before, after)
	}
	if n := value(t, conn, "SELECT count(*) FROM acme_t"); n != "2" {
		t.Errorf("there are %s rows", n)
	}
}

// TestConfinedRowsAhead: rows that are left open while others are written are
// not kept without end.
func TestConfinedRowsAhead(t *testing.T) {
	_, _, confined := prisoner(t, patiently)
	err := in(t.Context(), confined, func(tx host.Tx) error {
		rows, err := tx.Query(t.Context(), host.Statement{SQL: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT printf('%.200000c', 'x') FROM n"})
		if err != nil {
			return err
		}
		defer rows.Close()
		if err := send(t.Context(), tx, "INSERT INTO acme_t (id) VALUES (8)"); err != nil {
			return err
		}
		for err == nil {
			_, err = rows.Next()
		}
		return err
	})
	wantRefusal(t, err, "leave rows open while it writes")
}
