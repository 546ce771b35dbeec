package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A notesData is the data of notes.
type notesData struct {
	File     string        `json:"file"`
	Added    []string      `json:"added,omitempty"` // slugs
	Moved    []string      `json:"moved,omitempty"` // slugs
	Problems []problemJSON `json:"problems"`
}

func newNotes(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "notes check|sync",
		Short: "Compare MIGRATION-NOTES.md with the chains, or add what it lacks",
		Long: `MIGRATION-NOTES.md has an entry for each migration with the revision of each
dialect, newest first: a section with lines such as "SQLite: ` + "`5e1f0c0de1a2`" + `", or a
row of a table with the columns PostgreSQL and SQLite. "none" in the place of an
id says that the migration is for the other dialect alone.

check tells of migrations without an entry, of ids that are not there or are not
a pair, and of entries in the wrong order; the exit code is then 5. sync adds the
entries that are missing, moves those that stand in the wrong place, as after a
rebase, and changes nothing else.`,
		Example: `  sandpiper notes check
  sandpiper notes sync`,
		Args:      arguments(1, 1, "check or sync"),
		ValidArgs: []string{"check", "sync"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "check" && args[0] != "sync" {
				return usage("", "notes takes check or sync, and not %q", args[0])
			}
			if args[0] == "sync" {
				release, err := a.hold(cmd.Context())
				if err != nil {
					return err
				}
				defer release()
			}
			c, err := a.wholeChains()
			if err != nil {
				return err
			}
			readErr := c.folder.ReadNotes()
			data := notesData{File: c.folder.NotesName(), Problems: []problemJSON{}}
			if args[0] == "sync" {
				if readErr != nil {
					return readErr
				}
				done, err := c.folder.SyncNotes()
				if err != nil {
					return err
				}
				data.Added, data.Moved = done.Added, done.Moved
			}
			problems := chain.ProblemsOf(chain.RuleNotes, readErr)
			switch {
			case c.folder.Notes != nil:
				problems = c.folder.Notes.Check(c.folder.Graphs...)
			case readErr == nil && args[0] == "check":
				problems = []chain.Problem{{Rule: chain.RuleNotes, Source: data.File, Message: "it is not there: `sandpiper notes sync` begins it"}}
			}
			problems = append(problems, c.folder.CheckDialects()...)
			data.Problems = append(data.Problems, problemDocuments(problems)...)
			a.result(data, func(w io.Writer) {
				for _, slug := range data.Added {
					fmt.Fprintf(w, "added %s\n", plain(slug))
				}
				for _, slug := range data.Moved {
					fmt.Fprintf(w, "moved %s\n", plain(slug))
				}
				if len(problems) == 0 {
					fmt.Fprintf(w, "%s: no problems\n", data.File)
					return
				}
				a.printProblems(w, problems)
			})
			return problemsFound("notes", len(problems))
		},
	}
}
