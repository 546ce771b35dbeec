package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
)

// lockPoll is how often something that may wait for the lock looks for it.
const lockPoll = 50 * time.Millisecond

// lockKey is the key of the advisory lock: the same for all runners of one
// ledger, and for nobody else. Advisory locks are each database's own.
//
// https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
func lockKey(schema string) int64 {
	sum := sha256.Sum256([]byte("sandpiper" + schema))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// ownStatements are the statements that every transaction of the runner
// sends. They depend on nothing but the connection, so they can be prepared.
type ownStatements struct {
	lock, fence, record, advance, progress string
}

// raise is an expression that fails at run time with a message. The process id
// keeps the planner from evaluating it beforehand.
func raise(message string) string {
	return "('sandpiper: " + message + " (process ' || pg_catalog.pg_backend_pid() || ')')::int"
}

func makeOwnStatements(c *conn) ownStatements {
	// Every setting is local to the transaction: behind a pooler the session
	// belongs to others too.
	settings := [][2]string{
		{"lock_timeout", "$1"},
		{"sandpiper.transaction", "$2"}, // see record
		{"statement_timeout", "'0'"},
		{"idle_in_transaction_session_timeout", "'0'"},
		{"standard_conforming_strings", "'on'"}, // as chain.Tokens reads strings
		{"extra_float_digits", "'3'"},           // floats in an array, which is read as text, keep all their digits
	}
	if c.version >= 170000 {
		settings = append(settings, [2]string{"transaction_timeout", "'0'"})
	}
	if c.watches {
		// Without it the statement of a runner that was killed goes on, and
		// the lock with it.
		settings = append(settings, [2]string{"client_connection_check_interval", "'1s'"})
	}
	var lock strings.Builder
	lock.WriteString("SELECT ")
	for _, s := range settings {
		fmt.Fprintf(&lock, "pg_catalog.set_config('%s', %s, true), ", s[0], s[1])
	}
	lock.WriteString("CASE WHEN pg_catalog.pg_try_advisory_xact_lock($3::bigint) THEN 1 WHEN $4::bool THEN 0 ELSE " +
		raise("another runner holds the lock") + " END")

	heads, history, progress := c.table("sandpiper_heads"), c.table("sandpiper_history"), c.table("sandpiper_progress")
	// The setting that lock made is gone if the transaction is another one.
	entry := `INSERT INTO ` + history + `
  (line, revision, action, slug, digest, module, seed, started, duration_us, runner, reason, signer, grants, fuel)
  SELECT $1, $2, $4, $5, $6, $7, $8, $9::timestamptz, $10::bigint, $11, $13, $14, $15, $16::bigint
  FROM (SELECT CASE WHEN pg_catalog.current_setting('sandpiper.transaction', true) = $12 THEN 1
    ELSE ` + raise("the transaction was ended by a statement in it") + ` END AS same) t WHERE same = 1`
	return ownStatements{
		lock: lock.String(),
		// The primary key makes the two conditions on the heads say that they
		// are the same set.
		fence: `SELECT CASE WHEN
  (SELECT count(*) = cardinality($2::text[]) AND coalesce(bool_and(h.revision = ANY ($2::text[])), true) FROM ` + heads + ` h WHERE h.line = $1)
  AND ($3::text = '' OR (SELECT count(*) FILTER (WHERE NOT p.begun) = $5::bigint AND coalesce(sum(p.chunks), 0) = $6::bigint
    AND ($7::text = '' OR coalesce(bool_or(p.kind = 'begin' AND p.name = $7), false)) FROM ` + progress + ` p
    WHERE p.line = $1 AND p.revision = $3 AND p.direction = $4))
THEN 1 ELSE ` + raise("another runner has moved the database on") + ` END`,

		record: `WITH history AS (` + entry + `),
gone AS (DELETE FROM ` + heads + ` WHERE line = $1 AND revision <> ALL ($3::text[])),
done AS (DELETE FROM ` + progress + ` WHERE line = $1 AND revision = $2)
INSERT INTO ` + heads + ` (line, revision) SELECT $1, unnest($3::text[]) ON CONFLICT DO NOTHING`,

		// Most migrations move their line from one head to the next and have
		// recorded nothing on the way: a third of the work.
		advance: `WITH history AS (` + entry + `)
UPDATE ` + heads + ` SET revision = $3 WHERE line = $1 AND revision = $17`,

		progress: `INSERT INTO ` + progress + ` AS p
  (line, revision, direction, position, kind, name, digest, affected, begun, checkpoint, chunks, total, updated)
  SELECT $1, $2, $3, u.position, u.kind, u.name, u.digest, u.affected, u.begun,
    CASE WHEN u.checkpoint <> '' THEN pg_catalog.decode(u.checkpoint, 'hex') END, u.chunks, u.total, pg_catalog.clock_timestamp()
  FROM unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bool[], $10::text[], $11::bigint[], $12::bigint[])
    u (position, kind, name, digest, affected, begun, checkpoint, chunks, total)
  WHERE CASE WHEN $13::text = '' OR pg_catalog.current_setting('sandpiper.transaction', true) = $13 THEN true
    ELSE ` + raise("the transaction was ended by a statement in it") + ` = 1 END
ON CONFLICT (line, revision, direction, position) DO UPDATE
  SET kind = excluded.kind, name = excluded.name, digest = excluded.digest, affected = excluded.affected, begun = excluded.begun,
    checkpoint = excluded.checkpoint, chunks = excluded.chunks, total = excluded.total, updated = excluded.updated`,
	}
}

// own makes an item of one of the runner's own statements.
func own(r role, name, sql string, values ...[]byte) item {
	return item{role: r, name: "sandpiper_" + name, sql: sql, values: values}
}

// lockItem takes the lock. Where it is taken it fails, or, if asking, says so:
// then took is set.
func (c *conn) lockItem(token string, took *bool) item {
	timeout := strconv.FormatInt(c.db.lockTimeout.Milliseconds(), 10) + "ms"
	it := own(roleLock, "lock", c.own.lock,
		[]byte(timeout), []byte(token), []byte(strconv.FormatInt(lockKey(c.schema), 10)), boolText(took != nil))
	if took != nil {
		it.row = func(values [][]byte) error {
			*took = string(values[len(values)-1]) == "1"
			return nil
		}
	}
	return it
}

// fenceItem checks the fence. It must be a statement after lockItem: a
// statement's snapshot is taken when it starts, so that one which also took the
// lock could look at heads from before the other runner's commit.
func (c *conn) fenceItem(fence host.Fence) item {
	return own(roleFence, "fence", c.own.fence,
		[]byte(fence.Line), textArray(fence.Heads),
		[]byte(fence.Revision), []byte(fence.Direction.String()), []byte(strconv.Itoa(fence.Done)), []byte(strconv.FormatInt(fence.Chunks, 10)),
		[]byte(fence.Begin))
}

// beginItem begins a transaction whose statements each see what is committed,
// whatever the server's default is: the fence relies on it.
func beginItem() item {
	return own(roleBegin, "begin", "BEGIN ISOLATION LEVEL READ COMMITTED")
}

func commitItem() item { return own(roleCommit, "commit", "COMMIT") }

// newToken names a transaction.
func newToken() string { return rand.Text() }

// waitLocked runs f in a transaction under the lock, on a link without one, and
// gives it the transaction's token. It waits for the lock, outside any
// transaction, unless done says that there is nothing left to do.
func (c *conn) waitLocked(ctx context.Context, done func() (bool, error), f func(token string) error) error {
	for {
		if over, err := done(); over || err != nil {
			return err
		}
		if took, err := c.tryLocked(ctx, f); took || err != nil {
			return err
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return fmt.Errorf("%w; gave up waiting for it: %w", host.ErrLocked, context.Cause(ctx))
		}
	}
}

// tryLocked is waitLocked, and does nothing where the lock is taken.
func (c *conn) tryLocked(ctx context.Context, f func(token string) error) (took bool, err error) {
	token := newToken()
	if err := c.main.do(ctx, beginItem(), c.lockItem(token, &took)); err != nil {
		c.main.rollback()
		return false, err
	}
	if !took {
		return false, c.main.rollback()
	}
	if err = f(token); err == nil {
		err = c.main.do(ctx, commitItem())
	}
	if err != nil {
		c.main.rollback()
	}
	return true, err
}
