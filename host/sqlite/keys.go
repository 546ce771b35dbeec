package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// Keys implements host.Tx.
func (t *tx) Keys(ctx context.Context, table string) (_ []host.Key, err error) {
	defer t.c.guard(&err)
	if err := t.usable(); err != nil {
		return nil, err
	}
	return t.c.keys(ctx, table)
}

// Keys implements host.Tx. A plugin is told of the keys that it may not
// read what it lacks for them.
func (t *confinedTx) Keys(ctx context.Context, table string) (_ []host.Key, err error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	if refused := t.w.judge.Touch(policy.Access{Table: table, Verb: "select"}); refused != nil {
		return nil, refused
	}
	found, err := t.tx.Keys(ctx, table)
	for i := range found {
		if refused := t.w.judge.Touch(policy.Access{Table: table, Verb: "select", Columns: found[i].Columns}); refused != nil {
			found[i].Refused = refused
		}
	}
	return found, err
}

// keys returns the keys of a table, in the order in which they would be chosen.
func (c *conn) keys(ctx context.Context, table string) ([]host.Key, error) {
	var primary host.Key
	kind, nullable := "", map[string]bool{}
	err := c.each(ctx, func(s *sqlite3.Stmt) error {
		kind = s.ColumnText(3)
		nullable[s.ColumnText(0)] = !s.ColumnBool(1)
		if s.ColumnInt(2) > 0 {
			primary.Columns = append(primary.Columns, s.ColumnText(0))
		}
		return nil
	}, `SELECT name, "notnull", pk, (SELECT type FROM pragma_table_list(?1)) FROM pragma_table_xinfo(?1) ORDER BY pk`, table)
	if err != nil {
		return nil, c.db.failed("read the keys of a table of", cause(ctx, err))
	}
	switch kind {
	case "":
		return nil, &host.SQLError{Code: codeName(sqlite3.ERROR.ExtendedCode()), Message: "no such table: " + table}
	case "view", "virtual": // https://sqlite.org/pragma.html#pragma_table_list
		what := map[string]string{"view": "a view", "virtual": "a virtual table"}[kind]
		return nil, &host.SQLError{Code: codeName(sqlite3.ERROR.ExtendedCode()), Message: fmt.Sprintf("%s is %s, and has no key", table, what), Hint: host.HintKeyless}
	}
	indexes, err := c.uniqueIndexes(ctx, table)
	if err != nil {
		return nil, c.db.failed("read the keys of a table of", cause(ctx, err))
	}
	var found []host.Key
	if len(primary.Columns) > 0 && !slices.ContainsFunc(indexes, func(i uniqueIndex) bool { return i.primary }) {
		// A PRIMARY KEY without an index is the rowid, and never NULL
		// (https://sqlite.org/lang_createtable.html#rowid).
		primary.Primary = true
		found = append(found, primary)
	}
	for _, i := range indexes {
		if i.expression {
			continue
		}
		key := host.Key{Columns: i.columns, Primary: i.primary}
		if i.otherwise {
			key.Unfit = host.UnfitCollation
		}
		key.Nullable = slices.ContainsFunc(i.columns, func(column string) bool { return nullable[column] })
		found = append(found, key)
	}
	slices.SortStableFunc(found, func(a, b host.Key) int {
		return cmp.Or(before(a.Unfit == "", b.Unfit == ""), before(a.Primary, b.Primary), before(!a.Nullable, !b.Nullable), cmp.Compare(len(a.Columns), len(b.Columns)))
	})
	return found, nil
}

func before(a, b bool) int {
	switch {
	case a && !b:
		return -1
	case b && !a:
		return 1
	}
	return 0
}

// A uniqueIndex is one without a WHERE.
type uniqueIndex struct {
	columns    []string
	primary    bool
	expression bool // a part of it is none of the table's columns
	otherwise  bool // a part of it is compared otherwise than the column is
}

// uniqueIndexes returns those of a table, in the order they were made. An index
// that compares a column otherwise than the column itself is compared, and than it
// is ordered, is of no use: rows that are equal in that order may be different to
// the index (https://sqlite.org/datatype3.html#collation).
func (c *conn) uniqueIndexes(ctx context.Context, table string) (indexes []uniqueIndex, err error) {
	last := ""
	err = c.each(ctx, func(s *sqlite3.Stmt) error {
		if name := s.ColumnText(0); name != last || len(indexes) == 0 {
			indexes, last = append(indexes, uniqueIndex{primary: s.ColumnText(1) == "pk"}), name
		}
		i := &indexes[len(indexes)-1]
		if s.ColumnInt(2) < 0 {
			i.expression = true
			return nil
		}
		column := s.ColumnText(3)
		_, collation, _, _, _, err := c.sq.TableColumnMetadata("", table, column)
		if err != nil {
			return fmt.Errorf("column %s of table %s: %w", column, table, err)
		}
		i.columns = append(i.columns, column)
		i.otherwise = i.otherwise || !strings.EqualFold(collation, s.ColumnText(4))
		return nil
	}, `SELECT i.name, i.origin, c.cid, c.name, c.coll FROM pragma_index_list(?1) AS i, pragma_index_xinfo(i.name) AS c
		WHERE i."unique" AND NOT i.partial AND c."key" ORDER BY i.seq DESC, c.seqno`, table)
	return indexes, err
}
