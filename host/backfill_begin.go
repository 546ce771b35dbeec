package host

import (
	"context"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The rows of a chunk, where the author leaves that to the host.
const (
	firstBatch = 1_000
	mostBatch  = 50_000
)

// beginFill begins a backfill, or takes it up where its checkpoint says. It returns
// nil where an earlier run has completed it.
func (s *session) beginFill(ctx context.Context, b *abi.Backfill) (*fill, error) {
	switch {
	case s.section != nil:
		return nil, refuse(abi.ErrnoState, "backfill %q begins inside %s: they do not nest", b.Name, s.section)
	case len(s.savepoints) > 0:
		return nil, refuse(abi.ErrnoState, "backfill %q begins while savepoint %q is set", b.Name, s.savepoints[len(s.savepoints)-1])
	case s.queried:
		return nil, refuse(abi.ErrnoState, "a query before backfill %q: read inside a transaction section or the backfill, since a resumed run could not answer it again", b.Name)
	}
	if err := b.Check(); err != nil {
		return nil, refuse(abi.ErrnoArgument, "%v", err)
	}
	if b.Statement != "" {
		if _, err := chain.CheckChunks(s.step.Revision.Dialect, b.Statement); err != nil {
			return nil, refuse(abi.ErrnoArgument, "backfill %q: %v", b.Name, err)
		}
	}
	f := &fill{s: s, ordinal: s.ordinal, table: b.Table}
	f.unit = Unit{
		Position: s.begin.Position + s.pos + 1, Kind: UnitBackfill, Name: b.Name,
		Digest: digestText("backfill\x00" + string(abi.AppendBackfill(nil, b))), Begun: true,
	}
	at, done, err := f.standing(b)
	if done || err != nil {
		return nil, err
	}
	if err := f.choose(b); err != nil {
		return nil, err
	}
	if at == nil {
		if err := s.commitGap(ctx); err != nil {
			return nil, err
		}
		if err := f.probe(ctx, b); err != nil {
			return nil, err
		}
	} else {
		f.at = *at
	}
	f.at.accept(s.version)
	s.accepted = append(s.accepted, f.at.Accepted...)
	f.at.Pace, f.at.Stopped = s.cfg.pace(), false // which the next chunk records
	f.sql = newFillSQL(s.step.Revision.Dialect, b, &f.at)
	f.guard = newKeyGuard(f.sql, b)
	if f.lock == abi.LockSkip {
		f.most = min(f.most, int64(maxSkipped/2/len(f.at.Key)))
	}
	f.pace = s.paces.of(f.unit.Position)
	if at != nil {
		f.tellFaster(at.Pace)
	}
	if at == nil || at.Stopped {
		if f.unit.Checkpoint, err = f.at.bytes(); err != nil {
			return nil, s.die(err)
		}
		if err := s.commitUnits(ctx, f.unit); err != nil {
			return nil, err
		}
	}
	f.end = s.fillSpan(b.Name)
	s.section = &openSection{kind: SectionTransaction, unit: f.unit, end: f.end, fill: f, told: s.told}
	return f, nil
}

// standing looks for what an earlier run has recorded of the backfill: its
// checkpoint, nil if it has none, or that it is done.
func (f *fill) standing(b *abi.Backfill) (at *checkpoint, done bool, err error) {
	s := f.s
	if s.pos >= len(s.recorded) {
		return nil, false, nil
	}
	known, sent := s.recorded[s.pos], Statement{SQL: b.Statement, Ordinal: f.ordinal}
	if known.Kind != UnitBackfill || known.Digest != f.unit.Digest && !known.Begun {
		return nil, false, s.changed(known, sent)
	}
	if !known.Begun {
		s.pos++
		s.known++
		return nil, true, nil
	}
	f.unit.Chunks = known.Chunks
	if at, err = readCheckpoint(known); err != nil || at == nil {
		return nil, false, s.dieOf(err)
	}
	f.unit.Affected, f.unit.Total = known.Affected, known.Total
	elsewhere := at.Source != sourceOf(b) || len(b.Key) > 0 && !slices.Equal(at.Key, b.Key)
	switch {
	case at.Version == s.version && known.Digest == f.unit.Digest:
		return at, false, nil
	case at.Version == s.version: // it has asked for something else this time
		return nil, false, s.changed(known, sent)
	case elsewhere || s.cfg.Checkpoint != CheckpointAccept:
		return nil, false, s.die(&CheckpointError{
			Revision: s.step.Revision, Backfill: b.Name, Was: at.Version, Is: s.version, Done: known.Affected, Elsewhere: elsewhere,
		})
	}
	return at, false, nil
}

func (s *session) dieOf(err error) error {
	if err == nil {
		return nil
	}
	return s.die(err)
}

// sourceOf is the digest of what a backfill visits.
func sourceOf(b *abi.Backfill) string { return digestText(b.Table + "\x00" + b.Query) }

// choose decides what the author has left to the host.
func (f *fill) choose(b *abi.Backfill) error {
	s := f.s
	f.most, f.first = b.MaxBatch, b.Batch
	if f.most == 0 {
		f.most = max(mostBatch, b.Batch)
	}
	if f.first == 0 {
		f.first = min(firstBatch, f.most)
	}
	if s.judge != nil {
		f.most = min(f.most, s.judge.Grants.Rows())
	}
	if s.cfg.MaxRate > 0 {
		f.most = min(f.most, s.cfg.MaxRate) // at least one chunk a second
	}
	f.first = min(f.first, f.most)

	if s.step.Revision.Dialect != chain.PostgreSQL {
		return nil
	}
	switch f.lock = b.Lock; {
	case f.lock == "" && b.Table != "":
		f.lock = abi.LockRows
		if s.refusedLock(b) != nil {
			f.lock = "" // it may read the rows and not change them
		}
	case f.lock == abi.LockNone:
		f.lock = ""
	case f.lock != "":
		if refusal := s.refusedLock(b); refusal != nil {
			return s.asRefused(refusal, Statement{Ordinal: f.ordinal})
		}
	}
	return nil
}

// refusedLock refuses a plugin to lock rows that it may not change: it would keep
// others from them.
func (s *session) refusedLock(b *abi.Backfill) error {
	if s.judge == nil {
		return nil
	}
	if b.Table == "" {
		return &policy.Refusal{Line: s.judge.Grants.Line, Reason: "lock the rows of a query: which tables they are of is not known"}
	}
	use, _ := s.judge.Grants.Use(b.Table)
	if s.judge.Owns(b.Table) || slices.Contains(use.Verbs, "update") {
		return nil
	}
	return s.judge.Touch(policy.Access{Table: b.Table, Verb: "update"})
}

// probe looks at the rows before the first chunk: whether their key is one, which
// the last of them is, and how many there are.
func (f *fill) probe(ctx context.Context, b *abi.Backfill) error {
	if _, err := f.s.transaction(ctx); err != nil {
		return err
	}
	key, nullable, err := f.key(ctx, b)
	if err != nil {
		return err
	}
	f.at = checkpoint{Version: f.s.version, Source: sourceOf(b), Key: key, Nullable: nullable, Bounded: b.Inserted != abi.InsertedInclude, Pace: f.s.cfg.pace()}
	f.sql = newFillSQL(f.s.step.Revision.Dialect, b, &f.at)
	if err := f.inOrder(ctx); err != nil {
		return f.s.sorted(err)
	}
	if unplaced, err := f.unplaced(ctx); err != nil {
		return err
	} else if unplaced {
		return refuse(abi.ErrnoArgument, "backfill %q: there are rows with NULL in %s, so that they have no place in the order of the key: give them a value before, or order by another key",
			b.Name, strings.Join(key, " or "))
	}
	if f.at.Bounded {
		found, err := f.places(ctx, f.sql.last(nil, nil, false))
		if err != nil {
			return f.s.sorted(err)
		}
		if len(found) > 0 {
			f.at.End = found[0]
		}
	}
	if !b.Uncounted {
		if f.unit.Total, err = f.number(ctx, f.sql.count(nil, f.at.End, true)); err != nil {
			return f.s.sorted(err)
		}
	}
	return nil
}

// unplaced reports whether there are rows that the order of the key has no place
// for.
func (f *fill) unplaced(ctx context.Context) (bool, error) {
	if !f.at.Nullable {
		return false, nil
	}
	found, err := f.ask(ctx, f.sql.null())
	return len(found) > 0, f.s.sorted(err)
}

// key returns the columns that order the rows, and whether one of them may be NULL.
// Of a query nobody knows either: it promises what it names.
func (f *fill) key(ctx context.Context, b *abi.Backfill) (columns []string, nullable bool, err error) {
	if b.Table == "" {
		return b.Key, true, nil
	}
	keys, err := f.s.tx.Keys(ctx, b.Table)
	if err != nil {
		return nil, false, f.s.sorted(f.own(err))
	}
	keys, err = f.readable(b, keys)
	if err != nil {
		return nil, false, f.s.sorted(err)
	}
	fit, unfit := keys, []Key(nil)
	if i := slices.IndexFunc(keys, func(k Key) bool { return k.Unfit != "" }); i >= 0 {
		fit, unfit = keys[:i], keys[i:]
	}
	if len(b.Key) == 0 {
		if len(fit) > 0 && fit[0].Primary {
			return fit[0].Columns, fit[0].Nullable, nil
		}
		for _, k := range unfit {
			if k.Primary {
				return nil, false, f.unfit(b, k, fit)
			}
		}
		return nil, false, refuse(abi.ErrnoArgument, "backfill %q: table %s has no primary key, so that its rows have no order: %s",
			b.Name, quoteName(b.Table), useAnother(fit))
	}
	for _, k := range fit {
		if f.covers(b.Key, k.Columns) {
			return b.Key, k.nullableAmong(b.Key), nil
		}
	}
	for _, k := range unfit {
		if f.covers(b.Key, k.Columns) {
			return nil, false, f.unfit(b, k, fit)
		}
	}
	return nil, false, refuse(abi.ErrnoArgument, "backfill %q: (%s) is not a key of table %s, so that rows could be passed over: no primary key, unique constraint or unique index has these columns without conditions; %s",
		b.Name, strings.Join(b.Key, ", "), quoteName(b.Table), useAnother(fit))
}

// readable returns the keys that may be read. A plugin that lacks a grant for the one it
// asks for is told of it: that there is none would not be true.
func (f *fill) readable(b *abi.Backfill, keys []Key) (open []Key, err error) {
	for _, k := range keys {
		switch asked := len(b.Key) == 0 && k.Primary || len(b.Key) > 0 && f.covers(b.Key, k.Columns); {
		case k.Refused == nil:
			open = append(open, k)
		case asked && err == nil:
			err = k.Refused
		}
	}
	if err != nil && slices.ContainsFunc(open, func(k Key) bool { return len(b.Key) > 0 && f.covers(b.Key, k.Columns) }) {
		err = nil // it asks for columns that hold two keys
	}
	return open, err
}

// unfit refuses a key of which the dialect says why it is none.
func (f *fill) unfit(b *abi.Backfill, k Key, fit []Key) error {
	another := ""
	if len(fit) > 0 {
		another = "; " + useAnother(fit)
	}
	return refuse(abi.ErrnoArgument, "backfill %q: (%s) is no key of table %s that a backfill can go by: %s%s",
		b.Name, strings.Join(k.Columns, ", "), quoteName(b.Table), k.Unfit, another)
}

// covers reports whether columns are all those of a key, and maybe others.
func (f *fill) covers(columns, key []string) bool {
	for _, k := range key {
		if !slices.ContainsFunc(columns, func(c string) bool {
			return c == k || f.s.step.Revision.Dialect == chain.SQLite && strings.EqualFold(c, k)
		}) {
			return false
		}
	}
	return true
}

// useAnother says which keys there are.
func useAnother(keys []Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, "key="+strings.Join(k.Columns, ","))
	}
	if len(all) == 0 {
		return "make one of columns that are unique together and never NULL"
	}
	return "name one that it has: " + strings.Join(all, " or ")
}
