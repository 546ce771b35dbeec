package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// backfillGuest is testdata/backfill, built as `sandpiper build` does it.
var backfillGuest = sync.OnceValues(func() ([]byte, error) {
	box, err := sandbox.New(sandbox.Options{Mode: sandbox.Interpreter})
	if err != nil {
		return nil, err
	}
	m, err := build.Build(context.Background(), filepath.Join("testdata", "backfill"), box, build.Options{})
	if err != nil {
		return nil, err
	}
	return m.Bytes, nil
})

// A backfilled database is what came of the guest's upgrade in some tier.
type backfilled struct {
	rows []string // without what is random
	fuel int64
	runs int // of the guest
	log  []string
}

// A keeping sandbox keeps the guest that it has loaded last.
type keeping struct {
	*sandbox.Sandbox
	guest host.Guest
}

func (k *keeping) Load(ctx context.Context, module []byte, limits host.GuestLimits) (g host.Guest, err error) {
	g, err = k.Sandbox.Load(ctx, module, limits)
	k.guest = g
	return g, err
}

// fill upgrades a new database with the guest. If it may change tiers, it is compiled
// when the first chunk is done, which the others wait for.
func fill(t *testing.T, opts sandbox.Options) backfilled {
	t.Helper()
	module, err := backfillGuest()
	if err != nil {
		t.Fatal(err)
	}
	defer sandbox.SetCompileAfter(time.Hour)()
	var trace bytes.Buffer
	opts.Trace = &trace
	box := &keeping{Sandbox: open(t, opts)}
	db, err := sqlite.Open("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	var got backfilled
	chunks := 0
	config := host.Config{Path: "guest.wasm", ChunkTime: time.Hour, OnEvent: func(e host.Event) {
		switch e.Kind {
		case host.EventLog:
			got.log = append(got.log, e.Text)
		case host.EventChunk:
			if chunks++; chunks == 1 {
				box.guest.(interface{ Wait(context.Context) }).Wait(t.Context())
			}
		}
	}}
	runner, err := host.NewRunner(fstest.MapFS{"guest.wasm": {Data: module}}, db, box, config)
	if err != nil {
		t.Fatal(err)
	}
	result, err := runner.Upgrade(t.Context(), "backfill@000000000002")
	if err != nil {
		t.Fatal(err)
	}
	got.fuel = result.Applied[1].Fuel
	got.runs = strings.Count(trace.String(), "\nbackfill_begin ")
	if chunks != 100 {
		t.Errorf("%d chunks, want 100", chunks)
	}
	got.rows = query(t, db, "SELECT id || ' ' || n || ' ' || visits FROM item UNION ALL SELECT count(DISTINCT made) FROM item")
	return got
}

// compiledIn returns the entries of a cache folder that are complete.
func compiledIn(t *testing.T, dir string) []string {
	found, err := filepath.Glob(filepath.Join(dir, "*", "sums"))
	if err != nil {
		t.Error(err)
	}
	return slices.DeleteFunc(found, func(s string) bool { return strings.Contains(s, "new-") })
}

// query returns the rows of a query with one text each.
func query(t *testing.T, db host.Database, sql string) (list []string) {
	t.Helper()
	conn, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tx, err := conn.Begin(t.Context(), host.Fence{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := tx.Query(t.Context(), host.Statement{SQL: sql, Ordinal: 1})
	for err == nil {
		var row []abi.Value
		if row, err = rows.Next(); err == nil {
			list = append(list, string(row[0].Bytes))
		}
	}
	return list
}

// TestTiers: a guest begins in the interpreter, goes on compiled behind a chunk, and
// does the same as in one tier alone: each row once, nothing logged twice.
func TestTiers(t *testing.T) {
	interpreted := fill(t, sandbox.Options{Mode: sandbox.Interpreter})
	compiled := fill(t, sandbox.Options{Mode: sandbox.Compiler})
	// Not the same, as the seeds are others.
	if ratio := float64(interpreted.fuel) / float64(compiled.fuel); ratio < 0.99 || ratio > 1.01 {
		t.Errorf("%d fuel interpreted, %d compiled", interpreted.fuel, compiled.fuel)
	}
	both := fill(t, sandbox.Options{})
	if both.runs != 2 {
		t.Errorf("the guest ran %d times, want 2", both.runs)
	}
	if interpreted.runs != 1 || compiled.runs != 1 {
		t.Errorf("in one tier, the guest ran %d and %d times", interpreted.runs, compiled.runs)
	}
	if !slices.Equal(both.rows, compiled.rows) || !slices.Equal(both.rows, interpreted.rows) || len(both.rows) != 5001 {
		t.Error("the tiers have made different rows")
	}
	for _, row := range both.rows[:5000] {
		if !strings.HasSuffix(row, " 1") {
			t.Fatalf("a row was not visited once: %s", row)
		}
	}
	if !slices.Equal(both.log, []string{"it begins"}) {
		t.Errorf("logged %q", both.log)
	}
	if ratio := float64(both.fuel) / float64(compiled.fuel); ratio < 0.99 || ratio > 1.01 {
		t.Errorf("%d fuel in both tiers, %d in one", both.fuel, compiled.fuel)
	}
}

// TestSupersededInChunk: a chunk that computes for long is begun anew. The interpreter
// would need many times as long for it as the compiler does with all that it makes.
func TestSupersededInChunk(t *testing.T) {
	module, err := backfillGuest()
	if err != nil {
		t.Fatal(err)
	}
	fuel := map[sandbox.Mode]int64{}
	for _, mode := range []sandbox.Mode{sandbox.Auto, sandbox.Compiler} {
		db, err := sqlite.Open("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
		if err != nil {
			t.Fatal(err)
		}
		var trace bytes.Buffer
		box := open(t, sandbox.Options{Mode: mode, Trace: &trace, CacheDir: privateDir(t)})
		runner, err := host.NewRunner(fstest.MapFS{"guest.wasm": {Data: module}}, db, box,
			host.Config{Path: "guest.wasm", ChunkTime: time.Hour, TimeLimit: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		result, err := runner.Upgrade(t.Context(), "backfill@000000000004")
		if err != nil {
			t.Fatalf("%q: %v", mode, err)
		}
		fuel[mode] = result.Applied[1].Fuel
		if runs := strings.Count(trace.String(), "\nbackfill_begin "); mode == sandbox.Auto && runs != 2 {
			t.Errorf("the guest that computes ran %d times, want 2", runs)
		}
		if rows := query(t, db, "SELECT count(*) || ' ' || sum(visits) FROM item WHERE id <= 10"); !slices.Equal(rows, []string{"10 100"}) {
			t.Errorf("%q: visited %q", mode, rows)
		}
	}
	if ratio := float64(fuel[sandbox.Auto]) / float64(fuel[sandbox.Compiler]); ratio < 0.99 || ratio > 1.01 {
		t.Errorf("%v fuel", fuel)
	}
}

// TestSuperseded: what computes for long is started anew once it is compiled, and so
// is what the interpreter has no room for; what is done again counts once.
func TestSuperseded(t *testing.T) {
	for text, steps := range map[string]int32{"fuel_of_loop": 200_000_000, "fuel_of_calls": 10_000} {
		t.Run(text, func(t *testing.T) {
			g := load(t, open(t, sandbox.Options{}), readModule(t, "testdata/testkit/"+text+".wat"))
			r := run()
			r.Step, r.Anew = steps, true
			used, err := g.Run(t.Context(), r, &database{})
			if !errors.Is(err, host.ErrSuperseded) || used.Fuel != 0 || used.Time != 0 {
				t.Fatalf("%+v used: %v", used, err)
			}
			r.Used = used
			after, err := g.Run(t.Context(), r, &database{})
			if err != nil {
				t.Fatal(err)
			}
			compiled := load(t, open(t, sandbox.Options{Mode: sandbox.Compiler}), readModule(t, "testdata/testkit/"+text+".wat"))
			want, err := compiled.Run(t.Context(), r, &database{})
			if err != nil || after.Fuel != want.Fuel {
				t.Errorf("%d fuel, %d in one tier: %v", after.Fuel, want.Fuel, err)
			}
		})
	}
}

// TestSupersededBehindLongStatement: what the database did for long is done again once
// the guest has computed for as long, and not for a guest that waits for it alone. What
// is committed is not done again, however long it took.
func TestSupersededBehindLongStatement(t *testing.T) {
	t.Cleanup(sandbox.SetDoneAgain(0))
	// Time passes where somebody looks, and while the database is at work: this is not
	// about how fast the machine is.
	const look, statement = time.Millisecond, 100 * time.Millisecond
	clock := time.Unix(0, 0)
	t.Cleanup(sandbox.SetNow(func() time.Time {
		clock = clock.Add(look)
		return clock
	}))
	for name, want := range map[string]struct {
		module   string
		rounds   int32
		executed []string
		anew     bool
	}{
		"computes":  {"statement_and_loop", 1_000_000_000, []string{"SELECT 1"}, true},
		"waits":     {"statement_and_loop", 0, []string{"SELECT 1", "SELECT 2"}, false},
		"committed": {"backfill_run_and_loop", 0, []string{"SELECT 1 ${chunk}"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := privateDir(t)
			g := load(t, open(t, sandbox.Options{CacheDir: dir}), readModule(t, "testdata/testkit/"+want.module+".wat"))
			r := run()
			r.Step, r.Anew = want.rounds, true
			db := &database{onExec: func(_ context.Context, sql string) error {
				clock = clock.Add(statement)
				for strings.HasPrefix(sql, "SELECT 1") && len(compiledIn(t, dir)) == 0 {
					time.Sleep(time.Millisecond)
				}
				return nil
			}}
			if _, err := g.Run(t.Context(), r, db); errors.Is(err, host.ErrSuperseded) != want.anew || !want.anew && err != nil {
				t.Errorf("to be started anew: %v", err)
			}
			if !slices.Equal(db.executed, want.executed) {
				t.Errorf("executed %q, want %q", db.executed, want.executed)
			}
		})
	}
}

// TestLimitsAcrossRuns: what earlier runs of a migration have used counts.
func TestLimitsAcrossRuns(t *testing.T) {
	const limit = 1000
	for name, opts := range map[string]sandbox.Options{
		"calls": {MaxCalls: limit}, "rows": {MaxRows: limit}, "bytes": {MaxBytes: limit},
		"fuel": {MaxFuel: limit}, "time": {Timeout: limit},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Mode = sandbox.Interpreter
			g := load(t, open(t, opts), readModule(t, "testdata/testkit/too_small.wat"))
			r := run()
			r.Used = host.GuestUsage{Calls: limit, Rows: limit, Bytes: limit, Fuel: limit, Time: limit}
			if _, err := g.Run(t.Context(), r, &database{}); err == nil {
				t.Error("the limit does not hold")
			}
		})
	}
}

// TestCloseWhileCompiling: a guest that is closed leaves no compiler behind, and
// nothing half-made.
func TestCloseWhileCompiling(t *testing.T) {
	dir := privateDir(t)
	box := open(t, sandbox.Options{CacheDir: dir})
	g, err := box.Load(t.Context(), buildGoGuest(t), host.GuestLimits{})
	if err != nil {
		t.Fatal(err)
	}
	r := run()
	r.Step, r.Anew = stepLoop, true
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = g.Run(ctx, r, &database{onExec: func(context.Context, string) error {
		for { // the compiler has begun
			if entries, _ := os.ReadDir(dir); len(entries) > 0 {
				cancel()
				return nil
			}
			time.Sleep(time.Millisecond)
		}
	}})
	if err == nil {
		t.Error("a guest that loops has ended well")
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "new-") {
			t.Errorf("%s is left", e.Name())
		}
	}
}
