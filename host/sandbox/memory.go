package sandbox

import (
	"encoding/binary"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// view returns the bytes of guest memory that a pointer and a length name, as
// they are: they change when the guest goes on. A pair that is not inside the
// memory ends the guest (ABI.md, section 2).
func (in *instance) view(what string, pointer, length uint32) []byte {
	b, ok := in.memory.Read(pointer, length)
	if !ok {
		in.end(host.GuestTrapped, "%s is at %d to %d, outside of its memory of %d bytes",
			what, pointer, uint64(pointer)+uint64(length), in.memory.Size())
	}
	return b
}

// copied returns a copy of those bytes.
func (in *instance) copied(what string, pointer, length uint32) []byte {
	return append([]byte(nil), in.view(what, pointer, length)...)
}

// borrowed returns a copy for as long as the call is under way, in memory that the next
// call borrows again: guests that write many rows send as many bytes as they write, and
// all of them would be garbage.
func (in *instance) borrowed(what string, pointer, length uint32) []byte {
	if cap(in.lent) > maxLent {
		in.lent = nil // of a call that was larger than most
	}
	in.lent = append(in.lent[:0], in.view(what, pointer, length)...)
	return in.lent
}

// maxLent is how many bytes are kept for the next call that borrows some.
const maxLent = 1 << 20

// text returns text of the guest.
func (in *instance) text(what string, pointer, length uint32) (string, error) {
	b := in.view(what, pointer, length)
	if !abi.ValidText(b) {
		return "", refuse(abi.ErrnoArgument, "%s is not valid UTF-8, or holds a NUL", what)
	}
	return string(b), nil
}

// A slot is a few bytes in which the guest wants a number.
type slot []byte

func (in *instance) slot(what string, pointer uint32, size uint32) slot {
	return slot(in.view(what, pointer, size))
}

func (s slot) set32(v uint32) { binary.LittleEndian.PutUint32(s, v) }
func (s slot) set64(v uint64) { binary.LittleEndian.PutUint64(s, v) }

// A buffer is where the guest wants bytes of a length it does not know.
type buffer struct {
	bytes  []byte
	needed slot
}

func (in *instance) buffer(pointer, capacity, needed uint32) buffer {
	return buffer{in.view("the buffer", pointer, capacity), in.slot("needed", needed, 4)}
}

// fill writes b, or says that it needs more room.
func (f buffer) fill(b []byte) error {
	f.needed.set32(uint32(len(b)))
	if len(b) > len(f.bytes) {
		return abi.ErrnoTooSmall
	}
	copy(f.bytes, b)
	return nil
}
