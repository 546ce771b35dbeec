package host_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A holder is another session, in a transaction that stays open until it is released.
type holder struct {
	f    *fixture
	conn *pgconn.PgConn
}

// hold runs a statement in the transaction of another session, which commits when
// release is called.
func (f *fixture) hold(sql string) (release func() error) {
	f.t.Helper()
	return f.holder(sql).release
}

func (f *fixture) holder(sql string) *holder {
	f.t.Helper()
	conn, err := pgconn.Connect(f.t.Context(), f.url)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close(context.Background()) })
	if _, err := conn.Exec(f.t.Context(), "BEGIN; "+sql).ReadAll(); err != nil {
		f.t.Fatal(err)
	}
	return &holder{f, conn}
}

// release commits the transaction.
func (h *holder) release() error {
	_, err := h.conn.Exec(context.Background(), "COMMIT").ReadAll()
	return err
}

// commit runs statements in a transaction of another session.
func (f *fixture) commit(sql string) {
	f.t.Helper()
	f.wantNoError(f.holder(sql).release())
}

// wantNoError fails the test, from any goroutine.
func (f *fixture) wantNoError(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Error(err)
	}
}

// awaited waits until somebody waits for the holder, or for done, which fails the test.
func (h *holder) awaited(done <-chan struct{}) {
	h.f.t.Helper()
	for {
		results, err := h.conn.Exec(context.Background(), "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))").ReadAll()
		if err != nil {
			h.f.t.Error(err)
			return
		}
		if len(results[0].Rows) > 0 {
			return
		}
		select {
		case <-done:
			h.f.t.Error("nobody has waited for the other session")
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// guest does the backfill of the document: with its statement, if it has one.
func (g *filler) guest() scripted {
	if g.doc.Statement == "" {
		return g.run
	}
	return func(ctx context.Context, calls host.Calls) error {
		_, err := calls.BackfillRun(ctx, &g.doc)
		return err
	}
}

// upgradeBeside upgrades, and runs something else meanwhile. It returns the rows that
// were visited.
func (g *filler) upgradeBeside(cfg host.Config, do func(done <-chan struct{})) (rows int64, err error) {
	g.f.t.Helper()
	told := cfg.OnEvent
	cfg.OnEvent = func(e host.Event) {
		if e.Kind == host.EventChunk {
			rows += e.Rows
		}
		if told != nil {
			told(e)
		}
	}
	r, err := host.NewRunner(g.f.files, g.f.open(), g.guest(), unhurried(cfg))
	if err != nil {
		g.f.t.Fatal(err)
	}
	err = g.f.upgradeBeside(r, do)
	return rows, err
}

// upgradeBeside upgrades, and runs something else meanwhile.
func (f *fixture) upgradeBeside(r *host.Runner, do func(done <-chan struct{})) (err error) {
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		defer close(done)
		_, err = r.Upgrade(f.t.Context(), "heads")
	})
	do(done)
	group.Wait()
	return err
}

// What another session has written by the time that a chunk has its rows is what the
// chunk works on: a row that fits no more is left alone.
func TestBackfillWaitsForWrites(t *testing.T) {
	f := onPostgres(t)
	const copied = "INSERT INTO visits SELECT id || '=' || x FROM t WHERE ${chunk}"
	for name, c := range map[string]struct {
		doc     abi.Backfill
		held    string
		visited int64
		want    int64 // 0
		check   string
	}{
		"a guest": {abi.Backfill{Where: "done = 0"}, "UPDATE t SET done = 100 WHERE id = 3", 7, 1,
			"SELECT count(*) FROM t WHERE done = 100"},
		"a statement": {abi.Backfill{Where: "done = 0", Statement: "UPDATE t SET done = 1 WHERE ${chunk}"}, "UPDATE t SET done = 100 WHERE id = 3", 7, 1,
			"SELECT count(*) FROM t WHERE done = 100"},
		"a composite key": {abi.Backfill{Key: []string{"x", "id"}, Where: "done = 0", Statement: "UPDATE t AS r SET done = 1 WHERE ${chunk r}"}, "UPDATE t SET done = 100 WHERE id = 3", 7, 1,
			"SELECT count(*) FROM t WHERE done = 100"},
		"a query": {abi.Backfill{Query: "SELECT t.id FROM t JOIN one ON one.id = 1 WHERE t.done = 0", Key: []string{"id"}, Lock: abi.LockRows,
			Statement: "UPDATE t SET done = 1 WHERE ${chunk}"}, "UPDATE t SET done = 100 WHERE id = 3", 7, 1,
			"SELECT count(*) FROM t WHERE done = 100"},
		"a copy": {abi.Backfill{Statement: copied}, "UPDATE t SET x = -1 WHERE id = 3", 8, 1,
			"SELECT count(*) FROM visits WHERE k = '3=-1'"},
		"a copy of what is gone": {abi.Backfill{Statement: copied}, "DELETE FROM t WHERE id = 3", 7, 0,
			"SELECT count(*) FROM visits WHERE k LIKE '3=%'"},
		"a copy of what is elsewhere": {abi.Backfill{Statement: copied}, "UPDATE t SET id = 9 WHERE id = 3", 7, 7,
			"SELECT count(*) FROM visits"},
		"a skipped row": {abi.Backfill{Where: "done = 0", Lock: abi.LockSkip, Statement: "UPDATE t SET done = 1 WHERE ${chunk}"}, "UPDATE t SET done = 100 WHERE id = 3", 7, 1,
			"SELECT count(*) FROM t WHERE done = 100"},
	} {
		c.doc.Batch, c.doc.MaxBatch = 4, 4
		if c.doc.Query == "" {
			c.doc.Table = "t"
		}
		g := f.fresher().toFill(c.doc, append(numbered(8), "CREATE UNIQUE INDEX t_x ON t (x)", "CREATE TABLE one (id INTEGER PRIMARY KEY)", "INSERT INTO one VALUES (1)")...)
		other := f.holder(c.held)
		visited, err := g.upgradeBeside(host.Config{}, func(done <-chan struct{}) {
			other.awaited(done)
			f.wantNoError(other.release())
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if visited != c.visited {
			t.Errorf("%s: %d rows visited, want %d", name, visited, c.visited)
		}
		if n := f.count(c.check); n != c.want {
			t.Errorf("%s: %s: got %d, want %d", name, c.check, n, c.want)
		}
	}
}

// Rows that come to fit while a chunk waits for others are waited for as well.
func TestBackfillWaitsForNewRows(t *testing.T) {
	f := onPostgres(t)
	g := f.toFill(abi.Backfill{Table: "t", Where: "done = 0", Batch: 8, MaxBatch: 8, Statement: "UPDATE t SET done = 1 WHERE ${chunk}"},
		append(numbered(8), "UPDATE t SET done = 7 WHERE id = 5")...)
	first := f.holder("UPDATE t SET done = 100 WHERE id = 3")
	visited, err := g.upgradeBeside(host.Config{}, func(done <-chan struct{}) {
		first.awaited(done)
		f.commit("UPDATE t SET done = 0 WHERE id = 5")
		second := f.holder("UPDATE t SET done = 200 WHERE id = 5")
		f.wantNoError(first.release())
		second.awaited(done)
		f.wantNoError(second.release())
	})
	if err != nil || visited != 6 {
		t.Errorf("%d rows visited, %v", visited, err)
	}
	f.wantCount(6, "SELECT count(*) FROM t WHERE done = 1")
	f.wantCount(2, "SELECT count(*) FROM t WHERE id = 3 AND done = 100 OR id = 5 AND done = 200")
}

// What times out before the first chunk leaves the size of that one as it was asked for.
func TestBackfillTimesOutBeforeItsFirstChunk(t *testing.T) {
	f := onPostgres(t)
	g := f.toFill(abi.Backfill{Table: "t", Batch: 8, MaxBatch: 8}, numbered(20)...)
	other := f.holder("LOCK TABLE sandpiper_progress IN SHARE MODE")
	db, err := postgres.Open(f.url, postgres.LockTimeout(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	retried := 0
	r := g.runnerOn(db, host.Config{OnEvent: func(e host.Event) {
		if e.Kind == host.EventRetrying {
			if retried++; retried == 1 {
				f.wantNoError(other.release())
			}
		}
	}})
	if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
		t.Fatal(err)
	}
	g.wantVisited(20)
	if retried == 0 || g.sizes[0] != 8 {
		t.Errorf("%d retries, chunks of %v, want 8 rows first", retried, g.sizes)
	}
}
