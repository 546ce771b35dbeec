package main

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

type sqlite struct{ *sqlite3.Conn }

func openSQLite(target string) (database, error) {
	conn, err := sqlite3.Open(target)
	return sqlite{conn}, err
}

func (db sqlite) close() error { return db.Close() }

func (db sqlite) exec(sql string) error { return db.Exec(sql) }

func (db sqlite) integers(sql string) (numbers []int64, err error) {
	query, _, err := db.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	if query.Step() {
		for i := range query.ColumnCount() {
			numbers = append(numbers, query.ColumnInt64(i))
		}
	}
	return numbers, query.Err()
}

// empty makes the table with a key that is the rowid.
func (db sqlite) empty() error { return db.Exec(fmt.Sprintf(createTable, "INTEGER")) }

func (db sqlite) seed(rows int64) error {
	if err := db.Exec("PRAGMA synchronous = OFF"); err != nil {
		return err
	}
	if err := db.empty(); err != nil {
		return err
	}
	return db.Exec(fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO item SELECT i, 'item number ' || (i %% 1000), i * 7919 %% 100000, (i %% 1000) / 8.0, 'COMPLETED', NULL FROM n`, rows))
}

// transaction runs fn in a transaction.
func (db sqlite) transaction(fn func() error) error {
	if err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return errors.Join(err, db.Exec("ROLLBACK"))
	}
	return db.Exec("COMMIT")
}

func (db sqlite) backfill() error {
	read, _, err := db.Prepare(fmt.Sprintf(readChunk, "?1", "?2"))
	if err != nil {
		return err
	}
	defer read.Close()
	write, _, err := db.Prepare(fmt.Sprintf(writeRow, "?1", "?2"))
	if err != nil {
		return err
	}
	defer write.Close()
	type update struct{ id, result int64 }
	var updates []update
	for last := int64(0); ; {
		err := db.transaction(func() error {
			updates = updates[:0]
			if err := errors.Join(read.BindInt64(1, last), read.BindInt64(2, chunk)); err != nil {
				return err
			}
			for read.Step() {
				i := item{read.ColumnInt64(0), read.ColumnText(1), read.ColumnInt64(2), read.ColumnFloat(3), read.ColumnText(4)}
				updates = append(updates, update{i.id, i.result()})
				last = i.id
			}
			if err := read.Reset(); err != nil {
				return err
			}
			for _, u := range updates {
				if err := errors.Join(write.BindInt64(1, u.result), write.BindInt64(2, u.id)); err != nil {
					return err
				}
				if err := write.Exec(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(updates) == 0 {
			return err
		}
	}
}

func (db sqlite) load(rows int64) error {
	return db.transaction(func() error {
		insert, _, err := db.Prepare(insertRow)
		if err != nil {
			return err
		}
		defer insert.Close()
		for id := int64(1); id <= rows; id++ {
			i := itemOf(id)
			if err := errors.Join(insert.BindInt64(1, i.id), insert.BindText(2, i.name), insert.BindInt64(3, i.amount),
				insert.BindFloat(4, i.rate), insert.BindText(5, i.state)); err != nil {
				return err
			}
			if err := insert.Exec(); err != nil {
				return err
			}
		}
		return nil
	})
}
