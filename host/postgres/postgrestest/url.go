package postgrestest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Variable is the environment variable that names the server for tests: the
// URL of a database on it, as a role that may create databases.
const Variable = "SANDPIPER_TEST_POSTGRES"

// shared is the server of this test process.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// URL makes an empty database and returns its URL. The database is dropped
// when the test ends. Without a server the test fails.
func URL(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() {
		if url := os.Getenv(Variable); url != "" {
			shared.server, shared.err = Use(url)
			return
		}
		shared.server, shared.err = Start(Options{})
	})
	if shared.err != nil {
		t.Fatalf("no PostgreSQL server for the tests: %v", shared.err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name, url, err := shared.server.CreateDatabase(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := shared.server.DropDatabase(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return url
}

// Main runs a package's tests, stops the server that URL started, and exits.
func Main(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}
