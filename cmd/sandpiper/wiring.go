package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/sandbox"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/host/worker"
)

// This file is where the parts meet: which adapter serves a URL, which file
// system holds the migrations, where the sandbox keeps what it compiled.

// A session is what a command works with: a database, migrations, a sandbox.
// Nothing is connected to, read or compiled before it is needed.
type session struct {
	app  *app
	set  settings
	db   host.Database
	name string // the database's, for the question of reset
	box  *lateSandbox

	early   *earlyDatabase  // nil unless connectEarly was called
	process *worker.Process // nil unless worker was called
}

// open puts together what the flags, the environment and sandpiper.toml say.
func (a *app) open() (*session, error) {
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(set)
	if err != nil {
		return nil, err
	}
	a.database = db.String()
	if set.database == defaultDatabase && set.origin == originDefault {
		a.say("using %s; --database, SANDPIPER_DATABASE or sandpiper.toml name another", defaultDatabase)
	}
	return &session{app: a, set: set, db: db, name: databaseName(a.database), box: a.newBox(set)}, nil
}

// openRunner opens a session and makes its runner, for commands that have
// nothing to do in between.
func (a *app) openRunner() (*session, *host.Runner, error) {
	s, err := a.open()
	if err != nil {
		return nil, nil, err
	}
	r, err := s.runner(host.Config{})
	if err != nil {
		s.close()
		return nil, nil, err
	}
	return s, r, nil
}

// newBox makes the sandbox of a session, once it is needed.
func (a *app) newBox(set settings) *lateSandbox {
	return &lateSandbox{open: func() (*sandbox.Sandbox, error) { return a.sandbox(set.timeLimit) }}
}

// sqliteOptions are what tests add to the connections.
var sqliteOptions []sqlite.Option

// openDatabase makes a database of a URL.
func openDatabase(set settings) (host.Database, error) {
	var db host.Database
	var err error
	scheme, _, ok := strings.Cut(set.database, ":")
	switch {
	case ok && scheme == "sqlite":
		db, err = sqlite.Open(set.database, sqliteOptions...)
	case ok && (scheme == "postgres" || scheme == "postgresql"):
		var opts []postgres.Option
		if set.lockTimeout != nil {
			opts = append(opts, postgres.LockTimeout(*set.lockTimeout))
		}
		db, err = postgres.Open(set.database, opts...)
	default:
		// The rest of the URL stays out of the message: it may hold a password.
		what := "it has no scheme"
		if ok {
			what = fmt.Sprintf("there is no database of scheme %q", scheme)
		}
		return nil, usage("write sqlite:PATH, sqlite::memory: or postgres://USER@HOST/NAME",
			"the database URL of %s: %s", set.origin, what)
	}
	if err != nil {
		return nil, usage("", "the database URL of %s: %w", set.origin, err)
	}
	return reachable{db}, nil
}

// reachable gives an error of connecting its kind.
type reachable struct{ host.Database }

// Unwrap returns the database itself.
func (r reachable) Unwrap() host.Database { return r.Database }

// Connect implements host.Database.
func (r reachable) Connect(ctx context.Context) (host.Conn, error) {
	conn, err := r.Database.Connect(ctx)
	if err != nil && ctx.Err() == nil {
		err = &statusError{exitFailed, kindDatabase, "see that the database is there and that its URL is right", err}
	}
	return conn, err
}

// databaseName is the last part of a database's URL: the name PostgreSQL knows
// it by, or the name of SQLite's file.
func databaseName(shown string) string {
	if file, ok := strings.CutPrefix(shown, "sqlite:"); ok {
		return path.Base(filepath.ToSlash(file))
	}
	if u, err := url.Parse(shown); err == nil && len(u.Path) > 1 {
		return u.Path[1:]
	}
	return shown
}

// runner makes a runner of the session's parts, plugins included. What cfg leaves
// out is taken from the settings.
func (s *session) runner(cfg host.Config) (*host.Runner, error) {
	plugins, err := s.set.plugins(s.app.flags.withoutRole)
	if err != nil {
		return nil, err
	}
	cfg.Plugins = plugins
	return s.ownRunner(cfg)
}

