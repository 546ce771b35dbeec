package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs/memdb"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Memory is the URL of a database in memory.
const Memory = "sqlite::memory:"

// An Option changes how a database is opened.
type Option func(*database)

// WithFunctions has register called with every connection that is opened, to
// add SQL functions, collations or virtual tables that migrations need. A
// function that views, triggers, indexes, defaults or checks use must be
// registered as sqlite3.INNOCUOUS, since the schema is not trusted
// (https://sqlite.org/src/doc/latest/doc/trusted-schema.md).
func WithFunctions(register func(*sqlite3.Conn) error) Option {
	return func(db *database) { db.register = append(db.register, register) }
}

// WithOtherFiles lets migrations reach other files, by ATTACH and VACUUM INTO.
// Without it they are refused: a migration is given this database alone.
func WithOtherFiles() Option {
	return func(db *database) { db.otherFiles = true }
}

// database implements host.Database.
type database struct {
	url      string // as it was given
	path     string // of the file, absolute; "" in memory
	memory   string // name of the database in memory
	register []func(*sqlite3.Conn) error

	otherFiles bool // migrations may ATTACH and VACUUM INTO
}

// Open returns the database that url names: sqlite:PATH, with sqlite://PATH for
// a relative and sqlite:///PATH for an absolute one, or [Memory]. The path is
// taken as it is written, up to a "?". A database in memory is a new one for
// every call; all connections of the Database see the same, and it is freed with
// the Database.
//
// Open does not touch the file. A relative path is resolved at once.
func Open(url string, opts ...Option) (host.Database, error) {
	path, err := parse(url)
	if err != nil {
		return nil, err
	}
	db := &database{url: url}
	if path == "" {
		db.memory = rand.Text()
		memdb.Create(db.memory, nil)
		runtime.AddCleanup(db, memdb.Delete, db.memory)
	} else if db.path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("database URL %q: %w", url, err)
	}
	for _, opt := range opts {
		opt(db)
	}
	return db, nil
}

// parse returns the path in a URL, "" for a database in memory.
func parse(url string) (string, error) {
	const want = "want sqlite:PATH or " + Memory
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return "", fmt.Errorf("database URL %q: %s", url, want)
	}
	path = strings.TrimPrefix(path, "//")
	path, query, _ := strings.Cut(path, "?")
	switch {
	case query != "":
		return "", fmt.Errorf("database URL %q: unknown parameters %q: %s, without parameters", url, query, want)
	case path == ":memory:":
		return "", nil
	case path == "":
		return "", fmt.Errorf("database URL %q names no file: %s", url, want)
	case strings.HasPrefix(path, "file:"):
		return "", fmt.Errorf("database URL %q: SQLite's URI file names are not supported: %s", url, want)
	case strings.HasPrefix(path, ":"):
		return "", fmt.Errorf("database URL %q: %s", url, want)
	case strings.ContainsRune(path, 0):
		return "", fmt.Errorf("database URL %q: the path holds a NUL byte", url)
	}
	if runtime.GOOS == "windows" && len(path) > 2 && path[0] == '/' && path[2] == ':' {
		path = path[1:] // sqlite:///C:/x.db
	}
	return filepath.FromSlash(path), nil
}

// Dialect returns chain.SQLite.
func (db *database) Dialect() chain.Dialect { return chain.SQLite }

// String returns the URL as it was given: it holds no password.
func (db *database) String() string { return db.url }

// Connect opens the file, where there is one.
func (db *database) Connect(ctx context.Context) (host.Conn, error) {
	c := &conn{db: db, own: map[string]*sqlite3.Stmt{}}
	if _, err := c.open(ctx, existing); err != nil {
		return nil, err
	}
	return c, nil
}

// openMode says what to do where there is no file.
type openMode bool

const (
	existing openMode = false // leave it so
	create   openMode = true  // create it
)

// dial opens a connection. Where there is no file and none is to be created it
// returns nil.
func (db *database) dial(mode openMode) (*sqlite3.Conn, error) {
	if db.path == "" {
		const flags = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE | sqlite3.OPEN_URI
		return sqlite3.OpenFlags(db.dataSource(), flags)
	}
	const flags = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE // ATTACH inherits them
	switch info, err := os.Stat(db.path); {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(db.path)); err != nil {
			return nil, db.failed("open", fmt.Errorf("its folder is missing: %w", err))
		}
		if mode == existing {
			return nil, nil
		}
	case err != nil:
		return nil, db.failed("open", err)
	case info.IsDir():
		return nil, db.failed("open", errors.New("it is a folder; name a file in it"))
	}
	sq, err := sqlite3.OpenFlags(db.dataSource(), flags)
	if errors.Is(err, fs.ErrPermission) {
		if readable, e := sqlite3.OpenFlags(db.path, sqlite3.OPEN_READONLY); e == nil {
			return readable, nil // what is applied can be read
		}
	}
	if err != nil {
		return nil, db.failed("open", err)
	}
	return sq, nil
}

// dataSource is what SQLite calls the database: a path, or the URI of one in
// memory (https://sqlite.org/uri.html).
func (db *database) dataSource() string {
	if db.path == "" {
		return "file:/" + db.memory + "?vfs=memdb"
	}
	return db.path
}

// failed says which database an operation failed on.
func (db *database) failed(doing string, err error) error {
	return fmt.Errorf("%s %s: %w", doing, db, explain(db.withoutRoom(err)))
}
