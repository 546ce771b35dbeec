package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A queue longer than this is sent before more is put on it, so that neither
// side has to hold much, and an early error is not found late.
const (
	maxQueue      = 64
	maxQueueBytes = 256 << 10
)

// A tx is one transaction of a runner. Calls put items on the queue; flush
// sends it.
type tx struct {
	c     *conn
	token string
	queue []item
	bytes int       // of the queue's statements and parameters
	begun bool      // BEGIN was sent
	sent  int       // how often the queue was sent
	over  bool      // committed or rolled back
	err   error     // what spoilt the transaction, until a savepoint undoes it
	rows  *rows     // the open rows, if any
	load  *load     // the COPY that is under way, if any
	after effects   // of the statements so far
	from  string    // the line's one head, while nothing of the migration is recorded
	why   diagnosis // of the items that are put on the queue

	savepoints []string                // that are set, the newest last
	targets    map[string][]loadColumn // what was loaded into, by the words of COPY; nil once anything else is sent

	warden  *warden // of a plugin's transaction, else nil
	written int64   // rows that the guest's statements have written
	kept    int64   // bytes of open rows that were read ahead
}

// A warden is asked about what a plugin does.
type warden struct {
	rows  func(written int64) error        // refuses to go on after so many rows
	keeps func(bytes int64) error          // and with so much of open rows read ahead
	judge func(sql string) (string, error) // returns what to send in place of SQL that holds words of the plugin's
	path  string                           // the search_path of the plugin's statements
	home  string                           // and one in which the names of its tables are found
}

// Begin starts a transaction. Nothing is sent until an answer is needed, but
// for a runner that has found the lock taken before: it asks, since most
// likely it will have to ask again.
func (c *conn) Begin(ctx context.Context, fence host.Fence) (host.Tx, error) {
	if c.tx != nil {
		return nil, errors.New("a transaction is open on this connection")
	}
	t := &tx{c: c, token: newToken()}
	took := true
	lock := c.lockItem(t.token, nil)
	if c.contended {
		lock = c.lockItem(t.token, &took)
	}
	t.put(beginItem())
	t.put(lock)
	c.tx = t
	if c.contended {
		err := t.flush(ctx)
		if err == nil && !took {
			err = host.ErrLocked
		}
		if err != nil {
			return nil, errors.Join(err, t.Rollback())
		}
		c.contended = false
	}
	if fence.Line != "" {
		t.put(c.fenceItem(fence))
	}
	if len(fence.Heads) == 1 && fence.Revision != "" && fence.Done == 0 {
		t.from = fence.Heads[0]
	}
	return t, nil
}

func (t *tx) put(it item) {
	it.why, t.targets = t.why, nil
	t.queue = append(t.queue, it)
	if !it.bind {
		t.bytes += len(it.sql)
	}
	for _, v := range it.values {
		t.bytes += len(v)
	}
}

// there makes an item of the adapter's find tables by their names, which those of
// a plugin are not otherwise.
func (t *tx) there(it item) []item {
	if t.warden == nil {
		return []item{it}
	}
	return []item{searchPathItem(t.warden.home), it, searchPathItem(t.warden.path)}
}

// flush sends the queue and waits for all of its results. Then the lock is
// held, the fence holds, and what was deferred is done.
func (t *tx) flush(ctx context.Context) error {
	_, err := t.exchange(ctx)
	return err
}

// exchange is flush, and returns the number of rows that the last item affected.
func (t *tx) exchange(ctx context.Context) (affected int64, err error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	if err := t.settle(ctx); err != nil {
		return 0, err
	}
	if len(t.queue) == 0 {
		return 0, nil
	}
	items := t.queue
	t.queue, t.bytes, t.begun = nil, 0, true
	t.sent++
	tags, failed := t.c.main.roundTrip(ctx, items)
	if failed != nil {
		return 0, t.spoil(t.refused(ctx, items, failed))
	}
	if t.c.main.pg.TxStatus() != 'T' {
		return 0, t.spoil(errEnded)
	}
	last := len(items) - 1
	if affected = rowsAffected(tags[last]); items[last].locks {
		affected = tags[last].RowsAffected()
	}
	return affected, t.count(items, tags)
}

// count counts the rows that the guest's statements have written.
func (t *tx) count(items []item, tags []pgconn.CommandTag) error {
	for i := range items {
		if items[i].role == roleGuest {
			t.written += rowsAffected(tags[i])
		}
	}
	if t.warden == nil {
		return nil
	}
	if err := t.warden.rows(t.written); err != nil {
		return t.spoil(err)
	}
	return nil
}

// rowsAffected returns the rows that a statement wrote. The tags of others,
// such as SELECT, count rows too.
func rowsAffected(tag pgconn.CommandTag) int64 {
	if tag.Insert() || tag.Update() || tag.Delete() || strings.HasPrefix(tag.String(), "MERGE ") {
		return tag.RowsAffected()
	}
	return 0
}

// spoil notes that the transaction can't be used any more.
func (t *tx) spoil(err error) error {
	t.err = err
	t.c.contended = t.c.contended || errors.Is(err, host.ErrLocked)
	return err
}

func (t *tx) usable() error {
	switch {
	case t.over:
		return errors.New("the transaction is over")
	case t.err != nil:
		return &host.SQLError{Code: codeAborted, Message: "an earlier error spoilt the transaction: " + t.err.Error(), Err: t.err}
	}
	return nil
}

// settle frees the link: it ends the load that is under way, or reads ahead what is
// left of the open rows.
func (t *tx) settle(ctx context.Context) error {
	if t.load != nil {
		return t.endLoad(ctx)
	}
	if t.rows == nil {
		return nil
	}
	r := t.rows
	t.rows = nil
	return r.readAhead()
}

