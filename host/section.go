package host

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// SectionBegin implements Calls. It commits the gap before the section, with
// its record, and says whether an earlier run has committed the section.
func (s *session) SectionBegin(ctx context.Context, kind SectionKind, name string) (bool, error) {
	if err := s.ready(ctx); err != nil {
		return false, err
	}
	switch {
	case s.section != nil:
		return false, refuse(abi.ErrnoState, "section %q begins inside %s: they do not nest", name, s.section)
	case len(s.savepoints) > 0:
		return false, refuse(abi.ErrnoState, "section %q begins while savepoint %q is set", name, s.savepoints[len(s.savepoints)-1])
	case s.queried:
		return false, refuse(abi.ErrnoState, "a query before section %q: read inside a transaction section, since a resumed run could not answer it again", name)
	}
	unit := Unit{Kind: UnitSection, Name: name, Digest: digestSection(kind, name)}
	if kind == SectionTransaction {
		unit.Position = s.begin.Position + s.pos + 1
		if _, ok, err := s.replay(unit, Statement{}); ok || err != nil {
			return ok, err
		}
	}
	if err := s.commitGap(ctx); err != nil {
		return false, err
	}
	s.section = &openSection{kind: kind, unit: unit, end: s.span(name), told: s.told}
	return false, nil
}

// SectionEnd implements Calls. It commits a transaction section with its record.
func (s *session) SectionEnd(ctx context.Context) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.section == nil {
		return refuse(abi.ErrnoState, "no section is open")
	}
	if s.section.fill != nil {
		return refuse(abi.ErrnoState, "%s is no section: it ends when backfill_next returns END", s.section)
	}
	if s.section.kind == SectionTransaction {
		if err := s.commitUnits(ctx, s.section.unit); err != nil {
			return err
		}
		s.pos++
		s.passed()
	}
	s.section.end()
	s.emit(Event{Kind: EventSection, Section: s.section.unit.Name})
	s.section = nil
	return nil
}

func (s *session) autocommitting() bool {
	return s.section != nil && s.section.kind == SectionAutocommit
}

// commitGap commits what ran since the last section. The record of the
// migration's beginning alone needs no transaction of its own: it goes with
// whatever commits next.
func (s *session) commitGap(ctx context.Context) error {
	if s.tx == nil {
		return nil
	}
	return s.commitUnits(ctx)
}

// commitUnits commits the open transaction with the records of the gap and of
// more, and moves the fence behind them.
func (s *session) commitUnits(ctx context.Context, more ...Unit) error {
	s.closeRows()
	tx, err := s.transaction(ctx)
	if err != nil {
		return err
	}
	units := s.units(more...)
	if err := tx.Progress(ctx, s.step.Revision.Key, s.step.Direction, units); err != nil {
		return s.failed(err)
	}
	start := time.Now()
	if err := tx.Commit(ctx); err != nil {
		return s.failed(err)
	}
	s.observer.committed(time.Since(start))
	done := 0
	for _, u := range units {
		if !u.Begun {
			done++
		}
	}
	s.saved(done)
	return nil
}

// units returns what has to be recorded next: the beginning of the migration
// if nothing is recorded yet, the gap, and more.
func (s *session) units(more ...Unit) []Unit {
	var units []Unit
	if s.fence.Done == 0 && len(s.recorded) == 0 {
		units = append(units, s.begin)
	}
	units = append(units, s.unsaved...)
	return append(units, more...)
}

// saved notes that n units are committed as done and the transaction is over.
func (s *session) saved(n int) {
	s.fence.Done += n
	if s.fence.Done > 0 {
		s.fence.Begin = s.begin.Name
	}
	s.tx, s.unsaved, s.gap, s.savepoints, s.queried = nil, nil, 0, nil, false
}

// maxUnsaved bounds what is remembered of a migration's calls until they are
// committed: some hundred bytes each, and up to maxOutcome of those that failed.
var maxUnsaved = 1_000_000

// keep remembers a unit that is done until it is committed.
func (s *session) keep(u Unit) {
	s.pos++
	s.gap++
	if !s.rehearsed {
		s.unsaved = append(s.unsaved, u)
	}
}

// full refuses a call of which too much would have to be remembered.
func (s *session) full() error {
	if s.gap < maxUnsaved {
		return nil
	}
	return refuse(abi.ErrnoLimit, "a migration may make %d calls before something commits: make the others in a transaction section", maxUnsaved)
}

// autocommit runs one call of an autocommit section and commits it with its
// record: in one transaction if the statement can run in one.
func (s *session) autocommit(ctx context.Context, c call, begun bool) (int64, error) {
	if c.unit.Kind == UnitExec && (begun || s.conn.RunsOutside(c.stmt.SQL)) {
		return s.outside(ctx, c, begun)
	}
	tx, err := s.transaction(ctx)
	if err != nil {
		return 0, err
	}
	ran := s.observer.sending(c.seen())
	affected, err := c.run(ctx, tx, c.stmt)
	ran(affected, err)
	if errors.Is(err, ErrInTransaction) && c.unit.Kind == UnitExec {
		s.tx = nil
		if err := tx.Rollback(); err != nil {
			return 0, s.die(err)
		}
		return s.outside(ctx, c, false)
	}
	if denied := s.asRefused(err, c.stmt); denied != nil {
		return s.keepRefused(c, denied)
	}
	if err != nil {
		s.hopeless = true
		return 0, s.failed(err)
	}
	c.unit.Affected = affected
	if err := s.commitUnits(ctx, c.unit); err != nil {
		return 0, err
	}
	s.pos++
	return affected, nil
}

