package sdktest

import (
	"io"
	"math"
	"slices"

	"github.com/sandpiper-db/sandpiper/sdk"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

var _ sdk.Pieces = (*cursor)(nil)

// cursor encodes rows, dooms the transaction if reading fails, and leaves large
// values out where the host would.
type cursor struct {
	Rows
	session *session
	types   []abi.Type
	whole   []abi.Value // the row at hand
}

func (c *cursor) Columns() ([]abi.Column, error) {
	columns, err := c.Rows.Columns()
	c.types = abi.Types(columns)
	return columns, err
}

func (c *cursor) Next() ([]byte, error) {
	row, _, err := c.NextWithin(math.MaxInt)
	return row, err
}

// leastLimit is the least that a module keeps for its rows.
const leastLimit = 16 << 10

// NextWithin implements sdk.Pieces.
func (c *cursor) NextWithin(limit int) (row []byte, left []int64, err error) {
	c.whole, err = c.Rows.Next()
	values := c.whole
	if err == nil && abi.RowSize(c.types, values) > max(limit, leastLimit) {
		values, left = slices.Clone(values), make([]int64, len(values))
		for i, v := range values {
			if len(v.Bytes) > sdk.Whole {
				values[i], left[i] = abi.Value{Type: v.Type}, int64(len(v.Bytes))
			}
		}
	}
	if err == nil {
		row, err = abi.AppendRow(nil, c.types, values)
	}
	if err != nil && err != io.EOF {
		c.session.doomed = true
	}
	return row, left, err
}

// Piece implements sdk.Pieces.
func (c *cursor) Piece(column int, offset int64, b []byte) (int, error) {
	if column >= len(c.whole) || offset > int64(len(c.whole[column].Bytes)) {
		return 0, refuse(sdk.ErrArgument, "no value has a piece at %d of column %d", offset, column)
	}
	return copy(b, c.whole[column].Bytes[offset:]), nil
}
