package report_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/report"
)

// A database that has a name and a dialect.
type database struct{ host.Database }

func (database) String() string         { return "postgres://app@db.example/shop" }
func (database) Dialect() chain.Dialect { return chain.PostgreSQL }

// A run that is made up: its clock goes on when it is told to.
type madeUp struct {
	*report.Recorder
	now   time.Time
	about host.Event
	since time.Time
}

func newMadeUp() *madeUp {
	r := &madeUp{now: time.Date(2026, 11, 26, 8, 30, 0, 0, time.UTC)}
	r.Recorder = report.NewRecorder(database{}, "upgrade", "heads", func() time.Time { return r.now })
	return r
}

func (r *madeUp) wait(d time.Duration) { r.now = r.now.Add(d) }

func (r *madeUp) tell(e host.Event) {
	e.Revision, e.Line, e.Slug, e.Action, e.Step, e.Steps = r.about.Revision, r.about.Line, r.about.Slug, r.about.Action, r.about.Step, r.about.Steps
	e.Elapsed = r.now.Sub(r.since)
	r.Event(e)
}

func (r *madeUp) start(id, slug string) { r.resume(id, slug, nil) }

func (r *madeUp) resume(id, slug string, resumed *host.Resumption) {
	r.about = host.Event{Revision: id, Line: "main", Slug: slug, Action: host.ActionUpgrade}
	r.since = r.now
	r.tell(host.Event{Kind: host.EventStarted, Resumed: resumed})
}

func (r *madeUp) statement(sql string, took time.Duration, rows int64, err error) {
	r.wait(took)
	r.tell(host.Event{Kind: host.EventRan, Text: sql, Call: 1, Rows: rows, Took: took, Together: 1, Err: err})
}

func (r *madeUp) applied() { r.tell(host.Event{Kind: host.EventApplied}) }

const hostileText = `"><script>document.title='owned'</script><img src=http://stolen.example/x onerror="document.title='owned'">` + "\u202egnp.\x1b[31m{{.Style}}</style></title><!--"

// sample is the record of a run with something of everything.
func sample() *report.Record {
	r := newMadeUp()
	r.Event(host.Event{Kind: host.EventWaiting})
	r.wait(300 * time.Millisecond)
	r.Event(host.Event{Kind: host.EventPlanned, Steps: 5})
	r.start("3f1a90c2b7d4", "create_orders")
	r.statement("CREATE TABLE orders (\n    id bigint PRIMARY KEY,\n    customer text NOT NULL,\n    total numeric NOT NULL\n)", 12*time.Millisecond, 0, nil)
	r.statement("CREATE INDEX ix_orders__customer ON orders (customer)", 4*time.Millisecond, 0, nil)
	r.statement("ALTER ROLE app PASSWORD 'swordfish'", 1*time.Millisecond, 0, nil)
	r.applied()
	r.resume("8c02de11f3a9", "backfill_slugs", &host.Resumption{Began: r.now.Add(-26 * time.Hour), Worked: 42 * time.Minute, Committed: 3})
	r.statement("ALTER TABLE orders ADD COLUMN slug text", 2*time.Millisecond, 0, nil)
	r.tell(host.Event{Kind: host.EventPhase, Phase: "backfill"})
	for i := int64(1); i <= 1000; i++ {
		took, paused := time.Duration(150+(i*37)%90)*time.Millisecond/40, time.Duration(0)
		if i%250 == 1 && i > 1 {
			paused = 400 * time.Millisecond
		}
		r.wait(took + time.Millisecond)
		r.tell(host.Event{Kind: host.EventChunk, Backfill: "orders.slug", Done: 200_000 + i*1200, Total: 1_400_000, Rows: 1200, Took: took, Paused: paused})
		if i%250 == 0 {
			r.tell(host.Event{Kind: host.EventThrottled, Backfill: "orders.slug", Text: "replica r1 is 3 s behind"})
			r.wait(400 * time.Millisecond)
		}
	}
	r.tell(host.Event{Kind: host.EventLog, Level: host.LogInfo, Text: "1,400,000 slugs are written"})
	r.tell(host.Event{Kind: host.EventLog, Level: host.LogWarn, Text: "3 orders had no customer"})
	r.tell(host.Event{Kind: host.EventSection, Section: "validate"})
	r.applied()
	r.start("a0b1c2d3e4f5", "many_statements")
	for i := range 300 {
		r.statement(fmt.Sprintf("INSERT INTO settings VALUES (%d, 'v')", i), time.Duration(1+i%17)*400*time.Microsecond, 1, nil)
	}
	r.applied()
	r.start("0badc0ffee00", hostileText)
	r.tell(host.Event{Kind: host.EventLog, Level: host.LogError, Text: hostileText})
	err := errors.New(`relation "nowhere" does not exist (42P01)`)
	r.statement("INSERT INTO nowhere SELECT '"+hostileText+"'", 90*time.Millisecond, 0, err)
	r.tell(host.Event{Kind: host.EventFailed, Err: err})
	var revs []chain.Revision
	for i, id := range []string{"111111111111", "3f1a90c2b7d4", "8c02de11f3a9", "a0b1c2d3e4f5", "0badc0ffee00", "fedcba987654"} {
		rev := chain.Revision{Key: chain.Key{Line: "main", ID: id}, Dialect: chain.PostgreSQL, Slug: []string{"first", "create_orders", "backfill_slugs", "many_statements", hostileText, "later"}[i],
			Created: time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC)}
		if i > 0 {
			rev.Revises = []string{revs[i-1].ID}
		}
		revs = append(revs, rev)
	}
	var applied []host.Entry
	for i, rev := range revs[1:4] {
		applied = append(applied, host.Entry{ID: int64(i + 2), Key: rev.Key, Action: host.ActionUpgrade, Slug: rev.Slug, Started: r.now, Duration: 20 * time.Millisecond, Runner: "0.1.0", Fuel: 12_345})
	}
	record := r.End(host.Result{Applied: applied, Heads: map[string][]string{"main": {"a0b1c2d3e4f5"}}}, &report.Failure{
		Head: "upgrade of 0badc0ffee00 failed", Message: err.Error(), Where: "migrations/versions/postgresql/x.sql, line 4", SQL: "INSERT INTO nowhere SELECT '" + hostileText + "'",
		State: "at a0b1c2d3e4f5, as before this migration: it is rolled back", Next: "mend the statement, and run `sandpiper upgrade` again",
	})
	g, err := chain.NewGraph(chain.PostgreSQL, revs)
	if err != nil {
		panic(err)
	}
	record.Draw(g, func(k chain.Key) bool {
		return strings.Contains("111111111111 3f1a90c2b7d4 8c02de11f3a9 a0b1c2d3e4f5", k.ID)
	})
	return record
}
