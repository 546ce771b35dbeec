package author_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A migration whose body is known is written with it, in either format, for the
// dialects that have one.
func TestBodies(t *testing.T) {
	for _, c := range []struct {
		format  author.Format
		body    chain.Body
		written string
	}{
		{author.YAML, chain.Body{Upgrade: "\n  - execute: {sql: SELECT 1, no_reverse: true}", Downgrade: " []", Remarks: "# Mind the rows.\n"},
			"# Mind the rows.\nrevision: "},
		{author.SQL, chain.Body{Upgrade: "SELECT 1;\n", Downgrade: "SELECT 2;\n", Remarks: "-- Mind the rows.\n"},
			"-- Mind the rows.\n\n-- +upgrade\nSELECT 1;\n\n-- +downgrade\nSELECT 2;\n"},
	} {
		dir := workspace(t)
		w := write(t, dir, author.Draft{
			Message: "known", Format: c.format, Dialects: []chain.Dialect{sq}, Bodies: map[chain.Dialect]chain.Body{sq: c.body},
		})
		text, err := os.ReadFile(filepath.FromSlash(w.Files[0]))
		if err != nil || !strings.Contains(string(text), c.written) {
			t.Errorf("%s: %v, got:\n%s\nwant in it:\n%s", c.format, err, text, c.written)
		}
		if problems := open(t, dir).Check(); len(problems) > 0 {
			t.Errorf("%s: problems: %+v", c.format, problems)
		}
	}
}

// A template of the project's own must not lose the body.
func TestBodyTemplateKeepsTheBody(t *testing.T) {
	dir := workspace(t)
	const text = "revision: \"${revision}\"\nrevises: \"${down_revision}\"\nupgrade: []\n"
	if err := os.WriteFile(filepath.Join(dir, "templates", "autogenerate.yaml.tmpl"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	_, err := open(t, dir).Write(author.Draft{Message: "lost", Format: author.YAML, Now: noon.Add(time.Hour), Bodies: map[chain.Dialect]chain.Body{
		pg: {Upgrade: " []", Downgrade: " []"}, sq: {Upgrade: " []", Downgrade: " []"},
	}})
	if !errors.As(err, new(*chain.ParseError)) || !strings.Contains(err.Error(), "autogenerate.yaml.tmpl: what it makes does nothing: write ${upgrade}") {
		t.Errorf("error %v", err)
	}
	unchanged(t, dir, before)
}

// Vet finds what Write would, before there is a body.
func TestVet(t *testing.T) {
	f := open(t, workspace(t))
	if err := f.Vet(author.Draft{Message: "fine"}); err != nil {
		t.Error(err)
	}
	for want, d := range map[string]author.Draft{
		"needs a message":          {},
		"another beginning":        {Message: "x", Head: "base"},
		"an id is given for":       {Message: "x", Dialects: []chain.Dialect{sq}, IDs: map[chain.Dialect]string{pg: "0123456789ab"}},
		"the formats are sql, yam": {Message: "x", Format: "xml"},
	} {
		if err := f.Vet(d); !errors.As(err, new(*author.DraftError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %s", d, err, want)
		}
	}
}
