package host

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Loss is a table that does not hold what it must.
type Loss struct {
	Table   string
	Had     int64 // rows before
	Has     int64 // rows after
	Changed bool  // as many or more, but not the same
}

// A look is what a stepwise test sees of a database.
type look struct {
	objects []Object
	tables  map[string]content // by name; nil where rows are not looked at
}

// A content is what is in a table, in whatever order its rows and columns are.
type content struct {
	rows int64
	sum  [2]uint64 // of the rows' digests; zero where rows were counted alone
}

// look looks at the schema and, if the test does at all, at the rows: counts
// them, and if whole is set sums them up.
func (t *stepwise) look(ctx context.Context, whole bool) (l look, err error) {
	if l.objects, t.known = t.known, nil; l.objects == nil {
		l.objects, err = t.conn.Objects(ctx)
	}
	if err != nil || !t.rows {
		return l, err
	}
	tx, err := t.conn.Begin(ctx, Fence{})
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	l.tables = map[string]content{}
	for _, o := range l.objects {
		if o.Kind != ObjectTable {
			continue
		}
		read := countRowsOf
		if whole {
			read = sumRowsOf
		}
		if l.tables[o.Name], err = read(ctx, tx, o.Name); err != nil {
			return l, err
		}
	}
	return l, nil
}

func countRowsOf(ctx context.Context, tx Tx, table string) (c content, err error) {
	err = eachRow(ctx, tx, "SELECT count(*) FROM "+quoteName(table), func(_ []abi.Column, row []abi.Value) error {
		c.rows = row[0].Int
		return nil
	})
	return c, err
}

// sumRowsOf adds up a digest of each row, so that the order of the rows does not
// matter and one at a time is in memory. In a sum, unlike an exclusive or, two
// rows that are the same do not cancel each other out.
func sumRowsOf(ctx context.Context, tx Tx, table string) (c content, err error) {
	var order []int
	var values []abi.Value
	var types []abi.Type
	var line []byte
	err = eachRow(ctx, tx, "SELECT * FROM "+quoteName(table), func(columns []abi.Column, row []abi.Value) (err error) {
		if order == nil {
			order, types = byName(columns), make([]abi.Type, len(columns))
			for i := range types {
				types[i] = abi.TypeAny
			}
		}
		values = values[:0]
		for _, i := range order {
			values = append(values, row[i])
		}
		if line, err = abi.AppendRow(line[:0], types, values); err != nil {
			return err
		}
		digest := sha256.Sum256(line)
		c.rows++
		c.sum[0] += binary.LittleEndian.Uint64(digest[:])
		c.sum[1] += binary.LittleEndian.Uint64(digest[8:])
		return nil
	})
	return c, err
}

// byName returns the places of columns in the order of their names: a column that
// was dropped and came back is the last one.
func byName(columns []abi.Column) []int {
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(columns[a].Name, columns[b].Name) })
	return order
}

func eachRow(ctx context.Context, tx Tx, sql string, do func([]abi.Column, []abi.Value) error) (err error) {
	rows, err := tx.Query(ctx, Statement{SQL: sql})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		row, err := rows.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = do(rows.Columns(), row)
		}
		if err != nil {
			return err
		}
	}
}

// quoteName writes a name as both dialects read it.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// fewer returns the tables of both looks that have lost rows.
func fewer(was, is look) []Loss {
	return losses(was, is, func(had, has content) bool { return has.rows < had.rows })
}

// changed returns the tables of both looks whose content is not the same.
func changed(was, is look) []Loss {
	return losses(was, is, func(had, has content) bool { return has != had })
}

func losses(was, is look, lost func(had, has content) bool) (found []Loss) {
	for table, had := range was.tables {
		if has, there := is.tables[table]; there && lost(had, has) {
			found = append(found, Loss{Table: table, Had: had.rows, Has: has.rows, Changed: has.rows >= had.rows})
		}
	}
	slices.SortFunc(found, func(a, b Loss) int { return cmp.Compare(a.Table, b.Table) })
	return found
}
