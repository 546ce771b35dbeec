package host_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// retype gives the key of the table t another type, of which the table of texts has
// the collation in it.
func (f *fixture) retype(kind string) {
	f.t.Helper()
	if f.dialect == chain.PostgreSQL {
		bare, _, _ := strings.Cut(kind, " ")
		f.shell(fmt.Sprintf("ALTER TABLE t ALTER id TYPE %s USING id::%s", kind, bare))
		return
	}
	f.shell(fmt.Sprintf("CREATE TABLE u (id %s PRIMARY KEY, x INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0);"+
		"INSERT INTO u SELECT * FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t", kind))
}

// cutShort begins a backfill of 15 rows, whose keys have a type, and has it visit 8.
func (f *fixture) cutShort(kind string) *filler {
	f.t.Helper()
	g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
	if kind != "INTEGER" {
		f.retype(kind)
	}
	stop := errors.New("stop")
	g.between = func(chunk int) error {
		if chunk == 3 {
			return stop
		}
		return nil
	}
	if err := g.upgrade(host.Config{}); !errors.Is(err, stop) {
		f.t.Fatal(err)
	}
	g.between = nil
	f.wantCount(8, "SELECT count(*) FROM visits")
	return g
}

// Types and collations that order keys in another way, and what they are told as.
var reorders = map[chain.Dialect][]struct{ from, to, before, now string }{
	chain.SQLite: {
		{"INTEGER", "TEXT", "INTEGER COLLATE BINARY", "TEXT COLLATE BINARY"},
		{"TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE BINARY", "TEXT COLLATE NOCASE"},
	},
	chain.PostgreSQL: {
		{"INTEGER", "text", "smallint, integer or bigint", "text or character varying COLLATE \"default\""},
		{`text COLLATE "C"`, `text COLLATE "POSIX"`, `text or character varying COLLATE "C"`, `text or character varying COLLATE "POSIX"`},
	},
}

// A checkpoint is of no use where its key is ordered otherwise now: it is kept until the
// key is as it was, or the backfill is begun anew.
func TestBackfillInAnotherOrder(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, c := range reorders[base.dialect] {
			for _, restart := range []bool{false, true} {
				g := base.fresher().cutShort(c.from)
				base.retype(c.to)
				for _, choice := range []host.CheckpointChoice{host.CheckpointRefuse, host.CheckpointAccept} {
					err := g.upgrade(host.Config{Checkpoint: choice})
					var other *host.CheckpointError
					var failed *host.RunError
					if !errors.As(err, &failed) || !errors.As(err, &other) || other.Column != "id" || other.Before != c.before || other.Now != c.now || other.Done != 8 {
						t.Fatalf("%s to %s: got %v, want that the order is another", c.from, c.to, err)
					}
					if want := fmt.Sprintf(`in the order of column "id", which was %s when it visited 8 rows, and is %s now`, c.before, c.now); !strings.Contains(err.Error(), want) {
						t.Errorf("got %v, want %q", err, want)
					}
					if !strings.Contains(failed.State, "standing at 8 of 15 rows") || !strings.HasPrefix(failed.Next, "have the column as it was") {
						t.Errorf("the state is %q, next is %q", failed.State, failed.Next)
					}
				}
				base.wantCount(8, "SELECT count(*) FROM visits")
				if restart {
					if err := g.upgrade(host.Config{Checkpoint: host.CheckpointRestart}); err != nil {
						t.Fatal(err)
					}
					base.wantCount(23, "SELECT count(*) FROM visits")
					base.wantCount(15, "SELECT count(*) FROM t WHERE done > 0")
					continue
				}
				base.retype(c.from)
				if err := g.upgrade(host.Config{}); err != nil {
					t.Fatal(err)
				}
				g.wantVisited(15)
			}
		}
	})
}

