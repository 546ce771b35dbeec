package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/author/imports"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// An importData is the data of import.
type importData struct {
	Tool      string             `json:"tool"`
	Dialect   string             `json:"dialect"`
	Dir       string             `json:"dir"`
	Files     []string           `json:"files"`
	Revisions []importedRevision `json:"revisions"`
	Notes     []importNote       `json:"notes,omitempty"`
}

type importedRevision struct {
	Revision string `json:"revision"`
	Version  string `json:"version"`
	From     string `json:"from"`
	File     string `json:"file"`
	Plugin   bool   `json:"plugin,omitempty"`
}

type importNote struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

func newImport(a *app) *cobra.Command {
	var tool, output, dialect string
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Turn another tool's migrations into revisions",
		Long: `Reads a folder of another tool's SQL migrations and writes them as revisions of
one dialect, in the order that the tool runs them, with MIGRATION-NOTES.md. It
writes over nothing, and writes everything or nothing.

  alembic          the output of "alembic upgrade base:head --sql", and of
                   "alembic downgrade" if there is one; DIR may be the file
  atlas            VERSION_NAME.sql; txmode, delimiter and txtar are followed
  dbmate           VERSION_NAME.sql with migrate:up and migrate:down
  diesel           VERSION_NAME/up.sql, down.sql and metadata.toml
  flyway           V1_2__NAME.sql, U1_2__NAME.sql; R__NAME.sql become the last
                   revisions and run once
  golang-migrate   VERSION_NAME.up.sql and .down.sql
  goose            VERSION_NAME.sql with +goose annotations
  numbered         any names with a number, as pop and popx have them:
                   VERSION_NAME.DIALECT.autocommit.up.sql; files of other
                   dialects are left out
  sqlx             VERSION_NAME.sql, or .up.sql and .down.sql
  tern             VERSION_NAME.sql, with what undoes it below the line

A version has the same id wherever it is imported, so that afterwards
"sandpiper stamp --from-existing" finds the place of a database that the other
tool has run. What is no SQL, or SQL with placeholders or templates, becomes the
skeleton of a plugin below plugins/, which has to be written and built before
the migrations can run.`,
		Example: `  sandpiper import db/migrations --from goose --dialect postgresql
  sandpiper import upgrade.sql --from alembic --dialect sqlite -o migrations
  sandpiper stamp --from-existing`,
		Args: arguments(1, 1, "one DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			opts, folder, err := a.importOptions(args[0], tool, dialect)
			if err != nil {
				return err
			}
			imported, err := imports.Read(os.DirFS(folder), opts)
			if err != nil {
				return notImported(args[0], err)
			}
			files, err := imported.Write(output)
			var exists *author.ExistsError
			if errors.As(err, &exists) {
				return usage("name another folder with -o", "%w", err)
			}
			if err != nil {
				return err
			}
			a.result(importResult(imported, output, files), func(w io.Writer) { printImport(w, imported, output, files) })
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&tool, "from", "", "the `tool`: "+strings.Join(imports.Names(), ", "))
	f.StringVarP(&output, "output", "o", "migrations", "`folder` to write versions/ into")
	f.StringVar(&dialect, "dialect", "", "what the SQL is written for: postgresql or sqlite\n(else that of the database that is configured)")
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions(imports.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// importOptions makes options of the flags, and returns the folder to read.
func (a *app) importOptions(from, tool, dialect string) (imports.Options, string, error) {
	opts := imports.Options{Tool: tool, Dialect: chain.Dialect(dialect)}
	if tool == "" {
		return opts, "", usage("say --from and one of "+strings.Join(imports.Names(), ", "), "whose migrations these are, is not said")
	}
	switch opts.Dialect {
	case chain.PostgreSQL, chain.SQLite:
	case "":
		set, err := a.settings()
		if err != nil {
			return opts, "", err
		}
		if set.origin == originDefault {
			return opts, "", usage("write --dialect postgresql or --dialect sqlite", "whose SQL this is, is not said")
		}
		opts.Dialect = chain.SQLite
		if !strings.HasPrefix(set.database, "sqlite:") {
			opts.Dialect = chain.PostgreSQL
		}
	default:
		return opts, "", usage("write --dialect postgresql or --dialect sqlite", "there is no dialect %q", dialect)
	}
	info, err := os.Stat(from)
	if err != nil {
		return opts, "", usage("", "nothing can be imported: %w", err)
	}
	if info.IsDir() {
		return opts, from, nil
	}
	opts.File = filepath.Base(from)
	return opts, filepath.Dir(from), nil
}

// notImported explains why nothing was written.
func notImported(from string, err error) error {
	var parse *chain.ParseError
	var unknown *imports.UnknownToolError
	switch {
	case errors.As(err, &unknown):
		return usage("", "%w", err)
	case errors.As(err, &parse):
		return &statusError{exitUsage, kindChain, "nothing was written: put the file right and import again", err}
	}
	return usage("nothing was written: see `sandpiper import --help` for what is read of each tool", "%s: %w", from, err)
}

func importResult(i *imports.Import, dir string, files []string) importData {
	data := importData{Tool: i.Tool, Dialect: string(i.Dialect), Dir: filepath.ToSlash(dir), Files: files}
	for _, r := range i.Revisions {
		data.Revisions = append(data.Revisions, importedRevision{r.ID, r.Version, r.From, r.Path, r.Plugin})
	}
	for _, n := range i.Notes {
		data.Notes = append(data.Notes, importNote(n))
	}
	return data
}

func printImport(w io.Writer, i *imports.Import, dir string, files []string) {
	plugins := 0
	for _, r := range i.Revisions {
		if r.Plugin {
			plugins++
		}
	}
	for _, n := range i.Notes {
		fmt.Fprintf(w, "note: %s\n", printable(n.String()))
	}
	fmt.Fprintf(w, "imported %s from %s for %s: %s in %s\n",
		count(len(i.Revisions), "revision"), i.Tool, i.Dialect, count(len(files), "file"), dir)
	fmt.Fprint(w, "\nNext:\n")
	if plugins > 0 {
		fmt.Fprintf(w, "  write and build %s in %s: the skeletons hold their places\n",
			count(plugins, "plugin"), filepath.ToSlash(filepath.Join(dir, "plugins")))
	}
	fmt.Fprint(w, `  sandpiper stamp --from-existing   adopt a database that has them already
  sandpiper upgrade                 upgrade one that is new
`)
}
