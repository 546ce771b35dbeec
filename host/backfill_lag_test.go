package host_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A backfill waits for real replicas. The cases share a primary, whose replicas
// come and go, so their order matters.
func TestBackfillMaxLag(t *testing.T) {
	primary, err := postgrestest.Start(postgrestest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &lagging{primary: primary}
	defer l.stop(t, primary)
	t.Run("none follows", l.noneFollows)

	if l.replica, err = primary.Replica("r1", postgrestest.Options{Settings: map[string]string{
		"wal_retrieve_retry_interval": "1s", // so long it stays away once it has lost its connection
	}}); err != nil {
		t.Fatal(err)
	}
	defer func() { l.stop(t, l.replica) }()
	t.Run("may not see", l.maySee)
	t.Run("idle", l.idle)
	t.Run("lags", l.lags)
	t.Run("lost its connection", l.reconnects)
	t.Run("two of one name", l.twins)
	t.Run("gone", l.gone)
}

type lagging struct{ primary, replica *postgrestest.Server }

func (l *lagging) stop(t *testing.T, s *postgrestest.Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// filler makes a database on the primary with a table of rows to visit, ten in a
// chunk.
func (l *lagging) filler(t *testing.T, rows int) *filler {
	t.Helper()
	_, address, err := l.primary.CreateDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, dialect: chain.PostgreSQL, url: address, files: fstest.MapFS{}}
	return f.toFill(abi.Backfill{Table: "t", Batch: 10, MaxBatch: 10}, numbered(rows)...)
}

// on runs SQL on a server, as an operator would, and returns the first value.
func on(t *testing.T, address, sql string) string {
	t.Helper()
	pg, err := pgconn.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close(context.Background())
	results, err := pg.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

// patience is how long a test waits for what should come at once, on a machine that
// has other things to do as well.
const patience = 5 * time.Minute

// until asks a server until it says yes.
func until(t *testing.T, address, sql string) {
	t.Helper()
	for deadline := time.Now().Add(patience); on(t, address, sql) != "t"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: still not so", sql)
		}
	}
}

// pauses notes why a backfill pauses, and does something at each event.
func pauses(why *[]string, at func(host.Event)) func(host.Event) {
	return func(e host.Event) {
		if e.Kind == host.EventThrottled {
			*why = append(*why, e.Text)
		}
		if at != nil {
			at(e)
		}
	}
}