// A collation of another version, as after an update of the server's libraries, is another
// order.
func TestBackfillInACollationOfAnotherVersion(t *testing.T) {
	f := onPostgres(t)
	g := f.cutShort(`text COLLATE "und-x-icu"`)
	f.shell("UPDATE sandpiper_progress SET checkpoint = convert_to(regexp_replace(convert_from(checkpoint, 'UTF8'), 'of version [0-9.]+', 'of version 1.2'), 'UTF8') WHERE kind = 'backfill'")
	err := g.upgrade(host.Config{})
	var other *host.CheckpointError
	if !errors.As(err, &other) || other.Column != "id" || other.Done != 8 || other.Before != `text or character varying COLLATE "und-x-icu" of version 1.2` ||
		!strings.HasPrefix(other.Now, `text or character varying COLLATE "und-x-icu" of version `) {
		t.Fatalf("got %v, want that the order is another", err)
	}
	if err := g.upgrade(host.Config{Checkpoint: host.CheckpointRestart}); err != nil {
		t.Fatal(err)
	}
	f.wantCount(23, "SELECT count(*) FROM visits")
}

// What is changed between two chunks of a run is found as well.
func TestBackfillInAnotherOrderMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if g.chunks > 1 {
				t.Error("a chunk was begun in another order")
			}
			return g.note(ctx, calls, row)
		}
		err := g.upgrade(host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventChunk {
				f.retype("TEXT")
			}
		}})
		var other *host.CheckpointError
		if !errors.As(err, &other) || other.Column != "id" || other.Done != 4 {
			t.Errorf("got %v, want that the order is another", err)
		}
	})
}

// A type of the same order changes nothing.
func TestBackfillInTheSameOrder(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.cutShort("INTEGER")
		f.retype("BIGINT")
		if err := g.upgrade(host.Config{}); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(15)
	})
}

// A checkpoint that tells of no order is taken as it is.
func TestBackfillOfUnknownOrder(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		c := reorders[f.dialect][1]
		g := f.cutShort(c.from)
		var kept map[string]any
		const where = " FROM sandpiper_progress WHERE kind = 'backfill'"
		if err := f.query("SELECT checkpoint"+where, func(row []abi.Value) {
			if err := json.Unmarshal(row[0].Bytes, &kept); err != nil {
				t.Fatal(err)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if kept["Order"] == nil {
			t.Fatalf("the checkpoint is %v", kept)
		}
		delete(kept, "Order")
		text, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		literal := fmt.Sprintf("x'%x'", text)
		if f.dialect == chain.PostgreSQL {
			literal = fmt.Sprintf(`'\x%x'`, text)
		}
		f.shell("UPDATE sandpiper_progress SET checkpoint = " + literal + " WHERE kind = 'backfill'")
		f.retype(c.to)
		if err := g.upgrade(host.Config{}); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(15)
	})
}

// An operator who asks for it has all rows visited again, whatever version has begun,
// and once: a run that is held up goes on from its own checkpoint.
func TestBackfillRestarts(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.cutShort("INTEGER")
		runs := g.runs
		g.between = func(chunk int) error {
			if g.runs == runs+1 && chunk == 2 {
				return host.ErrLockTimeout
			}
			return nil
		}
		if err := g.upgrade(host.Config{Checkpoint: host.CheckpointRestart}); err != nil {
			t.Fatal(err)
		}
		if g.runs != runs+2 {
			t.Errorf("%d runs, want one that is held up and another", g.runs-runs)
		}
		f.wantCount(23, "SELECT count(*) FROM visits")
		f.wantCount(8, "SELECT count(*) FROM t WHERE done = 2 AND id <= 8")
		f.wantCount(7, "SELECT count(*) FROM t WHERE done = 1")
		f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
	})
}

