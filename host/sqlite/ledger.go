package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// The ledger. Every statement names the schema main, since a migration's
// temporary table would come first. Instants are text in UTC with microseconds;
// the order of the history is that of its ids.
var ledgerTables = []struct{ name, sql string }{
	{"sandpiper_heads", `CREATE TABLE main.sandpiper_heads (
	line TEXT NOT NULL,
	revision TEXT NOT NULL,
	PRIMARY KEY (line, revision)
) WITHOUT ROWID`},
	{"sandpiper_history", `CREATE TABLE main.sandpiper_history (
	id INTEGER PRIMARY KEY,
	line TEXT NOT NULL,
	revision TEXT NOT NULL,
	action TEXT NOT NULL,
	slug TEXT NOT NULL,
	digest TEXT NOT NULL,
	module TEXT NOT NULL,
	seed TEXT NOT NULL,
	started TEXT NOT NULL,
	duration_us INTEGER NOT NULL,
	runner TEXT NOT NULL,
	reason TEXT NOT NULL,
	signer TEXT NOT NULL,
	grants TEXT NOT NULL,
	fuel INTEGER NOT NULL
)`},
	{"sandpiper_progress", `CREATE TABLE main.sandpiper_progress (
	line TEXT NOT NULL,
	revision TEXT NOT NULL,
	direction TEXT NOT NULL,
	position INTEGER NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	digest TEXT NOT NULL,
	affected INTEGER NOT NULL,
	begun INTEGER NOT NULL,
	checkpoint BLOB,
	chunks INTEGER NOT NULL,
	total INTEGER NOT NULL,
	updated TEXT NOT NULL,
	PRIMARY KEY (line, revision, direction, position)
)`},
}

// ownTables are the tables that are Sandpiper's own.
var ownTables = []string{"sandpiper_heads", "sandpiper_history", "sandpiper_progress", "sandpiper_enums", "sandpiper_owned"}

const instant = "2006-01-02 15:04:05.000000"

// hasLedger reports whether the ledger is there. A ledger of which a part is
// missing is an error: taken for an empty one, everything would run again.
func (c *conn) hasLedger(ctx context.Context) (bool, error) {
	var missing []string
	for _, table := range ledgerTables {
		missing = append(missing, table.name)
	}
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		for i, name := range missing {
			if name == s.ColumnText(0) {
				missing = append(missing[:i], missing[i+1:]...)
				break
			}
		}
		return nil
	}, `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name LIKE 'sandpiper\_%' ESCAPE '\'`)
	if err != nil {
		return false, err
	}
	if n := len(missing); n > 0 && n < len(ledgerTables) {
		return false, &host.LedgerFormError{What: strings.Join(missing, " and ") + " is missing"}
	}
	return len(missing) == 0, nil
}

// readingLedger runs do in a transaction that only reads, or in the one that is
// open, if the ledger is there.
func (c *conn) readingLedger(ctx context.Context, do func() error) error {
	return c.reading(ctx, "read the ledger of", func() error {
		exists, err := c.hasLedger(ctx)
		if err != nil || !exists {
			return err
		}
		return ofLedger(do())
	})
}

// ledgerFailed says that an error came from the ledger.
func (c *conn) ledgerFailed(ctx context.Context, doing string, err error) error {
	if err == nil || errors.Is(err, host.ErrMoved) {
		return err
	}
	return c.db.failed(doing+" the ledger of", cause(ctx, ofLedger(err)))
}

// ofLedger tells where an error is one of the form that the ledger's tables have.
func ofLedger(err error) error {
	if err == nil {
		return nil
	}
	if _, message := codeAndMessage(err); strings.HasPrefix(message, "no such column") || strings.Contains(message, "has no column named") {
		return &host.LedgerFormError{What: message, Err: err}
	}
	return err
}

// Ledger implements host.Conn.
func (c *conn) Ledger(ctx context.Context) (*host.Ledger, error) {
	var ledger *host.Ledger
	read := func() error {
		ledger = emptyLedger()
		ledger.Exists = true
		if err := c.readHeads(ctx, ledger); err != nil {
			return err
		}
		if err := c.readApplied(ctx, ledger); err != nil {
			return err
		}
		return c.readProgress(ctx, ledger)
	}
	if err := c.readingLedger(ctx, read); err != nil {
		return nil, err
	}
	if ledger == nil {
		ledger = emptyLedger()
	}
	return ledger, nil
}

