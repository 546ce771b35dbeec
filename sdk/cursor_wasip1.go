package sdk

import (
	"io"
	"math"
	"unsafe"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

//go:wasmimport sandpiper_1.0 columns
func hostColumns(handle uint32, buf unsafe.Pointer, size uint32, needed *uint32) int32

//go:wasmimport sandpiper_1.0 rows_next
func hostRowsNext(handle uint32, buf unsafe.Pointer, size uint32, needed, count *uint32) int32

//go:wasmimport sandpiper_1.0 rows_close
func hostRowsClose(handle uint32) int32

//go:wasmimport sandpiper_1.0 value_read
func hostValueRead(handle uint32, column int32, offset int64, buf unsafe.Pointer, size uint32, needed, kind *uint32) int32

//go:wasmimport sandpiper_1.0 row_skip
func hostRowSkip(handle uint32) int32

// cursor is an open handle.
type cursor struct {
	host   *host
	handle uint32
	closed bool
	types  []abi.Type
	left   bool // the row at hand is still the host's next one: it is read in pieces
}

// Rows cross into pieces of memory that are never used again, since what a Row
// returns points into them. Larger pieces gain next to nothing, and more of them
// would be kept by whoever keeps one text.
const (
	piece    = 16 << 10
	leastRow = 512 // a piece with less room is not asked for rows
)

// cursor returns the cursor of a handle.
func (h *host) cursor(handle uint32) *cursor { return &cursor{host: h, handle: handle} }

func (c *cursor) Columns() ([]abi.Column, error) {
	b, err := filled(func(buf unsafe.Pointer, size uint32, needed *uint32) int32 {
		return hostColumns(c.handle, buf, size, needed)
	})
	if err != nil {
		return nil, err
	}
	columns, err := abi.DecodeColumns(b)
	c.types = abi.Types(columns)
	return columns, err
}

func (c *cursor) Next() ([]byte, error) { return c.next(math.MaxInt) }

// NextWithin implements Pieces.
func (c *cursor) NextWithin(limit int) ([]byte, []int64, error) {
	if c.left {
		c.left = false
		if err := hostError(hostRowSkip(c.handle)); err != nil {
			return nil, nil, err
		}
	}
	rows, err := c.next(max(limit, piece))
	if err == abi.ErrnoTooSmall {
		return c.large()
	}
	return rows, nil, err
}

// next asks the host for more rows. It returns TOO_SMALL if the next one is of
// more than limit bytes.
func (c *cursor) next(limit int) ([]byte, error) {
	if c.closed {
		return nil, io.EOF
	}
	if len(c.host.spare) < leastRow {
		c.host.spare = make([]byte, piece)
	}
	for {
		buf := c.host.spare
		room := len(buf) - abi.Slack
		var needed, count uint32
		errno := abi.Errno(hostRowsNext(c.handle, pointer(buf), uint32(room), &needed, &count))
		switch {
		case errno == abi.ErrnoTooSmall && uint64(needed) > uint64(limit):
			return nil, errno
		case errno == abi.ErrnoTooSmall && int(needed) > room:
			c.host.spare = make([]byte, max(piece, int(needed)+abi.Slack))
			continue
		case errno == abi.ErrnoEnd:
			c.closed = true
			return nil, io.EOF
		case errno != abi.ErrnoOK:
			return nil, hostError(int32(errno))
		case needed == 0 || int(needed) > room:
			return nil, &Error{Errno: errno, Message: "the host returned no rows and no end of them"}
		}
		c.host.spare = buf[needed:]
		return buf[:needed], nil
	}
}

// large returns the next row, which is too large, without its large values.
func (c *cursor) large() ([]byte, []int64, error) {
	c.left = true
	left := make([]int64, len(c.types))
	values := make([]abi.Value, len(c.types))
	for i := range c.types {
		b := make([]byte, Whole)
		of, size, err := c.piece(i, 0, b)
		if err == nil && size > Whole {
			left[i], size = int64(size), 0
		}
		if err == nil {
			values[i], err = abi.ValueOf(of, b[:size])
		}
		if err != nil {
			return nil, nil, err
		}
	}
	row, err := abi.AppendRow(nil, c.types, values)
	return row, left, err
}

// piece reads the bytes of a value from offset on, and returns how many there
// are from there.
func (c *cursor) piece(column int, offset int64, b []byte) (of abi.Type, left int, err error) {
	var needed, kind uint32
	err = hostError(hostValueRead(c.handle, int32(column), offset, pointer(b), uint32(len(b)), &needed, &kind))
	return abi.Type(kind), int(needed), err
}

// Piece implements Pieces.
func (c *cursor) Piece(column int, offset int64, b []byte) (int, error) {
	_, left, err := c.piece(column, offset, b)
	return min(left, len(b)), err
}

func (c *cursor) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	return hostError(hostRowsClose(c.handle))
}