// Rows that row security may hide are not left out without a word.
func TestBackfillUnderRowSecurity(t *testing.T) {
	admin := onPostgres(t)
	role := "owner_" + strings.ToLower(rand.Text())
	admin.shell("CREATE ROLE " + role + " LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO " + role)
	defer admin.shell("DROP OWNED BY " + role + "; DROP ROLE " + role)
	u, err := url.Parse(admin.url)
	if err != nil {
		t.Fatal(err)
	}
	owner := *admin
	u.User = url.UserPassword(role, "x")
	owner.url = u.String()
	g := owner.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
	refused := func(rows int64, cfg host.Config) {
		t.Helper()
		err := g.upgrade(cfg)
		if err == nil || !strings.Contains(err.Error(), `backfill "fill" may not see all rows of table "t"`) ||
			!strings.Contains(err.Error(), "ALTER ROLE "+`"`+role+`" BYPASSRLS`) || !strings.Contains(err.Error(), "NO FORCE ROW LEVEL SECURITY") {
			t.Errorf("got %v, want that rows may be hidden", err)
		}
		admin.wantCount(rows, "SELECT count(*) FROM visits")
	}
	admin.shell("CREATE POLICY few ON t USING (id <= 6); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY")
	refused(0, host.Config{})
	admin.shell("ALTER TABLE t NO FORCE ROW LEVEL SECURITY")
	refused(4, host.Config{OnEvent: func(e host.Event) {
		if e.Kind == host.EventChunk {
			admin.shell("ALTER TABLE t FORCE ROW LEVEL SECURITY")
		}
	}})
	refused(4, host.Config{})
	admin.shell("ALTER ROLE " + role + " BYPASSRLS")
	if err := g.upgrade(host.Config{}); err != nil {
		t.Fatal(err)
	}
	admin.wantCount(15, "SELECT count(*) FROM t WHERE done = 1")
}

// Nor are those of a query, which the server looks at itself: one table of several is
// enough.
func TestQueryBackfillUnderRowSecurity(t *testing.T) {
	admin := onPostgres(t)
	role := "reader_" + strings.ToLower(rand.Text())
	admin.shell("CREATE ROLE " + role + " LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO " + role)
	defer admin.shell("DROP OWNED BY " + role + "; DROP ROLE " + role)
	u, err := url.Parse(admin.url)
	if err != nil {
		t.Fatal(err)
	}
	reader := *admin
	u.User = url.UserPassword(role, "x")
	reader.url = u.String()
	g := reader.toFill(abi.Backfill{Query: "SELECT t.id, t.x FROM t JOIN other ON t.id = other.n", Key: []string{"id"}, Batch: 4, MaxBatch: 4},
		append(numbered(15), "CREATE TABLE other (n INTEGER)", "INSERT INTO other SELECT id FROM t")...)
	setting := func(ctx context.Context, calls host.Calls) error {
		n, err := calls.Exec(ctx, "UPDATE other SET n = n WHERE current_setting('row_security') = 'on'", nil, false)
		if err == nil && n == 0 {
			err = errors.New("what the migration sends is refused under row security as well")
		}
		return err
	}
	g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
		return errors.Join(setting(ctx, calls), g.note(ctx, calls, row))
	}
	refused := func(rows int64, cfg host.Config) {
		t.Helper()
		err := g.upgrade(cfg)
		if err == nil || !strings.Contains(err.Error(), `backfill "fill" may not see all rows of the tables that its query reads, and would leave some out: `) ||
			!strings.Contains(err.Error(), `row-level security policy for table "other"`) || !strings.Contains(err.Error(), "ALTER ROLE "+`"`+role+`" BYPASSRLS`) {
			t.Errorf("got %v, want that rows may be hidden", err)
		}
		admin.wantCount(rows, "SELECT count(*) FROM visits")
	}
	admin.shell("CREATE POLICY few ON other USING (n <= 6); ALTER TABLE other ENABLE ROW LEVEL SECURITY; ALTER TABLE other FORCE ROW LEVEL SECURITY")
	refused(0, host.Config{})
	admin.shell("ALTER TABLE other NO FORCE ROW LEVEL SECURITY")
	refused(4, host.Config{OnEvent: func(e host.Event) {
		if e.Kind == host.EventChunk {
			admin.shell("ALTER TABLE other FORCE ROW LEVEL SECURITY")
		}
	}})
	admin.shell("ALTER TABLE other NO FORCE ROW LEVEL SECURITY")
	if err := g.upgrade(host.Config{}); err != nil {
		t.Fatal(err)
	}
	admin.wantCount(15, "SELECT count(*) FROM t WHERE done = 1")
}

