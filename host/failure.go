package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// fail explains the failure of a migration, unless it is one to try again
// after.
func (u *run) fail(ctx context.Context, step Step, about Event, err error) error {
	if errors.Is(err, ErrLocked) || errors.Is(err, ErrMoved) || errors.As(err, new(*PausedError)) {
		return err
	}
	if errors.Is(err, ErrLockTimeout) && u.timeouts < u.cfg.LockTimeoutRetries && ctx.Err() == nil {
		return err
	}
	u.leave(step)
	about.Kind, about.Err = EventFailed, u.failure(ctx, step, err)
	u.emit(about)
	return about.Err
}

// failure makes the error that people read: what failed, where, what state
// the database is in, and what to do next.
func (u *run) failure(ctx context.Context, step Step, err error) error {
	if step.Revision.ID == "" {
		return err // nothing had been planned yet
	}
	err = u.blamed(err)
	e := &RunError{Applied: u.result.Applied, Failed: step.Revision, Direction: step.Direction, Source: step.Revision.Source, Err: err}
	body := u.catalog.bodies[step.Revision.Key]
	var (
		failed  *SQLError
		denied  *RefusedError
		guest   *GuestError
		call    *callError
		changed *ChangedError
	)
	switch {
	case errors.As(err, &changed):
		e.Statement, e.SQL = changed.Statement, changed.SQL
	case errors.As(err, &denied):
		e.Statement, e.SQL = denied.Ordinal, denied.SQL
		if errors.As(err, &guest) && guest.Message == denied.Error() {
			e.Err = denied // the guest has added nothing
		}
	case errors.As(err, &failed) && failed.Ordinal > 0:
		e.Statement, e.SQL = failed.Ordinal, failed.SQL
		if body.module == nil {
			e.Err = failed // a SQL file has no words of its own
		}
	case errors.As(err, &call) && call.ordinal > 0 && body.module == nil:
		e.Statement, e.Err = call.ordinal, call
		err = call
	}
	if e.Statement > 0 {
		e.Source, e.Line = body.line(step.Direction, e.Statement)
	}
	waited := errors.Is(err, ErrLocked)
	if waited {
		e.Source = "" // nothing is wrong there
	}
	e.State = u.state(step, waited)
	e.Next = u.next(ctx, step, body, err)
	return e
}

// state looks at the database, on a new connection if need be: after a lost
// connection nobody knows whether the commit went through. waited says that nothing failed.
func (u *run) state(step Step, waited bool) string {
	ctx, cancel := context.WithTimeout(context.Background(), verdictWithin)
	defer cancel()
	ledger, err := u.conn.Ledger(ctx)
	if err != nil {
		ledger, err = u.Runner.ledger(ctx)
	}
	if err != nil {
		return fmt.Sprintf("unknown: the database does not answer (%v). What is committed stays, checkpoints too; what is not, the database itself rolls back", err)
	}
	heads := ledger.Heads[step.Revision.Line]
	at := "at " + formatHeads(heads)
	if line := step.Revision.Line; line != chain.DefaultLine {
		at = line + " is " + at // and the other lines are where they were
	}
	switch units := ledger.pending(step); {
	case slices.Equal(heads, step.After) && !slices.Equal(step.Before, step.After):
		return fmt.Sprintf("%s: this migration was committed after all", at)
	case !slices.Equal(heads, step.Before):
		return fmt.Sprintf("%s: another runner has moved it on", at)
	case len(units) > 0:
		at += ", with " + (Pending{Units: units}).phaseWords(": ") + halfDone(units)
		if waited {
			return at + "; nothing is lost"
		}
		return at + "; the rest is rolled back"
	case waited:
		return at + ": nothing of this migration is committed"
	default:
		return fmt.Sprintf("%s, as before this migration: it is rolled back", at)
	}
}

// halfDone says what is committed of a migration, and where its backfill stands.
func halfDone(units []Unit) string {
	parts := Pending{Units: units}.Parts()
	u, found := underWay(units)
	if !found {
		return fmt.Sprintf("the first parts of this migration committed (%d recorded)", parts)
	}
	of := ""
	if u.Total > 0 && u.Affected <= u.Total {
		of = fmt.Sprintf(" of %d", u.Total)
	}
	text := fmt.Sprintf("backfill %q standing at %d%s rows", u.Name, u.Affected, of)
	if u.Chunks > 0 {
		parts--
	}
	if parts > 0 {
		return fmt.Sprintf("the first parts of this migration committed (%d recorded) and its %s", parts, text)
	}
	return text
}

// Parts is how many calls, sections and backfills of the migration are committed,
// those backfills included that stand at a checkpoint.
func (p Pending) Parts() int {
	n := 0
	for _, u := range p.Units {
		if u.Kind != UnitBegin && u.Kind != UnitPhase && (!u.Begun || u.Chunks > 0) {
			n++
		}
	}
	return n
}

