package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// FuzzConfined sends a plugin's SQL to two databases that differ in what is not
// the plugin's and in nothing else. Nothing of that may change, and nothing of it
// may be told: both have to give the same answers.
func FuzzConfined(f *testing.F) {
	n := 0
	for _, a := range attacks(f, "testdata/confined.tsv") {
		if !strings.HasPrefix(a.name, "res_") && !strings.Contains(strings.Join(a.statements, ""), "granted") {
			if n%raceFactor == 0 {
				f.Add(strings.Join(a.statements, " ;; "))
			}
			n++
		}
	}
	if n < 100 {
		f.Fatalf("only %d seeds", n)
	}
	path := victim(f)
	one, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	c := rawConn(f, path)
	if err := errors.Join(
		c.Exec("UPDATE flow_run SET secret = secret || ' other'"),
		c.Exec("INSERT INTO flow_run (name, secret) VALUES ('c', 's3')"),
		c.Exec("UPDATE acme_tools_keys SET k = 'another'"),
		c.Exec("DELETE FROM other_t"),
		c.Close(),
	); err != nil {
		f.Fatal(err)
	}
	other, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		first, second := answers(t, one, sql), answers(t, other, sql)
		if first != second && !unsteady(sql) {
			t.Errorf("%s\ntells of what is not the plugin's:\n%s\nand\n%s", sql, first, second)
		}
	})
}

// unsteady reports whether statements may answer differently every time.
func unsteady(sql string) bool {
	sql = strings.ToLower(sql)
	for _, word := range []string{"random", "now", "current_", "date", "time", "julianday", "unixepoch", "last_insert_rowid", "total_changes", "of 1s"} {
		if strings.Contains(sql, word) {
			return true
		}
	}
	return false
}

// answers sends statements to a copy of a database as a plugin, and returns what
// comes back.
func answers(t *testing.T, file []byte, sql string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open("sqlite:" + path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	before := theirs(t, path)
	confined := confine(t, conn, plugin(t, func(c *abi.Capabilities) { c.Seconds = 1 }))
	var b strings.Builder
	err = in(t.Context(), confined, func(tx host.Tx) error {
		for _, statement := range strings.Split(sql, " ;; ") {
			fmt.Fprintln(&b, answerOf(t.Context(), tx, statement))
		}
		return nil
	})
	fmt.Fprintln(&b, err)
	if err := confined.Close(); err != nil {
		t.Fatal(err)
	}
	if after := theirs(t, path); after != before {
		t.Errorf("%s\nchanges what is not the plugin's from\n%s\nto\n%s", sql, before, after)
	}
	if err := run(t.Context(), conn, "INSERT INTO other_t VALUES (2)"); err != nil {
		t.Errorf("%s\nleaves a connection that does not work: %v", sql, err)
	}
	if strings.Contains(b.String(), "of 1s") {
		return "it took too long"
	}
	return b.String()
}

// answerOf is the rows of a statement, or its error.
func answerOf(ctx context.Context, tx host.Tx, sql string) string {
	rows, err := tx.Query(ctx, host.Statement{SQL: sql})
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var b strings.Builder
	fmt.Fprintln(&b, rows.Columns())
	for range 1000 {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b.String() + err.Error()
		}
		fmt.Fprintln(&b, row)
	}
	return b.String()
}
