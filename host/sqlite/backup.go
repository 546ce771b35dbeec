package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A BackupOption changes how Backup works.
type BackupOption func(*backup)

// Overwrite lets Backup replace a file that is there. Defaults to refusing.
func Overwrite() BackupOption { return func(b *backup) { b.overwrite = true } }

type backup struct {
	overwrite bool
}

// Backup copies the database that url names to the file dest, as it is at one
// moment, while others may be reading and writing it. dest comes into being
// whole or not at all, with the permissions of the database's file. A database
// in memory can't be copied by its URL. A database that is not there is an error
// that is fs.ErrNotExist; a dest that is there, one that is fs.ErrExist.
//
// https://sqlite.org/backup.html
func Backup(ctx context.Context, url, dest string, opts ...BackupOption) error {
	var b backup
	for _, opt := range opts {
		opt(&b)
	}
	path, err := parse(url)
	if err != nil {
		return err
	}
	if path == "" {
		return fmt.Errorf("back up %s: a database in memory has no file to copy", url)
	}
	if err := b.run(ctx, url, path, dest); err != nil {
		return fmt.Errorf("back up %s to %s: nothing was written: %w", url, dest, err)
	}
	return nil
}

func (b backup) run(ctx context.Context, url, path, dest string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := b.refuse(info, dest); err != nil {
		return err
	}
	dest, err = filepath.Abs(dest)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(dest), "."+filepath.Base(dest)+".*.tmp")
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err // its name is one that nobody has given
		}
		return fmt.Errorf("%s cannot be written: %w", dest, err)
	}
	defer func() {
		os.Remove(temp.Name())
		os.Remove(temp.Name() + "-journal")
	}()
	if err := errors.Join(temp.Chmod(info.Mode().Perm()), temp.Close()); err != nil {
		return err
	}
	if err := copyDatabase(ctx, url, temp.Name()); err != nil {
		return err
	}
	return b.publish(temp.Name(), dest)
}

// refuse refuses a dest that must not be written.
func (b backup) refuse(source fs.FileInfo, dest string) error {
	there, err := os.Stat(dest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	switch {
	case err != nil:
		return err
	case os.SameFile(source, there):
		return errors.New("that is the database itself")
	case there.IsDir():
		return errors.New("it is a folder; name a file in it")
	case !b.overwrite:
		return &fs.PathError{Op: "create", Path: dest, Err: fs.ErrExist}
	}
	return nil
}

// publish gives the finished copy its name.
func (b backup) publish(temp, dest string) error {
	if b.overwrite {
		// A journal beside dest is that of the database that was there
		// before: with it, SQLite would "recover" the new one into rubble.
		for _, suffix := range []string{"-journal", "-wal", "-shm"} {
			if err := os.Remove(dest + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return os.Rename(temp, dest)
	}
	err := os.Link(temp, dest) // unlike Rename, it never replaces a file
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(temp, dest) // a file system without links
}

// pagesAtOnce is how many pages are copied before the context is looked at.
const pagesAtOnce = 1024

// copyDatabase copies a database to a file, inside one reading transaction: what
// others commit in the meantime neither gets into the copy nor starts it afresh.
func copyDatabase(ctx context.Context, url, to string) (err error) {
	db, err := Open(url)
	if err != nil {
		return err
	}
	connected, err := db.Connect(ctx)
	if err != nil {
		return err
	}
	c := connected.(*conn)
	defer func() { err = errors.Join(err, c.Close()) }()
	defer c.guard(&err)
	if c.sq == nil {
		return fs.ErrNotExist // it was there a moment ago
	}
	err = patiently(ctx, func() error {
		if err := c.do(ctx, "BEGIN"); err != nil {
			return err
		}
		if err := c.do(ctx, "SELECT count(*) FROM main.sqlite_schema"); err != nil {
			c.unlock()
			return err
		}
		return nil
	})
	if err != nil {
		return explain(err)
	}
	defer c.unlock()
	copying, err := c.sq.BackupInit("main", to)
	if err != nil {
		return explain(err)
	}
	for done := false; !done && err == nil; {
		if err = ctx.Err(); err == nil {
			done, err = copying.Step(pagesAtOnce)
		}
		if isBusy(err) && pollBusy(ctx, 0) {
			err = nil
		}
	}
	return explain(errors.Join(err, copying.Close()))
}
