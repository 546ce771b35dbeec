package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// An item is one statement of a pipeline.
type item struct {
	role role
	sql  string
	name string // of the prepared statement, for what the runner itself sends; else ""

	values  [][]byte
	oids    []uint32 // types of the parameters, 0 for what the server infers
	formats []int16  // of the parameters: 0 text, 1 binary

	bind    bool // runs the unnamed statement that an item before it has prepared
	locks   bool // is a SELECT that locks its rows
	parse   bool // prepares the unnamed statement and runs nothing
	ordinal int  // of the guest's statement

	why diagnosis // of its refusal; may be nil

	row    func(values [][]byte) error     // gets every row, in text form; nil to drop them
	fields func([]pgconn.FieldDescription) // gets the columns, with parse; may be nil
}

// A role is what an item is for, which decides what its error means.
type role uint8

const (
	roleOther role = iota
	roleBegin
	roleLock
	roleFence
	roleGuest
	roleSavepoint
	roleLedger
	roleCommit
)

// A link is a connection to the server.
type link struct {
	pg       *pgconn.PgConn
	prepares bool            // named prepared statements may be used
	prepared map[string]bool // those that the server has, or will have after what is sent
	asked    []string        // those that are sent and not confirmed
}

// A failure is the error of a round trip, with the item it concerns. All
// items after it were skipped by the server.
type failure struct {
	index int // of the item, or -1 if it is about the connection
	err   error
}

// roundTrip sends items and waits for all their results. They are one pipeline
// with one Sync at its end, so the server skips what follows an error.
//
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
func (l *link) roundTrip(ctx context.Context, items []item) ([]pgconn.CommandTag, *failure) {
	defer l.unconfirmed()
	p := l.pg.StartPipeline(ctx)
	for i := range items {
		l.send(p, &items[i])
	}
	if err := p.Sync(); err != nil {
		return nil, &failure{-1, err}
	}
	tags := make([]pgconn.CommandTag, len(items))
	var failed *failure
	for i := range items {
		tag, err := l.receive(p, &items[i])
		if err != nil {
			failed = &failure{i, err}
			break
		}
		tags[i] = tag
	}
	// Closing reads up to the server's answer to the Sync. It repeats an
	// error of the items.
	if err := p.Close(); err != nil && failed == nil {
		failed = &failure{-1, err}
	}
	if failed != nil && isFatal(failed.err) {
		failed.index = -1
	}
	return tags, failed
}

// send queues one item. Each send has its match in receive.
func (l *link) send(p *pgconn.Pipeline, it *item) {
	switch {
	case it.parse:
		p.SendPrepare("", it.sql, it.oids)
	case it.bind:
		p.SendQueryPrepared("", it.values, it.formats, nil)
	case it.name != "" && l.prepares:
		if !l.prepared[it.name] {
			p.SendPrepare(it.name, it.sql, it.oids)
			l.prepared[it.name] = true
			l.asked = append(l.asked, it.name)
		}
		p.SendQueryPrepared(it.name, it.values, it.formats, nil)
	default:
		p.SendQueryParams(it.sql, it.values, it.oids, it.formats, nil)
	}
}

// receive waits for the result of one item.
func (l *link) receive(p *pgconn.Pipeline, it *item) (pgconn.CommandTag, error) {
	results, err := p.GetResults()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	if statement, ok := results.(*pgconn.StatementDescription); ok {
		if it.parse {
			if it.fields != nil {
				it.fields(statement.Fields)
			}
			return pgconn.CommandTag{}, nil
		}
		l.asked = l.asked[1:]
		if results, err = p.GetResults(); err != nil {
			return pgconn.CommandTag{}, err
		}
	}
	rows, ok := results.(*pgconn.ResultReader)
	if !ok {
		return pgconn.CommandTag{}, errors.New("the server's answers are out of step")
	}
	var rowErr error
	for it.row != nil && rowErr == nil && rows.NextRow() {
		rowErr = it.row(rows.Values())
	}
	tag, err := rows.Close()
	if err == nil {
		err = rowErr
	}
	return tag, err
}

// do makes a round trip of statements that no transaction of a runner needs.
// The error is explained.
func (l *link) do(ctx context.Context, items ...item) error {
	_, failed := l.roundTrip(ctx, items)
	if failed == nil {
		return nil
	}
	return l.explain(ctx, items, failed)
}

// unconfirmed drops the statements that were to be prepared by what the server
// skipped.
func (l *link) unconfirmed() {
	for _, name := range l.asked {
		delete(l.prepared, name)
	}
	l.asked = nil
}

// forget drops what is known of the server's prepared statements, since a
// guest may deallocate them.
func (l *link) forget() {
	l.prepares = false
	clear(l.prepared)
}

// close ends the connection, politely if the server listens.
func (l *link) close() {
	ctx, cancel := context.WithTimeout(context.Background(), tidyWithin)
	defer cancel()
	l.pg.Close(ctx)
	l.wait(ctx)
}

// wait waits until a connection that was given up is closed.
func (l *link) wait(ctx context.Context) {
	select {
	case <-l.pg.CleanupDone():
	case <-ctx.Done():
	}
}

// isFatal reports whether the server has ended the connection with the error.
func isFatal(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	severity := refused.SeverityUnlocalized
	if severity == "" {
		severity = refused.Severity
	}
	return severity == "FATAL" || severity == "PANIC"
}
