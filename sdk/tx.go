package sdk

import (
	"errors"
	"iter"
	"slices"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A Tx is the transaction that a migration runs in. It is used by one
// goroutine at a time.
//
// An error of the database spoils the transaction, as on PostgreSQL: whatever
// comes after it fails, and nothing is committed. A statement that may fail
// belongs into a [Tx.Savepoint].
type Tx struct {
	backend Backend
	context *abi.Context
	values  []Value // of the arguments at hand, reused

	// debts are what a handler must not leave behind when it returns nil.
	debts []debt
	owed  int // debts so far
}

// A debt is an error that a handler must not miss: of rows whose Err nobody
// asked for, of a batch that was not flushed, or of a section, which nothing
// can undo. A handler that returns nil all the same fails with the first.
type debt struct {
	number int
	err    *error
	batch  *Batch // that is to be flushed, if it is one's
}

// Context is what a run is told of itself.
type Context = abi.Context

// Context returns what the run is told of itself: the revision, the database's
// version, the time the run began.
func (tx *Tx) Context() Context { return *tx.context }

// Dialect returns the kind of the database.
func (tx *Tx) Dialect() Dialect { return Dialect(tx.context.Dialect) }

// Exec runs one statement and returns the number of rows affected. Placeholders
// are the database's own, $1 or ?1 ([Dialect.Param] knows which); an argument is
// a string, []byte (nil is NULL), bool, an integer, a float, [16]byte (a uuid),
// nil, or a [Value].
func (tx *Tx) Exec(sql string, args ...any) (int64, error) {
	values, err := tx.convert(args)
	if err != nil {
		return 0, err
	}
	return tx.backend.Exec(sql, values, false)
}

// Defer runs one statement whose result nobody waits for, which saves a round
// trip: the host may send it together with others. Its error comes from a later
// call, or fails the migration at its end.
func (tx *Tx) Defer(sql string, args ...any) error {
	values, err := tx.convert(args)
	if err != nil {
		return err
	}
	_, err = tx.backend.Exec(sql, values, true)
	return err
}

// ExecBatch runs one statement once for every row of arguments, and returns the
// sum of the rows affected. The rows are sent in bundles, so they may be many.
func (tx *Tx) ExecBatch(sql string, rows iter.Seq[[]any]) (int64, error) {
	b := tx.Batch(sql)
	for args := range rows {
		if err := b.Add(args...); err != nil {
			return b.affected, err
		}
	}
	return b.Flush()
}

// Apply does schema operations, in their order:
//
//	tx.Apply(
//		&schema.CreateTable{Name: "label", Columns: []schema.Column{…}},
//		&schema.CreateIndex{Table: "label", Columns: schema.IndexOn("name")},
//	)
//
// The host renders them for the database at hand. Nobody waits for their
// result: an error comes from a later call, or fails the migration at its end;
// on SQLite, operations on one table in a row are one rebuild of it. What they
// mean is in package schema.
func (tx *Tx) Apply(operations ...schema.Operation) error {
	for _, op := range operations {
		if err := tx.Request(schema.Request{Operation: op}); err != nil {
			return err
		}
	}
	return nil
}

// Request does one schema operation, with what a request says beside it: the
// only dialect it is for, and how long it may wait for a lock.
func (tx *Tx) Request(request schema.Request) error {
	return tx.backend.Schema(schema.Append(nil, request))
}

// Query runs one statement and returns its rows:
//
//	rows := tx.Query("SELECT id, title FROM article")
//	for row := range rows.All() {
//		id, title := row.Int64(0), row.Text(1)
//		…
//	}
//	if err := rows.Err(); err != nil {
//		return err
//	}
//
// Other statements may run inside the loop. An error, of the statement as well,
// is what Err returns; a migration that does not ask for it fails with it.
func (tx *Tx) Query(sql string, args ...any) *Rows {
	var cursor Cursor
	values, err := tx.convert(args)
	if err == nil {
		cursor, err = tx.backend.Query(sql, values)
	}
	if err != nil {
		r := &Rows{tx: tx}
		r.fail(err)
		return r
	}
	return tx.rows(cursor)
}

// rows returns the rows of a cursor.
func (tx *Tx) rows(cursor Cursor) *Rows {
	r := &Rows{tx: tx, cursor: cursor}
	if err := r.open(); err != nil {
		r.fail(err)
	}
	return r
}

// Savepoint runs fn, and undoes what it did in the database if it returns an
// error. The error is returned; the transaction goes on. A name is 1 to 40
// characters of a-z, 0-9 and _. It does not help where a [Batch] has a value that cannot
// be sent at all, such as a text with a NUL: that ends the migration.
func (tx *Tx) Savepoint(name string, fn func() error) error {
	mark := tx.owed
	if err := tx.backend.Savepoint(abi.SavepointSet, name); err != nil {
		return err
	}
	err := tx.settle(mark, fn())
	if err != nil {
		if failed := tx.backend.Savepoint(abi.SavepointRollback, name); failed != nil {
			return errors.Join(err, failed)
		}
	}
	return errors.Join(err, tx.backend.Savepoint(abi.SavepointRelease, name))
}

// Section runs fn in a transaction of its own: what ran before it is committed,
// then fn, then the rest goes on in a new transaction. A run that was cut short
// and starts again skips the sections that are committed; so what fn computes
// for the code after it must not be needed there. Random bytes and the clock after the
// section do not depend on what fn takes of them.
//
// A migration with sections must not query before the first of them, or
// between them: it reads inside (ABI.md, section 8). An error of fn fails the
// migration. A name has at most 60 bytes.
func (tx *Tx) Section(name string, fn func() error) error {
	return tx.section(abi.SectionTransaction, name, fn)
}

// Autocommit runs fn outside of any transaction: each statement commits by
// itself, which statements like CREATE INDEX CONCURRENTLY and VACUUM need. A
// run that was cut short and starts again skips the statements that are done.
// Nothing can be queried inside. The rest is as for Section.
func (tx *Tx) Autocommit(name string, fn func() error) error {
	return tx.section(abi.SectionAutocommit, name, fn)
}

func (tx *Tx) section(kind int32, name string, fn func() error) error {
	done, err := tx.backend.SectionBegin(kind, name)
	if err != nil || done {
		return err
	}
	if err = tx.settle(tx.owed, fn()); err == nil {
		err = tx.backend.SectionEnd()
	}
	if err != nil {
		// What the section left behind cannot be undone, so the migration fails.
		tx.owe(&err)
	}
	return err
}

// Progress says how far the migration is, for whoever watches: done of total,
// in units of the migration's choice, total 0 if it is not known.
func (tx *Tx) Progress(done, total int64) {
	// What could go wrong (the run ends, a budget is spent) every other call
	// reports as well, and watching must not fail a migration.
	_ = tx.backend.Progress(done, total)
}

// Log writes a line to the host's log. The parts are joined as they are; each
// may be whatever can be an argument of Exec, or an error.
func (tx *Tx) Log(parts ...any) { _ = tx.backend.Log(abi.LogInfo, text(parts)) }

// Debug is Log for what is of use only in the search for a mistake.
func (tx *Tx) Debug(parts ...any) { _ = tx.backend.Log(abi.LogDebug, text(parts)) }

// Warn is Log for what a person should see.
func (tx *Tx) Warn(parts ...any) { _ = tx.backend.Log(abi.LogWarn, text(parts)) }

func (tx *Tx) convert(args []any) ([]Value, error) {
	clear(tx.values)
	values, err := appendValues(tx.values[:0], args)
	tx.values = values
	return values, err
}

// owe remembers an error that must be dealt with.
func (tx *Tx) owe(err *error) {
	tx.owed++
	tx.debts = append(tx.debts, debt{number: tx.owed, err: err})
}

// flush flushes the batches that rows were added to since mark.
func (tx *Tx) flush(mark int) error {
	for {
		at := slices.IndexFunc(tx.debts, func(d debt) bool { return d.number > mark && d.batch != nil })
		if at < 0 {
			return nil
		}
		if _, err := tx.debts[at].batch.Flush(); err != nil {
			return err
		}
	}
}

// unflushed returns an error if there are rows that belong before what comes next.
func (tx *Tx) unflushed(what string) error {
	for _, d := range tx.debts {
		if d.batch != nil {
			return argumentError("before " + what + ", " + (*d.err).Error())
		}
	}
	return nil
}

// paid forgets an error that has been dealt with.
func (tx *Tx) paid(err *error) {
	tx.debts = slices.DeleteFunc(tx.debts, func(d debt) bool { return d.err == err })
}

// settle returns the error that a function returned, or else the first of the
// debts that it left since mark; these are forgotten.
func (tx *Tx) settle(mark int, err error) error {
	tx.debts = slices.DeleteFunc(tx.debts, func(d debt) bool {
		if d.number <= mark {
			return false
		}
		if err == nil {
			err = *d.err
		}
		return true
	})
	return err
}
