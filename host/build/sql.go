package build

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// assemble makes a module of a folder's .sql files.
func assemble(fsys fs.FS, folder string, opts Options) (*Module, error) {
	m := abi.Manifest{Manifest: 1, ABI: abi.Version}
	opts.apply(&m, folder)
	sources, err := sqlSources(fsys, folder, opts.Dialect)
	if err != nil {
		return nil, err
	}
	var steps []wasmfile.Step
	for _, s := range sources {
		files, err := s.read(fsys, m.Line)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			m.Revisions = append(m.Revisions, manifestRevision(f, int32(len(steps))))
			steps = append(steps, step(f))
		}
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("%s holds no migrations: .sql files belong into versions/postgresql and versions/sqlite", folder)
	}
	b, err := wasmfile.Assemble(steps, m)
	if err != nil {
		return nil, err
	}
	return finish(b)
}

// A sqlSource is a folder of .sql files for one dialect.
type sqlSource struct {
	dialect chain.Dialect
	dir     string
}

// sqlSources says which folders hold what. given is the dialect of .sql files
// that are in the folder itself.
func sqlSources(fsys fs.FS, folder string, given chain.Dialect) ([]sqlSource, error) {
	if info, err := fs.Stat(fsys, "versions"); err == nil && info.IsDir() {
		if nested, err := fs.Glob(fsys, "versions/*.wasm"); err != nil {
			return nil, err
		} else if len(nested) > 0 {
			return nil, alreadyModule(nested[0])
		}
		var sources []sqlSource
		for _, d := range dialects {
			dir := path.Join("versions", string(d))
			if info, err := fs.Stat(fsys, dir); err == nil && info.IsDir() {
				sources = append(sources, sqlSource{d, dir})
			}
		}
		return sources, nil
	}
	if given == "" {
		given = chain.Dialect(folder)
	}
	for _, d := range dialects {
		if given == d {
			return []sqlSource{{d, "."}}, nil
		}
	}
	return nil, fmt.Errorf("%s holds neither versions/ nor Go files; if it holds .sql files, say which dialect they are written for with --dialect", folder)
}

// read parses the files of a source, parents first.
func (s sqlSource) read(fsys fs.FS, line string) ([]*chain.File, error) {
	entries, err := fs.ReadDir(fsys, s.dir)
	if err != nil {
		return nil, err
	}
	files := map[string]*chain.File{}
	var revisions []chain.Revision
	for _, e := range entries {
		name := path.Join(s.dir, e.Name())
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		switch path.Ext(name) {
		case ".wasm":
			return nil, alreadyModule(name)
		case ".sql":
		default:
			continue
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		f, err := chain.Parse(name, s.dialect, b)
		if err != nil {
			return nil, err
		}
		f.Line = line
		inLine := f.Revision
		inLine.DependsOn = nil // may be in other lines, which only the runner sees
		revisions = append(revisions, inLine)
		files[f.ID] = f
	}
	graph, err := chain.NewGraph(s.dialect, revisions)
	if err != nil {
		return nil, err
	}
	ordered := make([]*chain.File, 0, len(files))
	for r := range graph.All() {
		ordered = append(ordered, files[r.ID])
	}
	return ordered, nil
}

func alreadyModule(name string) error {
	return fmt.Errorf("%s is a module already: a module is not built into another; ship it beside this one", name)
}

// step is what a file does.
func step(f *chain.File) wasmfile.Step {
	s := wasmfile.Step{Upgrade: ops(f.Upgrade)}
	if !f.Irreversible {
		s.Downgrade = ops(f.Downgrade)
	}
	return s
}

func ops(items []chain.Item) []wasmfile.Op {
	ops := make([]wasmfile.Op, 0, len(items))
	for _, item := range items {
		switch item.Kind {
		case chain.ItemAutocommitBegin:
			ops = append(ops, wasmfile.Op{Kind: wasmfile.OpAutocommitBegin})
		case chain.ItemAutocommitEnd:
			ops = append(ops, wasmfile.Op{Kind: wasmfile.OpAutocommitEnd})
		default:
			ops = append(ops, wasmfile.Op{Kind: wasmfile.OpExec, Text: item.SQL})
		}
	}
	return ops
}

// manifestRevision is what the manifest says of a file.
func manifestRevision(f *chain.File, step int32) abi.Revision {
	r := abi.Revision{
		Step:           step,
		Dialect:        string(f.Dialect),
		ID:             f.ID,
		Revises:        f.Revises,
		Labels:         f.Labels,
		Slug:           f.Slug,
		Irreversible:   f.Irreversible,
		Source:         f.Source,
		Digest:         f.Digest,
		UpgradeLines:   lines(f.Upgrade),
		DowngradeLines: lines(f.Downgrade),
	}
	if !f.Created.IsZero() {
		r.Created = f.Created.UTC().Format("2006-01-02T15:04:05Z07:00")
	}
	for _, k := range f.DependsOn {
		line := k.Line
		if line == "" {
			line = f.Line
		}
		r.DependsOn = append(r.DependsOn, line+"@"+k.ID)
	}
	return r
}

// lines are where the statements begin.
func lines(items []chain.Item) []int {
	var lines []int
	for _, item := range items {
		if item.Kind == chain.ItemStatement {
			lines = append(lines, item.Line)
		}
	}
	return lines
}
