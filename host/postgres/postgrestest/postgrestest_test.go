package postgrestest_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// child makes this test's process one that starts a server and waits to be
// killed.
const child = "SANDPIPER_TEST_POSTGRES_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		s, err := postgrestest.Start(postgrestest.Options{})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.URL())
		select {}
	}
	postgrestest.Main(m)
}

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

func TestStop(t *testing.T) {
	s, err := postgrestest.Start(postgrestest.Options{Fsync: true, Settings: map[string]string{"work_mem": "1MB"}})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgconn.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) // a connection that is open does not keep it from stopping
	for name, want := range map[string]string{"fsync": "on", "work_mem": "1MB"} {
		r := conn.ExecParams(t.Context(), "SELECT current_setting($1)", [][]byte{[]byte(name)}, nil, nil, nil).Read()
		if r.Err != nil || string(r.Rows[0][0]) != want {
			t.Errorf("%s is %s (%v), want %s", name, r.Rows, r.Err, want)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgconn.Connect(t.Context(), s.URL()); err == nil {
		t.Error("the server still answers after Stop")
	}
}