// guest makes an item of a guest's statement.
func (t *tx) guest(stmt host.Statement) (item, error) {
	if err := t.usable(); err != nil {
		return item{}, err
	}
	e, err := inspect(stmt)
	if err != nil {
		return item{}, t.spoil(err)
	}
	t.note(e)
	it, err := guestItem(stmt)
	if err != nil {
		return item{}, t.spoil(err)
	}
	return it, nil
}

// guestItem encodes a guest's statement.
func guestItem(stmt host.Statement) (item, error) {
	types := make([]abi.Type, len(stmt.Params))
	for i, v := range stmt.Params {
		types[i] = v.Type
	}
	it := item{role: roleGuest, sql: stmt.Locking(), ordinal: stmt.Ordinal, locks: stmt.Lock != ""}
	if stmt.Written {
		it.sql += written
	}
	it.oids, it.formats = typesOf(types)
	var err error
	if it.values, err = new(paramMemory).encode(stmt.Params, it.formats); err != nil {
		return item{}, fmt.Errorf("the parameters of the statement, each of which is a column of a row: %w", err)
	}
	return it, nil
}

func (t *tx) note(e effects) {
	t.after.settings = t.after.settings || e.settings
	t.after.role = t.after.role || e.role
	t.after.temporary = t.after.temporary || e.temporary
	if e.prepared {
		t.c.main.forget()
	}
}

// Exec runs one statement.
func (t *tx) Exec(ctx context.Context, stmt host.Statement) (int64, error) {
	it, err := t.guest(stmt)
	if err != nil {
		return 0, err
	}
	t.put(it)
	return t.exchange(ctx)
}

// Defer queues one statement.
func (t *tx) Defer(ctx context.Context, stmt host.Statement) error {
	it, err := t.guest(stmt)
	if err != nil {
		return err
	}
	if len(t.queue) >= maxQueue || t.bytes+len(stmt.SQL) > maxQueueBytes {
		if err := t.flush(ctx); err != nil {
			return err
		}
	}
	t.put(it)
	if t.bytes > maxQueueBytes {
		return t.flush(ctx)
	}
	return nil
}

// ownWrites prepares for what the runner itself writes: as itself, whoever the
// guest acted as.
func (t *tx) ownWrites() {
	if t.after.role {
		t.put(item{sql: "RESET SESSION AUTHORIZATION"})
		t.put(item{sql: "RESET ROLE"})
	}
}

// Progress records units as done.
func (t *tx) Progress(_ context.Context, revision chain.Key, dir chain.Direction, units []host.Unit) error {
	if err := t.usable(); err != nil || len(units) == 0 {
		return err
	}
	t.from = ""
	t.ownWrites()
	t.put(t.c.progressItem(revision, dir, units, t.token))
	return nil
}

// Record writes the ledger.
func (t *tx) Record(_ context.Context, entry host.Entry, heads []string) error {
	if err := t.usable(); err != nil {
		return err
	}
	t.ownWrites()
	t.put(t.c.recordItem(entry, t.from, heads, t.token))
	t.from = ""
	return nil
}

// Commit sends what is queued, and COMMIT with it. The server skips COMMIT if
// anything before it fails, and answers ROLLBACK if the transaction had failed
// already.
func (t *tx) Commit(ctx context.Context) error {
	if err := t.usable(); err != nil {
		return err
	}
	if err := t.settle(ctx); err != nil {
		return err
	}
	t.put(commitItem())
	commit := len(t.queue) - 1
	// What a migration leaves in the session would reach the next one or,
	// behind a pooler, somebody else. After the commit, since before it some
	// of it is still wanted, and a rollback takes it back by itself.
	if t.after.settings {
		t.put(item{sql: "RESET ALL"})
		for _, it := range t.c.stay() {
			t.put(it)
		}
	}
	if t.after.temporary {
		t.put(item{sql: "DISCARD TEMP"})
	}
	items := t.queue
	t.queue, t.begun = nil, true
	tags, failed := t.c.main.roundTrip(ctx, items)
	if tags != nil && tags[commit].String() == "COMMIT" {
		t.end()
		return nil
	}
	if failed != nil {
		return t.spoil(t.refused(ctx, items, failed))
	}
	return t.spoil(fmt.Errorf("the server answered %q to COMMIT: the transaction is rolled back", tags[commit]))
}

func (t *tx) end() {
	t.over = true
	t.c.tx = nil
}

// Rollback rolls back. It does not depend on the context of other calls, and
// ends within a few seconds: if the server does not answer, the connection is
// closed, and the server rolls back by itself.
func (t *tx) Rollback() error {
	if t.over {
		return nil
	}
	t.end()
	t.queue = nil
	if t.load != nil {
		t.abandonLoad(errRolledBack)
	}
	if t.rows != nil {
		t.rows.abandon()
		t.rows = nil
	}
	if !t.begun {
		return nil
	}
	return t.c.main.rollback()
}

var errRolledBack = errors.New("the transaction is rolled back")

// rollback ends the link's transaction, if any.
func (l *link) rollback() error {
	ctx, cancel := context.WithTimeout(context.Background(), tidyWithin)
	defer cancel()
	// The server may still hold a request to cancel what was interrupted, and
	// cancel the first ROLLBACK with it.
	var err error
	for range 3 {
		if l.pg.IsClosed() {
			l.wait(ctx) // until the server has been told
			return nil
		}
		if l.pg.TxStatus() == 'I' {
			return nil
		}
		if err = l.do(ctx, item{sql: "ROLLBACK"}); err == nil {
			return nil
		}
	}
	l.close()
	return fmt.Errorf("roll back: %w; the connection is closed, so the server rolls back by itself", err)
}
