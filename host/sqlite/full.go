package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host"
)

// noRoom is how little is free on a disk that is full: less than the shared memory of
// the WAL grows by, with a page and its frame.
const noRoom = 64 << 10

// withoutRoom makes a host.ErrDiskFull of an error that came of a full disk. SQLite
// has FULL for what it writes itself; where a file could not be made longer
// otherwise, as the shared memory of the WAL, it is an IOERR like others
// (https://sqlite.org/rescode.html#ioerr_shmsize), and the file system is asked.
func (db *database) withoutRoom(err error) error {
	switch code := codeOf(err); {
	case code == sqlite3.FULL, code == sqlite3.IOERR && (errors.Is(err, syscall.ENOSPC) || db.isFull()):
		return fmt.Errorf("%w: %w", host.ErrDiskFull, err)
	}
	return err
}

func (db *database) isFull() bool {
	if db.path == "" {
		return false
	}
	free, known := freeSpace(filepath.Dir(db.path))
	return known && free < noRoom
}