func emptyLedger() *host.Ledger {
	return &host.Ledger{Heads: map[string][]string{}, Applied: map[chain.Key]host.Applied{}}
}

func (c *conn) readHeads(ctx context.Context, ledger *host.Ledger) error {
	return c.each(ctx, func(s *sqlite3.Stmt) error {
		line := s.ColumnText(0)
		ledger.Heads[line] = append(ledger.Heads[line], s.ColumnText(1))
		return nil
	}, "SELECT line, revision FROM main.sandpiper_heads ORDER BY line, revision")
}

func (c *conn) readApplied(ctx context.Context, ledger *host.Ledger) error {
	return c.each(ctx, func(s *sqlite3.Stmt) error {
		at, err := readInstant(s, 4)
		ledger.Replay(host.Action(s.ColumnText(2)), chain.Key{Line: s.ColumnText(0), ID: s.ColumnText(1)},
			host.Applied{Digest: s.ColumnText(3), At: at})
		return err
	}, "SELECT line, revision, action, digest, started FROM main.sandpiper_history ORDER BY id")
}

func (c *conn) readProgress(ctx context.Context, ledger *host.Ledger) error {
	return c.each(ctx, func(s *sqlite3.Stmt) error {
		key, dir := chain.Key{Line: s.ColumnText(0), ID: s.ColumnText(1)}, chain.Upgrade
		if s.ColumnText(2) == chain.Downgrade.String() {
			dir = chain.Downgrade
		}
		n := len(ledger.Progress)
		if n == 0 || ledger.Progress[n-1].Key != key || ledger.Progress[n-1].Direction != dir {
			ledger.Progress = append(ledger.Progress, host.Pending{Key: key, Direction: dir})
			n++
		}
		updated, err := readInstant(s, 12)
		pending := &ledger.Progress[n-1]
		pending.Units = append(pending.Units, host.Unit{
			Position:   s.ColumnInt(3),
			Kind:       host.UnitKind(s.ColumnText(4)),
			Name:       s.ColumnText(5),
			Digest:     s.ColumnText(6),
			Affected:   s.ColumnInt64(7),
			Begun:      s.ColumnBool(8),
			Checkpoint: s.ColumnBlob(9, nil),
			Chunks:     s.ColumnInt64(10),
			Total:      s.ColumnInt64(11),
			Updated:    updated,
		})
		return err
	}, `SELECT line, revision, direction, position, kind, name, digest, affected, begun, checkpoint, chunks, total, updated
		FROM main.sandpiper_progress ORDER BY line, revision, direction, position`)
}

// History implements host.Conn.
func (c *conn) History(ctx context.Context, limit int) ([]host.Entry, error) {
	if limit <= 0 {
		limit = -1 // all of them, in SQLite's words
	}
	var entries []host.Entry
	err := c.readingLedger(ctx, func() error {
		entries = nil
		return c.each(ctx, func(s *sqlite3.Stmt) error {
			started, err := readInstant(s, 8)
			entries = append(entries, host.Entry{
				ID:       s.ColumnInt64(0),
				Key:      chain.Key{Line: s.ColumnText(1), ID: s.ColumnText(2)},
				Action:   host.Action(s.ColumnText(3)),
				Slug:     s.ColumnText(4),
				Digest:   s.ColumnText(5),
				Module:   s.ColumnText(6),
				Seed:     s.ColumnText(7),
				Started:  started,
				Duration: time.Duration(s.ColumnInt64(9)) * time.Microsecond,
				Runner:   s.ColumnText(10),
				Reason:   s.ColumnText(11),
				Signer:   s.ColumnText(12),
				Grants:   s.ColumnText(13),
				Fuel:     s.ColumnInt64(14),
			})
			return err
		}, `SELECT id, line, revision, action, slug, digest, module, seed, started, duration_us, runner, reason,
				signer, grants, fuel
			FROM main.sandpiper_history ORDER BY id DESC LIMIT ?1`, limit)
	})
	return entries, err
}