// outside runs one call of an autocommit section outside any transaction.
func (s *session) outside(ctx context.Context, c call, begun bool) (int64, error) {
	if units := s.units(); len(units) > 0 {
		if err := s.commitUnits(ctx); err != nil {
			return 0, err
		}
	}
	ran := s.observer.sending(c.stmt)
	affected, err := s.conn.Outside(ctx, s.fence, c.stmt, c.unit, begun)
	ran(affected, err)
	if denied := s.asRefused(err, c.stmt); denied != nil {
		return s.keepRefused(c, denied)
	}
	if err != nil {
		s.hopeless = true
		return 0, s.failed(err)
	}
	s.saved(1)
	s.pos++
	return affected, nil
}

// keepRefused puts a call of an autocommit section that the walls of a plugin have
// refused on record: with the next call that commits, so that a guest which goes on
// gets the same answer when it is resumed, and one which gives up asks again.
func (s *session) keepRefused(c call, denied error) (int64, error) {
	c.unit.record(0, denied)
	s.keep(c.unit)
	return 0, denied
}

// replay looks a unit up, which sent would do, in what earlier runs have committed. ok says that it
// is there; where it was begun outside a transaction and nobody knows how it
// ended, the position stays, and the caller has to find out.
func (s *session) replay(unit Unit, sent Statement) (known Unit, ok bool, err error) {
	if s.pos >= len(s.recorded) {
		return Unit{}, false, nil
	}
	known = s.recorded[s.pos]
	if known.Digest != unit.Digest || known.Kind != unit.Kind && known.Kind != UnitFailed && known.Kind != UnitRefused {
		return known, false, s.changed(known, sent)
	}
	if !known.Begun {
		s.pos++
	}
	return known, true, nil
}

// changed ends the run: what the guest sends, if it sends anything, is not what was
// committed.
func (s *session) changed(known Unit, sent Statement) error {
	return s.die(&ChangedError{
		Revision: s.step.Revision, Call: known.Position - s.begin.Position, Unit: known,
		Statement: sent.Ordinal, SQL: sent.SQL,
	})
}

// answer gives the guest what it was told when the unit was committed.
func (s *session) answer(known Unit, err error) (int64, error) {
	switch {
	case err != nil:
	case known.Kind == UnitFailed:
		code, message, _ := strings.Cut(known.Name, " ")
		err = &SQLError{Code: code, Message: message}
	case known.Kind == UnitRefused:
		err = &RefusedError{Refusal: &policy.Refusal{Line: s.step.Revision.Line, Reason: known.Name}, Ordinal: s.ordinal}
		s.noteRefused(err)
	}
	return known.Affected, err
}

// maxOutcome bounds what is kept of an error's words. A plugin may have a million
// calls refused, each with names of its choice that are as long as its statements.
const maxOutcome = 4 << 10

// record notes in the unit how its call went.
func (u *Unit) record(affected int64, err error) {
	u.Affected = affected
	var failed *SQLError
	var denied *RefusedError
	switch {
	case errors.As(err, &denied):
		u.Kind, u.Name = UnitRefused, denied.Refusal.Reason
	case errors.As(err, &failed):
		u.Kind, u.Name = UnitFailed, failed.Code+" "+failed.Message
	}
	if len(u.Name) > maxOutcome {
		u.Name = strings.ToValidUTF8(u.Name[:maxOutcome], "") + "…"
	}
}

// The digests of calls let a resumed run check that the migration still sends
// what was committed. They cover all that the database was sent.

func digestCall(sql string, params []abi.Value) string {
	h := sha256.New()
	io.WriteString(h, "exec\x00")
	io.WriteString(h, sql)
	var b []byte
	for _, v := range params {
		b = append(b[:0], 0, byte(v.Type))
		b = binary.LittleEndian.AppendUint64(b, uint64(v.Int))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Float))
		b = binary.LittleEndian.AppendUint32(b, uint32(v.Days))
		b = binary.LittleEndian.AppendUint32(b, uint32(v.Months))
		b = binary.LittleEndian.AppendUint64(b, uint64(len(v.Bytes)))
		h.Write(append(b, v.Bytes...))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func digestBatch(sql string, rows *abi.RowReader) string {
	h := sha256.New()
	fmt.Fprintf(h, "batch\x00%d\x00%s", len(sql), sql)
	h.Write(rows.Bytes())
	return hex.EncodeToString(h.Sum(nil))
}

func digestLoad(to *abi.Load, rows *abi.RowReader) string {
	h := sha256.New()
	fmt.Fprintf(h, "load\x00%q %q", to.Table, to.Columns)
	h.Write(rows.Bytes())
	return hex.EncodeToString(h.Sum(nil))
}

func digestSavepoint(op SavepointOp, name string) string {
	return digestText(fmt.Sprintf("savepoint\x00%d\x00%s", op, name))
}

func digestSection(kind SectionKind, name string) string {
	return digestText(fmt.Sprintf("section\x00%d\x00%s", kind, name))
}

func digestText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
