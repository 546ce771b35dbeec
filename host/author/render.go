package author

import (
	"errors"
	"fmt"
	"go/format"
	"path/filepath"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// migrations renders a file for each dialect, and puts their digests into the
// revisions.
func (f *Folder) migrations(d Draft, revisions map[chain.Dialect]chain.Revision) ([]file, error) {
	var files []file
	for _, dialect := range d.Dialects {
		r := revisions[dialect]
		name := f.fileName(r, d.Format)
		body, filled := d.Bodies[dialect]
		base := blankTemplate
		if filled {
			base = bodyTemplate
		}
		names := []string{base + "." + string(d.Format) + templateEnd}
		if !filled {
			names = slices.Insert(names, 0, string(dialect)+"."+string(d.Format)+templateEnd)
		}
		text, from, err := f.fill(chain.Blank{Dialect: dialect, Revisions: revisions, Message: d.Message, Body: body}, names...)
		if err != nil {
			return nil, err
		}
		made, err := source.Parse(shown(name), dialect, text, schema.Naming{})
		if err != nil {
			return nil, badTemplate(from, "what it makes cannot be read: %v", err)
		}
		switch {
		case made.Key != r.Key:
			return nil, badTemplate(from, "what it makes is revision %s, and not %s: write ${revision} behind \"Revision ID\", and ${line} behind \"Line\" where that is not main", made.Key, r.Key)
		case !slices.Equal(made.Revises, r.Revises):
			return nil, badTemplate(from, "what it makes does not revise what it should: write ${down_revision} behind \"Revises\"")
		case !made.Created.Equal(r.Created):
			return nil, badTemplate(from, "what it makes has another date: write ${create_date} behind \"Create Date\", or leave that out")
		case filled && len(made.Upgrade) == 0:
			return nil, badTemplate(from, "what it makes does nothing: write ${upgrade} and ${downgrade} where the two belong")
		}
		r.Digest, r.Source = chain.Digest(text), shown(name)
		revisions[dialect] = r
		files = append(files, file{name: name, text: text, replace: d.Force})
	}
	return files, nil
}

// plugin renders the skeleton of a plugin that has all the revisions.
func (f *Folder) plugin(d Draft, revisions map[chain.Dialect]chain.Revision) ([]file, error) {
	slug := Slug(d.Message)
	name := filepath.Join(d.Plugins, slug, "main.go")
	text, from, err := f.fill(chain.Blank{Revisions: revisions, Message: d.Message}, blankTemplate+".go"+templateEnd)
	if err != nil {
		return nil, err
	}
	formatted, err := format.Source(text)
	if err != nil {
		return nil, badTemplate(from, "what it makes is not Go: %v", err)
	}
	for dialect, r := range revisions {
		r.Source = shown(name)
		revisions[dialect] = r
	}
	return []file{{name: name, text: formatted, replace: d.Force}}, nil
}

// The names of templates, behind which come the format and templateEnd.
const (
	blankTemplate = "revision"     // of a file that a person fills
	bodyTemplate  = "autogenerate" // of one whose body is known
	templateEnd   = ".tmpl"
)

// fill runs the first template that is there: the project's own, or else the one
// that is compiled in, which the last name is of. from is its name for messages.
func (f *Folder) fill(blank chain.Blank, names ...string) (text []byte, from string, err error) {
	for _, name := range names {
		file := filepath.Join(f.Dir, templatesDir, name)
		template, there, err := readFile(file)
		if err != nil {
			return nil, "", err
		}
		if there {
			text, err = blank.Fill(shown(file), template)
			return text, shown(file), err
		}
	}
	from = names[len(names)-1]
	template, err := templates.ReadFile("skeletons/" + from)
	if err != nil {
		return nil, "", err
	}
	text, err = blank.Fill(from, template)
	return text, from, err
}

// badTemplate makes an error about a template.
func badTemplate(name, format string, args ...any) error {
	for i, arg := range args {
		var parse *chain.ParseError
		if err, ok := arg.(error); ok && errors.As(err, &parse) && parse.Line > 0 {
			args[i] = fmt.Sprintf("at its line %d: %s", parse.Line, parse.Msg)
		}
	}
	return &chain.ParseError{Path: name, Msg: fmt.Sprintf(format, args...)}
}
