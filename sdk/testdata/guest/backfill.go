package main

import (
	"errors"
	"io"

	"github.com/sandpiper-db/sandpiper/sdk"
)

// fill makes a table of rows for a backfill.
func fill(tx *sdk.Tx, rows int) error {
	_, err := tx.Exec("CREATE TABLE guest_fill (part bigint NOT NULL, name text NOT NULL, visits bigint NOT NULL, token text, PRIMARY KEY (part, name))")
	if err != nil {
		return err
	}
	load := tx.Load("guest_fill", "name", "part", "visits")
	for i := range rows {
		if err := load.Add("row "+string(rune('a'+i%7)), i/7, 0); err != nil {
			return err
		}
	}
	n, err := load.Flush()
	if err == nil && n != int64(rows) {
		err = errors.New("another number of rows was loaded")
	}
	return err
}

// backfill visits each row of a table, by a key of two columns, and notes a random
// token; then once more with a statement.
func backfill(tx *sdk.Tx) error {
	if err := fill(tx, 2000); err != nil {
		return err
	}
	param := tx.Dialect().Param
	update := tx.Batch("UPDATE guest_fill SET visits = " + param(1) + ", token = " + param(2) + " WHERE part = " + param(3) + " AND name = " + param(4))
	err := tx.Backfill(sdk.Backfill{
		Name: "visits", Table: "guest_fill", Columns: []string{"visits"}, Batch: 100, MaxBatch: 100,
		Row: func(row *sdk.Row) error {
			token, err := tx.NewUUID()
			if err != nil {
				return err
			}
			visits := row.Int64(row.Index("visits"))
			return update.Add(visits+1, sdk.UUIDText(token), row.Int64(0), row.Text(1))
		},
	})
	if err != nil {
		return err
	}
	// A run that is resumed has to send the same bytes, whether it has drawn those of
	// the chunks or not.
	token, err := tx.NewUUID()
	if err != nil {
		return err
	}
	if _, err = tx.Exec("UPDATE guest_fill SET token = "+param(1)+" WHERE part = 0 AND name = 'row a'", sdk.UUIDText(token)); err != nil {
		return err
	}
	err = tx.Backfill(sdk.Backfill{
		Name: "again", Table: "guest_fill", Where: "part >= 100", Batch: 100, MaxBatch: 100,
		Statement: "UPDATE guest_fill AS f SET visits = visits + 1 WHERE ${chunk f}",
	})
	if err != nil {
		return err
	}
	return tx.Section("check", func() error {
		rows := tx.Query("SELECT count(*), count(DISTINCT token), min(visits), max(visits), CAST(sum(visits) AS bigint) FROM guest_fill")
		for row := range rows.All() {
			tx.Log("backfill: ", row.Int64(0), " rows, ", row.Int64(1), " tokens, ", row.Int64(2), " to ", row.Int64(3), " visits, ", row.Int64(4), " in all")
		}
		return rows.Err()
	})
}

// chunks writes and asks other questions while the rows of a chunk, which fill
// several buffers, are being read.
func chunks(tx *sdk.Tx) error {
	if err := fill(tx, 3000); err != nil {
		return err
	}
	param := tx.Dialect().Param
	err := tx.Backfill(sdk.Backfill{
		Name: "chunks", Table: "guest_fill", Batch: 1500,
		Chunk: func(rows *sdk.Rows) error {
			for row := range rows.All() {
				_, err := tx.Exec("UPDATE guest_fill SET visits = visits + 1 WHERE part = "+param(1)+" AND name = "+param(2), row.Value(0), row.Value(1))
				if err != nil {
					return err
				}
				if row.Int64(0)%100 != 0 {
					continue
				}
				visits := tx.Query("SELECT visits FROM guest_fill WHERE part = "+param(1)+" AND name = "+param(2), row.Value(0), row.Value(1))
				for other := range visits.All() {
					if other.Int64(0) != 1 {
						return errors.New("a row was visited twice")
					}
				}
				if err := visits.Err(); err != nil {
					return err
				}
			}
			return rows.Err()
		},
	})
	if err != nil {
		return err
	}
	return tx.Section("count", func() error {
		rows := tx.Query("SELECT count(*), CAST(sum(visits) AS bigint) FROM guest_fill")
		for row := range rows.All() {
			tx.Log("chunks: ", row.Int64(0), " rows, ", row.Int64(1), " visits")
		}
		return rows.Err()
	})
}

// pieces reads values that are larger than what it keeps in memory.
func pieces(tx *sdk.Tx) error {
	const size = 24 << 20
	text := "repeat('0123456789abcdef', " + "1572864)"
	if tx.Dialect() == sdk.SQLite {
		text = "replace(printf('%.*c', 1572864, 'x'), 'x', '0123456789abcdef')"
	}
	rows := tx.Query("SELECT 1, " + text + ", 'small' UNION ALL SELECT 2, 'small', " + text + " UNION ALL SELECT 3, NULL, 'end'")
	read, n := int64(0), int64(0)
	buf := make([]byte, 64<<10-3) // so that pieces end anywhere
	for row := range rows.Pieces(64 << 10) {
		n++
		if row.Int64(0) != n {
			return errors.New("rows are missing, or out of order")
		}
		for column := 1; column <= 2 && !row.IsNull(column); column++ {
			r, at := row.Reader(column), 0
			for {
				got, err := r.Read(buf)
				if got > 0 && at%16 < 10 && n != 3 && string(buf[:5]) != "small" && buf[0] != byte('0'+at%16) {
					return errors.New("a piece is not what belongs there")
				}
				at += got
				if err == io.EOF {
					break
				}
				if err != nil {
					return err
				}
			}
			read += int64(at)
		}
	}
	tx.Log("pieces: ", n, " rows, ", read-2*size, " bytes beside the large ones")
	return rows.Err()
}

// phases has all three of them.
func phases(tx *sdk.Tx) error {
	for _, p := range []sdk.Phase{sdk.PhaseExpand, sdk.PhaseBackfill, sdk.PhaseContract} {
		if err := tx.Phase(p); err != nil {
			return err
		}
		id, err := tx.NewUUID()
		if err != nil {
			return err
		}
		if id[6]>>4 != 4 {
			return errors.New("a uuid of another version")
		}
		_, err = tx.Exec("CREATE TABLE guest_" + p.String() + " (id bigint)")
		if err != nil {
			return err
		}
		tx.Log("phases: ", p.String())
	}
	return nil
}

// unreadChunk leaves rows of a chunk unread, and is not let on.
func unreadChunk(tx *sdk.Tx) error {
	if err := fill(tx, 10); err != nil {
		return err
	}
	return tx.Backfill(sdk.Backfill{Name: "visits", Table: "guest_fill", Chunk: func(rows *sdk.Rows) error {
		for range rows.All() {
			break
		}
		return nil
	}})
}
