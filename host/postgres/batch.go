package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// ExecBatch runs one statement for every row. The statement is parsed once.
func (t *tx) ExecBatch(ctx context.Context, stmt host.Statement, rows *abi.RowReader) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	e, err := inspect(stmt)
	if err != nil {
		return 0, t.spoil(err)
	}
	t.note(e)
	oids, formats := typesOf(rows.Types())
	first := len(t.queue)
	t.put(item{role: roleGuest, parse: true, sql: stmt.SQL, oids: oids, ordinal: stmt.Ordinal})
	malformed := func(err error) (int64, error) {
		t.queue = t.queue[:min(first, len(t.queue))]
		return 0, t.spoil(err)
	}
	var total, row, sent int64
	var text []byte // of the parameters that are queued
	for {
		if len(t.queue) > batchRows || t.bytes > maxQueueBytes {
			n, err := t.batch(ctx, sent)
			if err != nil {
				return 0, err
			}
			total, sent, first, text = total+n, row, 0, text[:0]
		}
		values, err := rows.Next()
		if err == io.EOF {
			n, err := t.batch(ctx, sent)
			if err != nil {
				return 0, err
			}
			return total + n, nil
		}
		row++
		var encoded [][]byte
		if err == nil {
			encoded, text, err = encodeAll(text, values, formats)
		}
		if err != nil {
			return malformed(fmt.Errorf("row %d of the batch: %w", row, err))
		}
		t.put(item{role: roleGuest, bind: true, sql: stmt.SQL, values: encoded, formats: formats, ordinal: stmt.Ordinal})
	}
}

// batchRows is how many rows of a batch travel together.
const batchRows = 1000

// batch sends the queue and returns the rows that its bound items affected.
// sent is the number of rows of the batch that went before.
func (t *tx) batch(ctx context.Context, sent int64) (affected int64, err error) {
	if err := t.settle(ctx); err != nil {
		return 0, err
	}
	items := t.queue
	if len(items) == 0 {
		return 0, nil
	}
	t.queue, t.bytes, t.begun = nil, 0, true
	t.sent++
	tags, failed := t.c.main.roundTrip(ctx, items)
	if failed != nil {
		err := t.refused(ctx, items, failed)
		var refused *host.SQLError
		if errors.As(err, &refused) && items[failed.index].bind {
			for _, it := range items[:failed.index+1] {
				if it.bind {
					sent++
				}
			}
			refused.Message = fmt.Sprintf("row %d of the batch: %s", sent, refused.Message)
		}
		return 0, t.spoil(err)
	}
	for i, it := range items {
		if it.bind {
			affected += rowsAffected(tags[i])
		}
	}
	return affected, t.count(items, tags)
}
