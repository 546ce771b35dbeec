package postgrestest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func TestEachDatabaseIsItsOwn(t *testing.T) {
	ctx := context.Background()
	for range 2 {
		conn, err := pgconn.Connect(ctx, postgrestest.URL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "CREATE TABLE t (x int)").ReadAll(); err != nil {
			t.Error(err)
		}
	}
}

func TestStopLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	if os.Geteuid() == 0 {
		// The folder of t.TempDir is root's alone, and the server is not root.
		t.Setenv("TMPDIR", "/tmp")
	}
	s, err := postgrestest.Start(postgrestest.Options{Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	url := s.URL()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgconn.Connect(context.Background(), url); err == nil {
		t.Error("the server still answers after Stop")
	}
}
