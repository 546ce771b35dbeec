package host

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A catalog is what a file system holds for one dialect: the graph of its
// revisions, and where the body of each is. Reading it runs and compiles
// nothing, and parses no more of a SQL file than its header.
type catalog struct {
	graph  *chain.Graph
	bodies map[chain.Key]*body
}

// A body is what a revision does: a migration file, or a step of a module.
type body struct {
	dialect chain.Dialect
	path    string

	source    []byte // of a file
	naming    schema.Naming
	parsed    *chain.File // once it is needed
	assembled *module     // while it is needed

	module   *module // of a .wasm file
	step     int32
	revision abi.Revision
}

// A module is the bytes of a .wasm file, shared by the revisions in it.
type module struct {
	path   string
	bytes  []byte
	digest string
	plugin *Plugin // that it is of, nil for the project's own

	divides bool // it can commit in the middle
}

// dividing are the functions of a host that commit what ran before.
var dividing = map[string]bool{"section_begin": true, "backfill_begin": true, "backfill_run": true, "phase": true}

// readCatalog reads root, a folder that holds versions/DIALECT or one .wasm
// file, for one dialect, and the modules of plugins. Without a file system there is
// nothing in it.
func readCatalog(fsys fs.FS, dialect chain.Dialect, cfg *Config) (*catalog, error) {
	c := &catalog{bodies: map[chain.Key]*body{}}
	if fsys == nil {
		var err error
		c.graph, err = chain.NewGraph(dialect, nil)
		return c, err
	}
	files, err := migrationFiles(fsys, cfg.Path, dialect)
	if errors.Is(err, fs.ErrNotExist) && len(cfg.Plugins) > 0 {
		files, err = nil, nil // a project may have plugins alone
	}
	if err != nil {
		return nil, err
	}
	inFile := make([][]found, len(files))
	errs := inParallel(len(files), func(i int) (err error) {
		if path.Ext(files[i]) == ".wasm" {
			inFile[i], err = readModule(fsys, files[i], dialect)
		} else {
			inFile[i], err = readFile(fsys, files[i], dialect, cfg.Naming)
		}
		return err
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	all, err := withPlugins(slices.Concat(inFile...), cfg.Plugins, dialect)
	if err != nil {
		return nil, err
	}
	var revisions []chain.Revision
	for _, f := range all {
		c.bodies[f.revision.Key] = f.body
		revisions = append(revisions, f.revision)
	}
	if c.graph, err = chain.NewGraph(dialect, revisions, cfg.Elsewhere...); err != nil {
		return nil, err
	}
	return c, nil
}

// found is one revision of a file, and what it does.
type found struct {
	revision chain.Revision
	body     *body
}

// inParallel calls f with 0 to n-1, on all processors, and returns its errors.
// Reading a thousand small files is a thousand waits.
func inParallel(n int, f func(int) error) []error {
	errs := make([]error, n)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[i] = f(i)
			}
		})
	}
	group.Wait()
	return errs
}

// migrationFiles lists the files of migrations for a dialect, by name. SQL is
// written for one dialect; modules and YAML may serve both, beside its folder.
func migrationFiles(fsys fs.FS, root string, dialect chain.Dialect) ([]string, error) {
	if path.Ext(root) == ".wasm" {
		return []string{root}, mustBeFile(fsys, root)
	}
	versions := path.Join(root, "versions")
	var files []string
	var others []error // what is listed and is no file
	for _, dir := range []string{versions, path.Join(versions, string(dialect))} {
		entries, err := fs.ReadDir(fsys, dir)
		if errors.Is(err, fs.ErrNotExist) && len(files) > 0 {
			break // modules alone, which hold both dialects
		} else if errors.Is(err, fs.ErrNotExist) {
			return nil, noVersions(fsys, root, dir)
		} else if err != nil {
			return nil, fmt.Errorf("read the migrations: %w", err)
		}
		for _, e := range entries {
			form := source.FormOf(e.Name())
			if e.IsDir() || strings.HasPrefix(e.Name(), ".") || form == source.SQL && dir == versions ||
				form == source.None && path.Ext(e.Name()) != ".wasm" {
				continue
			}
			name := path.Join(dir, e.Name())
			files = append(files, name)
			if !e.Type().IsRegular() { // a link may lead to a file
				others = append(others, mustBeFile(fsys, name))
			}
		}
	}
	sort.Strings(files)
	return files, errors.Join(others...)
}

// mustBeFile refuses what would be read for ever, such as a pipe that nobody
// writes into. What is not there is told by reading it.
func mustBeFile(fsys fs.FS, name string) error {
	if info, err := fs.Stat(fsys, name); err == nil && !info.Mode().IsRegular() {
		return &chain.ParseError{Path: name, Msg: "it is not a file"}
	}
	return nil
}

// noVersions explains a folder that is not laid out as one of migrations.
func noVersions(fsys fs.FS, root, missing string) error {
	if _, err := fs.Stat(fsys, root); err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return fmt.Errorf("no folder %s: migrations are in versions/postgresql and versions/sqlite; `sandpiper init` makes such a folder, --dir names one: %w", missing, fs.ErrNotExist)
}

