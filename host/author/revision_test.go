package author_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

const pg, sq = chain.PostgreSQL, chain.SQLite

// workspace is a folder of a project that init has written.
func workspace(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if _, err := author.Init(root, project()); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "migrations")
}

// open reads a folder's chains, as a runner does.
func open(t *testing.T, dir string) *author.Folder {
	t.Helper()
	configured, err := author.Dialects(dir)
	if err != nil {
		t.Fatal(err)
	}
	var graphs []*chain.Graph
	for _, d := range configured {
		var revisions []chain.Revision
		names, err := filepath.Glob(filepath.Join(dir, "versions", string(d), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file, err := source.Parse(filepath.ToSlash(name), d, text, schema.Naming{})
			if err != nil {
				t.Fatal(err)
			}
			revisions = append(revisions, file.Revision)
		}
		g, err := chain.NewGraph(d, revisions)
		if err != nil {
			t.Fatal(err)
		}
		graphs = append(graphs, g)
	}
	f := &author.Folder{Dir: dir, Graphs: graphs}
	if err := errors.Join(f.ReadLock(), f.ReadNotes()); err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, dir string, d author.Draft) *author.Written {
	t.Helper()
	if d.Now.IsZero() {
		d.Now = noon.Add(time.Hour)
	}
	w, err := open(t, dir).Write(d)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// snapshot is every file of a folder, with what is in it.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var b []byte
			b, err = os.ReadFile(name)
			files[name] = string(b)
		} else if err == nil {
			files[name] = ""
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// unchanged fails the test if a folder is not as it was.
func unchanged(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := snapshot(t, dir)
	for name, text := range after {
		if was, there := before[name]; !there || was != text {
			t.Errorf("%s was written", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, want the %d that were there", len(after), len(before))
	}
}

func TestWriteOneMigrationForBothDialects(t *testing.T) {
	for _, format := range []author.Format{author.SQL, author.YAML} {
		t.Run(string(format), func(t *testing.T) {
			dir := workspace(t)
			w := write(t, dir, author.Draft{Message: "Add labels", Format: format})
			f := open(t, dir)
			if p := f.Check(); len(p) > 0 {
				t.Fatalf("problems afterwards: %+v", p)
			}
			if f.Lock == nil || len(w.Revisions) != 2 || len(w.Files) != 4 {
				t.Fatalf("written %+v", w)
			}
			for i, g := range f.Graphs {
				r := w.Revisions[i]
				if heads := g.Heads(chain.DefaultLine); !slices.Equal(heads, []string{r.ID}) {
					t.Errorf("%s has the heads %v, want %s", g.Dialect(), heads, r.ID)
				}
				want := "2026_08_01_130000_" + r.ID + "_add_labels." + string(format)
				if got := filepath.Base(w.Files[i]); got != want {
					t.Errorf("the file is %s, want %s", got, want)
				}
			}
			notes := snapshot(t, dir)[filepath.Join(dir, "MIGRATION-NOTES.md")]
			if i, j := strings.Index(notes, "# add_labels"), strings.Index(notes, "# create_note"); i < 0 || i > j {
				t.Errorf("the newest entry is not first:\n%s", notes)
			}
		})
	}
}

func TestWriteTwiceInOneSecond(t *testing.T) {
	dir := workspace(t)
	first := write(t, dir, author.Draft{Message: "again"})
	second := write(t, dir, author.Draft{Message: "again"})
	if got := second.Revisions[0].Created.Sub(first.Revisions[0].Created); got != time.Second {
		t.Errorf("the second is %s later, want a second: they would be one pair", got)
	}
	if p := open(t, dir).Check(); len(p) > 0 {
		t.Errorf("problems: %+v", p)
	}
}

func TestWriteOneChainAlone(t *testing.T) {
	dir := workspace(t)
	w := write(t, dir, author.Draft{Message: "gin index", Dialects: []chain.Dialect{pg}})
	if len(w.Revisions) != 1 || w.Revisions[0].Dialect != pg {
		t.Fatalf("written %+v", w)
	}
	if notes := snapshot(t, dir)[filepath.Join(dir, "MIGRATION-NOTES.md")]; !strings.Contains(notes, "SQLite: none\nPostgreSQL: `"+w.Revisions[0].ID+"`\n") {
		t.Errorf("the notes do not say so:\n%s", notes)
	}
	if p := open(t, dir).Check(); len(p) > 0 {
		t.Errorf("problems: %+v", p)
	}
}

func TestWriteAPlugin(t *testing.T) {
	dir := workspace(t)
	plugins := filepath.Join(t.TempDir(), "plugins")
	d := author.Draft{Message: "fill slugs", Format: author.Go, Plugins: plugins, IDs: map[chain.Dialect]string{pg: "0a0a0a0a0a0a", sq: "0b0b0b0b0b0b"}}
	write(t, dir, d)
	name := filepath.Join(plugins, "fill_slugs", "main.go")
	text := snapshot(t, plugins)[name]
	for _, want := range []string{
		`sdk.Module("fill_slugs", "1.0.0", "main")`,
		`Created:    "2026-08-01T13:00:00Z"`,
		`PostgreSQL: sdk.Revision{ID: "0a0a0a0a0a0a", Revises: []string{"000102030405"}},`,
		`SQLite:     sdk.Revision{ID: "0b0b0b0b0b0b", Revises: []string{"aabbccddeeff"}},`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the plugin lacks %s:\n%s", want, text)
		}
	}

	if err := os.WriteFile(name, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, plugins)
	d.IDs, d.Now = nil, noon
	if _, err := open(t, dir).Write(d); !errors.As(err, new(*author.ExistsError)) {
		t.Fatalf("over a file that is there: %v, want an ExistsError", err)
	}
	unchanged(t, plugins, before)
	d.Force = true
	write(t, dir, d)
	if text := snapshot(t, plugins)[name]; text == "mine" {
		t.Error("with Force it was not written over")
	}
}

func TestWriteWithGivenIDsAndParents(t *testing.T) {
	dir := workspace(t)
	write(t, dir, author.Draft{Message: "two", IDs: map[chain.Dialect]string{pg: "0a0a0a0a0a02", sq: "0b0b0b0b0b02"}})

	// A branch needs --splice; an id of one chain stands for its pair.
	branch := author.Draft{Message: "three", Head: "000102", IDs: map[chain.Dialect]string{pg: "0a0a0a0a0a03", sq: "0b0b0b0b0b03"}, Now: noon}
	wantRefused(t, dir, branch, "000102030405 is no head of line main for postgresql (the head is 0a0a0a0a0a02)")
	branch.Splice = true
	w := write(t, dir, branch)
	if got := w.Revisions[1].Revises; !slices.Equal(got, []string{"aabbccddeeff"}) {
		t.Errorf("on SQLite it revises %v, want the pair of what was named", got)
	}

	// Now there are two heads.
	wantRefused(t, dir, author.Draft{Message: "four"}, "line main has 2 heads for postgresql: 0a0a0a0a0a02, 0a0a0a0a0a03")
	w = write(t, dir, author.Draft{Message: "four", Head: "postgresql=0a0a0a0a0a03,sqlite=0b0b0b0b0b02"})
	if w.Revisions[0].Revises[0] != "0a0a0a0a0a03" || w.Revisions[1].Revises[0] != "0b0b0b0b0b02" {
		t.Errorf("it revises %v and %v", w.Revisions[0].Revises, w.Revisions[1].Revises)
	}
	if _, err := open(t, dir).Write(author.Draft{Message: "five", Head: "ffffffffffff"}); !errors.As(err, new(*chain.TargetError)) {
		t.Errorf("an unknown head: %v, want a TargetError", err)
	}
}

func TestWriteAnotherLine(t *testing.T) {
	for _, format := range []author.Format{author.SQL, author.YAML} {
		dir := workspace(t)
		write(t, dir, author.Draft{Message: "reports", Line: "reports", Format: format})
		w := write(t, dir, author.Draft{Message: "more", Line: "reports", Format: format, Now: noon.Add(2 * time.Hour)})
		f := open(t, dir)
		if got := f.Graphs[0].Heads("reports"); !slices.Equal(got, []string{w.Revisions[0].ID}) {
			t.Errorf("%s: the line's heads are %v, want %s", format, got, w.Revisions[0].ID)
		}
		if got := f.Graphs[0].Heads(chain.DefaultLine); len(got) != 1 {
			t.Errorf("%s: main has the heads %v", format, got)
		}
		if p := f.Check(); len(p) > 0 {
			t.Errorf("%s: problems: %+v", format, p)
		}
	}
}

func TestOwnTemplates(t *testing.T) {
	dir := workspace(t)
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "templates", name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("sqlite.sql.tmpl", "-- Revision ID: ${revision}\n-- Revises: ${down_revision}\n-- Ours, for ${dialect}\nSELECT 1;\n")
	w := write(t, dir, author.Draft{Message: "ours"})
	files := snapshot(t, filepath.Dir(dir))
	if text := files[filepath.FromSlash(w.Files[1])]; !strings.Contains(text, "-- Ours, for sqlite\n") {
		t.Errorf("sqlite.sql.tmpl was not used:\n%s", text)
	}
	if text := files[filepath.FromSlash(w.Files[0])]; !strings.Contains(text, "-- +upgrade\n") {
		t.Errorf("revision.sql.tmpl was not used:\n%s", text)
	}

	// The one for both is what init has written; without any the same is built in.
	if err := os.RemoveAll(filepath.Join(dir, "templates")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, author.Draft{Message: "built in", Now: noon.Add(2 * time.Hour)})
}

func TestBadTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"-- Revision ID: ${revision}\n-- Revises: ${down_revision}\n${if eq dialect}\nx": "revision.sql.tmpl:",
		"-- Revision ID: ${revision}\n-- Revises: ${down}\n":                             `revision.sql.tmpl:2: template: function "down" not defined`,
		"-- Revision ID: 000000000009\n-- Revises: ${down_revision}\n":                   "revision.sql.tmpl: what it makes is revision 000000000009",
		"-- Revision ID: ${revision}\n-- Revises:\n":                                     "revision.sql.tmpl: what it makes does not revise what it should",
		"-- Revision ID: ${revision}\n-- Revises: ${down_revision}\nSELECT 'x":           "revision.sql.tmpl: what it makes cannot be read: at its line 3: ",
		"SELECT 1;": "revision.sql.tmpl: what it makes cannot be read: ",
		"-- Revision ID: ${revision}\n-- Revises: ${down_revision}\n-- Create Date: 2020-01-01 00:00:00\n": "revision.sql.tmpl: what it makes has another date",
	} {
		dir := workspace(t)
		if err := os.WriteFile(filepath.Join(dir, "templates", "revision.sql.tmpl"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, dir)
		_, err := open(t, dir).Write(author.Draft{Message: "x"})
		if !errors.As(err, new(*chain.ParseError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
		unchanged(t, dir, before)
	}
}

// wantRefused wants a draft to be refused, and nothing to be written.
func wantRefused(t *testing.T, dir string, d author.Draft, want string) {
	t.Helper()
	before := snapshot(t, dir)
	_, err := open(t, dir).Write(d)
	if !errors.As(err, new(*author.DraftError)) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want a DraftError with %q", err, want)
	}
	unchanged(t, dir, before)
}

func TestBadDrafts(t *testing.T) {
	dir := workspace(t)
	for want, d := range map[string]author.Draft{
		"needs a message":                 {Message: " "},
		"one line of text":                {Message: "a\nDROP TABLE note"},
		"has a path in it":                {Message: "../../etc/passwd"},
		`message "a\\b" has a path`:       {Message: `a\b`},
		"can be part of a file's name":    {Message: "漢字"},
		"1001 characters":                 {Message: strings.Repeat("x", 1001)},
		`not "xml"`:                       {Message: "x", Format: "xml"},
		`"a b" is not the name of a line`: {Message: "x", Line: "a b"},
		"is not a revision id":            {Message: "x", IDs: map[chain.Dialect]string{pg: "../../x"}},
		"is there already: ":              {Message: "x", IDs: map[chain.Dialect]string{pg: "000102030405"}},
		"which gets no revision":          {Message: "x", IDs: map[chain.Dialect]string{pg: "0a0a0a0a0a0a"}, Dialects: []chain.Dialect{sq}},
		"one for each dialect":            {Message: "x", Head: "mysql=1"},
		"another beginning":               {Message: "x", Head: "base"},
	} {
		wantRefused(t, dir, d, want)
	}
	long := write(t, dir, author.Draft{Message: strings.Repeat("word ", 60)})
	if len(long.Slug) > 60 {
		t.Errorf("the slug has %d characters", len(long.Slug))
	}
	if err := os.Remove(filepath.FromSlash(long.Files[0])); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, dir, author.Draft{Message: "x"}, "pins revision "+long.Revisions[0].ID+", which the postgresql chain does not have")
}

// Where the last of the files cannot be put in its place, the first are taken
// back.
func TestWriteAllOrNothing(t *testing.T) {
	dir := workspace(t)
	f := open(t, dir)
	notes := filepath.Join(dir, "MIGRATION-NOTES.md")
	if err := os.Remove(notes); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(notes, "a folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	if _, err := f.Write(author.Draft{Message: "x"}); err == nil {
		t.Fatal("it was written over a folder")
	}
	unchanged(t, dir, before)
}
