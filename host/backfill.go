package host

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A fill is a backfill under way (ABI.md, section 8). It visits rows in the order
// of a key, a chunk at a time:
//
//	bound   the key of the chunk's last row, found without a lock
//	rows    those behind the last chunk up to the bound, locked where that is asked for
//	work    the guest's, or the author's statement
//	record  the bound as the checkpoint, in the same transaction
//
// The bound is found before the rows are: a row whose key somebody changes while
// its lock is waited for could come last otherwise, and all rows between would be
// passed over. A backfill ends when no row is behind the checkpoint, and never
// because a chunk was small.
type fill struct {
	s    *session
	unit Unit // as it is recorded
	at   checkpoint
	sql  *fillSQL

	table   string // "" where the source is a query
	known   bool   // its key, in this run
	lock    string // of the rows of a chunk; "" for none
	ordinal int    // of the call that began it
	first   int64  // rows of the first chunk
	most    int64  // and of any
	pace    *pace
	guard   *keyGuard     // nil where the source is a query
	chunk   *chunk        // nil between chunks
	last    bool          // nothing lies between the checkpoint and the end of the order
	paused  time.Duration // before it
	end     func()        // of its span
	warned  warned
}

// A chunk is what is done in one transaction of a backfill.
type chunk struct {
	after, until keyRow  // the rows behind one key up to another
	late         keyRows // or these, which were skipped before
	wanted       keyRows // where rows may be skipped: those that there are
	held         keyRows // of them, those that others hold
	lock         string
	whole        bool // it has as many rows as were asked for
	told         bool // by an error, see rolledBack

	number  int64 // among those of the backfill
	before  int64 // rows visited before it
	began   time.Time
	asked   int64
	visited int64
	rows    *chunkRows // nil where a statement does the work
}

// BackfillBegin implements Calls.
func (s *session) BackfillBegin(ctx context.Context, b *abi.Backfill) (done bool, err error) {
	s.ordinal++
	if err := s.ready(ctx); err != nil {
		return false, err
	}
	if b.Statement != "" {
		return false, refuse(abi.ErrnoArgument, "backfill %q has a statement, which backfill_run runs", b.Name)
	}
	f, err := s.beginFill(ctx, b)
	return f == nil, err
}

// BackfillNext implements Calls.
func (s *session) BackfillNext(ctx context.Context, leave bool) (Chunk, error) {
	if err := s.usable(); err != nil {
		return Chunk{}, err
	}
	if s.section == nil || s.section.fill == nil {
		return Chunk{}, refuse(abi.ErrnoState, "no backfill is open")
	}
	if err := s.flush(ctx); err != nil {
		return Chunk{}, err
	}
	f := s.section.fill
	if f.chunk != nil {
		if !f.chunk.rows.ended {
			return Chunk{}, refuse(abi.ErrnoState, "the rows of the chunk are not read to their end, and would count as visited")
		}
		if err := f.commit(ctx); err != nil {
			return Chunk{}, f.rolledBack(err)
		}
	}
	if leave && !s.rehearsed {
		return Chunk{}, s.die(errLeave)
	}
	c, err := f.next(ctx)
	if err != nil {
		return Chunk{}, err
	}
	rows, err := s.query(ctx, f.sql.chunk(c, f.ordinal))
	if err != nil {
		return Chunk{}, s.doom(f.rolledBack(f.own(err)))
	}
	c.rows = &chunkRows{sessionRows: rows, fill: f, chunk: c, key: len(f.sql.key)}
	if err := f.want(ctx, c); err != nil {
		return Chunk{}, s.doom(f.rolledBack(err))
	}
	return Chunk{Rows: c.rows, Seed: f.seed()}, nil
}

// errLeave ends a guest's run, which begins anew at once.
var errLeave = errors.New("the guest is started anew from the checkpoint")

// BackfillRun implements Calls.
func (s *session) BackfillRun(ctx context.Context, b *abi.Backfill) (affected int64, err error) {
	s.ordinal++
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if b.Statement == "" {
		return 0, refuse(abi.ErrnoArgument, "backfill %q has no statement", b.Name)
	}
	f, err := s.beginFill(ctx, b)
	if err != nil {
		return 0, s.placed(err)
	}
	if f == nil {
		at, err := finished(s.recorded[s.pos-1])
		if err != nil {
			return 0, s.die(err)
		}
		return at.Affected, nil
	}
	for {
		c, err := f.next(ctx)
		if errors.Is(err, io.EOF) {
			return f.at.Affected, nil
		}
		if err == nil {
			err = f.run(ctx, b.Statement, c)
		}
		if err == nil {
			err = f.commit(ctx)
		}
		if err != nil {
			return 0, s.doom(f.rolledBack(err))
		}
	}
}

