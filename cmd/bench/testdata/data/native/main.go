// Command native does natively what the guests beside it do, with the drivers
// that Sandpiper uses: what a data migration costs that is a program of its own.
//
//	native seed|check|backfill|want|count|load TARGET ROWS
//
// TARGET is the URL of a PostgreSQL database, or the path of a SQLite file.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// chunk is how many rows are read, written and committed at a time. The guest and
// the migration for Alembic have the same.
const chunk = 10_000

// createTable makes the table, with %s for the type of the key.
const createTable = "CREATE TABLE item (id %s PRIMARY KEY, name text NOT NULL, amount bigint NOT NULL, rate double precision NOT NULL, state text NOT NULL, result bigint)"

// The statements of a backfill, with %[1]s and %[2]s for parameters.
const (
	readChunk = "SELECT id, name, amount, rate, state FROM item WHERE id > %[1]s ORDER BY id LIMIT %[2]s"
	writeRow  = "UPDATE item SET result = %[1]s WHERE id = %[2]s"
	insertRow = "INSERT INTO item (id, name, amount, rate, state) VALUES (?1, ?2, ?3, ?4, ?5)"
)

// An item is a row; row i of the table is item(i).
type item struct {
	id     int64
	name   string
	amount int64
	rate   float64
	state  string
}

// names are few and made beforehand: it is not measured who makes texts faster.
var names = func() (names [1000]string) {
	for i := range names {
		names[i] = "item number " + strconv.Itoa(i)
	}
	return names
}()

func itemOf(i int64) item {
	return item{i, names[i%int64(len(names))], i * 7919 % 100000, float64(i%1000) / 8, "COMPLETED"}
}

// result is what the backfill computes.
func (i *item) result() int64 {
	return int64(float64(i.amount)*i.rate) + int64(len(i.name)+len(i.state))
}

type database interface {
	exec(sql string) error
	integers(sql string) ([]int64, error) // the only row of a query
	empty() error
	seed(rows int64) error
	backfill() error
	load(rows int64) error
	close() error
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "native:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: native seed|check|backfill|want|count|load TARGET ROWS")
	}
	rows, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	open := openSQLite
	if strings.Contains(args[1], "://") {
		open = openPostgres
	}
	db, err := open(args[1])
	if err != nil {
		return err
	}
	defer db.close()
	switch args[0] {
	case "seed": // the table with its rows
		return db.seed(rows)
	case "check": // whether the backfill has done all of them
		return check(db, "SELECT count(*), count(result), CAST(sum(result) AS bigint) FROM item", rows, (*item).result)
	case "backfill":
		return db.backfill()
	case "want": // the table without rows, and how many it should have
		if err := db.empty(); err != nil {
			return err
		}
		return db.exec("CREATE TABLE wanted AS SELECT CAST(" + args[2] + " AS bigint) AS n")
	case "count": // whether all of them were loaded
		return check(db, "SELECT count(*), count(state), CAST(sum(amount) AS bigint) FROM item", rows, func(i *item) int64 { return i.amount })
	case "load":
		return db.load(rows)
	}
	return fmt.Errorf("what is %q", args[0])
}

// check compares what a query returns with the number of rows, twice, and the sum of
// a number in them.
func check(db database, query string, rows int64, number func(*item) int64) error {
	got, err := db.integers(query)
	if err != nil {
		return err
	}
	want := []int64{rows, rows, 0}
	for id := int64(1); id <= rows; id++ {
		i := itemOf(id)
		want[2] += number(&i)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s: %d, want %d", query, got, want)
	}
	return nil
}
