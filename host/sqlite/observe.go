package sqlite

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// observedTx implements host.ObservedTx with the preupdate hook, which SQLite
// calls before it changes a row: for statements, triggers and foreign keys alike,
// and for each row of a DELETE without a condition too. DROP TABLE calls it for no row
// while foreign keys are off, so they are counted before.
//
// https://sqlite.org/c3ref/preupdate_blobwrite.html, https://sqlite.org/lang_droptable.html
type observedTx struct {
	host.Tx
	c       *conn
	samples int
	tables  map[string]observed
	marks   []mark // of the savepoints that are set
}

// observed is what was seen of one table.
type observed struct {
	inserted, updated, deleted int64
	rows                       []observedRow // the newest at its end; never changed in place
}

type observedRow struct {
	columns       []string // nil until the statement is over: SQLite cannot be asked before
	before, after []host.Field
}

// A mark is what was seen before a savepoint.
type mark struct {
	name   string
	tables map[string]observed
}

// Observe implements host.Conn.
func (c *conn) Observe(_ context.Context, tx host.Tx, samples int) (host.ObservedTx, error) {
	if c.tx == nil {
		return nil, c.db.failed("observe a transaction of", errOver)
	}
	o := &observedTx{Tx: tx, c: c, samples: samples, tables: map[string]observed{}}
	c.observer = o
	c.sq.PreUpdateHook(c.changes)
	return o, nil
}

// changes is called before a row is changed.
func (o *observedTx) changes(change sqlite3.PreUpdateData) {
	if change.Schema != "main" || slices.Contains(ownTables, change.Table) || strings.HasPrefix(change.Table, temporaryPrefix) {
		return
	}
	seen := o.tables[change.Table]
	var n *int64
	row := observedRow{}
	switch change.Op {
	case sqlite3.AUTH_INSERT:
		n = &seen.inserted
	case sqlite3.AUTH_UPDATE:
		n = &seen.updated
	case sqlite3.AUTH_DELETE:
		n = &seen.deleted
	default:
		return
	}
	if *n++; *n <= int64(o.samples) {
		if change.Op != sqlite3.AUTH_INSERT {
			row.before = fieldsOf(change.Count(), change.Old)
		}
		if change.Op != sqlite3.AUTH_DELETE {
			row.after = fieldsOf(change.Count(), change.New)
		}
		seen.rows = append(slices.Clip(seen.rows), row)
	}
	o.tables[change.Table] = seen
}

// unobserved does something that is no effect.
func (c *conn) unobserved(do func() error) error {
	o := c.observer
	c.observer = nil
	defer func() { c.observer = o }()
	return do()
}

// fieldsOf writes the values of a row for people.
func fieldsOf(columns int, value func(int) (sqlite3.Value, error)) []host.Field {
	fields := make([]host.Field, columns)
	for i := range fields {
		v, err := value(i)
		if err != nil {
			fields[i].Value = err.Error()
			continue
		}
		switch v.Type() {
		case sqlite3.NULL:
			fields[i].Null = true
		case sqlite3.BLOB:
			fields[i].Value = strconv.Itoa(len(v.RawBlob())) + " bytes"
		default:
			fields[i].Value = sample(v.RawText())
		}
	}
	return fields
}

// sample returns at most host.MaxSample characters of a text that may be anything.
func sample(text []byte) string {
	long := len(text) > host.MaxSample*utf8.UTFMax
	if long {
		text = text[:host.MaxSample*utf8.UTFMax]
	}
	characters := []rune(strings.ToValidUTF8(string(text), "\uFFFD"))
	if len(characters) > host.MaxSample {
		characters, long = characters[:host.MaxSample], true
	}
	if long {
		return string(characters) + "…"
	}
	return string(characters)
}

// Exec implements host.Tx.
func (o *observedTx) Exec(ctx context.Context, stmt host.Statement) (affected int64, err error) {
	err = o.dropping(ctx, stmt.SQL, func() error {
		affected, err = o.Tx.Exec(ctx, stmt)
		return err
	})
	return affected, o.named(ctx, err)
}

// Defer implements host.Tx.
func (o *observedTx) Defer(ctx context.Context, stmt host.Statement) error {
	return o.named(ctx, o.dropping(ctx, stmt.SQL, func() error { return o.Tx.Defer(ctx, stmt) }))
}

