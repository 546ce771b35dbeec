package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

type postgres struct{ *pgx.Conn }

func openPostgres(target string) (database, error) {
	conn, err := pgx.Connect(context.Background(), target)
	return postgres{conn}, err
}

func (db postgres) close() error { return db.Close(context.Background()) }

func (db postgres) exec(sql string) error {
	_, err := db.Exec(context.Background(), sql)
	return err
}

func (db postgres) integers(sql string) ([]int64, error) {
	rows, err := db.Query(context.Background(), sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (numbers []int64, err error) {
		values, err := row.Values()
		for _, v := range values {
			numbers = append(numbers, v.(int64))
		}
		return numbers, err
	})
}

func (db postgres) empty() error { return db.exec(fmt.Sprintf(createTable, "bigint")) }

func (db postgres) seed(rows int64) error {
	for _, sql := range []string{
		fmt.Sprintf(createTable, "bigint"),
		fmt.Sprintf("INSERT INTO item SELECT i, 'item number ' || (i %% 1000), i * 7919 %% 100000, (i %% 1000) / 8.0, 'COMPLETED' FROM generate_series(1::bigint, %d) AS i", rows),
		"VACUUM ANALYZE item",
		"CHECKPOINT",
	} {
		if err := db.exec(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

func (db postgres) backfill() error {
	read := fmt.Sprintf(readChunk, "$1", "$2") + " FOR NO KEY UPDATE"
	write := fmt.Sprintf(writeRow, "$1", "$2")
	for last := int64(0); ; {
		n := 0
		err := pgx.BeginFunc(context.Background(), db.Conn, func(tx pgx.Tx) error {
			rows, err := tx.Query(context.Background(), read, last, chunk)
			if err != nil {
				return err
			}
			updates := &pgx.Batch{}
			var i item
			if _, err := pgx.ForEachRow(rows, []any{&i.id, &i.name, &i.amount, &i.rate, &i.state}, func() error {
				updates.Queue(write, i.result(), i.id)
				last = i.id
				return nil
			}); err != nil {
				return err
			}
			n = updates.Len()
			return tx.SendBatch(context.Background(), updates).Close()
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

func (db postgres) load(rows int64) error {
	id := int64(0)
	n, err := db.CopyFrom(context.Background(), pgx.Identifier{"item"}, []string{"id", "name", "amount", "rate", "state"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if id == rows {
				return nil, nil
			}
			id++
			i := itemOf(id)
			return []any{i.id, i.name, i.amount, i.rate, i.state}, nil
		}))
	if err == nil && n != rows {
		err = fmt.Errorf("%d rows were copied", n)
	}
	return err
}
