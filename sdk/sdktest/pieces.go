package sdktest

import (
	"io"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

var _ sdk.Pieces = (*cursor)(nil)

// cursor dooms the transaction if reading fails, and leaves large values out where
// the host would.
type cursor struct {
	session *session
	sdk.Cursor
	types []abi.Type
	whole []abi.Value // the row at hand
}

func (c *cursor) Next() ([]abi.Value, error) {
	row, err := c.Cursor.Next()
	if err != nil && err != io.EOF {
		c.session.doomed = true
	}
	c.whole = row
	return row, err
}

// leastLimit is the least that a module keeps for its rows.
const leastLimit = 16 << 10

// NextWithin implements sdk.Pieces.
func (c *cursor) NextWithin(limit int) ([]abi.Value, error) {
	row, err := c.Next()
	if err != nil {
		return nil, err
	}
	if c.types == nil {
		columns, err := c.Columns()
		if err != nil {
			return nil, err
		}
		c.types = abi.Types(columns)
	}
	if abi.RowSize(c.types, row) <= max(limit, leastLimit) {
		return row, nil
	}
	short := make([]abi.Value, len(row))
	for i, v := range row {
		if short[i] = v; len(v.Bytes) > sdk.Whole {
			short[i] = abi.Value{Type: v.Type, Int: int64(len(v.Bytes))}
		}
	}
	return short, nil
}

// Piece implements sdk.Pieces.
func (c *cursor) Piece(column int, offset int64, b []byte) (int, error) {
	if column >= len(c.whole) || offset > int64(len(c.whole[column].Bytes)) {
		return 0, refuse(sdk.ErrArgument, "no value has a piece at %d of column %d", offset, column)
	}
	return copy(b, c.whole[column].Bytes[offset:]), nil
}
