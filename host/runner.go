package host

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
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
}

// NewRunner reads the migrations that fsys holds for the database's dialect.
// It reads headers and manifests only, and does not connect to the database.
func NewRunner(fsys fs.FS, db Database, box Sandbox, cfg Config) (*Runner, error) {
	if cfg.Path == "" {
		cfg.Path = "."
	}
	if cfg.LockTimeoutRetries == 0 {
		cfg.LockTimeoutRetries = 10
	}
	r := &Runner{db: db, box: box, cfg: cfg, log: cfg.Logger}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	var err error
	r.catalog, err = readCatalog(fsys, cfg.Path, db.Dialect())
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
	status.Pending = ledger.Progress
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

// lines returns the lines of the chain, sorted: those of others that share the
// database are not this chain's to judge. Of an empty chain nothing is known,
// so all of the database's lines count.
func (r *Runner) lines(ledger *Ledger) []string {
	lines := r.Graph().Lines()
	if len(lines) == 0 {
		lines = slices.Collect(maps.Keys(ledger.Heads))
	}
	slices.Sort(lines)
	return lines
}

// Ledger reads what the database says of its own history.
func (r *Runner) Ledger(ctx context.Context) (*Ledger, error) { return r.ledger(ctx) }

func (r *Runner) ledger(ctx context.Context) (*Ledger, error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Ledger(ctx)
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

// Reset drops everything in the database's schema and upgrades to the heads.
func (r *Runner) Reset(ctx context.Context) (Result, error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return Result{}, err
	}
	err = conn.Reset(ctx)
	if closeErr := conn.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return Result{}, fmt.Errorf("reset %s: nothing was dropped: %w", r.db, err)
	}
	return r.Upgrade(ctx, "heads")
}
