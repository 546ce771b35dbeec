package build

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// assemble makes a module of a folder's migration files.
func assemble(fsys fs.FS, folder string, opts Options) (*Module, error) {
	m := abi.Manifest{Manifest: 1, ABI: abi.Version}
	opts.apply(&m, folder)
	folders, err := fileFolders(fsys, folder, opts.Dialect)
	if err != nil {
		return nil, err
	}
	var steps []wasmfile.Step
	for _, d := range folders {
		files, err := d.read(fsys, m.Line, opts.Naming)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			m.Revisions = append(m.Revisions, source.Revision(f, int32(len(steps))))
			steps = append(steps, source.Step(f))
		}
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("%s holds no migrations: .sql and .yaml files belong into versions/postgresql and versions/sqlite", folder)
	}
	b, err := wasmfile.Assemble(steps, m)
	if err != nil {
		return nil, err
	}
	return finish(b)
}

// A fileFolder is where the files for one dialect are.
type fileFolder struct {
	dialect chain.Dialect
	dirs    []string
	shared  string // of dirs, the one whose files serve several dialects; "" if none
}

// fileFolders says which folders hold what. given is the dialect of files that
// are in the folder itself.
func fileFolders(fsys fs.FS, folder string, given chain.Dialect) ([]fileFolder, error) {
	const versions = "versions"
	if info, err := fs.Stat(fsys, versions); err == nil && info.IsDir() {
		var folders []fileFolder
		for _, d := range chain.Dialects {
			one := fileFolder{d, []string{versions}, versions}
			dir := path.Join(versions, string(d))
			if info, err := fs.Stat(fsys, dir); err == nil && info.IsDir() {
				one.dirs = append(one.dirs, dir)
			}
			folders = append(folders, one)
		}
		return folders, nil
	}
	if given == "" {
		given = chain.Dialect(folder)
	}
	for _, d := range chain.Dialects {
		if given == d {
			return []fileFolder{{d, []string{"."}, ""}}, nil
		}
	}
	return nil, fmt.Errorf("%s holds neither versions/ nor Go files; if it holds .sql or .yaml files, say which dialect they are written for with --dialect", folder)
}

// read parses the files for a dialect, parents first. naming is what they do
// not name.
func (f fileFolder) read(fsys fs.FS, line string, naming schema.Naming) ([]*chain.File, error) {
	files := map[string]*chain.File{}
	var revisions []chain.Revision
	for _, dir := range f.dirs {
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			form := source.FormOf(name)
			switch {
			case e.IsDir() || strings.HasPrefix(e.Name(), "."):
				continue
			case path.Ext(name) == ".wasm":
				return nil, alreadyModule(name)
			case form == source.None || form == source.SQL && dir == f.shared:
				continue
			}
			b, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, err
			}
			if _, mine, err := source.Header(name, f.dialect, b); err != nil {
				return nil, err
			} else if !mine {
				continue
			}
			file, err := source.Parse(name, f.dialect, b, naming)
			if err != nil {
				return nil, err
			}
			if file.Line != chain.DefaultLine && file.Line != line {
				return nil, fmt.Errorf("%s: it is of the line %s, and the module of the line %s: say --line %s, or build it by itself", name, file.Line, line, file.Line)
			}
			file.Line = line
			inLine := file.Revision
			inLine.DependsOn = nil // may be in other lines, which only the runner sees
			revisions = append(revisions, inLine)
			files[file.ID] = file
		}
	}
	graph, err := chain.NewGraph(f.dialect, revisions)
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
