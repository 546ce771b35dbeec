package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// createLedger is what the ledger consists of; %[1]s is the schema. Without the
// ANALYZE the planner takes a new table for ten pages, reads the heads by their
// index, and meets every head there ever was.
const createLedger = `CREATE TABLE IF NOT EXISTS %[1]s.sandpiper_heads (
  line text NOT NULL,
  revision text NOT NULL,
  PRIMARY KEY (line, revision)
);
CREATE TABLE IF NOT EXISTS %[1]s.sandpiper_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  line text NOT NULL,
  revision text NOT NULL,
  action text NOT NULL,
  slug text NOT NULL,
  digest text NOT NULL,
  module text NOT NULL,
  seed text NOT NULL,
  started timestamptz NOT NULL,
  duration_us bigint NOT NULL,
  runner text NOT NULL,
  reason text NOT NULL,
  signer text NOT NULL,
  grants text NOT NULL,
  fuel bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS %[1]s.sandpiper_progress (
  line text NOT NULL,
  revision text NOT NULL,
  direction text NOT NULL,
  position integer NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  digest text NOT NULL,
  affected bigint NOT NULL,
  begun boolean NOT NULL,
  checkpoint bytea,
  chunks bigint NOT NULL,
  total bigint NOT NULL,
  updated timestamptz NOT NULL,
  PRIMARY KEY (line, revision, direction, position)
);
ANALYZE %[1]s.sandpiper_heads, %[1]s.sandpiper_history, %[1]s.sandpiper_progress`

// exists looks for the ledger's tables. Reading tables that are not there
// would leave errors in the server's log. A ledger of which a part is missing is
// an error: taken for an empty one, everything would run again. All are looked for
// in one snapshot, which to_regclass does not use: asked for each in turn, it has
// seen one table missing, and the next there, while another runner made them.
func (c *conn) exists(ctx context.Context) (bool, error) {
	if c.tx != nil {
		if err := c.tx.flush(ctx); err != nil {
			return false, err
		}
	}
	if c.ledger || c.schema == "" {
		return c.ledger, nil
	}
	tables := []string{"sandpiper_heads", "sandpiper_history", "sandpiper_progress"}
	var missing []string
	err := c.main.do(ctx, item{
		sql: `SELECT name FROM (VALUES ($1::text), ($2), ($3)) AS wanted (name)
			WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
				WHERE n.nspname = $4::text AND c.relname = wanted.name)
			ORDER BY name`,
		values: [][]byte{[]byte(tables[0]), []byte(tables[1]), []byte(tables[2]), []byte(c.schema)},
		row: func(values [][]byte) error {
			missing = append(missing, string(values[0]))
			return nil
		},
	})
	if err != nil {
		return false, fmt.Errorf("look for the ledger: %w", err)
	}
	if n := len(missing); n > 0 && n < len(tables) {
		return false, &host.LedgerFormError{What: strings.Join(missing, " and ") + " is missing"}
	}
	c.ledger = len(missing) == 0
	return c.ledger, nil
}

