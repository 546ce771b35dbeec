package main

import (
	"context"
	"errors"
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
	Slug      string           `json:"slug,omitempty"`
	Revisions []revisionJSON   `json:"revisions"`
	Files     []string         `json:"files"`
	Dialects  []comparisonJSON `json:"dialects,omitempty"` // with --autogenerate
}

func newRevision(a *app) *cobra.Command {
	var (
		draft           author.Draft
		dialect, format string
		ids             []string
		generate        bool
		comparison      comparisonFlags
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

With --autogenerate it does need a database, and writes what makes its schema the
wanted one: see "sandpiper help autogenerate".

When the migration is written, "sandpiper rehash --offline" pins it as it is.`,
		Example: `  sandpiper revision -m "add labels"
  sandpiper revision -m "add labels" --autogenerate
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
			draft.Format = author.Format(format)
			if generate {
				if !cmd.Flags().Changed("format") {
					draft.Format = author.YAML
				}
				return a.autogenerate(cmd.Context(), draft, ids, &comparison)
			}
			for _, name := range comparisonFlagNames {
				if cmd.Flags().Changed(name) {
					return usage("", "--%s is for --autogenerate", name)
				}
			}
			written, dir, err := a.write(cmd.Context(), draft, ids, nil)
			if err != nil {
				return err
			}
			data := revisionData{Slug: written.Slug, Revisions: revisionDocuments(written.Revisions), Files: written.Files}
			a.result(data, func(w io.Writer) { a.printWritten(w, written, draft, dir) })
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&draft.Message, "message", "m", "", "what the migration does; its slug is made of it")
	f.StringVar(&dialect, "dialect", "", "write it for postgresql or sqlite alone, which the notes say")
	f.StringVar(&format, "format", string(author.SQL), "sql, yaml (the default with --autogenerate), or go: a plugin in plugins/SLUG")
	f.StringVar(&draft.Line, "line", "", "line of the revisions (else main)")
	f.StringVar(&draft.Head, "head", "", "what it revises, where there are several heads: `REV`, for both dialects,\nor postgresql=REV,sqlite=REV")
	f.BoolVar(&draft.Splice, "splice", false, "let --head be a revision that is no head, or base")
	f.StringSliceVar(&ids, "rev-id", nil, "the `id` of the revision, or postgresql=ID,sqlite=ID (else random)")
	f.BoolVar(&draft.Force, "force", false, "write over files that are there")
	f.BoolVar(&generate, "autogenerate", false, "write what makes the database's schema the wanted one")
	comparison.add(f)
	f.BoolVar(&comparison.untried, "untried", false, "write it even if it does not run on a copy of the schema, to be mended by hand")
	a.yesFlag(f, "ask nothing: take for dropped and added what --rename does not name")
	return cmd
}

// write writes a migration, while nobody else writes into the folder. seen are
// the chains that the draft was made for, if it was made before.
func (a *app) write(ctx context.Context, draft author.Draft, ids []string, seen *chains) (written *author.Written, dir string, err error) {
	release, err := a.hold(ctx)
	if err != nil {
		return nil, "", err
	}
	defer release()
	c, err := a.wholeChains()
	if err != nil {
		return nil, "", err
	}
	if seen == nil {
		draft.IDs, err = givenIDs(ids, draft.Dialects, c.folder)
	} else if !seen.sameHeads(c) {
		err = errors.New("somebody else has added a migration in the meantime, and nothing was written: run `sandpiper upgrade`, and this again")
	}
	if err != nil {
		return nil, "", err
	}
	draft.Plugins = filepath.Join(c.config.base(), "plugins")
	if err := errors.Join(c.folder.ReadLock(), c.folder.ReadNotes()); err != nil {
		return nil, "", err
	}
	if written, err = c.folder.Write(draft); err != nil {
		return nil, "", authoring(err)
	}
	if written.NewLine {
		a.say("line %s is new: nothing was in it before; `sandpiper branches` lists the others", draft.Line)
	}
	return written, c.folder.Dir, nil
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

// printWritten prints what was written, and what to do with it.
func (a *app) printWritten(w io.Writer, written *author.Written, draft author.Draft, dir string) {
	for _, f := range written.Files {
		fmt.Fprintf(w, "wrote %s\n", f)
	}
	switch {
	case a.flags.quiet:
	case draft.Format == author.Go:
		folder := path.Dir(written.Files[0])
		fmt.Fprint(w, "\nNext: write it, build it into the folder of migrations, and pin the module:\n")
		if !inGoModule(folder) {
			fmt.Fprintf(w, "  go -C %s mod init plugins\n  go -C %[1]s get %s\n", path.Dir(folder), sdkPackage)
		}
		fmt.Fprintf(w, "  sandpiper build %s -o %s\n  sandpiper rehash --offline\n",
			folder, path.Join(filepath.ToSlash(dir), "versions", written.Slug+".wasm"))
	case draft.Bodies != nil:
		fmt.Fprint(w, `
Next: read what it does, and try it; pin it again if you change it:
  sandpiper upgrade
  sandpiper rehash --offline
`)
	default:
		fmt.Fprint(w, `
Next: write what it does, try it, and pin it as it is then:
  sandpiper upgrade
  sandpiper rehash --offline
`)
	}
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
