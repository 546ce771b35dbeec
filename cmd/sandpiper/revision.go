package main

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A revisionData is the data of revision.
type revisionData struct {
	Slug      string         `json:"slug"`
	Revisions []revisionJSON `json:"revisions"`
	Files     []string       `json:"files"`
}

func newRevision(a *app) *cobra.Command {
	var (
		draft           author.Draft
		dialect, format string
		ids             []string
	)
	cmd := &cobra.Command{
		Use:   `revision -m "MESSAGE"`,
		Short: "Write a new migration for every dialect",
		Long: `Writes one migration for every dialect that has a folder in versions/, with ids
of their own and one timestamp, an entry in MIGRATION-NOTES.md, and the new lines
of sandpiper.lock: all of them or none. It needs no database.

The text comes from templates/DIALECT.FORMAT.tmpl or templates/revision.FORMAT.tmpl
beside versions/, else from one that is compiled in. A template is one of Go's
text/template with the delimiters ${ and }:

  ${dialect} ${line} ${slug} ${message} ${create_date}
  ${revision} ${down_revision}             ${revision "sqlite"} in a plugin's
  ${if eq dialect "sqlite"}…${else}…${end}

When the migration is written, "sandpiper rehash --offline" pins it as it is.`,
		Example: `  sandpiper revision -m "add labels"
  sandpiper revision -m "index labels" --dialect postgresql
  sandpiper revision -m "fill labels" --format go
  sandpiper revision -m "hotfix" --head 9725c1 --splice`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			only, err := onlyDialect(dialect)
			if err != nil {
				return err
			}
			if only != "" {
				draft.Dialects = []chain.Dialect{only}
			}
			release, err := a.hold(cmd.Context())
			if err != nil {
				return err
			}
			defer release()
			c, err := a.wholeChains()
			if err != nil {
				return err
			}
			if draft.IDs, err = givenIDs(ids, draft.Dialects, c.folder); err != nil {
				return err
			}
			draft.Format = author.Format(format)
			draft.Plugins = filepath.Join(c.config.base(), "plugins")
			if err := c.folder.ReadLock(); err != nil {
				return err
			}
			if err := c.folder.ReadNotes(); err != nil {
				return err
			}
			written, err := c.folder.Write(draft)
			if err != nil {
				return authoring(err)
			}
			a.wrote(written, draft.Format, c.folder.Dir)
			if written.NewLine {
				a.say("line %s is new: nothing was in it before; `sandpiper branches` lists the others", draft.Line)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&draft.Message, "message", "m", "", "what the migration does; its slug is made of it")
	f.StringVar(&dialect, "dialect", "", "write it for postgresql or sqlite alone, which the notes say")
	f.StringVar(&format, "format", string(author.SQL), "sql, yaml, or go: a plugin in plugins/SLUG")
	f.StringVar(&draft.Line, "line", "", "line of the revisions (else main)")
	f.StringVar(&draft.Head, "head", "", "what it revises, where there are several heads: `REV`, for both dialects,\nor postgresql=REV,sqlite=REV")
	f.BoolVar(&draft.Splice, "splice", false, "let --head be a revision that is no head, or base")
	f.StringSliceVar(&ids, "rev-id", nil, "the `id` of the revision, or postgresql=ID,sqlite=ID (else random)")
	f.BoolVar(&draft.Force, "force", false, "write over files that are there")
	return cmd
}

// givenIDs reads --rev-id: DIALECT=ID, or an ID where one dialect gets a revision.
func givenIDs(words []string, wanted []chain.Dialect, folder *author.Folder) (map[chain.Dialect]string, error) {
	if len(wanted) == 0 {
		for _, g := range folder.Graphs {
			wanted = append(wanted, g.Dialect())
		}
	}
	ids := map[chain.Dialect]string{}
	for _, word := range words {
		dialect, id, named := strings.Cut(word, "=")
		d := chain.Dialect(dialect)
		switch {
		case !named && len(wanted) > 1:
			return nil, usage("for example: --rev-id postgresql=0123456789ab,sqlite=ba9876543210", "--rev-id names one id, and there are %d dialects", len(wanted))
		case !named:
			d, id = wanted[0], word
		case !slices.Contains(chain.Dialects, d):
			return nil, usage("", "--rev-id: %q is no dialect", dialect)
		}
		if ids[d] != "" {
			return nil, usage("", "--rev-id names two ids for %s", d)
		}
		if !chain.ValidID(id) {
			return nil, usage("", "--rev-id: %q is not a revision id, which is 12 lower-case hex digits", id)
		}
		ids[d] = id
	}
	return ids, nil
}

func (a *app) wrote(written *author.Written, format author.Format, dir string) {
	data := revisionData{written.Slug, revisionDocuments(written.Revisions), written.Files}
	a.result(data, func(w io.Writer) {
		for _, f := range written.Files {
			fmt.Fprintf(w, "wrote %s\n", f)
		}
		if a.flags.quiet {
			return
		}
		if format == author.Go {
			folder := path.Dir(written.Files[0])
			fmt.Fprint(w, "\nNext: write it, build it into the folder of migrations, and pin the module:\n")
			if !inGoModule(folder) {
				fmt.Fprintf(w, "  go -C %s mod init plugins\n  go -C %[1]s get %s\n", path.Dir(folder), sdkPackage)
			}
			fmt.Fprintf(w, "  sandpiper build %s -o %s\n  sandpiper rehash --offline\n",
				folder, path.Join(filepath.ToSlash(dir), "versions", written.Slug+".wasm"))
			return
		}
		fmt.Fprint(w, `
Next: write what it does, try it, and pin it as it is then:
  sandpiper upgrade
  sandpiper rehash --offline
`)
	})
}

// sdkPackage is what plugins import.
const sdkPackage = "github.com/sandpiper-db/sandpiper/sdk"

// inGoModule reports whether a folder is in a Go module: a plugin needs one, and
// a project that is not written in Go has none.
func inGoModule(folder string) bool {
	dir, err := filepath.Abs(folder)
	if err != nil {
		return false
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return true
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return false
	}
}
