package host

import "github.com/sandpiper-db/sandpiper/host/chain"

// Written counts the rows that a migration of a plugin writes: in all of its
// transactions, since a grant is for the migration, and a backfill has a transaction
// for each chunk. The walls of a connection keep one, and tell it of transactions.
type Written struct {
	rows      int64 // of what is committed
	revision  chain.Key
	direction chain.Direction
}

// Begin notes the beginning of a transaction, and reports whether it is the first one
// here of its migration. Of what earlier runs have written the fence says what was
// recorded.
func (w *Written) Begin(f Fence) (first bool) {
	key := chain.Key{Line: f.Line, ID: f.Revision}
	if first = w.revision != key || w.direction != f.Direction || f.Done == 0; first {
		*w = Written{revision: key, direction: f.Direction}
	}
	w.rows = max(w.rows, f.Written)
	return first
}

// With returns how many rows there are with those of the open transaction.
func (w *Written) With(rows int64) int64 { return w.rows + rows }

// Committed notes the end of a transaction that has written so many.
func (w *Written) Committed(rows int64) { w.rows += rows }

// written returns how many rows a unit is recorded to have written.
func (u Unit) written() int64 {
	if u.Kind != UnitBackfill {
		return u.Affected
	}
	at, err := readCheckpoint(u)
	if err != nil || at == nil {
		return 0 // whoever goes on behind a damaged one is told
	}
	return at.Affected
}

// wrote counts rows that a call has written in a section, or in a chunk.
func (s *session) wrote(rows int64) {
	switch {
	case s.section == nil:
	case s.section.fill != nil:
		s.section.fill.at.Affected += rows
	default:
		s.section.unit.Affected += rows
	}
}
