package autogenerate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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

// A Schema is a wanted schema in a database, where it can be compared.
type Schema struct {
	name     string
	remarks  []string
	workshop *workshop
	side     diff.Side
}

// Build makes a wanted schema in a scratch database, which is there until Close,
// or looks at it in the database that has it. What is wrong with a schema file is
// a *FileError.
func Build(ctx context.Context, wanted Wanted, bench Bench) (_ *Schema, err error) {
	s := &Schema{name: wanted.String(), workshop: &workshop{bench: bench}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(ctx))
		}
	}()
	db := wanted.Database
	if db != nil {
		err = present(ctx, db)
	} else if db, err = s.workshop.scratch(ctx); err == nil {
		s.remarks, err = s.workshop.load(ctx, db, wanted)
	}
	if err == nil {
		s.side, err = s.workshop.side(ctx, db)
	}
	return s, err
}

// Close drops the scratch database.
func (s *Schema) Close(ctx context.Context) error { return s.workshop.close(ctx) }

// String names the file, or the database without its password.
func (s *Schema) String() string { return s.name }

// Remarks are what its file does that no comparison sees, for people.
func (s *Schema) Remarks() []string { return s.remarks }

// Indexes are the names of the schema's indexes, for the filter about those that
// another dialect declares.
func (s *Schema) Indexes() (names []string) {
	for _, o := range s.side.Objects {
		if o.Kind == host.ObjectIndex {
			names = append(names, o.Name)
		}
	}
	return names
}

// load runs a schema file in an empty database. remarks are what it does that no
// comparison sees.
func (w *workshop) load(ctx context.Context, db host.Database, wanted Wanted) (remarks []string, err error) {
	if filepath.Ext(wanted.File) != ".hcl" {
		return loadFile(ctx, db, wanted.File, wanted.Text)
	}
	handle, err := w.open(db)
	if err != nil {
		return nil, err
	}
	if err := diff.ApplyHCL(ctx, handle, db.Dialect(), wanted.File, wanted.Text); err != nil {
		return nil, hclError(wanted.File, err)
	}
	return nil, nil
}

// hclError takes an error about an HCL file apart, which begins with its place.
func hclError(file string, err error) error {
	e := &FileError{File: file, Err: err}
	if rest, ok := strings.CutPrefix(err.Error(), file+":"); ok {
		if n, _ := fmt.Sscanf(rest, "%d:%d:", &e.Line, &e.Column); n == 2 {
			rest = strings.SplitN(rest, ":", 3)[2]
		}
		e.Err = errors.New(strings.TrimSpace(rest))
	}
	return e
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
