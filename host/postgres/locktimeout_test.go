package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

var addB = &schema.AddColumn{Table: "t", Column: of("b", schema.BaseText)}

// lock_timeout is that of its operation alone: what it was before, whoever set
// it, holds again after, and nothing of it outlives the migration.
func TestLockTimeoutOfAnOperation(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a int)", "CREATE TABLE seen (n serial, at text)")
	w.conn = connect(t, w.url, postgres.LockTimeout(7*time.Second))
	note := func() schema.Request {
		return schema.Request{Operation: &schema.Execute{SQL: schema.Expr("INSERT INTO seen (at) VALUES (current_setting('lock_timeout'))")}}
	}
	with := note()
	with.LockTimeout = 1500
	batch := schema.Request{LockTimeout: 250, Operation: &schema.Batch{Table: "t", Operations: []schema.Request{{Operation: addB}}}}
	if err := w.request(note(), with, batch, note(),
		schema.Request{Operation: &schema.Execute{SQL: schema.Expr("SET LOCAL lock_timeout = '3s'")}}, with, note()); err != nil {
		t.Fatal(err)
	}
	w.want("SELECT string_agg(at, ' ' ORDER BY n) FROM seen", "7s 1500ms 7s 1500ms 3s")
	w.want(columnsOf("t"), "a integer\nb text")
}

func TestLockTimeoutOfAnOperationIsTheEngines(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (NULL)")
	w.other("BEGIN; LOCK TABLE t")
	for _, op := range []schema.Operation{
		addB, &schema.DropColumn{Table: "t", Name: "a"}, &schema.AlterColumn{Table: "t", Name: "a", NotNull: ptr(true)},
		&schema.AlterColumn{Table: "t", Name: "a", Type: schema.TypeOf(schema.BaseBigint)},
	} {
		err := w.request(schema.Request{Operation: op, LockTimeout: 20})
		if !errors.Is(err, host.ErrLockTimeout) {
			t.Errorf("%s: got %v, want a lock timeout", op.Kind(), err)
		}
		w.refused(err, 1, "55P03")
	}
	w.other("ROLLBACK")
}

// operator is a sandbox whose guests apply operations.
type operator []schema.Request

func (o operator) Load(context.Context, []byte, host.GuestLimits) (host.Guest, error) { return o, nil }
func (o operator) Close() error                                                       { return nil }
func (o operator) Run(ctx context.Context, _ host.GuestRun, calls host.Calls) (host.GuestUsage, error) {
	for _, q := range o {
		if err := calls.Schema(ctx, q); err != nil {
			return host.GuestUsage{}, err
		}
	}
	return host.GuestUsage{}, nil
}

// runner has one revision, which applies the operations.
func (o operator) runner(t *testing.T, url string, cfg host.Config) *host.Runner {
	t.Helper()
	files := fstest.MapFS{"versions/postgresql/2026_01_01_000000_aaaaaaaaaaaa_m.sql": {Data: []byte("-- Revision ID: aaaaaaaaaaaa\n-- Revises:\n\nSELECT 1;\n")}}
	runner, err := host.NewRunner(files, open(t, url), o, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return runner
}

// An ALTER TABLE that waits for a lock stands in the way of everybody who comes
// after it. With a timeout it steps aside, and comes back.
func TestOperationIsRetriedAfterLockTimeout(t *testing.T) {
	url := postgrestest.URL(t)
	reader, others := psql(t, url), psql(t, url)
	reader("CREATE TABLE t (a int)")
	reader("BEGIN; SELECT count(*) FROM t")
	retries := 0
	var sent []string
	cfg := host.Config{Statements: true, OnEvent: func(e host.Event) {
		switch e.Kind {
		case host.EventStatement:
			sent = append(sent, e.Text)
		case host.EventRetrying:
			if retries++; retries == 3 {
				reader("COMMIT")
			}
			others("SET lock_timeout = '10s'; SELECT count(*) FROM t")
			if n := others("SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n != "0" {
				t.Errorf("%s sessions wait for locks while the runner pauses", n)
			}
		}
	}}
	runner := operator{{Operation: addB, LockTimeout: 30}}.runner(t, url, cfg)
	if _, err := runner.Upgrade(t.Context(), "heads"); err != nil {
		t.Fatal(err)
	}
	if retries != 3 {
		t.Errorf("%d retries, want 3", retries)
	}
	if got := others(columnsOf("t")); got != "a integer\nb text" {
		t.Errorf("the columns are %s", got)
	}
	// Whoever watches sees what is done to the database, and not how the
	// adapter prepares for its errors.
	want := fmt.Sprint([]string{"SET LOCAL lock_timeout = '30ms'", `ALTER TABLE "t" ADD COLUMN "b" text`})
	if got := fmt.Sprint(sent[len(sent)-2:]); got != want || len(sent) != 2*(retries+1) {
		t.Errorf("%d statements were shown, the last ones %s, want %s", len(sent), got, want)
	}
}
