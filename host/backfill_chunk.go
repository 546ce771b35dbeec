package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// chunkRows are the rows of a chunk, as the guest reads them.
type chunkRows struct {
	*sessionRows
	fill  *fill
	chunk *chunk
	key   int // columns
	ended bool
	keys  map[string]bool // that came, where others may have been skipped
	last  []byte          // the key before, where nobody knows whether it is one
}

// Next implements Rows.
func (r *chunkRows) Next() ([]abi.Value, error) {
	row, err := r.sessionRows.Next()
	if r.count(err); err == nil && r.chunk.wanted != nil {
		err = r.note(row)
	}
	if err == nil && r.fill.guard == nil {
		err = r.differs(row)
	}
	return row, err
}

// NextEncoded implements EncodedRows. Where the keys have to be looked at, it reports
// false, and the rows are read with Next.
func (r *chunkRows) NextEncoded() (row []byte, ok bool, err error) {
	if r.chunk.wanted != nil || r.fill.guard == nil {
		return nil, false, nil
	}
	if row, ok, err = r.sessionRows.NextEncoded(); ok {
		r.count(err)
	}
	return row, ok, err
}

// count counts a row, or notes that there is none.
func (r *chunkRows) count(err error) {
	switch {
	case errors.Is(err, io.EOF):
		r.ended = true
	case err == nil:
		r.chunk.visited++
	}
}

// differs ends the run where the rows of a query have the same key twice: rows of one
// key come one after the other, and all of them in one chunk.
func (r *chunkRows) differs(row []abi.Value) error {
	key, err := abi.AppendRow(make([]byte, 0, len(r.last)), anyTypes(r.key), row[:r.key])
	if err == nil && bytes.Equal(key, r.last) {
		err = r.fill.s.die(refuse(abi.ErrnoState, "backfill %q: two rows of its query have the same (%s), so that it is no key: name columns that are unique together. The chunk is rolled back",
			r.fill.unit.Name, strings.Join(r.fill.at.Key, ", ")))
	}
	r.last = key
	return err
}

func (r *chunkRows) note(row []abi.Value) error {
	key, err := keyRow(row[:r.key]).encoded()
	if r.keys == nil {
		r.keys = map[string]bool{}
	}
	r.keys[key] = true
	return err
}

// begin begins the transaction of a chunk and finds its bound, nil if there is
// none. Whoever holds the lock is waited for here: on SQLite it may be any program
// that writes.
func (f *fill) begin(ctx context.Context, c *chunk) error {
	s := f.s
	for since, told := time.Now(), false; ; {
		c.began = time.Now()
		tx, err := s.conn.Begin(ctx, s.fence)
		if err == nil {
			s.tx = tx
			err = f.bound(ctx, c)
		}
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, ErrLocked) || time.Since(since) > lockPatience || s.late(since):
			return s.sorted(err)
		case s.tx != nil:
			s.tx = nil
			if err := tx.Rollback(); err != nil {
				return s.die(err)
			}
		}
		if time.Since(since) > time.Second && !told {
			told = true
			s.emit(Event{Kind: EventWaiting, Text: err.Error()})
		}
		if err := pause(ctx, lockPause); err != nil {
			return s.die(err)
		}
	}
}

// lockPatience is how long a chunk waits for the lock before the run looks at the
// ledger again.
const lockPatience = 10 * time.Second

// late reports whether the lock has been waited for as long as it may be.
func (s *session) late(since time.Time) bool {
	return s.cfg.LockWait > 0 && time.Since(since) >= s.cfg.LockWait
}

// bound finds the key of the chunk's last row. Behind the last whole chunk it is
// that of the last row there is.
func (f *fill) bound(ctx context.Context, c *chunk) (err error) {
	if f.at.Bounded && f.at.End == nil {
		return nil // there was nothing when it began
	}
	if err := f.inOrder(ctx); err != nil {
		return err
	}
	if err := f.keyed(ctx); err != nil {
		return err
	}
	if c.lock == abi.LockSkip && len(f.at.Skipped)+int(c.asked) > maxSkipped {
		c.lock = abi.LockRows
	}
	if c.lock == abi.LockSkip {
		if c.wanted, err = f.places(ctx, f.sql.first(c.after, f.at.End, c.asked)); err == nil && len(c.wanted) > 0 {
			c.until = c.wanted[len(c.wanted)-1]
		}
		c.whole = int64(len(c.wanted)) == c.asked
		return err
	}
	found, err := f.places(ctx, f.sql.nth(c.after, f.at.End, c.asked))
	if c.whole = len(found) > 0; err == nil && !c.whole {
		found, err = f.places(ctx, f.sql.last(c.after, f.at.End, true))
	}
	if len(found) > 0 {
		c.until = found[0]
	}
	if c.until.null() { // the column was NOT NULL when the backfill began
		return f.passedOver()
	}
	return err
}

// maxSkipped bounds the keys of skipped rows that a checkpoint holds.
const maxSkipped = 10_000

// ask returns the rows of a statement of the backfill's own.
func (f *fill) ask(ctx context.Context, stmt Statement) (all keyRows, err error) {
	err = f.each(ctx, stmt, func(row []abi.Value) error {
		all = append(all, cloneRow(row))
		return nil
	})
	return all, err
}

