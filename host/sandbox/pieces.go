package sandbox

import (
	"math"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// valueRead gives out a piece of a value of the next row. The value is neither
// copied nor encoded: what a guest reads in pieces may be as large as what a
// database holds.
func (in *instance) valueRead(a args) error {
	out := in.buffer(a.u32(3), a.u32(4), a.u32(5))
	var kind slot
	if a.u32(6) != 0 {
		kind = in.slot("the type", a.u32(6), 4)
	}
	o, err := in.opened(a.u32(0))
	if err != nil {
		return err
	}
	column, offset := a.u32(1), a[2]
	in.trace.word("%d %d", column, offset)
	if int64(column) >= int64(len(o.types)) {
		return refuse(abi.ErrnoArgument, "a row of %d columns has none at index %d", len(o.types), column)
	}
	if err := in.fetch(o); err != nil {
		return in.over(a.u32(0), err)
	}
	values, err := o.values()
	if err != nil {
		return err
	}
	if int(column) >= len(values) {
		return &abi.EncodeError{Column: -1, Reason: "a row of fewer values than columns"}
	}
	v := &values[column]
	var scratch [16]byte
	b, err := abi.ValueBytes(v, scratch[:])
	if err != nil {
		return err
	}
	if offset > uint64(len(b)) {
		return refuse(abi.ErrnoArgument, "the value at index %d has %d bytes, and none from %d on", column, len(b), offset)
	}
	left := b[offset:]
	if uint64(len(left)) > math.MaxUint32 {
		return refuse(abi.ErrnoUnsupported, "the value at index %d has more than 4 GiB", column)
	}
	n := copy(out.bytes, left)
	out.needed.set32(uint32(len(left)))
	if kind != nil {
		kind.set32(uint32(v.Type))
	}
	in.trace.result("%d of %d bytes of %s", n, len(b), v.Type)
	return in.move(n)
}

// rowSkip passes over the next row.
func (in *instance) rowSkip(a args) error {
	o, err := in.opened(a.u32(0))
	if err != nil {
		return err
	}
	if err := in.fetch(o); err != nil {
		return in.over(a.u32(0), err)
	}
	o.fetched = false
	return nil
}
