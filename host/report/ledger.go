package report

import (
	"slices"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// OfLedger makes a record of the ledger's history, newest first as host.History has
// it: who did what and how long it took, without statements. What lies between two
// migrations is left out of its times.
func OfLedger(db host.Database, entries []host.Entry, heads map[string][]string) *Record {
	r := &Record{
		Version: version, Runner: host.Version, Database: db.String(), Dialect: string(db.Dialect()), Outcome: Ledger,
		Planned: len(entries), Heads: heads, Migrations: []*Migration{},
	}
	for _, e := range slices.Backward(entries) {
		if r.Started.IsZero() {
			r.Started = e.Started.UTC()
		}
		r.Migrations = append(r.Migrations, &Migration{
			Line: lineName(e.Key.Line), Revision: e.Key.ID, Slug: e.Slug, Action: string(e.Action),
			Began: r.Took, Took: max(e.Duration, 0), State: Applied, Entry: entryOf(e),
		})
		r.Took += max(e.Duration, time.Microsecond)
	}
	return r
}