// readWhole reads a file that its folder lists. That it cannot be read is about
// this file: the error does not say, as fs.ErrNotExist would, that there is no
// chain.
func readWhole(fsys fs.FS, name string) ([]byte, error) {
	b, err := fs.ReadFile(fsys, name)
	if err == nil {
		return b, nil
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	what := fmt.Sprintf("it cannot be read: %v", err)
	if errors.Is(err, fs.ErrNotExist) {
		what = "it is a link to a file that is not there, or was removed just now: bring the file back, or remove the link"
	}
	return nil, &chain.ParseError{Path: name, Msg: what}
}

func readFile(fsys fs.FS, name string, dialect chain.Dialect, naming schema.Naming) ([]found, error) {
	text, err := readWhole(fsys, name)
	if err != nil {
		return nil, err
	}
	revision, ok, err := source.Header(name, dialect, text)
	if err != nil || !ok {
		return nil, err
	}
	return []found{{revision, &body{dialect: dialect, path: name, source: text, naming: naming}}}, nil
}

func readModule(fsys fs.FS, name string, dialect chain.Dialect) ([]found, error) {
	b, err := readWhole(fsys, name)
	if err != nil {
		return nil, err
	}
	m, manifest, err := openModule(name, b)
	if err != nil {
		return nil, err
	}
	return m.revisions(manifest, dialect)
}

// openModule reads what a module says of itself, and checks its structure.
func openModule(name string, b []byte) (*module, abi.Manifest, error) {
	file, err := wasmfile.Open(b)
	if err != nil {
		return nil, abi.Manifest{}, fmt.Errorf("%s: %w", name, err)
	}
	manifest, err := file.Manifest()
	if err != nil {
		return nil, manifest, fmt.Errorf("%s: %w", name, err)
	}
	if err := file.Check(); err != nil {
		return nil, manifest, fmt.Errorf("%s: %w", name, err)
	}
	divides := slices.ContainsFunc(file.Imports(), func(i wasmfile.Import) bool { return dividing[i.Name] })
	return &module{path: name, bytes: b, digest: file.Digest(), divides: divides}, manifest, nil
}

// revisions are those of the module that are for a dialect.
func (m *module) revisions(manifest abi.Manifest, dialect chain.Dialect) (revisions []found, err error) {
	for _, r := range manifest.Revisions {
		if chain.Dialect(r.Dialect) != dialect {
			continue
		}
		revision, err := revisionOf(manifest, r, m.path)
		if err != nil {
			return nil, err
		}
		revision.Module = m.digest
		revisions = append(revisions, found{revision, &body{dialect: dialect, path: m.path, module: m, step: r.Step, revision: r}})
	}
	return revisions, nil
}

// revisionOf makes a revision of what a manifest says.
func revisionOf(m abi.Manifest, r abi.Revision, name string) (chain.Revision, error) {
	line := m.Line
	if line == "" {
		line = chain.DefaultLine
	}
	created, err := time.Parse(time.RFC3339, r.Created)
	if r.Created != "" && err != nil {
		return chain.Revision{}, fmt.Errorf("%s: revision %s: created: %w", name, r.ID, err)
	}
	revision := chain.Revision{
		Key:          chain.Key{Line: line, ID: r.ID},
		Dialect:      chain.Dialect(r.Dialect),
		Revises:      r.Revises,
		Labels:       r.Labels,
		Slug:         r.Slug,
		Created:      created,
		Irreversible: r.Irreversible,
		Digest:       r.Digest,
		Source:       name,
	}
	for _, d := range r.DependsOn {
		line, id, ok := strings.Cut(d, "@")
		if !ok {
			line, id = revision.Line, d
		}
		revision.DependsOn = append(revision.DependsOn, chain.Key{Line: line, ID: id})
	}
	return revision, nil
}

// parse reads a file whole. Its errors name the line.
func (b *body) parse() (*chain.File, error) {
	if b.parsed == nil {
		file, err := source.Parse(b.path, b.dialect, b.source, b.naming)
		if err != nil {
			return nil, err
		}
		b.parsed = file
	}
	return b.parsed, nil
}

// commits says where a migration commits in the middle by itself, as far as it is
// known without running it.
func (b *body) commits(dir chain.Direction) []string {
	switch {
	case b.parsed != nil:
	case b.module != nil && b.module.divides:
		return []string{"a module: what it commits in the middle is known only by running it"}
	default:
		return nil
	}
	return source.Commits(source.Items(b.parsed, dir), b.dialect)
}

// phases are those of the upgrade of a file that is parsed.
func (b *body) phases() []abi.Phase {
	if b.parsed == nil {
		return nil
	}
	return source.Phases(b.parsed.Upgrade)
}

// irreversible reports whether the revision has no downgrade.
func (b *body) irreversible() (bool, error) {
	if b.module != nil {
		return b.revision.Irreversible, nil
	}
	file, err := b.parse()
	if err != nil {
		return false, err
	}
	return file.Irreversible, nil
}

// load returns the module that holds the body, and its step in it. A file is
// assembled into one.
func (b *body) load() (m *module, step int32, err error) {
	if b.module != nil {
		return b.module, b.step, nil
	}
	if b.assembled != nil {
		return b.assembled, 0, nil
	}
	file, err := b.parse()
	if err != nil {
		return nil, 0, err
	}
	bytes, err := wasmfile.Assemble([]wasmfile.Step{source.Step(file)}, abi.Manifest{
		Manifest: 1, ABI: abi.Version, Line: file.Line, Revisions: []abi.Revision{source.Revision(file, 0)},
	})
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", b.path, err)
	}
	b.assembled = &module{path: b.path, bytes: bytes}
	return b.assembled, 0, nil
}

// line returns the file and line of the k-th statement of a direction, as far
// as they are known.
func (b *body) line(dir chain.Direction, k int) (place string, line int) {
	lines := b.revision.UpgradeLines
	if dir == chain.Downgrade {
		lines = b.revision.DowngradeLines
	}
	place = b.path
	if b.parsed != nil {
		lines = source.Lines(source.Items(b.parsed, dir))
	} else if b.revision.Source != "" {
		place = b.path + " (" + b.revision.Source + ")"
	}
	if k < 1 || k > len(lines) {
		return place, 0
	}
	return place, lines[k-1]
}