// Command is how Sandpiper is called to go on with it. Only a downgrade needs a target:
// what is half done is the last of its line.
func (p Pending) Command() string {
	switch {
	case p.Direction != chain.Downgrade:
		return "sandpiper upgrade"
	case p.Key.Line == chain.DefaultLine:
		return "sandpiper downgrade -1"
	default:
		return "sandpiper downgrade " + p.Key.Line + "@-1"
	}
}

// committed says how much of it is, for people.
func (p Pending) committed() string {
	if n := p.Parts(); n != 1 {
		return fmt.Sprintf("%s%d parts of it are committed", p.phaseWords("; "), n)
	}
	return p.phaseWords("; ") + "1 part of it is committed"
}

// phaseWords are what Phases says, with a mark behind it; "" where it has none.
func (p Pending) phaseWords(mark string) string {
	if phases, ok := p.Phases(); ok {
		return phases.String() + mark
	}
	return ""
}

// next says what a person does about an error of a step, whose run ended with its
// context if that has ended.
func (u *run) next(ctx context.Context, step Step, b *body, err error) string {
	again, p := u.again(step.Direction), b.plugin()
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return again + " to go on"
	}
	var guest *GuestError
	if errors.As(err, &guest) && guest.Kind == GuestTimedOut {
		if late := u.limit(p); late != nil && late.line == "" {
			return "if it should have more time, raise --time-limit, or time_limit of sandpiper.toml, and " + again
		}
	}
	if p != nil {
		return nextOfPlugin(step.Revision.Line, again, err)
	}
	return next(again, b.module != nil, err)
}

// again says how a run is called again. Without its phase the next one would go on
// through those that were not to run yet.
func (r *Runner) again(dir chain.Direction) string {
	if dir == chain.Upgrade && r.cfg.Phase != nil {
		return fmt.Sprintf("run `sandpiper %s --phase %s` again", dir, r.cfg.Phase)
	}
	return fmt.Sprintf("run `sandpiper %s` again", dir)
}

// next says what a person does about an error, where again is how to call the run
// again, and built that the migration is a module.
func next(again string, built bool, err error) string {
	var (
		refused *SQLError
		guest   *GuestError
		call    *callError
		changed *ChangedError
		other   *CheckpointError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return again + " to go on"
	case errors.As(err, new(*OnEventError)):
		return "mend the program's OnEvent, and " + again + " to go on"
	case diskFull(err):
		return "make room for the database and its temporary files, and " + again
	case errors.Is(err, syscall.ENOSPC):
		return "make room in the folder for temporary files, or set TMPDIR to one with more, and " + again
	case errors.As(err, &other) && other.Column != "":
		return fmt.Sprintf("have the column as it was and %s, or restart; the checkpoint is as it was", again)
	case errors.As(err, &other) && len(other.Unkeyed) > 0:
		return fmt.Sprintf("make the key again and %s, or restart by another one; the checkpoint is as it was", again)
	case errors.As(err, &other) && other.Elsewhere:
		return "restart, or run the version that has begun it; nothing is lost meanwhile"
	case errors.As(err, &other):
		return "choose one of the two, or run the version that has begun it; nothing is lost meanwhile"
	case errors.Is(err, ErrLockTimeout):
		return "another session holds a lock on the table, or on rows of it: end its transaction, or raise lock_timeout, and " + again
	case errors.Is(err, ErrLocked):
		return "wait until it is done, or raise --lock-wait, and " + again
	case errors.As(err, &changed):
		return "put back what was committed (what comes after it may change), and " + again
	case errors.As(err, &refused) && refused.Backfill != "":
		return fmt.Sprintf("see to what backfill %q asks for (the table, its columns, the privilege to read or lock its rows), or mend the migration, and %s", refused.Backfill, again)
	case errors.As(err, &refused) && refused.Ordinal == 0:
		return "mend what the database refuses to commit, and " + again
	case errors.As(err, &refused):
		return "mend the statement, and " + again
	case errors.As(err, &call) && call.rows:
		return "mend the rows, and " + again
	case errors.As(err, &call) && !built:
		return "mend the file, and " + again
	case errors.As(err, &guest) && guest.Kind == GuestLimited:
		return "mend the migration, so that it keeps within that (what many rows need at once, the chunks of a backfill need one by one), build it again, and " + again
	case errors.As(err, &guest), errors.As(err, &call):
		return "mend the migration, build it again, and " + again
	default:
		return "see to the cause, and " + again
	}
}

// diskFull reports whether the database has no room: PostgreSQL says so by its code
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func diskFull(err error) bool {
	var refused *SQLError
	return errors.Is(err, ErrDiskFull) || errors.As(err, &refused) && refused.Code == "53100"
}

func formatHeads(heads []string) string {
	if len(heads) == 0 {
		return "base"
	}
	return strings.Join(heads, ", ")
}
