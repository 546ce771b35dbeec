//go:build linux && (amd64 || arm64)

package worker

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// filter has the kernel refuse every call that would start a program or another
// process. A limit of their number would count the user's others, and the threads
// that Go needs. Kernels without seccomp are let be.
//
// https://man7.org/linux/man-pages/man2/seccomp.2.html
func filter() error {
	program := program()
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	other, _, errno := unix.Syscall(unix.SYS_SECCOMP, seccompSetModeFilter, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(program)
	if errno != 0 && !errors.Is(errno, unix.ENOSYS) && !errors.Is(errno, unix.EINVAL) {
		return errno
	}
	if errno == 0 && other != 0 {
		return fmt.Errorf("thread %d has a filter of its own", other)
	}
	return nil
}

const seccompSetModeFilter = 1 // SECCOMP_SET_MODE_FILTER

// Offsets in struct seccomp_data: the call's number, the architecture, the low
// half of the first argument.
const (
	atNumber = 0
	atArch   = 4
	atFirst  = 16
)

// program is the filter. The kernel runs it at every call.
func program() []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	give := func(what uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what}
	}
	const (
		refuse  = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		unknown = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	)
	// unless gives an answer where the comparison holds and goes on where not.
	unless := func(jump uint16, k, answer uint32) []unix.SockFilter {
		return []unix.SockFilter{{Code: unix.BPF_JMP | unix.BPF_K | jump, K: k, Jt: 0, Jf: 1}, give(answer)}
	}
	p := []unix.SockFilter{
		load(atArch),
		{Code: unix.BPF_JMP | unix.BPF_K | unix.BPF_JEQ, K: arch, Jt: 1, Jf: 0},
		give(unix.SECCOMP_RET_KILL_PROCESS), // another table of calls, whose numbers mean other things
		load(atNumber),
	}
	p = append(p, unless(unix.BPF_JGE, foreign, refuse)...)
	for _, call := range starting {
		p = append(p, unless(unix.BPF_JEQ, call, refuse)...)
	}
	// Its flags are in memory, where a filter cannot look: without it, clone is used.
	p = append(p, unless(unix.BPF_JEQ, unix.SYS_CLONE3, unknown)...)
	return append(p,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | unix.BPF_JEQ, K: unix.SYS_CLONE, Jt: 0, Jf: 3},
		load(atFirst),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | unix.BPF_JSET, K: unix.CLONE_THREAD, Jt: 1, Jf: 0},
		give(refuse),
		give(unix.SECCOMP_RET_ALLOW),
	)
}