// ExecBatch implements host.Tx.
func (o *observedTx) ExecBatch(ctx context.Context, stmt host.Statement, rows *abi.RowReader) (int64, error) {
	affected, err := o.Tx.ExecBatch(ctx, stmt, rows)
	return affected, o.named(ctx, err)
}

// Load implements host.Tx.
func (o *observedTx) Load(ctx context.Context, stmt host.Statement, to *abi.Load, rows *abi.RowReader) (int64, error) {
	affected, err := o.Tx.Load(ctx, stmt, to, rows)
	return affected, o.named(ctx, err)
}

// Query implements host.Tx.
func (o *observedTx) Query(ctx context.Context, stmt host.Statement) (rows host.Rows, err error) {
	err = o.dropping(ctx, stmt.SQL, func() error {
		rows, err = o.Tx.Query(ctx, stmt)
		return err
	})
	return rows, o.named(ctx, err)
}

// Savepoint implements host.Tx.
func (o *observedTx) Savepoint(ctx context.Context, op host.SavepointOp, name string) error {
	if err := o.Tx.Savepoint(ctx, op, name); err != nil {
		return err
	}
	if op == host.SavepointSet {
		o.marks = append(o.marks, mark{name, maps.Clone(o.tables)})
		return nil
	}
	at := len(o.marks) - 1
	for at >= 0 && o.marks[at].name != name {
		at--
	}
	switch {
	case at < 0: // it was set before anybody observed
		if o.marks = nil; op == host.SavepointRollback {
			clear(o.tables)
		}
	case op == host.SavepointRollback:
		o.tables = maps.Clone(o.marks[at].tables)
		o.marks = o.marks[:at+1]
	default:
		o.marks = o.marks[:at]
	}
	return nil
}

// Rollback implements host.Tx.
func (o *observedTx) Rollback() error {
	o.c.observer = nil
	return o.Tx.Rollback()
}

// named gives the columns of new samples their names, while the table is as it was
// when they were taken. err is that of the statement.
func (o *observedTx) named(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	for name, seen := range o.tables {
		if n := len(seen.rows); n == 0 || seen.rows[n-1].columns != nil {
			continue
		}
		columns, err := o.columns(ctx, name)
		if err != nil {
			return o.c.db.failed("observe a transaction of", cause(ctx, err))
		}
		seen.rows = slices.Clone(seen.rows)
		for i := range seen.rows {
			if seen.rows[i].columns == nil {
				seen.rows[i].columns = columns
			}
		}
		o.tables[name] = seen
	}
	return nil
}

// columns returns the names of a table's stored columns; those that are computed
// when they are read are not among a row's values.
//
// https://sqlite.org/pragma.html#pragma_table_xinfo
func (o *observedTx) columns(ctx context.Context, table string) (columns []string, err error) {
	defer o.c.guard(&err)
	defer o.c.writtenBy(runner)()
	const computed = 2
	columns = []string{}
	err = o.c.each(ctx, func(s *sqlite3.Stmt) error {
		if s.ColumnInt(1) != computed {
			columns = append(columns, s.ColumnText(0))
		}
		return nil
	}, "SELECT name, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid", table)
	return columns, err
}

// Effects implements host.ObservedTx.
func (o *observedTx) Effects(context.Context) ([]host.TableEffects, error) {
	if o.c.broken != nil {
		return nil, o.c.broken
	}
	var all []host.TableEffects
	for _, name := range slices.Sorted(maps.Keys(o.tables)) {
		seen := o.tables[name]
		effects := host.TableEffects{Table: name, Inserted: seen.inserted, Updated: seen.updated, Deleted: seen.deleted}
		for _, row := range seen.rows {
			label(row.before, row.columns)
			label(row.after, row.columns)
			effects.Samples = append(effects.Samples, host.RowSample{Before: row.before, After: row.after})
		}
		all = append(all, effects)
	}
	o.tables, o.marks = map[string]observed{}, nil
	return all, nil
}

// Check implements host.ObservedTx.
func (o *observedTx) Check(ctx context.Context) (err error) {
	defer o.c.guard(&err)
	if o.c.tx == nil {
		return o.c.db.failed("observe a transaction of", errOver)
	}
	return o.c.tx.refuseOrphans(ctx)
}

// label names the fields of a row.
func label(fields []host.Field, columns []string) {
	for i := range fields {
		fields[i].Column = "column " + strconv.Itoa(i+1)
		if len(columns) == len(fields) {
			fields[i].Column = columns[i]
		}
	}
}