// The role of a plugin is held to it as well.
func TestPluginBackfillUnderRowSecurity(t *testing.T) {
	base := onPostgres(t)
	for _, c := range []struct {
		doc  abi.Backfill
		want [2]string
	}{
		{abi.Backfill{Table: "secret"}, [2]string{`may not see all rows of table "secret"`, `ALTER TABLE "secret" DISABLE ROW LEVEL SECURITY`}},
		{abi.Backfill{Query: "SELECT id FROM secret", Key: []string{"id"}}, [2]string{`row-level security policy for table "secret"`, "ALTER TABLE … DISABLE ROW LEVEL SECURITY"}},
	} {
		f := base.fresher()
		f.write(rev1, strings.Join(append(visited("secret", 200), "ALTER TABLE secret ENABLE ROW LEVEL SECURITY"), ";\n")+";\n")
		c.doc.Statement = "UPDATE secret SET n = n + 1 WHERE ${chunk}"
		fill := pluginRevision{dependsOn: []string{"main@" + rev1}, up: []string{fillDocument(c.doc)}}
		r := f.pluginRunner(host.Config{}, f.acme(uses([]string{"id", "n"}, "select", "update"), fill))
		_, err := r.Upgrade(t.Context(), "heads")
		if err == nil || !strings.Contains(err.Error(), c.want[0]) || !strings.Contains(err.Error(), c.want[1]) {
			t.Fatalf("got %v, want that rows may be hidden", err)
		}
		f.shell("ALTER TABLE secret DISABLE ROW LEVEL SECURITY")
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(200, "SELECT count(*) FROM secret WHERE n = 1")
	}
}

// A run that goes on looks whether what was the key still is one: it stays at its
// checkpoint until it is, or visits all rows anew by another.
func TestBackfillHasLostItsKey(t *testing.T) {
	each(t, func(t *testing.T, base *fixture) {
		for _, restart := range []bool{false, true} {
			g := base.fresher().toFill(abi.Backfill{Table: "t", Key: []string{"x"}, Columns: []string{"id"}, Batch: 4, MaxBatch: 4},
				append(numbered(15), "CREATE UNIQUE INDEX t_x ON t (x)")...)
			stop := errors.New("stop")
			g.between = func(chunk int) error {
				if g.runs == 1 && chunk == 3 {
					return stop
				}
				return nil
			}
			if err := g.upgrade(host.Config{}); !errors.Is(err, stop) {
				t.Fatal(err)
			}
			base.shell("DROP INDEX t_x")
			err := g.upgrade(host.Config{})
			var other *host.CheckpointError
			var failed *host.RunError
			if !errors.As(err, &failed) || !errors.As(err, &other) || len(other.Unkeyed) != 1 || other.Done != 8 ||
				!strings.Contains(err.Error(), "in the order of (x), which was a key of its table when it began, and is none now that it has visited 8 rows") {
				t.Fatalf("got %v, want that x is no key any more", err)
			}
			if !strings.Contains(failed.State, "standing at 8 of 15 rows") || !strings.HasPrefix(failed.Next, "make the key again and run") {
				t.Errorf("the state is %q, next is %q", failed.State, failed.Next)
			}
			base.wantCount(8, "SELECT count(*) FROM visits")
			if restart {
				g.doc.Key, g.doc.Columns = nil, []string{"x"}
				if err := g.upgrade(host.Config{Checkpoint: host.CheckpointRestart}); err != nil {
					t.Fatal(err)
				}
				base.wantCount(23, "SELECT count(*) FROM visits")
				continue
			}
			base.shell("CREATE UNIQUE INDEX t_x ON t (x)")
			if err := g.upgrade(host.Config{}); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(15)
		}
	})
}

// A column of the key that may hold NULL since the run before leaves no row out silently.
func TestBackfillKeyComesToBeNull(t *testing.T) {
	f := onPostgres(t)
	g := f.toFill(abi.Backfill{Table: "t", Key: []string{"x"}, Columns: []string{"id"}, Batch: 4, MaxBatch: 4},
		append(numbered(15), "CREATE UNIQUE INDEX t_x ON t (x)")...)
	stop := errors.New("stop")
	g.between = func(chunk int) error {
		if g.runs == 1 && chunk == 3 {
			return stop
		}
		return nil
	}
	if err := g.upgrade(host.Config{}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	f.shell("ALTER TABLE t ALTER x DROP NOT NULL; UPDATE t SET x = NULL WHERE id = 10")
	if err := g.upgrade(host.Config{}); err == nil || !strings.Contains(err.Error(), "has not visited the rows with NULL in x") {
		t.Errorf("got %v, want that a row was left out", err)
	}
}
