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
	buf    []byte // what the host fills
	rest   []byte // the part of it that holds rows yet to be read
	values []abi.Value
	left   bool // the row at hand is still the host's next one: it is read in pieces
}

// cursorBuffer is the size of the buffer that rows cross in. Larger ones gain
// next to nothing. One that has grown to more than spareBuffer is not kept.
const (
	cursorBuffer = 16 << 10
	spareBuffer  = 1 << 20
)

// cursor returns the cursor of a handle.
func (h *host) cursor(handle uint32) *cursor {
	c := &cursor{host: h, handle: handle, buf: h.spare}
	h.spare = nil
	return c
}

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

func (c *cursor) Next() ([]abi.Value, error) { return c.NextWithin(math.MaxInt) }

// NextWithin implements Pieces.
func (c *cursor) NextWithin(limit int) ([]abi.Value, error) {
	if c.left {
		c.left = false
		if err := hostError(hostRowSkip(c.handle)); err != nil {
			return nil, err
		}
	}
	if len(c.rest) == 0 {
		err := c.fill(max(limit, cursorBuffer))
		if err == abi.ErrnoTooSmall {
			return c.large()
		}
		if err != nil {
			return nil, err
		}
	}
	var err error
	c.values, c.rest, err = abi.DecodeRow(c.types, c.rest, c.values)
	return c.values, err
}

// fill asks the host for more rows. It returns TOO_SMALL if the next one is of
// more than limit bytes.
func (c *cursor) fill(limit int) error {
	if c.closed {
		return io.EOF
	}
	if c.buf == nil {
		c.buf = make([]byte, cursorBuffer)
	}
	for {
		var needed, count uint32
		errno := abi.Errno(hostRowsNext(c.handle, pointer(c.buf), uint32(len(c.buf)), &needed, &count))
		switch {
		case errno == abi.ErrnoTooSmall && uint64(needed) > uint64(limit):
			return abi.ErrnoTooSmall
		case errno == abi.ErrnoTooSmall && int(needed) > len(c.buf):
			c.buf = make([]byte, needed)
			continue
		case errno == abi.ErrnoEnd:
			c.release()
			return io.EOF
		case errno != abi.ErrnoOK:
			return hostError(int32(errno))
		case needed == 0 || int(needed) > len(c.buf):
			return &Error{Errno: errno, Message: "the host returned no rows and no end of them"}
		}
		c.rest = c.buf[:needed]
		return nil
	}
}

// large returns the next row, which fits no buffer, without its large values.
func (c *cursor) large() ([]abi.Value, error) {
	c.left = true
	c.values = c.values[:0]
	for i := range c.types {
		b := make([]byte, Whole)
		of, size, err := c.piece(i, 0, b)
		if err != nil {
			return nil, err
		}
		v := abi.Value{Type: of, Int: int64(size)}
		if size <= Whole {
			if v, err = abi.ValueOf(of, b[:size]); err != nil {
				return nil, err
			}
		}
		c.values = append(c.values, v)
	}
	return c.values, nil
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
	c.release()
	return hostError(hostRowsClose(c.handle))
}

// release marks the handle as closed and gives the buffer to the next query.
func (c *cursor) release() {
	c.closed = true
	if len(c.buf) <= spareBuffer {
		c.host.spare = c.buf
	}
	c.buf, c.rest = nil, nil
}
