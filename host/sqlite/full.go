package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// noRoom is how little is free on a disk that is full: less than the shared memory of
// the WAL grows by, with a page and its frame.
const noRoom = 64 << 10

// withoutRoom makes a host.ErrDiskFull of an error that came of a full disk. SQLite
// has FULL for that, which go-sqlite3 does not return for a write that the system
// refuses: it is an IOERR_WRITE, and the system's reason is lost when SQLite rolls back,
// which makes room again. So nobody can be sure then, and the error says what is free.
// Where a file could not be made longer otherwise, as the shared memory of the WAL, it
// is an IOERR like others (https://sqlite.org/rescode.html#ioerr_shmsize), and the file
// system is asked.
func (db *database) withoutRoom(err error) error {
	switch code := codeOf(err); {
	case code == sqlite3.FULL, code == sqlite3.IOERR && (errors.Is(err, syscall.ENOSPC) || db.isFull()):
		return fmt.Errorf("%w: %w", host.ErrDiskFull, err)
	case errors.Is(err, sqlite3.IOERR_WRITE):
		return fmt.Errorf("%w, or fails (SQLite writes to %s): %w", host.ErrDiskFull, db.room(), err)
	}
	return err
}

// room says where SQLite writes, and how much is free there.
func (db *database) room() string {
	folders := []string{cmp.Or(os.Getenv("SQLITE_TMPDIR"), os.TempDir())}
	if db.path != "" {
		folders = append([]string{filepath.Dir(db.path)}, folders...)
	}
	for i, folder := range folders {
		if free, known := freeSpace(folder); known {
			folders[i] += fmt.Sprintf(", with %.1f MiB free now", float64(free)/(1<<20))
		}
	}
	return strings.Join(folders, ", and to ")
}

func (db *database) isFull() bool {
	if db.path == "" {
		return false
	}
	free, known := freeSpace(filepath.Dir(db.path))
	return known && free < noRoom
}
