package sandbox

import (
	"sync"

	"github.com/tetratelabs/wazero/experimental"
)

const pageSize = 64 << 10

// pages lends memories of one page to straight guests and takes them back, wiped,
// when the instance is discarded: to allocate and to collect 64 KiB is two thirds
// of what a run of a small migration would cost otherwise. Nothing that is handed
// on to host.Calls points into guest memory, so nothing is left pointing there.
var pages = sync.Pool{New: func() any { return new([pageSize]byte) }}

// straightMemory allocates the memory of straight guests, which never grows.
var straightMemory = experimental.MemoryAllocatorFunc(func(_, most uint64) experimental.LinearMemory {
	if most == pageSize {
		return &lentPage{pages.Get().(*[pageSize]byte)}
	}
	return ownMemory{}
})

type lentPage struct{ page *[pageSize]byte }

// Reallocate is called once, with the size that the memory begins with.
func (l *lentPage) Reallocate(size uint64) []byte { return l.page[:size] }

func (l *lentPage) Free() {
	clear(l.page[:])
	pages.Put(l.page)
	l.page = nil
}

type ownMemory struct{}

func (ownMemory) Reallocate(size uint64) []byte { return make([]byte, size) }
func (ownMemory) Free()                         {}
