package worker

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// resources are the limits of memory, which count from what the process has. To
// reserve addresses and to have memory are two things: what is limited by
// RLIMIT_DATA is private memory that can be written to
// (https://man7.org/linux/man-pages/man2/getrlimit.2.html).
func (l limits) resources() []resource {
	space, data := mapped()
	return []resource{
		{"memory", unix.RLIMIT_DATA, data + uint64(l.Memory), data + uint64(l.Memory)},
		{"the space of addresses", unix.RLIMIT_AS, space + uint64(l.Space), space + uint64(l.Space)},
	}
}

// mapped returns how many bytes of addresses and of memory the process has. Where
// /proc is not there it has none to speak of.
func mapped() (space, data uint64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmSize":
			space = kib << 10
		case "VmData":
			data = kib << 10
		}
	}
	return space, data
}

// closeInherited closes the files that whoever started the parent left open in
// it: they alone stay open in a new program, since Go opens its own otherwise.
func closeInherited() error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil // there is no /proc
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= 2 {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			err = unix.Close(fd)
		}
		if err != nil && !errors.Is(err, unix.EBADF) {
			return fmt.Errorf("close what was inherited: %w", err)
		}
	}
	return nil
}

// confine takes the rights to new privileges and to other programs away.
func confine() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if err := filter(); err != nil {
		return fmt.Errorf("give up other programs: %w", err)
	}
	return nil
}