// each gives the rows of a statement of the backfill's own, which are valid until do
// returns.
func (f *fill) each(ctx context.Context, stmt Statement, do func(row []abi.Value) error) error {
	stmt.Ordinal, stmt.Own = f.ordinal, true
	rows, err := f.s.tx.Query(ctx, stmt)
	if err != nil {
		return f.own(err)
	}
	defer rows.Close()
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(row)
		}
		if err != nil {
			return f.own(err)
		}
	}
}

// own says of the database's refusal of a question of the backfill's own whose it is:
// unless it is of another call, which was sent with the question.
func (f *fill) own(err error) error {
	var refused *SQLError
	if errors.As(err, &refused) && (refused.Ordinal == 0 || refused.Ordinal == f.ordinal) {
		refused.Ordinal, refused.Backfill = f.ordinal, f.unit.Name
	}
	return err
}

// places returns the keys of a statement that asks for them, which say where a chunk
// ends.
func (f *fill) places(ctx context.Context, stmt Statement) (keyRows, error) {
	all, err := f.ask(ctx, stmt)
	if err != nil {
		return nil, f.unread(err)
	}
	n := len(f.sql.key)
	for i, row := range all {
		for k, kind := range row[n:] {
			if row[k].Type == abi.TypeBytes && string(kind.Bytes) == "text" {
				return nil, refuse(abi.ErrnoArgument, "backfill %q: a row has a text in column %s of its key that is not UTF-8 (x'%X'), so that no checkpoint can be set there: mend it, or order by another key",
					f.unit.Name, f.sql.key[k], row[k].Bytes[:min(len(row[k].Bytes), maxShownKey)])
			}
		}
		all[i] = row[:n]
	}
	return all, err
}

// maxShownKey bounds what an error shows of a key.
const maxShownKey = 64

// number returns the only value of a statement.
func (f *fill) number(ctx context.Context, stmt Statement) (int64, error) {
	rows, err := f.ask(ctx, stmt)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0][0].Int, nil
}

// claim locks the rows that a statement will visit, and finds out how many there are
// and which of them others hold. The statement's own locks would come too late: where
// it waits for a row, it looks again at what it says of that row, and at nothing that a
// subquery has read (a where=, the source of an INSERT).
//
// https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
func (f *fill) claim(ctx context.Context, c *chunk) (err error) {
	switch {
	case c.wanted != nil:
		return f.claimSome(ctx, c)
	case c.lock != "":
		// While it waits, more rows may come to fit: it looks twice, in one round trip.
		look := f.sql.locked(c, "1", f.ordinal)
		if err = f.s.tx.Defer(ctx, look); err == nil {
			c.visited, err = f.s.tx.Exec(ctx, look)
		}
	case c.whole:
		c.visited = c.asked
	default:
		c.visited, err = f.number(ctx, f.sql.count(c.after, c.until, true))
	}
	return f.s.sorted(f.own(err))
}

// claimSome is claim where rows that others hold are skipped.
func (f *fill) claimSome(ctx context.Context, c *chunk) error {
	rows, err := f.ask(ctx, f.sql.chunk(c, f.ordinal))
	if err != nil {
		return f.s.sorted(err)
	}
	if err := f.want(ctx, c); err != nil {
		return err
	}
	c.rows, c.visited = &chunkRows{fill: f, chunk: c, key: len(f.sql.key)}, int64(len(rows))
	for _, row := range rows {
		if err := c.rows.note(row); err != nil {
			return f.s.die(err)
		}
	}
	c.held, err = c.missed()
	return f.s.sorted(err)
}

// want asks again which rows there are, where some may have been skipped: one that
// was committed after the bound was found, and locked again before the rows of the
// chunk were, is among neither.
func (f *fill) want(ctx context.Context, c *chunk) (err error) {
	if c.wanted != nil {
		c.wanted, err = f.ask(ctx, f.sql.there(c))
	}
	return f.s.sorted(err)
}

// sorted is failed, for an error that may be nil or a refusal.
func (s *session) sorted(err error) error {
	if err == nil {
		return nil
	}
	if denied := s.asRefused(err, Statement{Ordinal: s.ordinal}); denied != nil {
		return s.doom(denied)
	}
	return s.failed(err)
}

// missed returns the keys of those rows that others hold.
func (c *chunk) missed() (held keyRows, err error) {
	for _, key := range c.wanted {
		text, err := key.encoded()
		if err != nil {
			return nil, err
		}
		if !c.rows.keys[text] {
			held = append(held, key)
		}
	}
	return held, nil
}

// pass moves the checkpoint behind a chunk.
func (f *fill) pass(c *chunk) error {
	if c.late != nil {
		f.at.Skipped = f.at.Skipped[len(c.late):]
		return nil
	}
	held, err := c.missed()
	f.at.Last = c.until
	f.at.Skipped = append(f.at.Skipped, held...)
	if err != nil {
		return err
	}
	ended, err := c.until.same(f.at.End)
	f.last = f.at.Bounded && (!c.whole || ended)
	return err
}

// over reports whether no chunk is left to do, as far as that is known without a look.
func (f *fill) over() bool { return f.last && len(f.at.Skipped) == 0 }
