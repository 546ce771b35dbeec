package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A filler is a guest that notes each row that a backfill visits: once in the row,
// and once in the table visits.
type filler struct {
	f       *fixture
	doc     abi.Backfill
	visit   func(ctx context.Context, calls host.Calls, row []abi.Value) error // instead of noting; may be nil
	before  func(ctx context.Context, calls host.Calls) error                  // may be nil
	between func(chunk int) error                                              // before a chunk, if set
	leave   func(chunk int) bool                                               // may be nil
	after   func(ctx context.Context, calls host.Calls) error                  // may be nil

	runs, chunks int
	sizes        []int
	seeds        [][32]byte
}

// fillers make a fixture with a table of rows to visit, and a revision that does
// it.
func (f *fixture) toFill(doc abi.Backfill, statements ...string) *filler {
	f.t.Helper()
	f.write(rev1, strings.Join(append(statements, "CREATE TABLE visits (k VARCHAR(100))"), ";\n")+";\n")
	f.write(rev2, "-- +upgrade\nSELECT 1;\n-- +downgrade\nSELECT 2;\n")
	if _, err := f.runner(host.Config{}).Upgrade(f.t.Context(), rev1); err != nil {
		f.t.Fatal(err)
	}
	if doc.Name == "" {
		doc.Name = "fill"
	}
	return &filler{f: f, doc: doc}
}

// numbered makes a table t of n rows.
func numbered(n int) []string {
	return []string{
		"CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0)",
		fmt.Sprintf("INSERT INTO t (id, x) SELECT i, 3 * i FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) AS s", n),
	}
}

func (g *filler) run(ctx context.Context, calls host.Calls) error {
	g.runs++
	if g.before != nil {
		if err := g.before(ctx, calls); err != nil {
			return err
		}
	}
	done, err := calls.BackfillBegin(ctx, &g.doc)
	if err != nil {
		return err
	}
	for chunk := 0; !done; chunk++ {
		if g.between != nil {
			if err := g.between(chunk); err != nil {
				return err
			}
		}
		c, err := calls.BackfillNext(ctx, g.leave != nil && g.leave(chunk))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		g.chunks++
		g.seeds = append(g.seeds, c.Seed)
		n, err := g.readChunk(ctx, calls, c)
		g.sizes = append(g.sizes, n)
		if err != nil {
			return err
		}
	}
	if g.after != nil {
		return g.after(ctx, calls)
	}
	return nil
}

func (g *filler) readChunk(ctx context.Context, calls host.Calls, c host.Chunk) (n int, err error) {
	for {
		row, err := c.Rows.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n++
		visit := g.note
		if g.visit != nil {
			visit = g.visit
		}
		var kept []abi.Value
		for _, v := range row {
			kept = append(kept, v.Clone())
		}
		if err := visit(ctx, calls, kept); err != nil {
			return n, err
		}
	}
}

// note notes a row.
func (g *filler) note(ctx context.Context, calls host.Calls, row []abi.Value) error {
	keys := row[:max(1, len(g.doc.Key))]
	var where []string
	names := g.doc.Key
	if len(names) == 0 {
		names = []string{"id"}
	}
	for i, name := range names {
		where = append(where, fmt.Sprintf("%s = %s", name, g.f.param(i+1)))
	}
	if n, err := calls.Exec(ctx, "UPDATE t SET done = done + 1 WHERE "+strings.Join(where, " AND "), keys, false); err != nil || n != 1 {
		return fmt.Errorf("%d rows of key %v, %w", n, keys, err)
	}
	_, err := calls.Exec(ctx, "INSERT INTO visits (k) VALUES ("+g.f.param(1)+")", []abi.Value{abi.Text(fmt.Sprint(keys[len(keys)-1].Int, string(keys[0].Bytes)))}, true)
	return err
}

func (f *fixture) param(n int) string {
	if f.dialect == chain.PostgreSQL {
		return fmt.Sprintf("$%d", n)
	}
	return fmt.Sprintf("?%d", n)
}

func (g *filler) runnerOn(db host.Database, cfg host.Config) *host.Runner {
	g.f.t.Helper()
	r, err := host.NewRunner(g.f.files, db, scripted(g.run), unhurried(cfg))
	if err != nil {
		g.f.t.Fatal(err)
	}
	return r
}

func (g *filler) upgrade(cfg host.Config) error {
	g.f.t.Helper()
	_, err := g.runnerOn(g.f.open(), cfg).Upgrade(g.f.t.Context(), "heads")
	return err
}

// wantVisited wants each row of t that fits to be visited once, and no other.
func (g *filler) wantVisited(rows int64) {
	g.f.t.Helper()
	g.f.wantCount(0, "SELECT count(*) FROM t WHERE done > 1")
	g.f.wantCount(rows, "SELECT count(*) FROM t WHERE done = 1")
	g.f.wantCount(rows, "SELECT count(*) FROM visits")
	g.f.wantCount(0, "SELECT count(*) FROM sandpiper_progress")
}

// A backfill visits every row once, in chunks, and tells of them.
func TestBackfill(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Columns: []string{"x"}, Batch: 7, MaxBatch: 20}, numbered(100)...)
		g.visit = func(ctx context.Context, calls host.Calls, row []abi.Value) error {
			if len(row) != 2 || row[1].Int != 3*row[0].Int {
				t.Errorf("got the row %v", row)
			}
			return g.note(ctx, calls, row)
		}
		var chunks []host.Event
		if err := g.upgrade(host.Config{OnEvent: func(e host.Event) {
			if e.Kind == host.EventChunk {
				chunks = append(chunks, e)
			}
		}}); err != nil {
			t.Fatal(err)
		}
		g.wantVisited(100)
		var rows int64
		for i, e := range chunks {
			rows += e.Rows
			if e.Backfill != "fill" || e.Total != 100 || e.Done != rows || e.Took <= 0 || e.Revision != rev2 || int(e.Rows) != g.sizes[i] {
				t.Errorf("chunk %d: %+v", i, e)
			}
		}
		if g.sizes[0] != 7 || rows != 100 || g.runs != 1 {
			t.Errorf("chunks of %v rows in %d runs", g.sizes, g.runs)
		}
	})
}
