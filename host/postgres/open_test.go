package postgres_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

func TestOpen(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSERVICE"} {
		t.Setenv(name, "")
	}
	t.Setenv("PGUSER", "someone")
	t.Setenv("PGPASSWORD", "s3cret")
	for _, c := range []struct{ url, want string }{
		{"postgres://u:s3cret@h:5433/d", "postgres://u@h:5433/d"},
		{"postgresql://u:s3cret@h/d?password=s3cret&sslmode=disable", "postgresql://u@h/d?sslmode=disable"},
		{"postgres://h/d", "postgres://someone@h/d"},
		{"postgres://h", "postgres://someone@h/someone"},
		{"postgres:///d?host=/tmp", "postgres://someone@/d?host=%2Ftmp"},
		{"postgres://u:s3cret@[::1]/d", "postgres://u@[::1]/d"},
		{"postgres://u@h/d?search_path=a%20b%2Bc+d", "postgres://u@h/d?search_path=a%20b%2Bc%2Bd"},
	} {
		if got := open(t, c.url).String(); got != c.want {
			t.Errorf("%s is shown as %s, want %s", c.url, got, c.want)
		}
	}
	for _, c := range []struct{ name, url, want string }{
		{"another scheme", "mysql://u:s3cret@h/d", "want postgres://"},
		{"a bad escape in the password", "postgres://u:s3cret%zz@h/d", "%XX"},
		{"a slash in the password", "postgres://u:s3cret/more@h/d", "%XX"},
		{"a bad port", "postgres://u:s3cret@h:x/d", "%XX"},
		{"a bad parameter", "postgres://u:s3cret@h/d?sslmode=s3cret", "sslmode"},
		{"no URL", "host=h password=s3cret", "want postgres://"},
	} {
		db, err := postgres.Open(c.url)
		if err == nil {
			t.Errorf("%s: opened %s", c.name, db)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %q, want something about %s without the password", c.name, err, c.want)
		}
	}
}

func TestConnectErrorHidesThePassword(t *testing.T) {
	u, err := url.Parse(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("nobody_there", "s3cret")
	_, err = open(t, u.String()).Connect(t.Context())
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "nobody_there") {
		t.Errorf("got %v", err)
	}
}

func TestLedgerWithoutRights(t *testing.T) {
	u := postgrestest.URL(t)
	other := psql(t, u)
	other("CREATE ROLE sandpiper_test_poor LOGIN PASSWORD 'x'")
	defer other("DROP ROLE sandpiper_test_poor")
	other("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	poor, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	poor.User = url.UserPassword("sandpiper_test_poor", "x")
	conn := connect(t, poor.String())
	if ledger, err := conn.Ledger(t.Context()); err != nil || ledger.Exists {
		t.Errorf("Ledger: %v, %v", ledger, err)
	}
	err = conn.CreateLedger(t.Context())
	if want := `GRANT CREATE ON SCHEMA "public" TO "sandpiper_test_poor"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSearchPath(t *testing.T) {
	u := postgrestest.URL(t)
	other := psql(t, u)
	other(`CREATE SCHEMA "my ""app"`)
	conn := connect(t, u+"&search_path="+url.PathEscape(`"my ""app"`))
	if err := conn.CreateLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), conn, "aaaaaaaaaaaa", exec("CREATE TABLE t (a int)")); err != nil {
		t.Fatal(err)
	}
	if n := other(`SELECT count(*) FROM pg_tables WHERE schemaname = 'my "app'`); n != "4" {
		t.Errorf("%s tables, want the ledger's three and the migration's", n)
	}
	lost := connect(t, u+"&search_path=nowhere")
	if _, err := lost.Ledger(t.Context()); err != nil {
		t.Error(err)
	}
	if err := lost.CreateLedger(t.Context()); err == nil || !strings.Contains(err.Error(), "search_path") {
		t.Errorf("got %v, want something about search_path", err)
	}
}
