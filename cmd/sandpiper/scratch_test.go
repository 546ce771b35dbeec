package main

import (
	"bytes"
	"crypto/rand"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestScratchIsRemoved: a test that is interrupted leaves no database on the
// server, and does not tell to go on with it; one that ends leaves none either.
func TestScratchIsRemoved(t *testing.T) {
	target := postgresDatabase(t)
	// What a role of its own has left can be told from what others use.
	role := "scratch_" + strings.ToLower(rand.Text())
	if _, err := query(target, "CREATE ROLE "+role+" LOGIN CREATEDB PASSWORD 'x'"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := query(target, "DROP ROLE "+role); err != nil {
			t.Error(err)
		}
	})
	server, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	server.User = url.UserPassword(role, "x")
	databases := "SELECT count(*) FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = '" + role + "'"

	command := func(sql string) (*exec.Cmd, *bytes.Buffer) {
		dir, out := t.TempDir(), &bytes.Buffer{}
		versions := filepath.Join(dir, "versions", "postgresql")
		if err := os.MkdirAll(versions, 0o755); err != nil {
			t.Fatal(err)
		}
		text := "-- Revision ID: 000000000001\n-- Revises:\n-- +upgrade\n" + sql + ";\n-- +downgrade\nSELECT 1;\n"
		if err := os.WriteFile(filepath.Join(versions, "000000000001_m.sql"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sandpiper", "test", "--dir", dir, "--database", server.String())
		cmd.Stdout, cmd.Stderr = out, out
		return cmd, out
	}

	cmd, out := command("SELECT pg_sleep(600)")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill() // it has normally ended
	working := "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + role + "' AND query LIKE '%pg_sleep%'"
	for limit := time.Now().Add(patience); one(t, target, working) == "0"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("the migration does not run:\n%s", out)
		}
	}
	if got := one(t, target, databases); got != "1" {
		t.Errorf("%s databases are there during the test, want 1", got)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says more
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit code %d, want %d:\n%s", got, exitInterrupted, out)
	}
	if text := out.String(); !strings.Contains(text, "no other was touched") || strings.Contains(text, "sandpiper upgrade") {
		t.Errorf("the scratch database is taken for another one:\n%s", text)
	}
	if got := one(t, target, databases); got != "0" {
		t.Errorf("%s databases are left after Ctrl-C:\n%s", got, out)
	}

	cmd, out = command("CREATE TABLE a (n INTEGER)")
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != exitProblems {
		t.Errorf("got %v, want exit code %d:\n%s", err, exitProblems, out)
	}
	if got := one(t, target, databases); got != "0" {
		t.Errorf("%s databases are left after a finding:\n%s", got, out)
	}
}
