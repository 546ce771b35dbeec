// Command guest is the plugin that the tests of package sdk build and run on both
// databases. Each migration is about one thing; those that must fail do so.
package main

import (
	"errors"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Module("guest", "0.1.0", "guest")
	register("create", "", create)
	register("types", "create", types)
	register("large", "create", large)
	register("nested", "create", nested)
	register("survive", "create", survive)
	register("refused", "create", refused)
	register("unread", "create", unread)
	register("panics", "create", panics)
	register("strange", "create", strange)
	register("backfill", "create", backfill)
	register("pieces", "create", pieces)
	register("phases", "create", phases)
	register("unread_chunk", "create", unreadChunk)
	register("chunks", "create", chunks)
}

// ids are the last digits of the revisions' ids.
var ids = map[string]string{
	"create": "01", "types": "02", "large": "03", "nested": "04", "survive": "05",
	"refused": "06", "unread": "07", "panics": "08", "strange": "09",
	"backfill": "10", "pieces": "11", "phases": "12", "unread_chunk": "13", "chunks": "14",
}

func register(slug, parent string, upgrade func(*sdk.Tx) error) {
	revision := func(prefix string) sdk.Revision {
		r := sdk.Revision{ID: prefix + ids[slug]}
		if parent != "" {
			r.Revises = []string{prefix + ids[parent]}
		}
		return r
	}
	sdk.Register(sdk.Migration{
		Slug:       slug,
		Created:    "2026-10-06T12:00:00Z",
		PostgreSQL: revision("aaaaaaaaaa"),
		SQLite:     revision("bbbbbbbbbb"),
		Upgrade:    upgrade,
		Downgrade:  func(tx *sdk.Tx) error { return nil },
	})
}

func create(tx *sdk.Tx) error {
	c := tx.Context()
	tx.Log("context: ", c.ABI, " ", c.Dialect, " ", c.Line, " ", c.Revision, " ", c.Direction, " ", c.Started > 0, " ", c.Server != "")
	n, err := tx.Exec("CREATE TABLE guest_item (id bigint PRIMARY KEY, name text)")
	if err == nil && n != 0 {
		err = errors.New("a table was created and rows were affected")
	}
	return err
}

// types sends a value of each type, and reads it as the database gives it back.
func types(tx *sdk.Tx) error {
	id := [16]byte{0: 0x12, 15: 0xff}
	const moment = 1791106200123456 // 2026-10-04 09:30:00.123456 UTC
	if tx.Dialect() == sdk.SQLite {
		return sqliteTypes(tx, id, moment)
	}
	rows := tx.Query(`SELECT $1::bigint, $2::float8, $3::bool, $4::text, $5::bytea, $6::numeric, $7::uuid,
		$8::date, $9::time, $10::timestamp, $11::timestamptz, $12::interval, $13::jsonb, $14::text, $15::int2`,
		int64(-1)<<63, 0.1, true, "ä🐦", []byte{0, 255}, sdk.Numeric("-12.50"), id,
		sdk.Date(20730), sdk.TimeOfDay(1), sdk.Timestamp(moment), sdk.TimestampTZ(moment),
		sdk.Interval(1, -2, 3), sdk.JSON(`{"a": 1}`), nil, 7)
	for row := range rows.All() {
		if row.Int64(0) != int64(-1)<<63 || row.Float64(1) != 0.1 || !row.Bool(2) || row.Text(3) != "ä🐦" ||
			string(row.Bytes(4)) != "\x00\xff" || row.Text(5) != "-12.50" || row.Float64(5) != -12.5 || row.UUID(6) != id ||
			row.Text(6) != "12000000-0000-0000-0000-0000000000ff" ||
			row.Timestamp(7) != 20730*86400*1e6 || row.Value(8).Int != 1 || row.Timestamp(9) != moment || row.Timestamp(10) != moment ||
			row.Value(11).Months != 1 || row.Value(11).Days != -2 || row.Value(11).Int != 3 ||
			row.Text(12) != `{"a": 1}` || !row.IsNull(13) || row.Int64(14) != 7 {
			return errors.New("a value came back changed")
		}
		tx.Log("types: ", row.Len())
	}
	return rows.Err()
}

