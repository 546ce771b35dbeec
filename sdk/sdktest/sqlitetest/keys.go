package sqlitetest

import (
	"io"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Keys returns the columns of a table's primary key, and those of its other keys.
func (db *DB) Keys(table string) (primary []string, others [][]string, err error) {
	columns, err := db.all("SELECT name, pk FROM pragma_table_info(?1) ORDER BY pk", abi.Text(table))
	if err != nil {
		return nil, nil, err
	}
	if len(columns) == 0 {
		return nil, nil, &sdk.Error{Errno: sdk.ErrSQL, Code: "SQLITE_ERROR", Message: "no such table: " + table}
	}
	for _, c := range columns {
		if c[1].Int > 0 {
			primary = append(primary, string(c[0].Bytes))
		}
	}
	indexes, err := db.all(`SELECT name FROM pragma_index_list(?1) WHERE "unique" AND NOT partial AND origin <> 'pk' ORDER BY seq`, abi.Text(table))
	if err != nil {
		return nil, nil, err
	}
	for _, index := range indexes {
		parts, err := db.all("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", index[0])
		if err != nil {
			return nil, nil, err
		}
		var key []string
		for _, part := range parts {
			if part[0].IsNull() { // an expression
				key = nil
				break
			}
			key = append(key, string(part[0].Bytes))
		}
		if key != nil {
			others = append(others, key)
		}
	}
	return primary, others, nil
}

// all returns the rows of a query.
func (db *DB) all(sql string, params ...sdk.Value) (all [][]sdk.Value, err error) {
	rows, err := db.Query(sql, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for {
		row, err := rows.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		own := make([]sdk.Value, len(row))
		for i, v := range row {
			own[i] = v.Clone()
		}
		all = append(all, own)
	}
}
