package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Version is the version of Sandpiper, as the ledger records it.
const Version = "0.1.0"

// A Runner runs the migrations of a file system on one database. Its methods
// may be called one after the other, any number of times; each opens its own
// connection and closes it.
type Runner struct {
	db      Database
	box     Sandbox
	cfg     Config
	log     *slog.Logger
	catalog *catalog
	scratch bool // the database is one that a test leaves in ruins
}

// NewRunner reads the migrations that fsys holds for the database's dialect.
// It reads headers and manifests only, and does not connect to the database. A
// Runner without a file system, fsys nil, has no revisions, not those of plugins
// either: it is for Work and Purge.
func NewRunner(fsys fs.FS, db Database, box Sandbox, cfg Config) (*Runner, error) {
	if cfg.Path == "" {
		cfg.Path = "."
	}
	if cfg.LockTimeoutRetries == 0 {
		cfg.LockTimeoutRetries = 10
	}
	if cfg.ChunkTime == 0 {
		cfg.ChunkTime = defaultChunkTime
	}
	if err := cfg.Naming.Validate(); err != nil {
		return nil, err
	}
	for i := range cfg.Plugins {
		if cfg.Plugins[i].Grants == nil {
			return nil, fmt.Errorf("%s: the plugin has no grants", cfg.Plugins[i].Path)
		}
	}
	r := &Runner{db: db, box: box, cfg: cfg, log: cfg.Logger}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	var err error
	r.catalog, err = readCatalog(fsys, db.Dialect(), &r.cfg)
	return r, err
}

// Graph returns the revisions of the database's dialect.
func (r *Runner) Graph() *chain.Graph { return r.catalog.graph }

// Upgrade applies what the database lacks of target: a word, id, or offset
// that chain.Graph.Resolve knows, such as "heads" or "+1". Errors of a
// migration are a *RunError; the migrations before it stay applied.
func (r *Runner) Upgrade(ctx context.Context, target string) (Result, error) {
	return r.run(ctx, chain.Upgrade, target, nil)
}

// Downgrade undoes what the database has beyond target, such as "-1" or
// "base". A revision without a downgrade ends it before anything runs, with an
// *IrreversibleError.
func (r *Runner) Downgrade(ctx context.Context, target string) (Result, error) {
	return r.run(ctx, chain.Downgrade, target, nil)
}

// A Result is what a run did.
type Result struct {
	Applied []Entry             // in the order they were committed; Duration includes the commit, which the ledger's cannot
	Heads   map[string][]string // line → heads afterwards
	Paused  *Paused             // the run ended after a phase, as asked; nil if it did not
}

// Paused is where a run ended after a phase.
type Paused struct {
	Revision chain.Revision
	Phase    abi.Phase // the last one that was asked for
	Next     abi.Phase // the one that comes next
	Behind   int       // migrations that come after it, and were not run either
}

// Status is where a database stands against its chain.
type Status struct {
	Database string // its URL without the password
	Dialect  chain.Dialect
	Lines    []LineStatus // by name
	Pending  []Pending    // migrations an earlier run left half done
}

// LineStatus is where one line stands.
type LineStatus struct {
	Line    string
	Heads   []string // in the database
	Want    []string // heads of the chain
	Behind  int      // revisions to apply to reach Want
	Unknown []string // heads in the database that the chain does not have: the database is ahead
}

// Current says where the database stands.
func (r *Runner) Current(ctx context.Context) (Status, error) {
	status := Status{Database: r.db.String(), Dialect: r.db.Dialect()}
	ledger, err := r.ledger(ctx)
	if err != nil {
		return status, err
	}
	for _, p := range ledger.Progress {
		p.Changed = r.changedSince(p)
		status.Pending = append(status.Pending, p)
	}
	for _, line := range r.lines(ledger) {
		ls := LineStatus{Line: line, Heads: ledger.Heads[line], Want: r.Graph().Heads(line)}
		known := map[string][]string{}
		for _, id := range ls.Heads {
			if _, ok := r.Graph().Revision(chain.Key{Line: line, ID: id}); ok {
				known[line] = append(known[line], id)
			} else {
				ls.Unknown = append(ls.Unknown, id)
			}
		}
		if len(ls.Unknown) == 0 {
			for _, want := range ls.Want {
				steps, err := r.Graph().Plan(known, chain.Upgrade, line+"@"+want)
				if err != nil {
					return status, err
				}
				for _, s := range steps {
					known[s.Revision.Line] = s.After
					if s.Revision.Line == line {
						ls.Behind++
					}
				}
			}
		}
		status.Lines = append(status.Lines, ls)
	}
	return status, nil
}