// ownRunner makes a runner with no other plugins than cfg names.
func (s *session) ownRunner(cfg host.Config) (*host.Runner, error) {
	fsys, root, err := openDir(s.set.dir)
	if err != nil {
		return nil, err
	}
	a := s.app
	a.display = a.newDisplay()
	cfg.Path = root
	cfg.LockWait = s.set.lockWait
	cfg.TimeLimit = s.set.timeLimit
	cfg.AllowChanged = s.set.allowChanged
	cfg.Naming = s.set.naming
	cfg.Lost = s.set.lostPlugins()
	unheld := map[string]string{} // by line, until it is told
	for _, p := range cfg.Plugins {
		unheld[p.Grants.Line] = p.Unheld(s.db.Dialect())
	}
	also := cfg.OnEvent
	cfg.OnEvent = func(e host.Event) {
		if also != nil {
			also(e)
		}
		if warning := unheld[e.Line]; e.Kind == host.EventStarted && warning != "" {
			a.display.line("warning: %s", warning)
			delete(unheld, e.Line)
		}
		a.running.Store(e.Kind == host.EventStarted || a.running.Load() && e.Kind != host.EventApplied && e.Kind != host.EventPaused)
		a.display.event(e)
	}
	cfg.Statements = a.flags.verbose
	if len(cfg.Plugins) > 0 {
		cfg.Worker = s.worker()
	}
	return host.NewRunner(fsys, s.db, s.box, cfg)
}

// openDir returns the file system the migrations are in, and the path in it.
// Below the current folder that is the path as it was given, so that the files
// that messages name can be opened from here.
func openDir(dir string) (fsys fs.FS, root string, err error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, "", usage("", "the migrations cannot be read: %w", err)
	case !info.IsDir() && filepath.Ext(dir) != ".wasm":
		return nil, "", usage("--dir names a folder with versions/, or a .wasm module", "%s is neither a folder nor a .wasm file", dir)
	case filepath.IsLocal(dir):
		return os.DirFS("."), filepath.ToSlash(filepath.Clean(dir)), nil
	case info.IsDir():
		return os.DirFS(dir), ".", nil
	default:
		return os.DirFS(filepath.Dir(dir)), filepath.Base(dir), nil
	}
}

// sandbox makes the sandbox. What it compiles is kept in the user's cache
// folder. limit is how long one migration may take, 0 for no limit.
func (a *app) sandbox(limit time.Duration) (*sandbox.Sandbox, error) {
	opts := sandbox.Options{Timeout: limit}
	if a.flags.verbose {
		opts.Logger = slog.New(slog.NewTextHandler(a.stderr, nil))
	}
	return sandbox.New(opts)
}

// absent reports whether the database is a SQLite file that is not there.
func (s *session) absent() bool {
	if s.db.Dialect() != chain.SQLite || s.db.String() == sqlite.Memory {
		return false
	}
	_, err := os.Stat(s.sqliteFile())
	return errors.Is(err, fs.ErrNotExist)
}

// tellAbsent is for commands that read: to them a file that is not there, whose name may
// be mistyped, looks like one to which nothing is applied. They do not make it.
func (s *session) tellAbsent() {
	if s.absent() {
		s.app.say("%s is not there: the first upgrade makes it, or another database is meant", s.db)
	}
}

// connectEarly lets the session connect while it reads the migrations.
func (s *session) connectEarly(ctx context.Context) {
	s.early = connectEarly(ctx, s.db)
	s.db = s.early
}

func (s *session) close() {
	if s.early != nil {
		s.early.close() // nothing was done on it
	}
	if s.process != nil {
		s.process.Close()
	}
	s.box.Close()
}

// A lateSandbox is made when the first module is loaded: most calls load none.
type lateSandbox struct {
	open func() (*sandbox.Sandbox, error)
	once sync.Once
	box  *sandbox.Sandbox
	err  error
}

// Load implements host.Sandbox.
func (l *lateSandbox) Load(ctx context.Context, module []byte, limits host.GuestLimits) (host.Guest, error) {
	l.once.Do(func() { l.box, l.err = l.open() })
	if l.err != nil {
		return nil, l.err
	}
	return l.box.Load(ctx, module, limits)
}

// Close implements host.Sandbox.
func (l *lateSandbox) Close() error {
	if l.box == nil {
		return nil
	}
	return l.box.Close()
}