func sqliteTypes(tx *sdk.Tx, id [16]byte, moment int64) error {
	rows := tx.Query("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13",
		int64(-1)<<63, 0.1, true, "ä🐦", []byte{0, 255}, sdk.Numeric("-12.50"), id,
		sdk.Date(20730), sdk.Timestamp(moment), sdk.TimestampTZ(moment), sdk.JSON(`{"a": 1}`), nil, []byte{})
	for row := range rows.All() {
		if row.Int64(0) != int64(-1)<<63 || row.Float64(1) != 0.1 || !row.Bool(2) || row.Text(3) != "ä🐦" ||
			string(row.Bytes(4)) != "\x00\xff" || row.Text(5) != "-12.50" || row.UUID(6) != id ||
			row.Timestamp(7) != 20730*86400*1e6 || row.Timestamp(8) != moment || row.Timestamp(9) != moment ||
			row.Text(10) != `{"a": 1}` || !row.IsNull(11) || row.IsNull(12) || len(row.Bytes(12)) != 0 {
			return errors.New("a value came back changed")
		}
		tx.Log("types: ", row.Len())
	}
	return rows.Err()
}

// large moves more than any buffer holds, and rows larger than one.
func large(tx *sdk.Tx) error {
	const items = 5000
	param := tx.Dialect().Param
	insert := "INSERT INTO guest_item VALUES (" + param(1) + ", " + param(2) + ")"
	affected, err := tx.ExecBatch(insert, func(yield func([]any) bool) {
		for i := range items {
			var name any = strings.Repeat("x", i%100)
			if i%3 == 0 {
				name = nil
			}
			if !yield([]any{i, name}) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if affected != items {
		return errors.New("the batch affected another number of rows")
	}
	huge := strings.Repeat("ä", 100_000)
	for i := range 3 {
		if err := tx.Defer(insert, items+i, huge); err != nil {
			return err
		}
	}
	n, bytes := int64(0), 0
	rows := tx.Query("SELECT id, name FROM guest_item ORDER BY id")
	for row := range rows.All() {
		if row.Int64(0) != n {
			return errors.New("rows are missing, or out of order")
		}
		if !row.IsNull(1) {
			bytes += len(row.Text(1))
		}
		n++
	}
	tx.Log("large: ", n, " rows of ", bytes, " bytes")
	return rows.Err()
}

// nested queries inside the rows of another query, and leaves loops early, many
// more times than handles may be open.
func nested(tx *sdk.Tx) error {
	numbers := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n ORDER BY i"
	sum := int64(0)
	outer := tx.Query(numbers)
	for row := range outer.All() {
		inner := tx.Query(numbers)
		for other := range inner.All() {
			if other.Int64(0) > 2 {
				break
			}
			sum += row.Int64(0) * other.Int64(0)
		}
		if err := inner.Err(); err != nil {
			return err
		}
	}
	tx.Log("nested: ", sum)
	return outer.Err()
}

// survive goes on after an error of the database.
func survive(tx *sdk.Tx) error {
	if _, err := tx.Exec("INSERT INTO guest_item VALUES (1, 'kept')"); err != nil {
		return err
	}
	err := tx.Savepoint("again", func() error {
		if _, err := tx.Exec("INSERT INTO guest_item VALUES (2, 'lost')"); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO guest_item VALUES (1, 'twice')")
		return err
	})
	var refusal *sdk.Error
	if !errors.As(err, &refusal) || !errors.Is(err, sdk.ErrSQL) {
		return errors.Join(errors.New("the database took a key twice"), err)
	}
	tx.Warn("survived ", refusal.Code)
	_, err = tx.Exec("INSERT INTO guest_item VALUES (3, 'after')")
	return err
}

// refused returns an error of the database, which has been told to the user.
func refused(tx *sdk.Tx) error {
	if _, err := tx.Exec("INSERT INTO guest_item VALUES (1, 'never')"); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO nowhere VALUES (1)")
	return err
}

// unread reads a text as an integer and does not ask whether that went well.
func unread(tx *sdk.Tx) error {
	if _, err := tx.Exec("INSERT INTO guest_item VALUES (1, 'never')"); err != nil {
		return err
	}
	for row := range tx.Query("SELECT name FROM guest_item").All() {
		row.Int64(0)
	}
	return nil
}

func panics(tx *sdk.Tx) error {
	if _, err := tx.Exec("INSERT INTO guest_item VALUES (1, 'never')"); err != nil {
		return err
	}
	var nothing []int
	_ = nothing[len(tx.Context().Line)]
	return nil
}

// strange says what the host would not take as text.
func strange(tx *sdk.Tx) error {
	tx.Log("not UTF-8: \xff, and a NUL: \x00")
	return errors.New("a reason with \xff and \x00 in it")
}
