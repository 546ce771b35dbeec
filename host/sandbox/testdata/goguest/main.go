//go:build wasip1

// Command goguest is a guest in Go without the SDK, for what only a language with a runtime of its
// own shows: start-up, a stack trace, a garbage collector.
package main

import (
	"runtime"
	"unsafe"
)

//go:wasmimport wasi_snapshot_preview1 fd_write
func fdWrite(fd int32, list unsafe.Pointer, count uint32, written unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 proc_exit
func procExit(code int32)

//go:wasmimport sandpiper_1.0 exec
func exec(sql unsafe.Pointer, size uint32, params unsafe.Pointer, paramsSize, flags uint32, affected unsafe.Pointer) uint32

//go:wasmimport sandpiper_1.0 query
func query(sql unsafe.Pointer, size uint32, params unsafe.Pointer, paramsSize uint32, handle unsafe.Pointer) uint32

//go:wasmimport sandpiper_1.0 rows_next
func rowsNext(handle uint32, buf unsafe.Pointer, size uint32, needed, count unsafe.Pointer) uint32

//go:wasmimport sandpiper_1.0 progress
func progress(done, total int64) uint32

//go:wasmimport sandpiper_1.0 describe
func describe(text unsafe.Pointer, size uint32) uint32

func main() {}

// The steps, by number.
const (
	stepExec = iota
	stepPanic
	stepExit
	stepLoop
	stepRows
	stepCalls
	stepOutput
	stepNil
	stepGarbage
)

//go:wasmexport sandpiper_run
func run(step, direction int32) int32 {
	switch step {
	case stepExec:
		return int32(send("SELECT 1"))
	case stepPanic:
		fail("the shop is closed")
	case stepExit:
		println("goodbye")
		procExit(4)
	case stepLoop:
		send("loop")
		for i := 0; ; i++ {
			sink += i
		}
	case stepRows:
		return int32(read("rows 10000"))
	case stepCalls:
		for range 10000 {
			progress(1, 2)
		}
	case stepOutput:
		println("to standard error")
		write(1, "one\ntwo\nwithout an end")
	case stepNil:
		var p *int
		sink = *p
	case stepGarbage:
		for i := range 200_000 {
			kept[i%len(kept)] = make([]byte, 100)
		}
		runtime.GC()
	}
	return 0
}

var (
	sink int
	kept [100][]byte
)

//go:noinline
func fail(text string) {
	panic(text)
}

func write(fd int32, text string) {
	list := [2]uint32{uint32(uintptr(unsafe.Pointer(unsafe.StringData(text)))), uint32(len(text))}
	var written uint32
	fdWrite(fd, unsafe.Pointer(&list), 1, unsafe.Pointer(&written))
}

func send(sql string) uint32 {
	return exec(unsafe.Pointer(unsafe.StringData(sql)), uint32(len(sql)), nil, 0, 0, nil)
}

func read(sql string) uint32 {
	var handle, needed, count uint32
	errno := query(unsafe.Pointer(unsafe.StringData(sql)), uint32(len(sql)), nil, 0, unsafe.Pointer(&handle))
	buf := make([]byte, 16<<10)
	for errno == 0 {
		if errno = rowsNext(handle, unsafe.Pointer(&buf[0]), uint32(len(buf)), unsafe.Pointer(&needed), unsafe.Pointer(&count)); errno == 1 {
			return 0
		}
		for b := buf[:needed]; len(b) > 0; {
			size := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
			sink += int(b[5])
			b = b[4+size:]
		}
	}
	return errno
}

//go:wasmexport sandpiper_describe
func sandpiperDescribe() int32 {
	if send("SELECT 1") != 6 {
		return 1
	}
	text := `{"manifest":1}`
	return int32(describe(unsafe.Pointer(unsafe.StringData(text)), uint32(len(text))))
}
