//go:build unix

package sandbox

import (
	"errors"
	"math"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// reservedMemory is a range of addresses, of which the guest has the beginning. What
// it has not touched takes no memory.
//
// https://man7.org/linux/man-pages/man2/mmap.2.html
type reservedMemory struct {
	all  []byte
	open uint64 // bytes that can be read and written, a multiple of openedAtOnce or all
}

// openedAtOnce saves the system calls of a guest that grows page by page.
const openedAtOnce = 1 << 20

// reserve sets memory aside that begins with so many bytes, and may grow to so many.
func reserve(begin, most uint64) (experimental.LinearMemory, error) {
	if most > math.MaxInt {
		return nil, errors.ErrUnsupported
	}
	all, err := unix.Mmap(-1, 0, int(most), unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	m := &reservedMemory{all: all}
	if m.Reallocate(begin) == nil { // which wazero does not expect of what a guest begins with
		m.Free()
		return nil, unix.ENOMEM
	}
	return m, nil
}

// Reallocate returns nil where the system gives no more, for which the guest's
// memory.grow fails.
func (m *reservedMemory) Reallocate(size uint64) []byte {
	most := uint64(len(m.all))
	if size > m.open {
		open := min((size+openedAtOnce-1)/openedAtOnce*openedAtOnce, most)
		if size > most || unix.Mprotect(m.all[:open], unix.PROT_READ|unix.PROT_WRITE) != nil {
			return nil
		}
		m.open = open
	}
	return m.all[:size]
}

// Free may be called twice.
func (m *reservedMemory) Free() {
	if m.all != nil {
		unix.Munmap(m.all)
	}
	m.all, m.open = nil, 0
}
