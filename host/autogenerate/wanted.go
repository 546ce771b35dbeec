package autogenerate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// A Wanted is where it stands what a schema should be: a file, or another
// database that has it.
type Wanted struct {
	File string // with forward slashes; .hcl for Atlas's language, else SQL
	Text []byte // what is in it

	Database host.Database // if set, there is no file
}

// maxFile is how large a schema file may be.
const maxFile = 16 << 20

// ReadFile reads a schema file.
func ReadFile(name string) (Wanted, error) {
	shown := filepath.ToSlash(name)
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return Wanted{}, fmt.Errorf("the schema file cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return Wanted{}, fmt.Errorf("the schema file %s is not a file", shown)
	case info.Size() > maxFile:
		return Wanted{}, fmt.Errorf("the schema file %s has %d bytes: at most 16 MiB are read", shown, info.Size())
	}
	text, err := os.ReadFile(name)
	return Wanted{File: shown, Text: text}, err
}

// String names the file, or the database without its password.
func (w Wanted) String() string {
	if w.Database != nil {
		return w.Database.String()
	}
	return w.File
}

// build returns a database that has the wanted schema.
func (w *workshop) build(ctx context.Context) (host.Database, error) {
	if other := w.Wanted.Database; other != nil {
		return other, present(ctx, other)
	}
	db, err := w.scratch(ctx)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(w.Wanted.File) != ".hcl" {
		return db, loadFile(ctx, db, w.Wanted.File, w.Wanted.Text)
	}
	handle, err := w.open(db)
	if err != nil {
		return nil, err
	}
	return db, diff.ApplyHCL(ctx, handle, db.Dialect(), w.Wanted.File, w.Wanted.Text)
}

// present returns an error if a database is not there that a dialect would take
// for an empty one: everything would have to be dropped.
func present(ctx context.Context, db host.Database) error {
	conn, err := db.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if c, ok := conn.(interface{ Absent() error }); ok {
		return c.Absent()
	}
	return nil
}
