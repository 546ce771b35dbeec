package imports

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"path"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed templates
var templates embed.FS

var skeletonTemplate = template.Must(template.ParseFS(templates, "templates/main.go.tmpl"))

// skeleton writes the beginning of a plugin that holds the place of a step that
// could not be carried over.
func (i *Import) skeleton(rev Revision, s step, created time.Time) ([]byte, error) {
	parents := make([]string, len(rev.Revises))
	for n, p := range rev.Revises {
		parents[n] = strconv.Quote(p)
	}
	var b bytes.Buffer
	err := skeletonTemplate.Execute(&b, map[string]string{
		"Name": path.Base(path.Dir(rev.Path)), "Tool": i.Tool, "From": rev.From, "Why": sentence(s.code),
		"Folder": path.Dir(rev.Path), "Module": path.Join("versions", rev.fileName(created, ".wasm")),
		"Slug": rev.Slug, "Created": created.Format(time.RFC3339), "Field": i.Dialect.Title(),
		"ID": rev.ID, "Revises": strings.Join(parents, ", "),
		"Failure": fmt.Sprintf("the step imported from %s is not written yet", rev.From),
	})
	if err != nil {
		return nil, err
	}
	return format.Source(b.Bytes())
}

// sentence begins a text with a capital letter.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
