package sdktest

import (
	"cmp"
	"fmt"
	"io"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// session is one run of a migration: the sdk.Backend that its Tx talks to.
type session struct {
	runner  *Runner
	db      Database
	context abi.Context
	record  *record

	open       bool // a transaction
	doomed     bool // it is spoilt
	queried    bool // outside a section
	savepoints []savepoint
	cursors    []sdk.Cursor
	section    *section  // the one that is begun
	backfill   *backfill // the one that is under way
	affected   int64     // by the statement of the last one
	phase      sdk.Phase // the one under way, if phased
	phased     bool
	random     stream
}

type savepoint struct {
	name   string
	doomed bool // whether the transaction was, when it was set
}

type section struct {
	kind    int32
	name    string
	outside stream // what random bytes come from when it is over
}

func refuse(errno sdk.Errno, format string, args ...any) error {
	return &sdk.Error{Errno: errno, Message: fmt.Sprintf(format, args...)}
}

func (s *session) autocommit() bool {
	return s.section != nil && s.section.kind == abi.SectionAutocommit
}

func (s *session) begin() error {
	err := s.db.Begin()
	s.open = err == nil
	return err
}

// commit commits the transaction and what it recorded.
func (s *session) commit() error {
	if s.doomed {
		return refuse(sdk.ErrDoomed, "nothing is committed: an earlier error spoilt the transaction")
	}
	s.closeCursors()
	if err := s.db.Commit(); err != nil {
		return err
	}
	s.open, s.savepoints = false, nil
	s.record.committed = len(s.record.units)
	return nil
}

func (s *session) rollback() {
	s.closeCursors()
	if s.open {
		// The error at hand is the one to report.
		_ = s.db.Rollback()
		s.open = false
	}
}

func (s *session) closeCursors() {
	for _, c := range s.cursors {
		_ = c.Close()
	}
	s.cursors = nil
}

// end ends the run with what the handler returned.
func (s *session) end(err error) error {
	if s.record.ended == nil && err == nil && len(s.record.replay) > 0 {
		s.record.differ("the end")
	}
	switch {
	case s.record.ended != nil:
		return s.record.ended
	case err != nil:
		return err
	case s.section != nil:
		return refuse(sdk.ErrState, "the migration ended inside the section %q", s.section.name)
	case s.backfill != nil:
		return refuse(sdk.ErrState, "the migration ended inside the backfill %q", s.backfill.Name)
	}
	return s.commit()
}

// Context returns what the run is told of itself.
func (s *session) Context() (*abi.Context, error) {
	return abi.DecodeContext(abi.AppendContext(nil, &s.context))
}

// Exec runs one statement, or answers from the record.
func (s *session) Exec(sql string, params []abi.Value, _ bool) (int64, error) {
	rowset, err := encode(params)
	if err != nil {
		return 0, err
	}
	return s.statement("exec", sql, rowset)
}

// ExecBatch runs one statement for every row, or answers from the record.
func (s *session) ExecBatch(sql string, rowset []byte) (int64, error) {
	return s.statement("batch", sql, rowset)
}

func (s *session) statement(kind, sql string, rowset []byte) (int64, error) {
	rows, err := decode(sql, rowset)
	if err != nil {
		return 0, err
	}
	return s.call(unit{kind: kind, text: sql, params: rows}, func() (affected int64, err error) {
		return s.each(sql, rows)
	})
}

// each runs a statement for every row.
func (s *session) each(sql string, rows [][]sdk.Value) (affected int64, err error) {
	for _, row := range rows {
		n, err := s.db.Exec(sql, row)
		affected += n
		if err != nil {
			return affected, err
		}
	}
	return affected, nil
}

// call answers a unit from the record, or runs it and records it. What runs in
// a transaction section or in a backfill is recorded with it, as one.
func (s *session) call(u unit, run func() (int64, error)) (affected int64, err error) {
	if s.doomed {
		return 0, refuse(sdk.ErrDoomed, "an earlier error spoilt the transaction")
	}
	if s.record.ended != nil {
		return 0, refuse(sdk.ErrCancelled, "the run is ending: %v", s.record.ended)
	}
	if s.section != nil && !s.autocommit() || s.backfill != nil {
		affected, err = run()
	} else if recorded, ok, failed := s.record.next(u); ok || failed != nil {
		affected, err = recorded.affected, cmp.Or(failed, recorded.err)
	} else {
		u.affected, u.err = run()
		if u.err == nil || !s.autocommit() { // a failure outside a transaction did not happen
			s.record.add(u, s.autocommit())
		}
		affected, err = u.affected, u.err
	}
	s.doomed = err != nil
	return affected, err
}

// Query runs one statement and opens its rows.
func (s *session) Query(sql string, params []abi.Value) (sdk.Cursor, error) {
	rowset, err := encode(params)
	if err != nil {
		return nil, err
	}
	rows, err := decode(sql, rowset)
	switch {
	case err != nil:
		return nil, err
	case s.record.ended != nil:
		return nil, refuse(sdk.ErrCancelled, "the run is ending: %v", s.record.ended)
	case s.autocommit():
		return nil, refuse(sdk.ErrState, "a query in an autocommit section")
	case s.doomed:
		return nil, refuse(sdk.ErrDoomed, "an earlier error spoilt the transaction")
	}
	s.queried = s.queried || s.section == nil && s.backfill == nil
	rowsOf, err := s.db.Query(sql, rows[0])
	if err != nil {
		s.doomed = true
		return nil, err
	}
	c := &cursor{session: s, Rows: rowsOf}
	s.cursors = append(s.cursors, c)
	return c, nil
}

// Schema does a schema operation, or answers from the record. A database that
// has no way to do one (see [Operator]) answers UNSUPPORTED.
func (s *session) Schema(document []byte) error {
	request, err := schema.Decode(document)
	if err != nil {
		return refuse(sdk.ErrArgument, "%v", err)
	}
	operator, ok := s.db.(Operator)
	if !ok {
		return refuse(sdk.ErrUnsupported, "this test database does no schema operations")
	}
	_, err = s.call(unit{kind: "schema", text: string(document)}, func() (int64, error) {
		return 0, operator.Apply(request)
	})
	return err
}

// Savepoint sets, releases or rolls back to a savepoint.
func (s *session) Savepoint(op int32, name string) error {
	verbs := map[int32]string{
		abi.SavepointSet:      "SAVEPOINT ",
		abi.SavepointRelease:  "RELEASE SAVEPOINT ",
		abi.SavepointRollback: "ROLLBACK TO SAVEPOINT ",
	}
	at := len(s.savepoints) - 1
	for at >= 0 && s.savepoints[at].name != name {
		at--
	}
	switch {
	case verbs[op] == "" || !abi.ValidSavepointName(name):
		return refuse(sdk.ErrArgument, "a savepoint named %q: a name is 1 to 40 characters of a-z, 0-9 and _", name)
	case s.autocommit():
		return refuse(sdk.ErrState, "a savepoint in an autocommit section")
	case op != abi.SavepointSet && at < 0:
		return refuse(sdk.ErrState, "no savepoint is named %q", name)
	case op == abi.SavepointRollback:
		s.doomed = s.savepoints[at].doomed
	}
	_, err := s.call(unit{kind: "savepoint", text: verbs[op] + name}, func() (int64, error) {
		return s.db.Exec(verbs[op]+name, nil)
	})
	if err != nil {
		return err
	}
	switch op {
	case abi.SavepointSet:
		s.savepoints = append(s.savepoints, savepoint{name, s.doomed})
	case abi.SavepointRelease:
		s.savepoints = s.savepoints[:at]
	case abi.SavepointRollback:
		s.savepoints = s.savepoints[:at+1]
	}
	return nil
}

// SectionBegin commits what ran before, and begins a section.
func (s *session) SectionBegin(kind int32, name string) (done bool, err error) {
	if len(name) > abi.MaxSectionName || !abi.ValidText([]byte(name)) {
		return false, refuse(sdk.ErrArgument, "a section named %q: a name has at most 60 bytes", name)
	}
	if err := s.boundary("a section"); err != nil {
		return false, err
	}
	var branch stream
	if kind == abi.SectionTransaction {
		branch = s.random.branch()
		if _, done, err = s.record.next(unit{kind: "section", text: name}); done || err != nil {
			return done, err
		}
	}
	if err := s.commit(); err != nil {
		return false, err
	}
	s.section = &section{kind, name, s.random}
	if kind == abi.SectionTransaction {
		s.random = branch
		err = s.begin()
	}
	return false, err
}

// boundary refuses what commits the transaction where that cannot be.
func (s *session) boundary(what string) error {
	switch {
	case s.record.ended != nil:
		return refuse(sdk.ErrCancelled, "the run is ending: %v", s.record.ended)
	case s.section != nil:
		return refuse(sdk.ErrState, "%s inside the section %q", what, s.section.name)
	case s.backfill != nil:
		return refuse(sdk.ErrState, "%s inside the backfill %q", what, s.backfill.Name)
	case s.queried:
		return refuse(sdk.ErrState, "%s after a query outside of sections and backfills: read inside one", what)
	case len(s.savepoints) > 0:
		return refuse(sdk.ErrState, "%s inside the savepoint %q", what, s.savepoints[0].name)
	case s.doomed:
		return refuse(sdk.ErrDoomed, "an earlier error spoilt the transaction")
	}
	return nil
}

// SectionEnd commits the section and begins the transaction that follows it.
func (s *session) SectionEnd() error {
	switch {
	case s.section == nil:
		return refuse(sdk.ErrState, "there is no section to end")
	case s.doomed:
		return refuse(sdk.ErrDoomed, "an earlier error spoilt the transaction")
	}
	if !s.autocommit() {
		s.record.add(unit{kind: "section", text: s.section.name}, false)
		if err := s.commit(); err != nil {
			return err
		}
		s.random = s.section.outside
	}
	s.section = nil
	return s.begin()
}

// Progress says how far the migration is.
func (s *session) Progress(done, total int64) error {
	if done < 0 || total < 0 {
		return refuse(sdk.ErrArgument, "progress of %d of %d", done, total)
	}
	s.runner.lines = append(s.runner.lines, fmt.Sprintf("progress: %d of %d", done, total))
	return nil
}

// Log writes a line to the runner's log.
func (s *session) Log(level int32, text string) error {
	levels := []string{"debug", "info", "warning", "error"}
	if level < 0 || int(level) >= len(levels) {
		return refuse(sdk.ErrArgument, "log level %d", level)
	}
	s.runner.lines = append(s.runner.lines, levels[level]+": "+text)
	return nil
}

// encode returns the parameters of one statement as a rowset.
func encode(params []abi.Value) ([]byte, error) {
	types := make([]abi.Type, len(params))
	for i := range params {
		types[i] = params[i].Type
	}
	rowset, err := abi.AppendRowsetHeader(nil, types)
	if err == nil {
		rowset, err = abi.AppendRow(rowset, types, params)
	}
	if err != nil {
		return nil, refuse(sdk.ErrArgument, "%v", err)
	}
	return rowset, nil
}

// decode returns the rows of a rowset, and refuses what the host would.
func decode(sql string, rowset []byte) (rows [][]sdk.Value, err error) {
	if !abi.ValidText([]byte(sql)) {
		return nil, refuse(sdk.ErrArgument, "the statement is not valid UTF-8, or holds a NUL")
	}
	r, err := abi.NewRowReader(rowset)
	for err == nil {
		var row []sdk.Value
		if row, err = r.Next(); err == nil {
			own := make([]sdk.Value, len(row))
			for i, v := range row {
				own[i] = v.Clone()
			}
			rows = append(rows, own)
		}
	}
	if err != io.EOF {
		return nil, refuse(sdk.ErrArgument, "%v", err)
	}
	return rows, nil
}
