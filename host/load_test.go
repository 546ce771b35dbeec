package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// loadRows loads rows of one number, from 1 on.
func loadRows(ctx context.Context, calls host.Calls, n int, to *abi.Load) error {
	types := []abi.Type{abi.TypeInt64}
	b, err := abi.AppendRowsetHeader(nil, types)
	for i := range n {
		if err == nil {
			b, err = abi.AppendRow(b, types, []abi.Value{abi.Int64(int64(i + 1))})
		}
	}
	if err != nil {
		return err
	}
	rows, err := abi.NewRowReader(b)
	if err == nil {
		_, err = calls.Load(ctx, to, rows)
	}
	return err
}

// withLoad makes a chain whose second migration loads three rows into a table.
func (f *fixture) withLoad(to *abi.Load) scripted {
	f.write(rev1, "CREATE TABLE t (id INTEGER);\n")
	f.upgrade()
	f.write(rev2, "SELECT 1;\n")
	return func(ctx context.Context, calls host.Calls) error {
		if _, err := calls.Exec(ctx, "DELETE FROM t", nil, false); err != nil {
			return err
		}
		return loadRows(ctx, calls, 3, to)
	}
}

// A load is in the SQL of a plan, as a comment that nobody takes for a statement.
func TestLoadIsRehearsed(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		guest := f.withLoad(&abi.Load{Table: "t", Columns: []string{"id"}})
		r, err := host.NewRunner(f.files, f.open(), guest, host.Config{})
		if err != nil {
			t.Fatal(err)
		}
		wantRehearsed(t, r, "DELETE FROM t", `-- load of 3 rows into "t" ("id")`)
		f.wantCount(0, "SELECT count(*) FROM t")
	})
}

// A load that fails is what the error is of, and not the statement before it.
func TestLoadThatCannotBeRehearsed(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		guest := f.withLoad(&abi.Load{Table: "later", Columns: []string{"id"}})
		outside := map[chain.Dialect]string{chain.SQLite: "VACUUM", chain.PostgreSQL: "CREATE INDEX CONCURRENTLY t_id ON t (id)"}[f.dialect]
		held := scripted(func(ctx context.Context, calls host.Calls) error {
			if _, err := calls.SectionBegin(ctx, host.SectionAutocommit, "s"); err != nil {
				return err
			}
			if _, err := calls.Exec(ctx, outside, nil, false); err != nil {
				return err
			}
			if err := calls.SectionEnd(ctx); err != nil {
				return err
			}
			return guest(ctx, calls)
		})
		r, err := host.NewRunner(f.files, f.open(), held, host.Config{})
		if err != nil {
			t.Fatal(err)
		}
		wantRehearsed(t, r, outside+" NOT RUN", "DELETE FROM t", `-- load of 3 rows into "later" ("id") NOT RUN`)
	})
}

// A load that the walls of a plugin refuse says so in the plan, and nothing else does.
func TestRefusedLoadIsRehearsed(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.write(rev1, "CREATE TABLE secret (id INTEGER);\n")
		f.upgrade()
		plugin := f.acme(ownsAcme, acmeTable, acmeRow)
		if _, err := f.pluginRunner(host.Config{}, plugin).Upgrade(t.Context(), "acme@"+acme1); err != nil {
			t.Fatal(err)
		}
		guest := scripted(func(ctx context.Context, calls host.Calls) error {
			if _, err := calls.Exec(ctx, "DELETE FROM acme_t", nil, false); err != nil {
				return err
			}
			if err := loadRows(ctx, calls, 3, &abi.Load{Table: "secret", Columns: []string{"id"}}); !errors.As(err, new(*host.RefusedError)) {
				t.Errorf("got %v, want a RefusedError", err)
			}
			return nil
		})
		r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Plugins: []host.Plugin{plugin}})
		if err != nil {
			t.Fatal(err)
		}
		wantRehearsed(t, r, "DELETE FROM acme_t", `-- load of 3 rows into "secret" ("id") NOT RUN`)
	})
}

// Whoever looks on sees a load, with its rows and its time.
func TestLoadIsTold(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		guest := f.withLoad(&abi.Load{Table: "t", Columns: []string{"id"}})
		var told []host.Event
		r, err := host.NewRunner(f.files, f.open(), guest, host.Config{Results: true, OnEvent: func(e host.Event) {
			if strings.HasPrefix(e.Text, "load") {
				told = append(told, e)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Upgrade(t.Context(), "heads"); err != nil {
			t.Fatal(err)
		}
		if len(told) != 2 || told[0].Kind != host.EventStatement || told[1].Kind != host.EventRan || told[1].Text != `load into "t" ("id")` ||
			told[1].Rows != 3 || told[1].Took <= 0 || told[1].Call != 2 {
			t.Errorf("it was told of %+v", told)
		}
	})
}

// What the runner asks for a backfill is marked as its own, with the lock that its
// rows are taken with; what the guest sends is not.
func TestRehearsalMarksWhatTheRunnerAsks(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(15)...)
		rehearsal, err := g.runnerOn(f.open(), host.Config{}).Rehearse(t.Context(), chain.Upgrade, "heads")
		if err != nil {
			t.Fatal(err)
		}
		locking := 0
		for _, s := range rehearsal.Statements {
			if asks := strings.HasPrefix(s.SQL, "SELECT") && strings.Contains(s.SQL, `FROM "t"`); s.Own != asks {
				t.Errorf("%q: is the runner's %v", s.SQL, s.Own)
			}
			if strings.HasSuffix(s.SQL, "\nFOR NO KEY UPDATE") {
				locking++
			}
		}
		if want := map[chain.Dialect]int{chain.SQLite: 0, chain.PostgreSQL: 1}[f.dialect]; locking != want {
			t.Errorf("%d statements lock rows, want %d", locking, want)
		}
	})
}
