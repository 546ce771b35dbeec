package host_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Two runners at one backfill visit each row once, and do not take turns: each of
// them would begin its guest anew for every chunk.
func TestBackfillByTwo(t *testing.T) {
	defer host.SetStandstill(time.Second, 10*time.Millisecond)()
	each(t, func(t *testing.T, f *fixture) {
		first := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(120)...)
		second := &filler{f: f, doc: first.doc}
		var group sync.WaitGroup
		for _, g := range []*filler{first, second} {
			group.Go(func() {
				if err := g.upgrade(host.Config{}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		first.wantVisited(120)
		if runs := first.runs + second.runs; runs > 30 {
			t.Errorf("%d runs of guests for 30 chunks", runs)
		}
	})
}

// A runner that watches another one goes on where that one has died.
func TestBackfillIsTakenOver(t *testing.T) {
	defer host.SetStandstill(300*time.Millisecond, 10*time.Millisecond)()
	each(t, func(t *testing.T, f *fixture) {
		dying := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(40)...)
		heir := &filler{f: f, doc: dying.doc}
		ctx, kill := context.WithCancel(t.Context())
		watched := make(chan struct{})
		var once sync.Once
		var group sync.WaitGroup
		moved := 0
		cfg := host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventWaiting && strings.Contains(e.Text, `another runner is at work on backfill "fill"`) {
				once.Do(func() { close(watched) })
			}
		}}
		heir.between = func(chunk int) error {
			if chunk > 0 || moved > 0 {
				return nil
			}
			moved++ // before its first chunk the other one gets in between
			group.Go(func() {
				_, err := dying.runnerOn(f.open(), host.Config{OnEvent: func(e host.Event) {
					if e.Kind == host.EventChunk && e.Done >= 8 {
						<-watched // nothing is open: it does not hold the other one up
						kill()
					}
				}}).Upgrade(ctx, "heads")
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
			for chunks := int64(0); chunks == 0; time.Sleep(time.Millisecond) {
				err := f.query("SELECT coalesce(max(chunks), 0) FROM sandpiper_progress", func(row []abi.Value) { chunks = row[0].Int })
				if err != nil && !errors.Is(err, host.ErrLocked) { // the other one is in a transaction
					return err
				}
			}
			return nil
		}
		if err := heir.upgrade(cfg); err != nil {
			t.Fatal(err)
		}
		group.Wait()
		kill()
		heir.wantVisited(40)
		if heir.runs < 2 {
			t.Errorf("%d runs: it did not meet the other one", heir.runs)
		}
	})
}

// A runner that has waited for another one's backfill for as long as it may says that
// nothing failed, and where the other one stands.
func TestBackfillIsWaitedFor(t *testing.T) {
	defer host.SetStandstill(time.Hour, 10*time.Millisecond)()
	each(t, func(t *testing.T, f *fixture) {
		waiting := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(12)...)
		working := &filler{f: f, doc: waiting.doc}
		atWork, given := make(chan struct{}), make(chan struct{})
		var once sync.Once
		var group sync.WaitGroup
		waiting.between = func(int) error {
			group.Go(func() { // before the first chunk the other one gets in between
				err := working.upgrade(host.Config{OnEvent: func(e host.Event) {
					if e.Kind == host.EventChunk {
						once.Do(func() { close(atWork) })
						<-given
					}
				}})
				if err != nil {
					t.Error(err)
				}
			})
			<-atWork
			return nil
		}
		err := waiting.upgrade(host.Config{LockWait: time.Millisecond})
		close(given)
		group.Wait()
		var stopped *host.RunError
		if !errors.As(err, &stopped) || !errors.Is(err, host.ErrLocked) {
			t.Fatalf("got %v, want that it gave up waiting", err)
		}
		for got, want := range map[string]string{
			stopped.Err.Error(): `waited 1ms: another runner is at work on backfill "fill", and stands at 4 rows`,
			stopped.State:       `at ` + rev1 + `, with backfill "fill" standing at 4 of 12 rows; nothing is lost`,
			stopped.Next:        "wait until it is done, or raise --lock-wait, and run `sandpiper upgrade` again",
			stopped.Source:      "",
		} {
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		working.wantVisited(12)
	})
}

// Rows that another transaction holds are visited last, and once.
func TestBackfillSkipsLocked(t *testing.T) {
	f := onPostgres(t)
	for _, statement := range []string{"", "UPDATE t SET done = done + 1 WHERE ${chunk}"} {
		f.fresher()
		g := f.toFill(abi.Backfill{Table: "t", Lock: abi.LockSkip, Batch: 4, MaxBatch: 4}, numbered(18)...)
		other := f.hold("UPDATE t SET x = -1 WHERE id IN (3, 4, 7, 17, 18)")
		var order []int64
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			order = append(order, row[0].Int)
			return g.note(ctx, calls, row)
		}
		rows := int64(0)
		cfg := unhurried(host.Config{LockTimeoutRetries: -1, OnEvent: func(e host.Event) {
			if e.Kind == host.EventChunk {
				if rows += e.Rows; rows == 13 && e.Done == 13 {
					if p := f.progress(); len(p.Migrations) != 1 || p.Migrations[0].Backfills[0].Skipped != 3 {
						t.Errorf("three rows wait, and it is told of %+v", p.Migrations)
					}
					if err := other(); err != nil {
						t.Error(err)
					}
				}
			}
		}})
		if statement == "" {
			if err := g.upgrade(cfg); err != nil {
				t.Fatal(err)
			}
			g.wantVisited(18)
			if n := len(order); n != 18 || order[2] != 5 || order[15] != 3 || order[17] != 7 {
				t.Errorf("visited in the order of %v", order)
			}
		} else {
			doc := g.doc
			doc.Statement = statement
			r, err := host.NewRunner(f.files, f.open(), scripted(func(ctx context.Context, calls host.Calls) error {
				n, err := calls.BackfillRun(ctx, &doc)
				if err == nil && n != 18 {
					t.Errorf("%d rows affected", n)
				}
				return err
			}), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
				t.Fatal(err)
			}
			f.wantCount(18, "SELECT count(*) FROM t WHERE done = 1")
		}
		if rows != 18 {
			t.Errorf("%d rows in chunks", rows)
		}
		f.wantCount(5, "SELECT count(*) FROM t WHERE x = -1")
	}
}

// A row that another transaction holds is waited for, and where that takes too long
// the chunk is tried again with fewer rows.
func TestBackfillWaitsForLocked(t *testing.T) {
	f := onPostgres(t)
	g := f.toFill(abi.Backfill{Table: "t", Batch: 8, MaxBatch: 8}, numbered(20)...)
	release := f.hold("UPDATE t SET x = -1 WHERE id = 13")
	retried := 0
	db, err := postgres.Open(f.url, postgres.LockTimeout(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	r := g.runnerOn(db, host.Config{OnEvent: func(e host.Event) {
		if e.Kind == host.EventRetrying {
			if retried++; retried == 2 {
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		}
	}})
	if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
		t.Fatal(err)
	}
	g.wantVisited(20)
	if retried != 2 || g.runs != 3 || g.sizes[0] != 8 || g.sizes[len(g.sizes)-1] > 8 {
		t.Errorf("%d retries, %d runs, chunks of %v", retried, g.runs, g.sizes)
	}
}

// A disk that is full ends the backfill at its last checkpoint.
func TestBackfillOnAFullDisk(t *testing.T) {
	f := onSQLite(t)
	g := f.toFill(abi.Backfill{Table: "t", Batch: 10, MaxBatch: 10}, numbered(100)...)
	g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
		if g.runs == 1 {
			if _, err := calls.Exec(ctx, "INSERT INTO visits VALUES (zeroblob(20000))", nil, false); err != nil {
				return err
			}
		}
		return g.note(ctx, calls, row)
	}
	db, err := sqlite.Open(f.url, sqlite.WithFunctions(func(c *sqlite3.Conn) error { return c.Exec("PRAGMA max_page_count = 200") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.runnerOn(db, host.Config{}).Upgrade(t.Context(), "heads")
	var failed *host.RunError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "full") || !strings.Contains(failed.State, "of 100 rows") {
		t.Fatalf("got %v, state %q", err, failed.State)
	}
	whole := f.count("SELECT count(*) FROM t WHERE done = 1")
	if whole == 0 || whole%10 != 0 {
		t.Errorf("%d rows were visited, want whole chunks", whole)
	}
	if err := f.meanwhile("DELETE FROM visits WHERE typeof(k) = 'blob'"); err != nil {
		t.Fatal(err)
	}
	if err := g.upgrade(host.Config{}); err != nil {
		t.Fatal(err)
	}
	g.wantVisited(100)
}

// A between runs something between two statements of a chunk.
type between struct {
	host.Database
	before func(host.Statement)
}

func (b between) Connect(ctx context.Context) (host.Conn, error) {
	conn, err := b.Database.Connect(ctx)
	return betweenConn{conn, b}, err
}

type betweenConn struct {
	host.Conn
	b between
}

func (c betweenConn) Begin(ctx context.Context, f host.Fence) (host.Tx, error) {
	tx, err := c.Conn.Begin(ctx, f)
	return betweenTx{tx, c.b}, err
}

type betweenTx struct {
	host.Tx
	b between
}

func (t betweenTx) Query(ctx context.Context, s host.Statement) (host.Rows, error) {
	t.b.before(s)
	return t.Tx.Query(ctx, s)
}

// A row that is committed and locked again between the look for a chunk's bound and that
// for its rows is visited with those that were skipped.
func TestBackfillSkipsNewRows(t *testing.T) {
	f := onPostgres(t)
	for _, statement := range []string{"", "UPDATE t SET done = done + 1 WHERE ${chunk}"} {
		g := f.fresher().toFill(abi.Backfill{Table: "t", Lock: abi.LockSkip, Batch: 4, MaxBatch: 4, Statement: statement},
			append(numbered(8), "UPDATE t SET id = -10 * id", "UPDATE t SET id = -id")...)
		var release func() error
		db := between{f.open(), func(s host.Statement) {
			if s.Lock == abi.LockSkip && release == nil {
				if err := f.hold("INSERT INTO t (id, x) VALUES (25, 0)")(); err != nil {
					t.Error(err)
				}
				release = f.hold("UPDATE t SET x = -1 WHERE id = 25")
			}
		}}
		r, err := host.NewRunner(f.files, db, g.guest(), unhurried(host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventChunk && e.Done == 8 {
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		}}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(9, "SELECT count(*) FROM t WHERE done = 1")
	}
}

// A runner that stood still while others went back and began the same migration again
// commits nothing, although as much is recorded as it has left.
func TestBackfillIsBegunAgain(t *testing.T) {
	defer host.SetStandstill(100*time.Millisecond, 10*time.Millisecond)()
	each(t, func(t *testing.T, f *fixture) {
		stopped := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		another := &filler{f: f, doc: stopped.doc}
		runs := 0
		r := stopped.runnerOn(f.open(), host.Config{OnEvent: func(e host.Event) {
			if e.Kind != host.EventChunk || runs > 0 {
				return
			}
			runs++ // nothing is open: it could as well be stopped
			if err := another.upgrade(host.Config{}); err != nil {
				t.Error(err)
			}
			if _, err := f.runner(host.Config{}).Downgrade(t.Context(), rev1); err != nil {
				t.Error(err)
			}
			if err := f.meanwhile("UPDATE t SET done = 0, x = 0"); err != nil {
				t.Error(err)
			}
			if err := f.meanwhile("DELETE FROM visits"); err != nil {
				t.Error(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := (&filler{f: f, doc: stopped.doc}).runnerOn(f.open(), host.Config{OnEvent: func(e host.Event) {
				if e.Kind == host.EventChunk {
					cancel()
				}
			}}).Upgrade(ctx, "heads")
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}})
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		stopped.wantVisited(15)
		if stopped.runs != 2 {
			t.Errorf("%d runs: it has not seen that the migration was begun again", stopped.runs)
		}
	})
}