// ledgerFailed says that an error came from the ledger.
func ledgerFailed(doing string, err error) error {
	var refused *host.SQLError
	if errors.As(err, &refused) && refused.Code == codeUndefinedColumn {
		err = &host.LedgerFormError{What: refused.Message, Err: err}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Ledger reads what is applied.
func (c *conn) Ledger(ctx context.Context) (*host.Ledger, error) {
	l := &host.Ledger{Heads: map[string][]string{}, Applied: map[chain.Key]host.Applied{}}
	found, err := c.exists(ctx)
	if err != nil || !found {
		return l, err
	}
	items := []item{
		{
			sql: `SELECT line, revision FROM ` + c.table("sandpiper_heads") + ` ORDER BY line, revision COLLATE "C"`,
			row: func(v [][]byte) error {
				l.Heads[string(v[0])] = append(l.Heads[string(v[0])], string(v[1]))
				return nil
			},
		},
		{
			sql: `SELECT line, revision, digest, ` + micros("started") + `, action
				FROM ` + c.table("sandpiper_history") + ` ORDER BY id`,
			row: func(v [][]byte) error {
				at, err := parseMicros(v[3])
				l.Replay(host.Action(v[4]), chain.Key{Line: string(v[0]), ID: string(v[1])}, host.Applied{Digest: string(v[2]), At: at})
				return err
			},
		},
		{
			sql: `SELECT line, revision, direction, position, kind, name, digest, affected, begun,
					pg_catalog.encode(checkpoint, 'hex'), chunks, total, ` + micros("updated") + `
				FROM ` + c.table("sandpiper_progress") + ` ORDER BY line, revision, direction, position`,
			row: func(v [][]byte) error { return addPending(l, v) },
		},
	}
	// One snapshot for all three, unless the caller has a transaction open.
	if c.tx == nil {
		items = append([]item{{sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}}, append(items, item{sql: "COMMIT"})...)
	}
	if err := c.main.do(ctx, items...); err != nil {
		if c.tx == nil {
			c.main.rollback()
		}
		if codeOf(err) == codeUndefinedTable { // somebody has dropped it since
			c.ledger = false
			return c.Ledger(ctx)
		}
		return nil, ledgerFailed("read the ledger", err)
	}
	l.Exists = true
	return l, nil
}

func addPending(l *host.Ledger, values [][]byte) error {
	v := texts(values)
	key := chain.Key{Line: v[0], ID: v[1]}
	dir := chain.Upgrade
	if v[2] == chain.Downgrade.String() {
		dir = chain.Downgrade
	}
	unit := host.Unit{Kind: host.UnitKind(v[4]), Name: v[5], Digest: v[6], Begun: v[8] == "t"}
	var numbers [4]int64
	for i, text := range []string{v[3], v[7], v[10], v[11]} {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		numbers[i] = n
	}
	unit.Position, unit.Affected, unit.Chunks, unit.Total = int(numbers[0]), numbers[1], numbers[2], numbers[3]
	var err error
	if values[9] != nil {
		if unit.Checkpoint, err = hex.DecodeString(v[9]); err != nil {
			return err
		}
	}
	if unit.Updated, err = parseMicros(values[12]); err != nil {
		return err
	}
	if n := len(l.Progress); n == 0 || l.Progress[n-1].Key != key || l.Progress[n-1].Direction != dir {
		l.Progress = append(l.Progress, host.Pending{Key: key, Direction: dir})
	}
	p := &l.Progress[len(l.Progress)-1]
	p.Units = append(p.Units, unit)
	return nil
}

// History reads the newest entries, newest first.
func (c *conn) History(ctx context.Context, limit int) ([]host.Entry, error) {
	found, err := c.exists(ctx)
	if err != nil || !found {
		return nil, err
	}
	sql := `SELECT id, line, revision, action, slug, digest, module, seed, ` + micros("started") + `, duration_us, runner, reason,
			signer, grants, fuel
		FROM ` + c.table("sandpiper_history") + ` ORDER BY id DESC`
	if limit > 0 {
		sql += " LIMIT " + strconv.Itoa(limit)
	}
	var entries []host.Entry
	err = c.main.do(ctx, item{sql: sql, row: func(values [][]byte) error {
		v := texts(values)
		id, err := strconv.ParseInt(v[0], 10, 64)
		if err != nil {
			return err
		}
		started, err := parseMicros(values[8])
		if err != nil {
			return err
		}
		duration, err := strconv.ParseInt(v[9], 10, 64)
		if err != nil {
			return err
		}
		fuel, err := strconv.ParseInt(v[14], 10, 64)
		entries = append(entries, host.Entry{
			ID: id, Key: chain.Key{Line: v[1], ID: v[2]}, Action: host.Action(v[3]), Slug: v[4], Digest: v[5],
			Module: v[6], Seed: v[7], Started: started, Duration: time.Duration(duration) * time.Microsecond, Runner: v[10],
			Reason: v[11], Signer: v[12], Grants: v[13], Fuel: fuel,
		})
		return err
	}})
	if err != nil {
		return nil, ledgerFailed("read the history", err)
	}
	return entries, nil
}

// CreateLedger creates the ledger's tables under the lock. Whoever finds them
// there already waits for nobody.
func (c *conn) CreateLedger(ctx context.Context) error {
	if c.schema == "" {
		return fmt.Errorf("no schema of the search_path exists, so there is no place for the ledger: create one of them, " +
			"or name one in the URL (?search_path=NAME)")
	}
	var items []item
	for sql := range strings.SplitSeq(fmt.Sprintf(createLedger, quoteIdent(c.schema)), ";") {
		items = append(items, item{role: roleOther, sql: sql})
	}
	err := c.waitLocked(ctx,
		func() (bool, error) { return c.exists(ctx) },
		func(string) error { return c.main.do(ctx, items...) })
	if codeOf(err) == codePrivilege {
		user := quoteIdent(c.db.config.User)
		return fmt.Errorf("create the ledger's tables in schema %q: %w; run as its owner: GRANT CREATE ON SCHEMA %s TO %s",
			c.schema, err, quoteIdent(c.schema), user)
	}
	if err != nil {
		return fmt.Errorf("create the ledger's tables in schema %q: %w", c.schema, err)
	}
	c.ledger = true
	return nil
}

// micros reads a timestamptz as microseconds since 1970, whatever DateStyle is.
// Numeric arithmetic keeps it exact.
func micros(column string) string { return "(extract(epoch FROM " + column + ") * 1000000)::bigint" }

func parseMicros(text []byte) (time.Time, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	return time.UnixMicro(n).UTC(), err
}

// recordItem writes an entry and the heads of its line. from is the one head
// that the line is known to have where nothing of the migration is recorded
// yet, else empty.
func (c *conn) recordItem(entry host.Entry, from string, heads []string, token string) item {
	values := [][]byte{
		[]byte(entry.Key.Line), []byte(entry.Key.ID), textArray(heads),
		[]byte(entry.Action), []byte(entry.Slug), []byte(entry.Digest), []byte(entry.Module), []byte(entry.Seed),
		[]byte(timestampText(entry.Started.UnixMicro(), "+00")), []byte(strconv.FormatInt(entry.Duration.Microseconds(), 10)),
		[]byte(entry.Runner), []byte(token), []byte(entry.Reason),
		[]byte(entry.Signer), []byte(entry.Grants), []byte(strconv.FormatInt(entry.Fuel, 10)),
	}
	if from == "" || len(heads) != 1 {
		return own(roleLedger, "record", c.own.record, values...)
	}
	values[2] = []byte(heads[0])
	return own(roleLedger, "advance", c.own.advance, append(values, []byte(from))...)
}

// progressItem records units. token is that of the transaction, or empty where
// there is none.
func (c *conn) progressItem(key chain.Key, dir chain.Direction, units []host.Unit, token string) item {
	column := func(f func(host.Unit) string) []byte {
		all := make([]string, len(units))
		for i, u := range units {
			all[i] = f(u)
		}
		return textArray(all)
	}
	return own(roleLedger, "progress", c.own.progress,
		[]byte(key.Line), []byte(key.ID), []byte(dir.String()),
		column(func(u host.Unit) string { return strconv.Itoa(u.Position) }),
		column(func(u host.Unit) string { return string(u.Kind) }),
		column(func(u host.Unit) string { return u.Name }),
		column(func(u host.Unit) string { return u.Digest }),
		column(func(u host.Unit) string { return strconv.FormatInt(u.Affected, 10) }),
		column(func(u host.Unit) string { return string(boolText(u.Begun)) }),
		column(func(u host.Unit) string { return hex.EncodeToString(u.Checkpoint) }),
		column(func(u host.Unit) string { return strconv.FormatInt(u.Chunks, 10) }),
		column(func(u host.Unit) string { return strconv.FormatInt(u.Total, 10) }),
		[]byte(token))
}