// doom marks the transaction as beyond repair: no savepoint inside the chunk can undo
// this error.
func (s *session) doom(err error) error {
	if s.fatal == nil && s.doomed == nil {
		s.doomed, s.hopeless = err, true
	}
	return err
}

// run has the statement do the work of a chunk.
func (f *fill) run(ctx context.Context, statement string, c *chunk) error {
	if err := f.claim(ctx, c); err != nil {
		return err
	}
	affected, err := f.s.send(ctx, call{
		stmt: f.sql.run(statement, c, f.ordinal),
		run:  func(ctx context.Context, tx Tx, stmt Statement) (int64, error) { return tx.Exec(ctx, stmt) },
	})
	if err == nil {
		f.reaches(statement, affected, c)
	}
	return err
}

// seed is that of the chunk's random source. It depends on nothing but the run's
// seed, the backfill and the chunk's place in it.
func (f *fill) seed() [32]byte {
	b := f.s.seed[:]
	b = binary.LittleEndian.AppendUint64(b[:len(b):len(b)], uint64(f.unit.Position))
	return sha256.Sum256(binary.LittleEndian.AppendUint64(b, uint64(f.unit.Chunks)))
}

// next begins the next chunk, in a transaction of its own. io.EOF says that there
// is none, and that the backfill is recorded as done.
func (f *fill) next(ctx context.Context) (*chunk, error) {
	if err := f.throttle(ctx); err != nil {
		return nil, err
	}
	c := &chunk{number: f.unit.Chunks + 1, before: f.unit.Affected, after: f.at.Last, asked: f.pace.next(f.first, f.most), lock: f.lock}
	if err := f.begin(ctx, c); err != nil {
		return nil, err
	}
	if c.until == nil && len(f.at.Skipped) > 0 {
		n := min(int(c.asked), len(f.at.Skipped), max(1, maxAmong/len(f.sql.key)))
		c.late, c.lock = f.at.Skipped[:n], abi.LockRows
	}
	if c.until == nil && c.late == nil {
		return nil, f.complete(ctx)
	}
	f.chunk = c
	return c, nil
}

// maxAmong bounds the parameters of a statement that names keys.
const maxAmong = 1000

// commit records the chunk and commits it.
func (f *fill) commit(ctx context.Context) error {
	s, c := f.s, f.chunk
	s.closeRows()
	if err := f.guard.check(ctx, f); err != nil {
		return err
	}
	if err := f.pass(c); err != nil {
		return s.die(err)
	}
	f.unit.Affected += c.visited
	f.unit.Chunks++
	counted := f.unit.Total
	if err := f.grow(ctx); err != nil {
		return err
	}
	if err := f.record(ctx); err != nil {
		return err
	}
	s.fence.Chunks++
	s.saved(0)
	s.passed()
	f.chunk = nil
	took := time.Since(c.began)
	f.pace.took(c, took, s.cfg)
	s.advanced()
	f.tellMore(counted)
	f.tellGone(c)
	s.emit(Event{Kind: EventChunk, Backfill: f.unit.Name, Done: f.unit.Affected, Total: f.unit.Total, Rows: c.visited, Took: took, Paused: f.paused})
	return nil
}

// complete records the backfill as done. Rows that have no place in the order may have
// come since it began.
func (f *fill) complete(ctx context.Context) error {
	s := f.s
	if unplaced, err := f.unplaced(ctx); err != nil {
		return err
	} else if unplaced {
		return f.passedOver()
	}
	f.unit.Begun = false
	if err := f.record(ctx); err != nil {
		return err
	}
	s.saved(1)
	s.pos++
	f.end()
	s.section = nil
	f.tellFewer()
	delete(s.paces, f.unit.Position)
	s.completed(f.unit.Name)
	return io.EOF
}

// passedOver ends the run since some rows have no place in the order.
func (f *fill) passedOver() error {
	err := refuse(abi.ErrnoState, "backfill %q has not visited the rows with NULL in %s, which have no place in the order of the key and came after it began: "+
		"give them keys and run again. What its chunks did is committed, and a row whose key is up to that of the last one visited, or beyond the end, is not visited any more: do its work by hand",
		f.unit.Name, strings.Join(f.at.Key, " or "))
	err.rows = true
	return f.s.die(err)
}

// record commits the open transaction with the record of the backfill.
func (f *fill) record(ctx context.Context) (err error) {
	s := f.s
	f.at.Worked = s.worked + time.Since(s.started)
	if f.unit.Checkpoint, err = f.at.bytes(); err != nil {
		return s.die(err)
	}
	if err := s.tx.Progress(ctx, s.step.Revision.Key, s.step.Direction, []Unit{f.unit}); err != nil {
		return s.failed(err)
	}
	start := time.Now()
	if err := s.tx.Commit(ctx); err != nil {
		return s.failed(err)
	}
	s.observer.committed(time.Since(start))
	return nil
}
