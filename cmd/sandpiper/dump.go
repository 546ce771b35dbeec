package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
)

// A dumpData is the data of dump.
type dumpData struct {
	Dialect   string              `json:"dialect"`
	Heads     map[string][]string `json:"heads"`
	Objects   int                 `json:"objects"`
	Unwritten []string            `json:"unwritten,omitempty"` // what Sandpiper has no SQL for
	File      string              `json:"file,omitempty"`      // with -o
	Changed   *bool               `json:"changed,omitempty"`   // with -o: the file was written
	SQL       string              `json:"sql,omitempty"`       // without
}

func newDump(a *app) *cobra.Command {
	kept := author.Kept{Mark: host.DumpMark}
	cmd := &cobra.Command{
		Use:   "dump",
		Short: "Write the schema of the database as SQL",
		Long: `Writes SQL that builds the schema of the database anew in an empty one. The same
schema is the same text, whenever it is read and in whatever order it came about,
so that the file can be kept in git and shows what a migration did. On SQLite a
table, index, view or trigger is the text that the database keeps of the statement
that made it: the same migrations give the same text, but a table that was renamed
or was given a column later is not written as one that was created so at once.

It names the revisions that it holds, and does not record them: load it, then say
"sandpiper stamp REV" for each. On PostgreSQL it is the schema that the
connection works in and the extensions of the database; names in that schema are
bare, so it can be loaded into one of another name, with psql -1 -f.

Left out are data (rows, what a sequence has counted to), owners, privileges,
security labels, tablespaces, publications, event triggers, what DEPENDS ON
EXTENSION, Sandpiper's own tables, and that a column of an inheriting table is
its parent's where a parent was given columns later. What Sandpiper has no SQL for
(operators, collations, text search, foreign tables, casts, an index that is
INVALID) is named in a comment and in a warning.

A file that does not begin as a dump does is not written over without --force;
one that has the text already is not touched.`,
		Example: `  sandpiper dump
  sandpiper dump -o schema.sql
  sandpiper upgrade --dump schema.sql`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case kept.Name == "-": // as it is called everywhere
				kept.Name = ""
			case kept.Name != "":
				if err := keepable(kept.Check(), "dump", ", or say --force"); err != nil {
					return err
				}
			case cmd.Flags().Changed("output"):
				return usage("leave it out to write to standard output", "-o names no file")
			}
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			return a.dump(cmd.Context(), r, kept)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&kept.Name, "output", "o", "", "write to a `file` (-: to standard output)")
	f.BoolVar(&kept.Force, "force", false, "write over the file whatever it is")
	a.waitFlag(f)
	_ = cmd.MarkFlagFilename("output", "sql")
	return cmd
}

// dump hands over the schema, or writes it to a file.
func (a *app) dump(ctx context.Context, r *host.Runner, kept author.Kept) error {
	d, err := r.Dump(ctx)
	if err != nil {
		return err
	}
	data := dumpData{Dialect: string(d.Dialect), Heads: map[string][]string{}, Objects: len(d.Objects)}
	maps.Copy(data.Heads, d.Heads)
	for _, o := range d.Unwritten() {
		data.Unwritten = append(data.Unwritten, o.String())
	}
	if kept.Name == "" {
		data.SQL = string(d.Text())
		a.result(data, func(w io.Writer) { fmt.Fprint(w, data.SQL) })
		a.warnUnwritten(d)
		return nil
	}
	changed, err := a.keep(kept, d)
	if err != nil {
		return err
	}
	data.File, data.Changed = kept.Name, &changed
	a.result(data, func(w io.Writer) {
		if changed {
			fmt.Fprintf(w, "wrote %s: %s\n", kept.Name, count(len(d.Objects), "object"))
		} else {
			fmt.Fprintf(w, "%s is as it should be: %s\n", kept.Name, count(len(d.Objects), "object"))
		}
	})
	return nil
}

// keep writes a dump to its file.
func (a *app) keep(kept author.Kept, d host.Dump) (changed bool, err error) {
	if changed, err = kept.Write(d.Text()); err != nil {
		return false, err
	}
	a.warnUnwritten(d)
	return changed, nil
}

// warnUnwritten names what is in the database and not in the dump.
func (a *app) warnUnwritten(d host.Dump) {
	for _, o := range d.Unwritten() {
		fmt.Fprintf(a.stderr, "warning: not in the dump, since Sandpiper has no SQL for it: %s\n", printable(o.String()))
	}
}

// keepable makes an error of a file that something, such as a dump, cannot be
// written to one of the call. otherwise is what there is to do beside naming another file.
func keepable(err error, what, otherwise string) error {
	var exists *author.ExistsError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exists) && exists.What != "":
		return usage("name another file", "%s is %s; nothing was changed", exists.Path, exists.What)
	case errors.As(err, &exists):
		return usage("name another file"+otherwise, "%s is there and is no %s; nothing was changed", exists.Path, what)
	}
	return &statusError{exitFailed, kindOther, "name a file in a folder that is there and can be written", fmt.Errorf("%w; nothing was changed", err)}
}