// lines returns the lines of the chain, sorted, and what the database has of those
// that are lost: those of others that share the database are not this chain's to
// judge. Of an empty chain nothing is known, so all of the database's lines count.
func (r *Runner) lines(ledger *Ledger) []string {
	lines := r.Graph().Lines()
	if len(lines) == 0 {
		lines = slices.Collect(maps.Keys(ledger.Heads))
	}
	for line, heads := range ledger.Heads {
		if r.lost(line) && len(heads) > 0 && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// lost reports whether a line is of a plugin that the project has no longer.
func (r *Runner) lost(line string) bool {
	return slices.Contains(r.cfg.Lost, line) && !slices.Contains(r.Graph().Lines(), line)
}

// nextOfLost is what to do about a plugin that is lost and applied.
func nextOfLost(line string) string {
	return fmt.Sprintf("bring [plugins.%s] back into sandpiper.toml, with `sandpiper plugin add` if need be; `sandpiper plugin remove %s --purge` drops what the plugin owns", line, line)
}

// Ledger reads what the database says of its own history.
func (r *Runner) Ledger(ctx context.Context) (*Ledger, error) { return r.ledger(ctx) }

func (r *Runner) ledger(ctx context.Context) (*Ledger, error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return r.patientLedger(ctx, conn)
}

// patientLedger reads the ledger. Where another program keeps the database
// from being read, it waits as long as for another runner.
func (r *Runner) patientLedger(ctx context.Context, conn Conn) (ledger *Ledger, err error) {
	err = r.uncontested(ctx, func() error {
		ledger, err = conn.Ledger(ctx)
		return err
	})
	return ledger, err
}

// uncontested does something again until no other runner stands in the way.
func (r *Runner) uncontested(ctx context.Context, do func() error) error {
	w := waiting{runner: r}
	for {
		err := do()
		if !contested(err) {
			return err
		}
		if err := w.pause(ctx, err); err != nil {
			return err
		}
	}
}

// waiting is the wait for a lock that another runner or program holds, of
// what is not a run.
type waiting struct {
	runner *Runner
	since  time.Time
}

// pause waits a little, or says that it has waited long enough.
func (w *waiting) pause(ctx context.Context, err error) error {
	if w.since.IsZero() {
		w.since = time.Now()
		if tell := w.runner.cfg.OnEvent; tell != nil {
			tell(Event{Kind: EventWaiting, Text: err.Error()})
		}
	}
	if limit := w.runner.cfg.LockWait; limit > 0 && time.Since(w.since) >= limit {
		return fmt.Errorf("waited %s: %w", limit, err)
	}
	return pause(ctx, lockPause)
}

// History returns the newest limit entries of the ledger, newest first; all of
// them if limit is 0.
func (r *Runner) History(ctx context.Context, limit int) ([]Entry, error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.History(ctx, limit)
}

// readPatience is how long Read waits for the lock before it tells that another
// program holds it.
const readPatience = time.Second

// A mayBeAbsent is a Conn of a database that Begin makes where it is not there.
type mayBeAbsent interface {
	// Absent returns an error that names the database if it is not there.
	Absent() error
}

// Read has read look into the database, in a transaction under the lock that is
// rolled back afterwards. Where another runner or program holds the lock it waits
// as long as a run would. read may be called more than once. A database that is
// not there is an error: to look into it does not make it.
func (r *Runner) Read(ctx context.Context, read func(context.Context, Tx) error) (err error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if c, ok := conn.(mayBeAbsent); ok {
		if err := c.Absent(); err != nil {
			return err
		}
	}
	return r.uncontested(ctx, func() error {
		// Without a line to fence, a dialect may wait for the lock itself and
		// tell nobody.
		begin, cancel := context.WithTimeout(ctx, readPatience)
		tx, err := conn.Begin(begin, Fence{})
		cancel()
		switch {
		case err == nil:
			err = errors.Join(read(ctx, tx), tx.Rollback())
		case errors.Is(begin.Err(), context.DeadlineExceeded) && ctx.Err() == nil:
			err = ErrLocked
		}
		return err
	})
}

// awaitLock waits until no other runner is at work, for as long as a run would.
func (r *Runner) awaitLock(ctx context.Context, conn Conn) error {
	return r.uncontested(ctx, func() error {
		ledger, err := conn.Ledger(ctx)
		if err != nil || !ledger.Exists {
			return err // without a ledger no runner can have begun
		}
		tx, err := conn.Begin(ctx, Fence{Line: chain.DefaultLine, Heads: ledger.Heads[chain.DefaultLine]})
		if err != nil {
			return err
		}
		defer tx.Rollback()
		_, err = conn.Ledger(ctx) // the lock may be asked for only now
		return err
	})
}

// Reset drops everything in the database's schema, and what plugins own elsewhere,
// and upgrades to the heads.
func (r *Runner) Reset(ctx context.Context) (Result, error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return Result{}, err
	}
	if err = r.awaitLock(ctx, conn); err == nil {
		err = r.purgeAll(ctx, conn)
	}
	if err == nil {
		err = conn.Reset(ctx)
	}
	if closeErr := conn.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return Result{}, fmt.Errorf("reset %s: nothing was dropped: %w", r.db, err)
	}
	result, err := r.Upgrade(ctx, "heads")
	if err != nil {
		err = fmt.Errorf("everything in the schema was dropped, and then: %w", err)
	}
	return result, err
}
