package hosttest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

func testLedger(t *testing.T, h Harness) {
	t.Run("reading an empty database creates nothing", func(t *testing.T) {
		conn := connect(t, h.Open(t))
		for range 2 {
			ledger, err := conn.Ledger(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if ledger.Exists || len(ledger.Heads)+len(ledger.Applied)+len(ledger.Progress) > 0 {
				t.Fatalf("got %+v, want an empty ledger that does not exist", ledger)
			}
			if entries, err := conn.History(t.Context(), 0); err != nil || len(entries) > 0 {
				t.Fatalf("History: got %v, %v, want nothing", entries, err)
			}
		}
	})

	t.Run("eight runners create it at once", func(t *testing.T) {
		db := h.Open(t)
		var wg sync.WaitGroup
		for range 8 {
			conn := connect(t, db)
			wg.Go(func() {
				if err := conn.CreateLedger(t.Context()); err != nil {
					t.Errorf("CreateLedger: %v", err)
				}
			})
		}
		wg.Wait()
		if ledger := ledgerOf(t, connect(t, db)); !ledger.Exists || len(ledger.Heads) > 0 {
			t.Errorf("got %+v, want an empty ledger that exists", ledger)
		}
	})

	t.Run("creating it again keeps it", func(t *testing.T) {
		_, conn := ready(t, h)
		mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"})
		if err := conn.CreateLedger(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantHeads(t, conn, chain.DefaultLine, "aaaaaaaaaaaa")
	})

	t.Run("a committed migration is visible to others", func(t *testing.T) {
		db, conn := ready(t, h)
		want := host.Entry{
			Key:      chain.Key{Line: "acme tools", ID: "0123456789ab"},
			Action:   host.ActionUpgrade,
			Slug:     `it's a "slug" — größer; -- 100%`,
			Digest:   "sha256:1234",
			Module:   "sha256:5678",
			Seed:     "00ff",
			Started:  time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
			Duration: 1234567 * time.Microsecond,
			Runner:   "9.9.9",
			Reason:   `the "same" rows -- größer`,
			Signer:   "RWQ0",
			Grants:   `{"owns":["acme_*"]}`,
			Fuel:     1 << 40,
		}
		f := host.Fence{Line: want.Key.Line}
		mustApply(t, conn, f, want, []string{want.Key.ID}, "CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (7)")

		other := connect(t, db)
		if n := Count(t, other, "SELECT a FROM t"); n != 7 {
			t.Errorf("the table holds %d, want 7", n)
		}
		wantHeads(t, other, want.Key.Line, want.Key.ID)
		applied := ledgerOf(t, other).Applied[want.Key]
		if applied.Digest != want.Digest || !applied.At.Equal(want.Started) {
			t.Errorf("Applied is %+v, want digest %s at %s", applied, want.Digest, want.Started)
		}
		entries := historyOf(t, other, 0)
		if len(entries) != 1 {
			t.Fatalf("History has %d entries, want 1", len(entries))
		}
		got := entries[0]
		if got.ID <= 0 {
			t.Errorf("the entry's ID is %d", got.ID)
		}
		if !got.Started.Equal(want.Started) || got.Started.Location() != time.UTC {
			t.Errorf("Started is %v, want %v", got.Started, want.Started)
		}
		got.ID, got.Started = want.ID, want.Started
		if got != want {
			t.Errorf("the entry is\n%+v, want\n%+v", got, want)
		}
	})

	t.Run("history is newest first", func(t *testing.T) {
		_, conn := ready(t, h)
		a, b := entry("aaaaaaaaaaaa"), entry("bbbbbbbbbbbb")
		down := b
		down.Action = host.ActionDowngrade
		down.Started = b.Started.Add(-time.Hour) // a clock that was set back changes nothing
		mustApply(t, conn, fence(), a, []string{a.Key.ID})
		mustApply(t, conn, fence(a.Key.ID), b, []string{b.Key.ID})
		mustApply(t, conn, fence(b.Key.ID), down, []string{a.Key.ID})

		var got []string
		entries := historyOf(t, conn, 0)
		for i, e := range entries {
			got = append(got, string(e.Action)+" "+e.Key.ID)
			if i > 0 && e.ID >= entries[i-1].ID {
				t.Errorf("entry %d has ID %d, after %d", i, e.ID, entries[i-1].ID)
			}
		}
		want := []string{"downgrade bbbbbbbbbbbb", "upgrade bbbbbbbbbbbb", "upgrade aaaaaaaaaaaa"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if newest := historyOf(t, conn, 2); len(newest) != 2 || newest[0] != entries[0] || newest[1] != entries[1] {
			t.Errorf("the newest two are %v", newest)
		}
	})

	t.Run("the newest action decides what is applied", func(t *testing.T) {
		_, conn := ready(t, h)
		keys := map[string][]host.Action{
			"aaaaaaaaaaaa": {host.ActionUpgrade},
			"bbbbbbbbbbbb": {host.ActionUpgrade, host.ActionDowngrade},
			"cccccccccccc": {host.ActionUpgrade, host.ActionDowngrade, host.ActionUpgrade},
			"dddddddddddd": {host.ActionStamp},
			"eeeeeeeeeeee": {host.ActionStamp, host.ActionUnstamp},
			"ffffffffffff": {host.ActionUpgrade, host.ActionRehash, host.ActionDowngrade, host.ActionRehash},
		}
		for id, actions := range keys {
			for i, action := range actions {
				e := entry(id)
				e.Action, e.Digest = action, "sha256:"+string(rune('0'+i))
				mustApply(t, conn, fence(), e, nil)
			}
		}
		applied := ledgerOf(t, conn).Applied
		for id, digest := range map[string]string{
			"aaaaaaaaaaaa": "sha256:0", "cccccccccccc": "sha256:2", "dddddddddddd": "sha256:0",
		} {
			if got := applied[chain.Key{Line: chain.DefaultLine, ID: id}]; got.Digest != digest {
				t.Errorf("%s is applied with digest %q, want %q", id, got.Digest, digest)
			}
		}
		if len(applied) != 3 {
			t.Errorf("applied are %v, want three", applied)
		}
	})

	t.Run("a rehash changes the digest, and neither the time nor the heads", func(t *testing.T) {
		_, conn := ready(t, h)
		a, b := entry("aaaaaaaaaaaa"), entry("bbbbbbbbbbbb")
		a.Digest, b.Digest = "sha256:a", "sha256:b"
		mustApply(t, conn, fence(), a, []string{a.Key.ID})
		mustApply(t, conn, fence(a.Key.ID), b, []string{b.Key.ID})
		edited := a // which is not the head
		edited.Action, edited.Digest, edited.Reason = host.ActionRehash, "sha256:edited", "a comment"
		edited.Started = a.Started.Add(time.Hour)
		mustApply(t, conn, fence(b.Key.ID), edited, []string{b.Key.ID})

		wantHeads(t, conn, chain.DefaultLine, b.Key.ID)
		applied := ledgerOf(t, conn).Applied
		if got := applied[a.Key]; got.Digest != edited.Digest || !got.At.Equal(a.Started) {
			t.Errorf("applied is %+v, want the digest %s and the time %s", got, edited.Digest, a.Started)
		}
		if got := applied[b.Key]; got.Digest != b.Digest {
			t.Errorf("the other revision has the digest %s, want %s", got.Digest, b.Digest)
		}
		entries := historyOf(t, conn, 0)
		if len(entries) != 3 || entries[0].Action != host.ActionRehash || entries[0].Reason != edited.Reason || entries[2].Digest != a.Digest {
			t.Errorf("the history is %+v, want the rehash with its reason, and the first entry as it was", entries)
		}
	})

	t.Run("a repair changes nothing of what is applied, and ends what is half done", func(t *testing.T) {
		_, conn := ready(t, h)
		a, b := entry("aaaaaaaaaaaa"), entry("bbbbbbbbbbbb")
		mustApply(t, conn, fence(), a, []string{a.Key.ID})
		tx, err := conn.Begin(t.Context(), fence(a.Key.ID))
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		units := []host.Unit{{Position: 1, Kind: host.UnitBegin}}
		if err := tx.Progress(t.Context(), b.Key, chain.Upgrade, units); err != nil {
			t.Fatal(err)
		}
		if got := ledgerOf(t, conn); len(got.Progress) != 1 || len(got.Applied) != 1 {
			t.Errorf("inside the transaction the ledger is %+v, want a half-done migration", got)
		}
		for _, e := range []host.Entry{a, b} {
			e.Action, e.Digest, e.Started = host.ActionRepair, "sha256:other", a.Started.Add(time.Hour)
			if err := tx.Record(t.Context(), e, []string{a.Key.ID}); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := ledgerOf(t, conn)
		was := got.Applied[a.Key]
		if len(got.Applied) != 1 || was.Digest != a.Digest || !was.At.Equal(a.Started) || len(got.Progress) > 0 {
			t.Errorf("the ledger is %+v, want %s applied as it was", got, a.Key)
		}
	})

	t.Run("after a purge nothing of a line is applied", func(t *testing.T) {
		_, conn := ready(t, h)
		mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"})
		a, b := entry("aaaaaaaaaaaa"), entry("bbbbbbbbbbbb")
		a.Key.Line, b.Key.Line = "acme", "acme"
		mustApply(t, conn, host.Fence{Line: "acme"}, a, []string{a.Key.ID})
		mustApply(t, conn, host.Fence{Line: "acme", Heads: []string{a.Key.ID}}, b, []string{b.Key.ID})
		purge := host.Entry{Key: chain.Key{Line: "acme"}, Action: host.ActionPurge, Started: a.Started, Runner: host.Version}
		mustApply(t, conn, host.Fence{Line: "acme", Heads: []string{b.Key.ID}}, purge, nil)

		ledger := ledgerOf(t, conn)
		_, stays := ledger.Applied[chain.Key{Line: chain.DefaultLine, ID: "aaaaaaaaaaaa"}]
		if len(ledger.Applied) != 1 || !stays || len(ledger.Heads["acme"]) > 0 {
			t.Errorf("the ledger is %+v, want the line main alone", ledger)
		}
		if got := historyOf(t, conn, 1)[0]; got.Action != host.ActionPurge || got.Key != purge.Key {
			t.Errorf("the newest entry is %+v, want the purge", got)
		}
	})

	if !h.Confined { // who cannot reach the ledger cannot damage it
		t.Run("a ledger of which a part is missing is not an empty one", func(t *testing.T) {
			for _, damage := range []string{"ALTER TABLE sandpiper_history DROP COLUMN reason", "ALTER TABLE sandpiper_history DROP COLUMN fuel", "DROP TABLE sandpiper_heads"} {
				db, conn := ready(t, h)
				mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"})
				run(t, conn, damage)
				var form *host.LedgerFormError
				if _, err := connect(t, db).History(t.Context(), 0); !errors.As(err, &form) {
					t.Errorf("after %s: %v, want a LedgerFormError", damage, err)
				}
			}
		})
	}

	t.Run("lines have heads of their own", func(t *testing.T) {
		_, conn := ready(t, h)
		other := entry("aaaaaaaaaaaa")
		other.Key.Line = "other"
		mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"cccccccccccc", "aaaaaaaaaaaa", "bbbbbbbbbbbb"})
		mustApply(t, conn, host.Fence{Line: "other"}, other, []string{"aaaaaaaaaaaa"})
		wantHeads(t, conn, chain.DefaultLine, "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc")
		wantHeads(t, conn, "other", "aaaaaaaaaaaa")
		mustApply(t, conn, host.Fence{Line: "other", Heads: []string{"aaaaaaaaaaaa"}}, other, nil)
		wantHeads(t, conn, "other")
		wantHeads(t, conn, chain.DefaultLine, "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc")
	})

	t.Run("reset drops everything", func(t *testing.T) {
		_, conn := ready(t, h)
		mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"}, h.Objects...)
		if n := Count(t, conn, h.CountObjects); n == 0 {
			t.Fatal("CountObjects counts nothing")
		}
		if err := conn.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := Count(t, conn, h.CountObjects); n != 0 {
			t.Errorf("%d objects are left", n)
		}
		if ledgerOf(t, conn).Exists {
			t.Error("the ledger is left")
		}
		if err := conn.CreateLedger(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustApply(t, conn, fence(), entry("aaaaaaaaaaaa"), []string{"aaaaaaaaaaaa"}, h.Objects...)
	})

	t.Run("reset of an empty database", func(t *testing.T) {
		conn := connect(t, h.Open(t))
		if err := conn.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func ledgerOf(t *testing.T, conn host.Conn) *host.Ledger {
	t.Helper()
	ledger, err := conn.Ledger(t.Context())
	if err != nil {
		t.Fatalf("Ledger: %v", err)
	}
	return ledger
}

func historyOf(t *testing.T, conn host.Conn, limit int) []host.Entry {
	t.Helper()
	entries, err := conn.History(t.Context(), limit)
	if err != nil {
		t.Fatalf("History: %v", err)
	}
	return entries
}

func wantHeads(t *testing.T, conn host.Conn, line string, want ...string) {
	t.Helper()
	if got := ledgerOf(t, conn).Heads[line]; !slices.Equal(got, want) {
		t.Errorf("the heads of %q are %q, want %q", line, got, want)
	}
}
