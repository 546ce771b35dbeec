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

// allocate gives an instance its memory. It is the instance's to free: wazero does so
// when a module is closed, and not where one fails to start.
//
// That of a straight guest never grows. All others grow where they are, if the system
// lets them: the heap of a guest in Go comes in many small steps, and to move it at each
// of them took 40 ms of a run. When the guest is discarded, the system has it back at
// once.
func (in *instance) allocate(begin, most uint64) experimental.LinearMemory {
	in.linear = &heapMemory{}
	switch {
	case in.code.shared && most == pageSize:
		in.linear = &lentPage{pages.Get().(*[pageSize]byte)}
	case !in.code.shared:
		if m, err := reserve(begin, most); err == nil {
			in.linear = m
		}
	}
	return in.linear
}

type lentPage struct{ page *[pageSize]byte }

// Reallocate is called once, with the size that the memory begins with.
func (l *lentPage) Reallocate(size uint64) []byte { return l.page[:size] }

// Free may be called twice.
func (l *lentPage) Free() {
	if l.page == nil {
		return
	}
	clear(l.page[:])
	pages.Put(l.page)
	l.page = nil
}

// heapMemory is memory that is moved when it grows.
type heapMemory struct{ bytes []byte }

func (m *heapMemory) Reallocate(size uint64) []byte {
	if m.bytes == nil {
		m.bytes = make([]byte, size)
	} else {
		m.bytes = append(m.bytes, make([]byte, size-uint64(len(m.bytes)))...)
	}
	return m.bytes
}

func (m *heapMemory) Free() { m.bytes = nil }
