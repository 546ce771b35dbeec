package hosttest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// An operationCase is schema operations, and what a user sees of them. The same
// documents are for both dialects.
//
// Each statement of a case may begin with "postgresql:" or "sqlite:", the only
// dialect it is for, and then with "!", if the database has to refuse it, or a
// number and "=", if it is a query that has to return that number.
type operationCase struct {
	name   string
	before []string // documents: what is there before
	rows   []string // statements that are committed before
	up     []string // documents: the upgrade
	after  []string // statements to try after the upgrade, which are rolled back
	kept   []string // statements to try after the downgrade, which are rolled back

	// refused are the dialects that can't do it, each with a part of the way
	// out that they have to show.
	refused map[chain.Dialect]string
}

func operationCases() []operationCase {
	var all []operationCase
	for _, cases := range [][]operationCase{
		tableCases, typeCases, columnCases, alterCases, rebuildCases, chainCases, constraintCases, indexCases, enumCases, objectCases, syncCases,
	} {
		all = append(all, cases...)
	}
	return all
}

// TestOperations is the part of TestDatabase that is about schema operations.
func TestOperations(t *testing.T, h Harness) {
	db := h.Open(t)
	cases := operationCases()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			up := decodeAll(t, c.up)
			if wayOut := c.refused[h.Dialect]; wayOut != "" {
				testUnsupported(t, h, up, wayOut)
				return
			}
			s := newStage(t, h, db)
			s.there(c.before, c.rows)
			s.thereAndBack(c, up)
		})
	}
	t.Run("every kind has a case", func(t *testing.T) {
		seen := map[string]bool{}
		for _, c := range cases {
			for _, q := range decodeAll(t, c.up) {
				seen[q.Operation.Kind()] = true
			}
		}
		for _, kind := range schema.Kinds() {
			if !seen[kind] {
				t.Errorf("no case tries %s", kind)
			}
		}
	})
	t.Run("Failures", func(t *testing.T) { testFailingOperations(t, h, db) })
	if h.Confined {
		return // what is rendered is the same, whoever sends it
	}
	t.Run("Random", func(t *testing.T) { testRandomOperations(t, h, db) })
	t.Run("Syncs", func(t *testing.T) { testRandomSyncs(t, h, db) })
	t.Run("Idle", func(t *testing.T) { testIdleOperations(t, h, db) })
}

// thereAndBack upgrades, downgrades by what the operations themselves say undoes
// them, and upgrades again: now one by one, so that what is done as one is seen
// to come to the same.
func (s *stage) thereAndBack(c operationCase, up []schema.Request) {
	s.t.Helper()
	down, err := schema.Reverse(up)
	if err != nil {
		s.t.Fatal(err)
	}
	before := s.snapshot()
	s.must("the upgrade", s.perform(up, true))
	after := s.snapshot()
	s.try(c.after)
	s.must("the downgrade", s.perform(down, true))
	s.same("after the downgrade", s.snapshot(), before)
	s.try(c.kept)
	s.must("the second upgrade", s.perform(up, false))
	s.same("after the second upgrade", s.snapshot(), after)
	s.try(c.after)
}

// testUnsupported wants one of the requests to be refused without a database.
func testUnsupported(t *testing.T, h Harness, requests []schema.Request, wayOut string) {
	t.Helper()
	var err error
	for _, q := range requests {
		if err = q.Check(string(h.Dialect)); err != nil {
			break
		}
	}
	var unsupported *schema.UnsupportedError
	if !errors.As(err, &unsupported) {
		t.Fatalf("Check: got %v, want a schema.UnsupportedError", err)
	}
	if unsupported.Kind == "" || unsupported.Dialect != string(h.Dialect) {
		t.Errorf("the error is about the operation %q and the dialect %q", unsupported.Kind, unsupported.Dialect)
	}
	for _, want := range []string{unsupported.Kind, string(h.Dialect), wayOut} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}

func decodeAll(t *testing.T, docs []string) []schema.Request {
	t.Helper()
	requests := make([]schema.Request, len(docs))
	for i, doc := range docs {
		var err error
		if requests[i], err = schema.Decode([]byte(doc)); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
	}
	return requests
}

// A stage is an empty database with a ledger, for one case.
type stage struct {
	t       *testing.T
	h       Harness
	conn    host.Conn
	actor   host.Conn // does the operations
	outside int       // operations that ran outside a transaction
}

// newStage empties a database.
func newStage(t *testing.T, h Harness, db host.Database) *stage {
	t.Helper()
	s := &stage{t: t, h: h, conn: connect(t, db)}
	s.actor = s.conn
	if h.Confine != nil {
		s.actor = h.Confine(t, connect(t, db))
	}
	if err := s.conn.Reset(t.Context()); err != nil {
		t.Fatalf("Reset: %v", err)
	}
	if err := s.conn.CreateLedger(t.Context()); err != nil {
		t.Fatalf("CreateLedger: %v", err)
	}
	return s
}

// there makes what a case begins with.
func (s *stage) there(docs, rows []string) {
	s.t.Helper()
	s.must("what is there before", s.perform(decodeAll(s.t, docs), true))
	for _, sql := range rows {
		if sql, ok := s.mine(sql); ok {
			run(s.t, s.conn, sql)
		}
	}
}