func readInstant(s *sqlite3.Stmt, column int) (time.Time, error) {
	text := s.ColumnText(column)
	at, err := time.Parse(instant, text)
	if err != nil {
		return at, fmt.Errorf("the ledger holds the time %q, which is not like %q", text, instant)
	}
	return at, nil
}

// CreateLedger implements host.Conn.
func (c *conn) CreateLedger(ctx context.Context) (err error) {
	if _, err := c.open(ctx, create); err != nil {
		return err
	}
	defer c.guard(&err)
	if c.tx != nil {
		return c.db.failed("create the ledger of", errors.New("a transaction is open on the connection"))
	}
	waiting, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	err = c.locked(waiting, host.Fence{}, func() error {
		exists, err := c.hasLedger(waiting)
		for _, table := range ledgerTables {
			if err == nil && !exists {
				err = c.do(waiting, table.sql)
			}
		}
		return c.ledgerFailed(waiting, "create", err)
	})
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return host.ErrInUse // a writer or a reader that does not end
	}
	return err
}

// record appends an entry to the history, sets its line's heads and removes its
// progress. from is the one head that the line is known to have where nothing
// of the migration is recorded yet, else empty.
func (c *conn) record(ctx context.Context, entry host.Entry, from string, heads []string) error {
	err := c.do(ctx, `INSERT INTO main.sandpiper_history
		(line, revision, action, slug, digest, module, seed, started, duration_us, runner, reason, signer, grants, fuel)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)`,
		entry.Key.Line, entry.Key.ID, string(entry.Action), entry.Slug, entry.Digest, entry.Module, entry.Seed,
		entry.Started.UTC().Format(instant), entry.Duration.Microseconds(), entry.Runner, entry.Reason,
		entry.Signer, entry.Grants, entry.Fuel)
	if err == nil && from != "" && len(heads) == 1 {
		// As most migrations do. Each statement less counts: after a change of
		// the schema SQLite compiles all of them anew.
		err = c.do(ctx, "UPDATE main.sandpiper_heads SET revision = ?3 WHERE line = ?1 AND revision = ?2", entry.Key.Line, from, heads[0])
		if err != nil || c.sq.Changes() == 1 {
			return c.ledgerFailed(ctx, "write", err)
		}
	}
	if err == nil {
		err = c.do(ctx, "DELETE FROM main.sandpiper_heads WHERE line = ?1", entry.Key.Line)
	}
	for _, head := range heads {
		if err == nil {
			err = c.do(ctx, "INSERT INTO main.sandpiper_heads (line, revision) VALUES (?1, ?2)", entry.Key.Line, head)
		}
	}
	if err == nil {
		err = c.do(ctx, "DELETE FROM main.sandpiper_progress WHERE line = ?1 AND revision = ?2", entry.Key.Line, entry.Key.ID)
	}
	return c.ledgerFailed(ctx, "write", err)
}

// recordUnit records a unit, as begun or as done. A unit that is already done
// was done by somebody else. The clock of SQLite counts milliseconds
// (https://sqlite.org/lang_datefunc.html).
func (c *conn) recordUnit(ctx context.Context, key chain.Key, dir chain.Direction, unit host.Unit) error {
	err := c.do(ctx, `INSERT INTO main.sandpiper_progress
		(line, revision, direction, position, kind, name, digest, affected, begun, checkpoint, chunks, total, updated)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, strftime('%Y-%m-%d %H:%M:%f000', 'now'))
		ON CONFLICT DO UPDATE SET kind = ?5, name = ?6, digest = ?7, affected = ?8, begun = ?9,
			checkpoint = ?10, chunks = ?11, total = ?12, updated = excluded.updated WHERE begun`,
		key.Line, key.ID, dir.String(), unit.Position, string(unit.Kind), unit.Name, unit.Digest, unit.Affected, unit.Begun,
		unit.Checkpoint, unit.Chunks, unit.Total)
	if err == nil && c.sq.Changes() == 0 {
		err = host.ErrMoved
	}
	return c.ledgerFailed(ctx, "write", err)
}
