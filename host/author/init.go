package author

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
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

//go:embed templates
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

// An ExistsError is a project that is already there: nothing was written.
type ExistsError struct {
	Path string
}

// Error names the file and says what to do.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("%s is already there; nothing was written", e.Path)
}

// slug is what the first migration is called.
const slug = "create_note"

// Init writes a new project into the folder root: sandpiper.toml, and in the
// project's Dir a first migration for each dialect and MIGRATION-NOTES.md. It
// returns the files it has written, relative to root, with forward slashes.
// Where one of them exists, or there are migrations, it writes none and returns
// an *ExistsError.
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
	for _, name := range append(names(files), path.Join(p.Dir, "versions")) {
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name))); err == nil {
			return nil, &ExistsError{filepath.Join(root, filepath.FromSlash(name))}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	for _, f := range files {
		if err := write(filepath.Join(root, filepath.FromSlash(f.name)), f.text); err != nil {
			return nil, err
		}
	}
	return names(files), nil
}

type file struct {
	name string
	text []byte
}

func names(files []file) []string {
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	return names
}

// files renders everything before anything is written.
func (p Project) files() ([]file, error) {
	data := struct {
		Dir, Slug string
		IDs       map[string]string
	}{p.Dir, slug, map[string]string{}}
	for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
		var id [6]byte
		if _, err := io.ReadFull(p.Random, id[:]); err != nil {
			return nil, fmt.Errorf("make a revision id: %w", err)
		}
		data.IDs[string(d)] = hex.EncodeToString(id[:])
	}
	stamp := p.Now.UTC().Format("2006_01_02_150405")
	revision := func(d chain.Dialect) string {
		return path.Join(p.Dir, "versions", string(d), fmt.Sprintf("%s_%s_%s.sql", stamp, data.IDs[string(d)], slug))
	}
	var files []file
	for _, f := range []struct{ template, name string }{
		{"sandpiper.toml", "sandpiper.toml"},
		{"postgresql.sql", revision(chain.PostgreSQL)},
		{"sqlite.sql", revision(chain.SQLite)},
		{"MIGRATION-NOTES.md", path.Join(p.Dir, "MIGRATION-NOTES.md")},
	} {
		t, err := template.ParseFS(templates, "templates/"+f.template+".tmpl")
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		if err := t.Execute(&text, data); err != nil {
			return nil, err
		}
		files = append(files, file{f.name, text.Bytes()})
	}
	return files, nil
}

// write makes a file and the folders above it. A file that has come about in
// the meantime is left alone.
func write(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return &ExistsError{name}
	}
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
