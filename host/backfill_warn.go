package host

import (
	"cmp"
	"context"
	"fmt"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// warned is what a run of a backfill has warned of: once is enough.
type warned struct {
	more, beyond bool
}

func (f *fill) warn(told *bool, format string, args ...any) {
	if !*told {
		*told = true
		f.s.tell(Event{Kind: EventLog, Level: LogWarn, Text: fmt.Sprintf("backfill %q: ", f.unit.Name) + fmt.Sprintf(format, args...)})
	}
}

// tellFaster warns where the run goes on without a limit that an earlier one had: limits
// are of a run, and whoever takes over after it may not know of them.
func (f *fill) tellFaster(before Pace) {
	now := f.s.cfg.pace()
	if !now.exceeds(before) || f.s.rehearsed {
		return
	}
	f.warn(&f.pace.faster, "it goes on with %s, and the run before was held to %s: limits hold for the run that is given them",
		cmp.Or(now.Limits(), "no limit"), before.Limits())
}

// grow counts the rows that are left where more are visited than were counted, so that
// nobody waits for what seems to be done. It counts as many as take a moment, since the
// chunk holds its locks meanwhile: where there are more, it is asked again behind them.
func (f *fill) grow(ctx context.Context) error {
	if f.unit.Total == 0 || f.unit.Affected <= f.unit.Total {
		return nil
	}
	left, err := f.number(ctx, f.sql.left(f.at.Last, f.at.End))
	f.unit.Total = f.unit.Affected + left + int64(len(f.at.Skipped))
	return f.s.sorted(err)
}

// tellMore warns where more rows are visited than were counted: the backfill ends when
// no row is left, and never where each chunk adds some.
func (f *fill) tellMore(counted int64) {
	if f.unit.Total > counted && !f.at.Bounded {
		f.warn(&f.warned.more, "more rows are visited than the %s that were counted: with inserted=include it goes on for as long as rows are added behind its checkpoint, and does not end if it adds them itself",
			policy.Thousands(counted))
	}
}

// tellGone warns of rows that others held and that were not found when their turn came
// again.
func (f *fill) tellGone(c *chunk) {
	if gone := int64(len(c.late)) - c.visited; gone > 0 {
		f.warn(new(bool), "%s rows that were skipped are gone from their keys and are not visited: whoever held them has deleted them, or changed their keys or what where= asks for",
			policy.Thousands(gone))
	}
}

// tellFewer warns where fewer rows were visited in the end than were counted. The database
// keeps no account of why.
func (f *fill) tellFewer() {
	if f.unit.Affected < f.unit.Total {
		f.warn(new(bool), "%s of the %s rows that were counted were visited: others may have been deleted meanwhile, or may not fit any more, or have moved to a place in the order that was passed or is beyond the end",
			policy.Thousands(f.unit.Affected), policy.Thousands(f.unit.Total))
	}
}

// reaches warns where a statement has changed more rows of the table than the chunk
// has: its condition holds beyond it.
func (f *fill) reaches(statement string, affected int64, c *chunk) {
	if affected > c.visited && f.guard != nil && f.guard.changes(statement) {
		f.warn(&f.warned.beyond, "its statement has changed %s rows, and the chunk has %s: it reaches beyond ${chunk}, so that rows are changed more than once",
			policy.Thousands(affected), policy.Thousands(c.visited))
	}
}

// changes reports whether a statement is an UPDATE or a DELETE of the table that is
// visited.
func (g *keyGuard) changes(statement string) bool {
	first := true
	for t := range chain.Tokens(g.dialect, statement) {
		switch {
		case t.Blank():
			continue
		case first && !t.Is("UPDATE") && !t.Is("DELETE"), t.Is("SET"), t.Is("WHERE"), t.Is("USING"):
			return false
		}
		first = false
		if name, ok := t.Name(g.dialect); ok && g.same(name, g.table) {
			return true
		}
	}
	return false
}
