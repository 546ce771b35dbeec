package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// look is what is found of a backfill whose key has two columns, so many seconds
// after its last checkpoint.
func look(done int64, updated, now time.Time) *host.Progress {
	return &host.Progress{Sight: host.Sight{Now: now}, Migrations: []host.MigrationProgress{{
		Key: chain.Key{Line: "acme", ID: "000000000002"}, Slug: "slugs", Updated: updated, Phase: "backfill", Committed: 3,
		Backfills: []host.BackfillProgress{
			{Name: "first", Complete: true, Done: 70_000},
			{Name: "second", Done: done, Total: 10_000, Chunks: 12, Updated: updated, Columns: []string{"tenant", "id"}, Last: []abi.Value{abi.Text("o'neil"), abi.Int64(77)}},
		},
	}}}
}

func TestPrintProgress(t *testing.T) {
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.Local)
	var out bytes.Buffer
	printProgress(&out, look(2500, at, at.Add(42*time.Second)))
	want := "upgrade of acme@000000000002 slugs\n" +
		"  state      no checkpoint for 42.0 s: interrupted, or at something long; `sandpiper upgrade --phase backfill` goes on with what was interrupted\n" +
		"  phase      backfill\n" +
		"  committed  3 parts\n" +
		"  backfill   first: complete, 70,000 rows\n" +
		"  backfill   second: 2,500 of 10,000 rows (25%), 12 chunks\n" +
		"  at         tenant = 'o''neil', id = 77, 2026-11-26 08:00:00\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
	out.Reset()
	printProgress(&out, look(2500, at, at.Add(time.Second)))
	if want := "  state      the last checkpoint is 1.0 s old: running, or just interrupted\n"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in %s", want, &out)
	}
	out.Reset()
	free := look(12_000, at, at.Add(time.Second))
	free.Lock = host.LockFree
	printProgress(&out, free)
	if want := "  state      no runner holds the lock, and the last checkpoint is 1.0 s old: between two chunks, or interrupted\n"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in %s", want, &out)
	}
	if want := "  backfill   second: 12,000 rows, 12 chunks\n"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in %s: there are more rows than there were", want, &out)
	}
}

// Where the lock is free and nothing moves from look to look, it is said; and of rows
// that others hold that they wait.
func TestPrintLooksAtNobody(t *testing.T) {
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.Local)
	var out bytes.Buffer
	seen := map[string]*watched{}
	for _, after := range []time.Duration{time.Second, 3 * time.Second, 12 * time.Second} {
		p := look(1000, at, at.Add(after))
		p.Lock, p.Migrations[0].Backfills[1].Skipped = host.LockFree, 21
		printLook(&out, p, seen)
		if after > 10*time.Second {
			printProgress(&out, p)
		}
	}
	for _, want := range []string{
		"08:00:01  upgrade acme@000000000002 slugs  backfill second: 1,000 of 10,000 rows (10%), and 21 rows that others held wait for the end\n",
		"wait for the end; no runner holds the lock, and the last checkpoint is 3.0 s old: between two chunks, or interrupted\n",
		"wait for the end; no runner holds the lock, and no checkpoint for 12.0 s: interrupted, or it waits for a replica or a lock\n",
		"  state      no runner holds the lock, and there is no checkpoint for 12.0 s: interrupted, or it waits for a replica or a lock; `sandpiper upgrade --phase backfill` goes on with what was interrupted\n",
		"  backfill   second: 1,000 of 10,000 rows (10%), 12 chunks, and 21 rows that others held wait for the end\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// The rate is that between the checkpoints, by the database's clock, and not that
// between the looks.
func TestPrintLooks(t *testing.T) {
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.Local)
	var out bytes.Buffer
	seen := map[string]*watched{}
	printLook(&out, look(1000, at, at.Add(time.Second)), seen)
	printLook(&out, look(3000, at.Add(4*time.Second), at.Add(8*time.Second)), seen)
	printLook(&out, look(3000, at.Add(4*time.Second), at.Add(20*time.Second)), seen)
	printLook(&out, &host.Progress{Sight: host.Sight{Now: at.Add(30 * time.Second)}}, seen)
	want := `08:00:01  upgrade acme@000000000002 slugs  backfill second: 1,000 of 10,000 rows (10%)
08:00:08  upgrade acme@000000000002 slugs  backfill second: 3,000 of 10,000 rows (30%), 500 rows/s, 14s left
08:00:20  upgrade acme@000000000002 slugs  backfill second: 3,000 of 10,000 rows (30%), 500 rows/s, 14s left; no checkpoint for 16.0 s
08:00:30  nothing is under way, and nothing was interrupted
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}
