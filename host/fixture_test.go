package host_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// A fixture is a fresh database and a folder of migrations for it.
type fixture struct {
	t       *testing.T
	dialect chain.Dialect
	url     string
	db      host.Database // the scratch database; nil: the one at url
	files   fstest.MapFS
	last    string
}

// each runs a test on a fresh database of each dialect.
func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Run("sqlite", func(t *testing.T) { test(t, onSQLite(t)) })
	t.Run("postgresql", func(t *testing.T) { test(t, onPostgres(t)) })
}

// onSQLite is a fresh database for what PostgreSQL has nothing of.
func onSQLite(t *testing.T) *fixture {
	return &fixture{t: t, dialect: chain.SQLite, url: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), files: fstest.MapFS{}}
}

// onPostgres is a fresh database for what SQLite has nothing of.
func onPostgres(t *testing.T) *fixture {
	return &fixture{t: t, dialect: chain.PostgreSQL, url: postgrestest.URL(t), files: fstest.MapFS{}}
}

func (f *fixture) open() host.Database {
	f.t.Helper()
	if f.db != nil {
		return f.db
	}
	open := func(url string) (host.Database, error) { return sqlite.Open(url) }
	if f.dialect == chain.PostgreSQL {
		open = func(url string) (host.Database, error) { return postgres.Open(url) }
	}
	db, err := open(f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	return db
}

// write makes the file of a revision that follows the one written before it.
func (f *fixture) write(id, sql string) {
	f.put(id, f.last, sql)
	f.last = id
}

func (f *fixture) path(id string) string {
	return fmt.Sprintf("versions/%s/2026_01_01_000000_%s_m.sql", f.dialect, id)
}

func (f *fixture) put(id, parent, sql string) {
	text := fmt.Sprintf("-- Revision ID: %s\n-- Revises: %s\n\n%s", id, parent, strings.TrimLeft(sql, "\n"))
	f.files[f.path(id)] = &fstest.MapFile{Data: []byte(text)}
}

// box is shared: a sandbox serves any number of runners.
var box = sync.OnceValues(func() (*sandbox.Sandbox, error) { return sandbox.New(sandbox.Options{}) })

func (f *fixture) runner(cfg host.Config) *host.Runner { return f.runnerOn(f.open(), cfg) }

func (f *fixture) runnerOn(db host.Database, cfg host.Config) *host.Runner {
	f.t.Helper()
	b, err := box()
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := host.NewRunner(f.files, db, b, unhurried(cfg))
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// unhurried is a configuration whose chunks have the size that a test asks for,
// however busy the machine is.
func unhurried(cfg host.Config) host.Config {
	cfg.ChunkTime = cmp.Or(cfg.ChunkTime, time.Hour)
	return cfg
}

func (f *fixture) upgrade() host.Result {
	f.t.Helper()
	result, err := f.runner(host.Config{}).Upgrade(f.t.Context(), "heads")
	if err != nil {
		f.t.Fatalf("upgrade: %v", err)
	}
	return result
}

// begin runs do in a transaction of its own, which is rolled back unless do
// commits it.
func (f *fixture) begin(do func(tx host.Tx)) {
	f.t.Helper()
	ctx := context.Background()
	conn, err := f.open().Connect(ctx)
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	tx, err := conn.Begin(ctx, host.Fence{})
	if err != nil {
		f.t.Fatal(err)
	}
	defer tx.Rollback()
	do(tx)
}

// query runs a query and hands each row over.
func (f *fixture) query(query string, each func(row []abi.Value)) (err error) {
	f.t.Helper()
	f.begin(func(tx host.Tx) { err = queryIn(tx, query, each) })
	return err
}

func queryIn(tx host.Tx, query string, each func(row []abi.Value)) error {
	rows, err := tx.Query(context.Background(), host.Statement{SQL: query, Ordinal: 1})
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		each(row)
	}
}

// count runs a query that returns one number; -1 if the table is not there.
func (f *fixture) count(query string) (n int64) {
	f.t.Helper()
	err := f.query(query, func(row []abi.Value) { n = row[0].Int })
	var refused *host.SQLError
	if errors.As(err, &refused) {
		return -1
	} else if err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// rows runs a query that returns one text a row.
func (f *fixture) rows(query string) (texts []string) {
	f.t.Helper()
	if err := f.query(query, func(row []abi.Value) { texts = append(texts, string(row[0].Bytes)) }); err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return texts
}

func (f *fixture) wantCount(want int64, query string) {
	f.t.Helper()
	if got := f.count(query); got != want {
		f.t.Errorf("%s: got %d, want %d", query, got, want)
	}
}

func (f *fixture) wantHeads(want ...string) {
	f.t.Helper()
	status, err := f.runner(host.Config{}).Current(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	var got []string
	for _, l := range status.Lines {
		got = append(got, l.Heads...)
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("heads: got %q, want %q", got, want)
	}
}

const (
	rev1 = "000000000001"
	rev2 = "000000000002"
	rev3 = "000000000003"
)

// fresh gives a fixture an empty database of its own and no files.
func fresh(t *testing.T, f *fixture) {
	f.t, f.files, f.last = t, fstest.MapFS{}, ""
	if f.dialect == chain.PostgreSQL {
		f.url = postgrestest.URL(t)
	} else {
		f.url = "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	}
}
