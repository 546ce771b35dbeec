package hosttest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func testSections(t *testing.T, h Harness) {
	key := chain.Key{Line: chain.DefaultLine, ID: "cccccccccccc"}
	at := func(done int) host.Fence {
		return host.Fence{Line: key.Line, Revision: key.ID, Direction: chain.Upgrade, Done: done}
	}
	progress := func(t *testing.T, conn host.Conn, f host.Fence, units ...host.Unit) {
		t.Helper()
		err := in(t.Context(), conn, f, func(tx host.Tx) error {
			return tx.Progress(t.Context(), key, f.Direction, units)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wantProgress := func(t *testing.T, conn host.Conn, want ...host.Pending) {
		t.Helper()
		got := ledgerOf(t, conn).Progress
		for _, p := range got {
			for i := range p.Units {
				if since := time.Since(p.Units[i].Updated).Abs(); since > time.Hour {
					t.Errorf("%+v was recorded %v from now", p.Units[i], since)
				}
				p.Units[i].Updated = time.Time{}
			}
		}
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("the progress is\n%+v, want\n%+v", got, want)
		}
	}

	t.Run("progress is kept until the migration is recorded", func(t *testing.T) {
		db, conn := ready(t, h)
		units := []host.Unit{
			{Position: 1, Kind: host.UnitBegin, Name: "seed and time"},
			{Position: 2, Kind: host.UnitExec, Digest: "d2", Affected: 1 << 40},
			{Position: 3, Kind: host.UnitSection, Name: "Füllen 100%", Digest: "d3"},
			{Position: 4, Kind: host.UnitFailed, Name: "23505 it's there", Digest: "d4"},
		}
		progress(t, conn, at(0), units[:2]...)
		progress(t, conn, at(2), units[2:]...)
		other := connect(t, db)
		wantProgress(t, other, host.Pending{Key: key, Direction: chain.Upgrade, Units: units})

		e := entry(key.ID)
		mustApply(t, other, at(4), e, []string{key.ID})
		wantProgress(t, conn)
		wantHeads(t, conn, key.Line, key.ID)
	})

	t.Run("a backfill is recorded with each of its chunks", func(t *testing.T) {
		_, conn := ready(t, h)
		begin := host.Unit{Position: 1, Kind: host.UnitBegin}
		fill := host.Unit{Position: 2, Kind: host.UnitBackfill, Name: "fill", Digest: "d2", Begun: true, Total: 1 << 33}
		progress(t, conn, at(0), begin, fill)
		wantProgress(t, conn, host.Pending{Key: key, Direction: chain.Upgrade, Units: []host.Unit{begin, fill}})
		f := at(1)
		for range 3 {
			fill.Checkpoint = append(fill.Checkpoint, 0, 0xff, '\'', '\\')
			fill.Affected += 1000
			fill.Chunks++
			progress(t, conn, f, fill)
			f.Chunks = fill.Chunks
		}
		other := fill
		other.Position, other.Checkpoint, other.Chunks = 3, []byte{1}, 2
		progress(t, conn, f, other)
		for _, chunks := range []int64{0, 3, 4, 6} {
			f.Chunks = chunks
			err := in(t.Context(), conn, f, func(tx host.Tx) error {
				return tx.Progress(t.Context(), key, f.Direction, []host.Unit{other})
			})
			if !errors.Is(err, host.ErrMoved) {
				t.Errorf("with %d chunks of 5: %v, want host.ErrMoved", chunks, err)
			}
		}
		fill.Begun = false
		f.Chunks = 5
		progress(t, conn, f, fill)
		wantProgress(t, conn, host.Pending{Key: key, Direction: chain.Upgrade, Units: []host.Unit{begin, fill, other}})
		f.Done = 2
		mustApply(t, conn, f, entry(key.ID), []string{key.ID})
		wantProgress(t, conn)
	})

	t.Run("progress of one migration is not that of another", func(t *testing.T) {
		_, conn := ready(t, h)
		progress(t, conn, at(0), host.Unit{Position: 1, Kind: host.UnitBegin})
		other := chain.Key{Line: "other", ID: key.ID}
		err := in(t.Context(), conn, host.Fence{Line: "other"}, func(tx host.Tx) error {
			return tx.Progress(t.Context(), other, chain.Downgrade, []host.Unit{{Position: 1, Kind: host.UnitBegin, Name: "other"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		mustApply(t, conn, at(1), entry(key.ID), []string{key.ID})
		wantProgress(t, conn, host.Pending{Key: other, Direction: chain.Downgrade,
			Units: []host.Unit{{Position: 1, Kind: host.UnitBegin, Name: "other"}}})
	})

	t.Run("rolled back progress is not kept", func(t *testing.T) {
		_, conn := ready(t, h)
		rollback(t, conn, func(tx host.Tx) {
			if err := tx.Progress(t.Context(), key, chain.Upgrade, []host.Unit{{Position: 1, Kind: host.UnitBegin}}); err != nil {
				t.Fatal(err)
			}
		})
		wantProgress(t, conn)
	})

	t.Run("what runs outside", func(t *testing.T) {
		_, conn := ready(t, h)
		for _, sql := range h.RunsOutside {
			if !conn.RunsOutside(sql) {
				t.Errorf("RunsOutside(%q) is false", sql)
			}
		}
		for _, sql := range append([]string{
			"", ";", "SELECT 1", "CREATE TABLE t (a INTEGER)", "CREATE INDEX i ON t (a)", "INSERT INTO t VALUES (1)",
			"-- VACUUM\nSELECT 1", "/* VACUUM */ DELETE FROM t", "SELECT 'VACUUM'",
		}, h.RunsInside...) {
			if conn.RunsOutside(sql) {
				t.Errorf("RunsOutside(%q) is true", sql)
			}
		}
	})

	t.Run("a statement that can't run inside", func(t *testing.T) {
		_, conn := ready(t, h)
		run(t, conn, "CREATE TABLE t (a INTEGER)")
		err := in(t.Context(), conn, fence(), func(tx host.Tx) error {
			return execAll(t.Context(), tx, h.NotInTransaction)
		})
		if refusal(t, err); !errors.Is(err, host.ErrInTransaction) {
			t.Errorf("got %v, want host.ErrInTransaction", err)
		}
	})

	outside := host.Unit{Position: 2, Kind: host.UnitExec, Digest: "d2"}
	begun := outside
	begun.Begun = true
	begin := host.Unit{Position: 1, Kind: host.UnitBegin}
	stmt := host.Statement{SQL: h.Outside.SQL, Ordinal: 4}
	prepared := func(t *testing.T) (host.Database, host.Conn) {
		t.Helper()
		db, conn := ready(t, h)
		run(t, conn, "CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1), (2)")
		progress(t, conn, at(0), begin)
		return db, conn
	}

	t.Run("outside is recorded as done", func(t *testing.T) {
		_, conn := prepared(t)
		if n, err := conn.Outside(t.Context(), at(1), stmt, outside, false); err != nil || n != 0 {
			t.Fatalf("got %d, %v", n, err)
		}
		if n := Count(t, conn, h.Outside.Check); n != 1 {
			t.Errorf("the check finds %d, want 1", n)
		}
		wantProgress(t, conn, host.Pending{Key: key, Direction: chain.Upgrade, Units: []host.Unit{begin, outside}})
		mustApply(t, conn, at(2), entry(key.ID), []string{key.ID})
	})

	t.Run("outside a fence that moved", func(t *testing.T) {
		_, conn := prepared(t)
		if _, err := conn.Outside(t.Context(), at(2), stmt, outside, false); !errors.Is(err, host.ErrMoved) {
			t.Fatalf("got %v, want host.ErrMoved", err)
		}
		if n := Count(t, conn, h.Outside.Check); n != 0 {
			t.Errorf("the check finds %d: the statement was run", n)
		}
		wantProgress(t, conn, host.Pending{Key: key, Direction: chain.Upgrade, Units: []host.Unit{begin}})
	})

	t.Run("outside fails and is done later", func(t *testing.T) {
		db, conn := prepared(t)
		h.Outside.Break(t, conn)
		_, err := conn.Outside(t.Context(), at(1), stmt, outside, false)
		if got := refusal(t, err); got.Ordinal != 4 || got.SQL != stmt.SQL {
			t.Errorf("the error is of statement %d, %q", got.Ordinal, got.SQL)
		}
		wantProgress(t, conn, host.Pending{Key: key, Direction: chain.Upgrade, Units: []host.Unit{begin, begun}})

		h.Outside.Mend(t, conn)
		later := connect(t, db)
		if _, err := later.Outside(t.Context(), at(1), stmt, outside, true); err != nil {
			t.Fatal(err)
		}
		if n := Count(t, later, h.Outside.Check); n != 1 {
			t.Errorf("the check finds %d, want 1", n)
		}
		wantProgress(t, later, host.Pending{Key: key, Direction: chain.Upgrade, Units: []host.Unit{begin, outside}})
	})
}