func (l *lagging) noneFollows(t *testing.T) {
	g := l.filler(t, 50)
	told := 0
	err := g.upgrade(host.Config{MaxLag: time.Second, OnEvent: func(e host.Event) {
		switch {
		case e.Kind == host.EventThrottled:
			t.Errorf("paused: %s", e.Text)
		case e.Kind == host.EventLog && e.Level == host.LogWarn && strings.Contains(e.Text, "no replica follows this server"):
			told++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	g.wantVisited(50)
	if told != 1 {
		t.Errorf("told %d times that there is no replica, want once", told)
	}
}

func (l *lagging) maySee(t *testing.T) {
	g := l.filler(t, 20)
	on(t, g.f.url, `CREATE ROLE "blind one" LOGIN PASSWORD 'x'; GRANT ALL ON SCHEMA public TO "blind one"; GRANT ALL ON ALL TABLES IN SCHEMA public TO "blind one"`)
	own, err := url.Parse(g.f.url)
	if err != nil {
		t.Fatal(err)
	}
	admin := g.f.url
	own.User = url.UserPassword("blind one", "x")
	g.f.url = own.String()

	err = g.upgrade(host.Config{MaxLag: time.Second})
	if err == nil || !strings.Contains(err.Error(), `GRANT pg_monitor TO "blind one"`) {
		t.Errorf("got %v, want what to grant", err)
	}
	g.f.wantCount(0, "SELECT count(*) FROM visits")
	on(t, admin, `GRANT pg_monitor TO "blind one"`)
	if err := g.upgrade(host.Config{MaxLag: time.Minute}); err != nil {
		t.Fatal(err)
	}
	g.wantVisited(20)
}

// A replica that has had nothing to do for a while has no lag that the server knows.
func (l *lagging) idle(t *testing.T) {
	g := l.filler(t, 50)
	conn, err := g.f.open().Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sees := conn.(interface {
		Replicas(context.Context) ([]host.Replica, error)
	})
	want := []host.Replica{{Name: "r1 (127.0.0.1)"}}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		replicas, err := sees.Replicas(t.Context())
		if err == nil && slices.Equal(replicas, want) {
			break // it has what the server itself writes now and then, too
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("got %v, %v, want %v", replicas, err, want)
		}
	}
	if err := g.upgrade(host.Config{MaxLag: time.Minute}); err != nil {
		t.Fatal(err)
	}
	g.wantVisited(50)
}

// A replica that stands still is waited for until it has caught up.
func (l *lagging) lags(t *testing.T) {
	g := l.filler(t, 5000)
	on(t, l.replica.URL(), "SELECT pg_wal_replay_pause()")
	until(t, l.replica.URL(), "SELECT pg_get_wal_replay_pause_state() = 'paused'")
	var why []string
	paused, resumed := time.Duration(0), false
	// Before the replica is heard of, all that is known is that it is not there yet.
	behind := regexp.MustCompile(`^replica r1 \(127\.0\.0\.1\) is [0-9.ms]+ behind, and may be 100ms$`)
	err := g.upgrade(host.Config{MaxLag: 100 * time.Millisecond, OnEvent: pauses(&why, func(e host.Event) {
		paused = max(paused, e.Paused)
		if !resumed && e.Kind == host.EventThrottled && behind.MatchString(e.Text) {
			resumed = true
			g.f.wantCount(0, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'")
			on(t, l.replica.URL(), "SELECT pg_wal_replay_resume()")
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	g.wantVisited(5000)
	if !resumed || paused == 0 {
		t.Errorf("paused for %v because of %q", paused, why)
	}
}

// A replica that is away is waited for.
func (l *lagging) reconnects(t *testing.T) {
	defer host.SetGoneWithin(patience)()
	g := l.filler(t, 50)
	var why []string
	lost := false
	// While its first process is stopped, the replica cannot begin to receive again.
	pid, err := strconv.Atoi(on(t, l.replica.URL(), `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	err = g.upgrade(host.Config{MaxLag: time.Minute, OnEvent: pauses(&why, func(e host.Event) {
		switch {
		case e.Kind == host.EventChunk && !lost:
			lost = true
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
			on(t, l.primary.URL(), "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_replication")
		case e.Kind == host.EventThrottled && strings.Contains(e.Text, "is gone"):
			if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
				t.Error(err)
			}
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	g.wantVisited(50)
	if !slices.Contains(why, "replica r1 (127.0.0.1) is gone, and waited for up to 5m0s") {
		t.Errorf("paused because of %q", why)
	}
}

// Of two replicas that are called the same one may be gone. One that came when the
// backfill had begun may go again.
func (l *lagging) twins(t *testing.T) {
	defer host.SetGoneWithin(100 * time.Millisecond)()
	var twin *postgrestest.Server
	come := func() {
		var err error
		if twin, err = l.primary.Replica("r1", postgrestest.Options{}); err != nil {
			t.Fatal(err)
		}
		until(t, l.primary.URL(), "SELECT count(*) = 2 FROM pg_stat_replication")
	}
	leave := func() {
		l.stop(t, twin)
		until(t, l.primary.URL(), "SELECT count(*) = 1 FROM pg_stat_replication")
	}
	g := l.filler(t, 50)
	err := g.upgrade(host.Config{MaxLag: time.Minute, OnEvent: func(e host.Event) {
		switch {
		case e.Kind == host.EventChunk && e.Done == 10:
			come()
		case e.Kind == host.EventChunk && e.Done == 30:
			leave()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	g.wantVisited(50)

	defer host.SetCountedWithin(0)()
	come()
	g = l.filler(t, 50)
	err = g.upgrade(host.Config{MaxLag: time.Minute, OnEvent: func(e host.Event) {
		if e.Kind == host.EventChunk && e.Done == 20 {
			leave()
		}
	}})
	if err == nil || !strings.Contains(err.Error(), "replica r1 (127.0.0.1), one of 2 of that name, is gone since") {
		t.Errorf("got %v, want that one of two is gone", err)
	}
	g.f.wantCount(20, "SELECT count(*) FROM visits")
}

// A replica that does not come back ends the run, which goes on without it.
func (l *lagging) gone(t *testing.T) {
	defer host.SetGoneWithin(100 * time.Millisecond)()
	g := l.filler(t, 50)
	err := g.upgrade(host.Config{MaxLag: time.Minute, OnEvent: func(e host.Event) {
		if e.Kind == host.EventChunk && e.Done == 20 {
			l.stop(t, l.replica)
			until(t, l.primary.URL(), "SELECT count(*) = 0 FROM pg_stat_replication")
		}
	}})
	if err == nil || !strings.Contains(err.Error(), "replica r1 (127.0.0.1) is gone since") || !strings.Contains(err.Error(), "run again without it") {
		t.Errorf("got %v, want that the replica is gone", err)
	}
	var failed *host.RunError
	if !errors.As(err, &failed) {
		t.Errorf("got %T", err)
	}
	g.f.wantCount(20, "SELECT count(*) FROM visits")
	g.f.wantCount(20, fmt.Sprintf("SELECT affected FROM sandpiper_progress WHERE kind = '%s'", host.UnitBackfill))
	if err := g.upgrade(host.Config{}); err != nil {
		t.Fatal(err)
	}
	g.wantVisited(50)
}

// Of a name as many replicas are waited for as there were at least in the first minute:
// the server shows one that has lost its connection twice for so long.
func TestReplicasOfOneName(t *testing.T) {
	type look struct {
		at   time.Duration
		many int
		why  string
	}
	const gone = "replica r, one of 2 of that name, is gone, and waited for up to 30s"
	for name, looks := range map[string][]look{
		"a stale connection goes":   {{0, 2, ""}, {59 * time.Second, 2, ""}, {60 * time.Second, 1, ""}, {time.Hour, 1, ""}},
		"while nobody looks":        {{0, 2, ""}, {70 * time.Second, 1, ""}, {time.Hour, 1, ""}},
		"one comes and goes":        {{0, 1, ""}, {10 * time.Second, 2, ""}, {time.Hour, 1, ""}},
		"the least counts":          {{0, 3, ""}, {10 * time.Second, 1, ""}, {20 * time.Second, 2, ""}, {time.Hour, 1, ""}},
		"one goes after the minute": {{0, 2, ""}, {60 * time.Second, 2, ""}, {61 * time.Second, 1, gone}, {80 * time.Second, 1, gone}, {85 * time.Second, 2, ""}},
		"and another one had gone":  {{0, 3, ""}, {10 * time.Second, 2, ""}, {61 * time.Second, 2, ""}, {62 * time.Second, 1, gone}},
		"all go within the minute":  {{0, 2, ""}, {10 * time.Second, 0, gone}, {20 * time.Second, 1, ""}, {time.Hour, 1, ""}},
		"a name that comes later":   {{0, 0, ""}, {time.Hour, 2, ""}, {time.Hour + time.Second, 1, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			var f host.Followers
			begin := time.Now()
			for _, look := range looks {
				there := slices.Repeat([]host.Replica{{Name: "r"}}, look.many)
				why, err := f.Behind(there, time.Second, begin.Add(look.at))
				if err != nil || why != look.why {
					t.Errorf("with %d after %v: got %q, %v, want %q", look.many, look.at, why, err, look.why)
				}
			}
			if last := looks[len(looks)-1]; last.why != "" {
				_, err := f.Behind([]host.Replica{{Name: "r"}}, time.Second, begin.Add(last.at+31*time.Second))
				if err == nil || !strings.Contains(err.Error(), "replica r, one of 2 of that name, is gone since") {
					t.Errorf("got %v, want that one is gone", err)
				}
			}
		})
	}
}

// A followed connection has the replicas that a test says.
type followed struct {
	host.Conn
	replicas func() []host.Replica
}

func (c followed) Replicas(context.Context) ([]host.Replica, error) { return c.replicas(), nil }

// followedDatabase is a database of followed connections.
type followedDatabase struct {
	host.Database
	replicas func() []host.Replica
}

func (d followedDatabase) Connect(ctx context.Context) (host.Conn, error) {
	c, err := d.Database.Connect(ctx)
	return followed{c, d.replicas}, err
}

// For as long as a replica is gone, that is told time and again.
func TestReplicaIsWaitedForAloud(t *testing.T) {
	defer host.SetTellAgain(0)()
	f := onPostgres(t)
	g := f.toFill(abi.Backfill{Table: "t", Batch: 4, MaxBatch: 4}, numbered(8)...)
	replicas := []host.Replica{{Name: "r1"}}
	var why []string
	db := followedDatabase{f.open(), func() []host.Replica { return replicas }}
	_, err := g.runnerOn(db, host.Config{MaxLag: time.Second, OnEvent: func(e host.Event) {
		switch {
		case e.Kind == host.EventChunk && e.Done == 4:
			replicas = nil
		case e.Kind == host.EventThrottled:
			if why = append(why, e.Text); len(why) == 3 {
				replicas = []host.Replica{{Name: "r1"}}
			}
		}
	}}).Upgrade(t.Context(), "heads")
	if err != nil {
		t.Fatal(err)
	}
	g.wantVisited(8)
	if want := slices.Repeat([]string{"replica r1 is gone, and waited for up to 30s"}, 3); !slices.Equal(why, want) {
		t.Errorf("told %q, want %q", why, want)
	}
}
