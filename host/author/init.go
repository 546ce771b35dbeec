package author

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"text/template"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

//go:embed templates skeletons
var templates embed.FS

// A Project is what Init writes. The zero value works.
type Project struct {
	// Dir is the folder of the migrations, relative to the project's folder,
	// with forward slashes. Defaults to "migrations".
	Dir string

	// Now is the time in the names of the first migrations. Defaults to the
	// present.
	Now time.Time

	// Random is where the ids of the first migrations come from. Defaults to
	// crypto/rand.
	Random io.Reader
}

// firstSlug is what the first migration is called.
const firstSlug = "create_note"

// Init writes a new project into the folder root: sandpiper.toml, and in the
// project's Dir a first migration for each dialect, MIGRATION-NOTES.md, and the
// templates of further migrations. It returns the files it has written, relative
// to root, with forward slashes. Where one of them exists, or there are migrations,
// it writes none and returns an *ExistsError.
func Init(root string, p Project) ([]string, error) {
	if p.Dir == "" {
		p.Dir = "migrations"
	}
	p.Dir = path.Clean(filepath.ToSlash(p.Dir))
	if !filepath.IsLocal(filepath.FromSlash(p.Dir)) {
		return nil, fmt.Errorf("the folder of the migrations, %s, is not inside the project's folder", p.Dir)
	}
	if p.Now.IsZero() {
		p.Now = time.Now()
	}
	if p.Random == nil {
		p.Random = rand.Reader
	}
	files, err := p.files()
	if err != nil {
		return nil, err
	}
	var names []string
	for i, f := range files {
		files[i].name = filepath.Join(root, filepath.FromSlash(f.name))
		if err := absent(files[i]); err != nil {
			return nil, err
		}
		names = append(names, f.name)
	}
	versions := filepath.Join(root, filepath.FromSlash(p.Dir), "versions")
	if _, err := os.Lstat(versions); err == nil {
		return nil, &ExistsError{Path: versions}
	}
	return names, writeAll(files)
}

// newID makes the id of a revision.
func newID(random io.Reader) (string, error) {
	var id [6]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return "", fmt.Errorf("make a revision id: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}

// files renders everything before anything is written.
func (p Project) files() ([]file, error) {
	ids := map[chain.Dialect]string{}
	for _, d := range chain.Dialects {
		id, err := newID(p.Random)
		if err != nil {
			return nil, err
		}
		ids[d] = id
	}
	revision := func(d chain.Dialect) string {
		r := chain.Revision{Key: chain.Key{ID: ids[d]}, Slug: firstSlug, Created: p.Now}
		return path.Join(p.Dir, "versions", string(d), chain.FileName(r, ".sql"))
	}
	var files []file
	for _, f := range []struct{ template, name, ID, Dir string }{
		{template: "sandpiper.toml", name: "sandpiper.toml", Dir: p.Dir},
		{template: "postgresql.sql", name: revision(chain.PostgreSQL), ID: ids[chain.PostgreSQL]},
		{template: "sqlite.sql", name: revision(chain.SQLite), ID: ids[chain.SQLite]},
	} {
		t, err := template.ParseFS(templates, "templates/"+f.template+".tmpl")
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		if err := t.Execute(&text, f); err != nil {
			return nil, err
		}
		files = append(files, file{name: f.name, text: text.Bytes()})
	}
	notes, err := (&Folder{Dir: filepath.FromSlash(p.Dir)}).BeginNotes()
	if err != nil {
		return nil, err
	}
	text := notes.Add(chain.Note{Slug: firstSlug, Text: "The table of notes.", IDs: ids})
	files = append(files, file{name: path.Join(p.Dir, chain.NotesName), text: []byte(text)})
	skeletons, err := fs.ReadDir(templates, "skeletons")
	if err != nil {
		return nil, err
	}
	for _, s := range skeletons {
		text, err := templates.ReadFile("skeletons/" + s.Name())
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: path.Join(p.Dir, templatesDir, s.Name()), text: text})
	}
	return files, nil
}
