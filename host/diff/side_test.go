package diff_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// A place makes empty schemas of one dialect.
type place struct {
	dialect chain.Dialect
	url     string // PostgreSQL: of a database
	schemas int
	apart   bool // each schema is in a database of its own
}

func places(t *testing.T, test func(t *testing.T, p *place)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, &place{dialect: chain.SQLite})
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		test(t, &place{dialect: chain.PostgreSQL, url: postgrestest.URL(t)})
	})
}

// A scratch is a schema to make something in.
type scratch struct {
	dialect chain.Dialect
	conn    host.Conn
	db      *sql.DB
	read    []host.Object // as of the last change
}

// empty makes an empty schema: a database in memory, or a schema of the
// database, which is faster than a database.
func (p *place) empty(t *testing.T) *scratch {
	t.Helper()
	s := &scratch{dialect: p.dialect}
	var db host.Database
	var err error
	if p.dialect == chain.SQLite {
		if db, err = sqlite.Open(sqlite.Memory); err == nil {
			s.db, err = sqlite.SQL(db)
		}
	} else {
		p.schemas++
		name, in := fmt.Sprintf("s%d", p.schemas), p.url
		if p.apart {
			name, in = "public", postgrestest.URL(t)
		}
		u, e := url.Parse(in)
		if e != nil {
			t.Fatal(e)
		}
		query := u.Query()
		query.Set("search_path", name)
		u.RawQuery = query.Encode()
		if db, err = postgres.Open(u.String()); err == nil {
			s.db, err = sql.Open("pgx", u.String())
		}
		if err == nil {
			_, err = s.db.Exec("CREATE SCHEMA IF NOT EXISTS " + name)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.conn, err = db.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.conn.Close(), s.db.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run runs statements of SQL.
func (s *scratch) run(t *testing.T, sql string) *scratch {
	t.Helper()
	s.read = nil
	list, err := chain.Split(s.dialect, sql)
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range list {
		if _, err := s.db.Exec(stmt.SQL); err != nil {
			t.Fatalf("%v\n%s", err, stmt.SQL)
		}
	}
	return s
}

// apply runs operations as a migration does.
func (s *scratch) apply(operations ...schema.Operation) error {
	s.read = nil
	ctx := context.Background()
	var tx host.Tx
	commit := func() error {
		if tx == nil {
			return nil
		}
		err := tx.Commit(ctx)
		tx = nil
		return err
	}
	for i, op := range operations {
		q := schema.Naming{}.Fill(schema.Request{Operation: op})
		if err := q.Check(string(s.dialect)); err != nil {
			return err
		}
		if decoded, err := schema.Decode(schema.Append(nil, q)); err != nil {
			return err
		} else if string(schema.Append(nil, decoded)) != string(schema.Append(nil, q)) {
			return fmt.Errorf("%s is not what it is written as", op.Kind())
		}
		alone := q.Mode(string(s.dialect)) == schema.Committed
		if alone {
			if err := commit(); err != nil {
				return err
			}
		}
		if tx == nil {
			var err error
			if tx, err = s.conn.Begin(ctx, host.Fence{}); err != nil {
				return err
			}
		}
		batch := []host.Operation{{Request: q, Ordinal: i + 1}}
		if err := s.conn.Apply(ctx, tx, batch); err != nil {
			tx.Rollback()
			return fmt.Errorf("operation %d: %w", i+1, err)
		}
		if alone {
			if err := commit(); err != nil {
				return err
			}
		}
	}
	return commit()
}

func (s *scratch) objects(t *testing.T) []host.Object {
	t.Helper()
	if s.read == nil {
		var err error
		if s.read, err = s.conn.Objects(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s.read
}

func (s *scratch) side(t *testing.T) diff.Side {
	t.Helper()
	return diff.Side{DB: s.db, Objects: s.objects(t)}
}

// unfiltered compares everything.
func (s *scratch) unfiltered() diff.Options {
	return diff.Options{Dialect: s.dialect, Filters: []diff.Filter{}}
}

func compare(t *testing.T, from, to *scratch, opts diff.Options) *diff.Result {
	t.Helper()
	result, err := diff.Compare(t.Context(), from.side(t), to.side(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// become makes a schema of another one, by what Compare says, and checks that
// nothing differs afterwards.
func become(t *testing.T, from, to *scratch, opts diff.Options) *diff.Result {
	t.Helper()
	result := compare(t, from, to, opts)
	for _, u := range result.Unwritten {
		t.Errorf("not written: %s: %s", u.Change.Text, u.Reason)
	}
	if err := from.apply(result.Operations...); err != nil {
		t.Fatalf("%v\n%s", err, listed(result))
	}
	same(t, from, to, result)
	return result
}

// same checks that two schemas are the same to their users, and to Compare.
func same(t *testing.T, a, b *scratch, after *diff.Result) {
	t.Helper()
	for _, d := range host.CompareObjects(a.objects(t), b.objects(t)) {
		t.Errorf("%s %s on %q is in %s:\nhad %s\nhas %s", d.Kind, d.Name, d.Table, d.In, strings.Join(d.Had, "\n    "), strings.Join(d.Has, "\n    "))
	}
	again := compare(t, a, b, a.unfiltered())
	if len(again.Operations)+len(again.Unwritten) > 0 {
		t.Errorf("a second comparison finds:\n%s", listed(again))
	}
	if t.Failed() {
		t.Fatalf("after:\n%s", listed(after))
	}
}

func listed(r *diff.Result) string {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%s %s\n", c.Action, c.Text)
	}
	for _, u := range r.Unwritten {
		fmt.Fprintf(&b, "unwritten %s: %s\n", u.Change.Text, u.Reason)
	}
	for _, h := range r.Hidden {
		fmt.Fprintf(&b, "hidden by %s %s\n", h.Filter, h.Change.Text)
	}
	for _, op := range r.Operations {
		fmt.Fprintf(&b, "  %s\n", schema.Append(nil, schema.Request{Operation: op}))
	}
	return b.String()
}
