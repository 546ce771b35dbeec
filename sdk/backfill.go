package sdk

import (
	"errors"
	"io"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Backfill visits the rows of a table, chunk by chunk, in the order of a key
// (ABI.md, sections 6.5 and 8). One of Row, Chunk and Statement is set.
type Backfill struct {
	// Name tells the backfills of a migration apart: at most 60 bytes.
	Name string

	// Table is visited, or else the rows of Query: a SELECT that returns the
	// columns of Key, and each key once.
	Table, Query string

	// Key are the columns that order the rows: a unique key without NULLs.
	// Defaults to the table's primary key.
	Key []string

	// Columns are read beside the key's, which come first in a row.
	Columns []string

	// Where is a condition on the rows to visit. Defaults to all of them.
	Where string

	// Batch is how many rows the first chunk has, and MaxBatch how many any may
	// have. Default to the host's choice: it asks for as many rows as a chunk can
	// do in its time (--chunk-time).
	Batch, MaxBatch int

	// Inserted says what becomes of rows that are added beyond the last one while
	// the backfill runs. Defaults to ExcludeInserted.
	Inserted Inserted

	// Lock says how the rows of a chunk are locked on PostgreSQL. Defaults to
	// LockRows, and for a Query to LockNone.
	Lock Lock

	// Uncounted leaves out counting the rows beforehand. Nobody is told then how
	// long it will take.
	Uncounted bool

	// Row is called for each row.
	Row func(row *Row) error

	// Chunk is called for each chunk, with its rows.
	Chunk func(rows *Rows) error

	// Statement runs once for each chunk. It holds ${chunk}, or ${chunk ALIAS},
	// where the condition on the key belongs.
	Statement string
}

// Inserted says what becomes of rows that are added while a backfill runs, with
// keys beyond the last one that there was when it began.
type Inserted string

// The values of Inserted.
const (
	ExcludeInserted Inserted = abi.InsertedExclude // they are not visited
	IncludeInserted Inserted = abi.InsertedInclude // they are
)

// Lock says how the rows of a chunk are locked while it runs. SQLite has one
// writer, and no locks of rows.
type Lock string

// The values of Lock.
const (
	LockRows Lock = abi.LockRows // waits for rows that others hold
	LockSkip Lock = abi.LockSkip // visits rows that others hold last
	LockNone Lock = abi.LockNone
)

// Backfill does a backfill:
//
//	slugs := tx.Batch("UPDATE deployment SET slug = $1 WHERE id = $2")
//	err := tx.Backfill(sdk.Backfill{
//		Name:    "slugs",
//		Table:   "deployment",
//		Columns: []string{"name"},
//		Row: func(row *sdk.Row) error {
//			return slugs.Add(slug(row.Text(1)), row.Value(0))
//		},
//	})
//
// Each chunk is a transaction of its own. What Row or Chunk did is committed with
// the place that the backfill has got to, so a run that is cut short goes on
// there, and no row is done twice. At the end of a chunk each [Batch] that rows were
// added to is flushed. How large chunks are and how fast they come is the host's
// business.
//
// A resumed run starts the migration again, without what it kept in variables: a
// chunk must not need what an earlier one computed. As before a section, nothing
// may be queried before a backfill but in other sections and backfills. An error
// fails the migration; the chunks before it stay.
func (tx *Tx) Backfill(b Backfill) error {
	err := tx.backfill(&b)
	if err != nil {
		// The chunks before it cannot be undone, so the migration fails.
		tx.owe(&err)
	}
	return err
}

func (tx *Tx) backfill(b *Backfill) error {
	document, err := b.document()
	if err != nil {
		return err
	}
	if err := tx.unflushed("a backfill"); err != nil {
		return err
	}
	if b.Statement != "" {
		_, err := tx.backend.BackfillRun(document)
		return err
	}
	done, err := tx.backend.BackfillBegin(document)
	for err == nil && !done {
		err = tx.chunk(b)
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// chunk does the next chunk, and returns io.EOF if there is none.
func (tx *Tx) chunk(b *Backfill) error {
	cursor, err := tx.backend.BackfillNext()
	if err != nil {
		return err
	}
	mark := tx.owed
	rows := tx.rows(cursor)
	if b.Chunk != nil {
		err = b.Chunk(rows)
	} else {
		for row := range rows.All() {
			if err = b.Row(row); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = rows.Err()
	}
	if err == nil && !rows.ended {
		err = &Error{Errno: ErrState, Message: `backfill "` + b.Name + `": the rows of a chunk were not read to their end, ` +
			"and would count as visited"}
	}
	if err == nil {
		err = tx.flush(mark)
	}
	if err == io.EOF {
		// It is the author's, of some reader, and would pass for ours.
		err = errors.New("unexpected end of what was read: EOF")
	}
	return tx.settle(mark, err)
}

// document returns what the host is told.
func (b *Backfill) document() ([]byte, error) {
	ways := 0
	for _, set := range []bool{b.Row != nil, b.Chunk != nil, b.Statement != ""} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		return nil, argumentError(`backfill "` + b.Name + `": set one of Row, Chunk and Statement`)
	}
	for _, sql := range []string{b.Query, b.Where, b.Statement} {
		if !abi.ValidText([]byte(sql)) { // a document would have something else in its place
			return nil, argumentError(`backfill "` + b.Name + `": its SQL is not valid UTF-8, or holds a NUL`)
		}
	}
	// What else is wrong with it the host says.
	return abi.AppendBackfill(nil, &abi.Backfill{
		Name: b.Name, Table: b.Table, Query: b.Query, Key: b.Key, Columns: b.Columns, Where: b.Where,
		Batch: int64(b.Batch), MaxBatch: int64(b.MaxBatch), Inserted: string(b.Inserted), Lock: string(b.Lock),
		Uncounted: b.Uncounted, Statement: b.Statement,
	}), nil
}