// perform does operations as a migration does them: in one transaction, but for
// those that have to be committed by themselves. Operations in a row on one table
// reach the dialect together or one by one.
func (s *stage) perform(requests []schema.Request, together bool) error {
	dialect := string(s.h.Dialect)
	var open []host.Operation
	commit := func() error {
		operations := open
		open = nil
		return s.apply(operations, together)
	}
	for i, q := range requests {
		if !q.For(dialect) {
			continue
		}
		op := host.Operation{Request: schema.DefaultNaming.Fill(q), Ordinal: i + 1}
		if err := op.Check(dialect); err != nil {
			return err
		}
		if op.Mode(dialect) == schema.Inline {
			open = append(open, op)
			continue
		}
		if err := commit(); err != nil {
			return err
		}
		if op.Mode(dialect) == schema.Outside {
			if err := s.runOutside(op); err != nil {
				return err
			}
			continue
		}
		open = append(open, op)
		if err := commit(); err != nil {
			return err
		}
	}
	return commit()
}

// apply runs operations in a transaction of their own.
func (s *stage) apply(operations []host.Operation, together bool) error {
	if len(operations) == 0 {
		return nil
	}
	ctx := s.t.Context()
	return in(ctx, s.actor, host.Fence{}, func(tx host.Tx) error {
		for len(operations) > 0 {
			n := 1
			for together && n < len(operations) && operations[n].Operation.On() != "" && operations[n].Operation.On() == operations[0].Operation.On() {
				n++
			}
			if err := s.actor.Apply(ctx, tx, operations[:n]); err != nil {
				return err
			}
			operations = operations[n:]
		}
		return nil
	})
}

// runOutside runs an operation outside a transaction, as a migration of its own
// that is recorded and done.
func (s *stage) runOutside(op host.Operation) error {
	ctx := s.t.Context()
	stmt, err := s.conn.Render(op)
	if err != nil {
		return err
	}
	s.outside++
	e := entry(fmt.Sprintf("%012x", s.outside))
	fence := host.Fence{Line: e.Key.Line, Revision: e.Key.ID, Direction: chain.Upgrade}
	err = in(ctx, s.conn, fence, func(tx host.Tx) error {
		return tx.Progress(ctx, e.Key, fence.Direction, []host.Unit{{Position: 1, Kind: host.UnitBegin}})
	})
	if err != nil {
		return err
	}
	fence.Done = 1
	unit := host.Unit{Position: 2, Kind: host.UnitExec, Digest: "d"}
	if _, err := s.conn.Outside(ctx, fence, stmt, unit, false); err != nil {
		return err
	}
	fence.Done = 2
	return in(ctx, s.conn, fence, func(tx host.Tx) error { return tx.Record(ctx, e, nil) })
}

// try runs statements in one transaction that is rolled back.
func (s *stage) try(statements []string) {
	s.t.Helper()
	rollback(s.t, s.conn, func(tx host.Tx) {
		s.t.Helper()
		if s.h.Enforce != nil {
			s.h.Enforce(s.t)
		}
		for _, stmt := range statements {
			if sql, ok := s.mine(stmt); ok {
				s.tryOne(tx, sql)
			}
		}
	})
}

func (s *stage) tryOne(tx host.Tx, sql string) {
	s.t.Helper()
	ctx := s.t.Context()
	if number, query, ok := strings.Cut(sql, " = "); ok {
		if want, err := strconv.ParseInt(number, 10, 64); err == nil {
			if got := countTx(s.t, tx, query); got != want {
				s.t.Errorf("%s: got %d, want %d", query, got, want)
			}
			return
		}
	}
	sql, refused := strings.CutPrefix(sql, "!")
	if !refused {
		if _, err := tx.Exec(ctx, statement(sql)); err != nil {
			s.t.Fatalf("%s: %v", sql, err)
		}
		return
	}
	if err := s.refusedIn(ctx, tx, sql); err != nil {
		s.t.Fatal(err)
	}
}

// refusedIn wants a statement to be refused, and goes on as if it had not been.
func (s *stage) refusedIn(ctx context.Context, tx host.Tx, sql string) error {
	const name = "refused"
	if err := tx.Savepoint(ctx, host.SavepointSet, name); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, statement(sql)); err == nil {
		s.t.Errorf("%s: it was not refused", sql)
	}
	if err := tx.Savepoint(ctx, host.SavepointRollback, name); err != nil {
		return err
	}
	return tx.Savepoint(ctx, host.SavepointRelease, name)
}

// mine returns a statement without its dialect, if it is for this one.
func (s *stage) mine(sql string) (string, bool) {
	for _, d := range chain.Dialects {
		if rest, ok := strings.CutPrefix(sql, string(d)+": "); ok {
			return rest, d == s.h.Dialect
		}
	}
	return sql, true
}

func (s *stage) snapshot() string {
	s.t.Helper()
	return s.h.Snapshot(s.t, s.conn)
}

func (s *stage) must(what string, err error) {
	s.t.Helper()
	if err == nil {
		return
	}
	var denied *policy.Refusal
	if s.h.Confine != nil && errors.As(err, &denied) && s.h.Denied != nil && s.h.Denied(denied) {
		s.t.Skipf("%s: %v", what, err)
	}
	var refused *host.SQLError
	if errors.As(err, &refused) {
		s.t.Fatalf("%s: operation %d: %v\nhint: %s\nSQL: %s", what, refused.Ordinal, err, refused.Hint, refused.SQL)
	}
	s.t.Fatalf("%s: %v", what, err)
}

// same compares two snapshots line by line.
func (s *stage) same(when, got, want string) {
	s.t.Helper()
	if got == want {
		return
	}
	var b strings.Builder
	in := func(list, line string) bool { return strings.Contains("\n"+list+"\n", "\n"+line+"\n") }
	for _, line := range strings.Split(want, "\n") {
		if !in(got, line) {
			b.WriteString("\n- " + line)
		}
	}
	for _, line := range strings.Split(got, "\n") {
		if !in(want, line) {
			b.WriteString("\n+ " + line)
		}
	}
	s.t.Errorf("%s the schema differs (- is missing, + is new):%s", when, b.String())
}
