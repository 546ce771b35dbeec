package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A rebaseData is the data of rebase.
type rebaseData struct {
	Moves []moveJSON `json:"moves"` // one for each chain; none where nothing was to do
}

type moveJSON struct {
	revisionJSON          // as it is now
	Was          []string `json:"was"`   // what it revised before
	Heads        []string `json:"heads"` // of the line, now
}

func newRebase(a *app) *cobra.Command {
	var (
		onto, dialect string
		offline       bool
	)
	cmd := &cobra.Command{
		Use:   "rebase REV",
		Short: "Let a revision that is not applied come after another",
		Long: `Changes the parent in the file of a revision, and not a byte besides: after a git
merge that brought two heads, REV, which nobody has applied yet, and all that
revises it come after the other head. Where there is a revision of the same time
and slug in the other chain, it is changed too.

It is refused where the database has applied REV; --offline does not ask it. The
file's digest changes: a database elsewhere that has applied it will say so.`,
		Example: `  sandpiper rebase 9725c1
  sandpiper rebase 9725c1 --onto reports@head
  sandpiper rebase head-1 --onto 4a4d1f --dialect sqlite`,
		Args:              arguments(1, 1, "one REV"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			only, err := onlyDialect(dialect)
			if err != nil {
				return err
			}
			release, err := a.hold(cmd.Context())
			if err != nil {
				return err
			}
			defer release()
			c, note, err := a.keptChains()
			if err != nil {
				return err
			}
			moves, err := c.folder.PlanRebase(only, args[0], onto)
			if err != nil {
				return authoring(err)
			}
			if err := a.unapplied(cmd.Context(), moves, offline); err != nil {
				return err
			}
			added, err := c.folder.Rebase(sourceRoot(c.set.dir), moves)
			if err != nil {
				return authoring(err)
			}
			a.rebased(moves, c.folder)
			a.sayPinned(c.folder, lockChanges(c.folder, added))
			if note != "" && len(moves) > 0 {
				a.say("%s", note)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&onto, "onto", "", "the `REV` to come after (else the line's one other head)")
	f.StringVar(&dialect, "dialect", "", "change the chain of postgresql or sqlite alone")
	f.BoolVar(&offline, "offline", false, "do not ask the database whether it has applied REV")
	return cmd
}

// unapplied refuses moves of what the database has applied or begun to.
func (a *app) unapplied(ctx context.Context, moves []author.Move, offline bool) error {
	switch {
	case len(moves) == 0:
		return nil
	case offline:
		a.say("no database was asked whether %s is applied", moves[0].Revision.Key)
		return nil
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	var mine []chain.Key
	for _, m := range moves {
		if m.Revision.Dialect == s.db.Dialect() {
			mine = append(mine, m.Revision.Key)
		}
	}
	if len(mine) == 0 {
		a.say("the database is not asked: it is of another dialect than %s", moves[0].Revision.Key)
		return nil
	}
	r, err := s.runner(host.Config{})
	if err != nil {
		return err
	}
	ledger, err := a.askedLedger(ctx, r, false)
	if err != nil || ledger == nil {
		return err
	}
	for _, key := range mine {
		_, applied := ledger.Applied[key]
		for _, p := range ledger.Progress {
			applied = applied || p.Key == key
		}
		if applied {
			return usage("downgrade first, or join the heads with `sandpiper merge`",
				"%s is applied in %s, or part of it: what is applied does not get another parent", key, a.database)
		}
	}
	return nil
}

// rebased says what was changed.
func (a *app) rebased(moves []author.Move, folder *author.Folder) {
	data := rebaseData{Moves: []moveJSON{}}
	for _, m := range moves {
		now := m.Revision
		now.Revises, now.Digest = []string{m.Onto.ID}, ""
		data.Moves = append(data.Moves, moveJSON{revisionDocument(now), append([]string{}, m.Revision.Revises...), m.Heads})
	}
	a.result(data, func(w io.Writer) {
		if len(moves) == 0 {
			fmt.Fprintln(w, "nothing to do: it comes after that already")
		}
		for _, m := range moves {
			fmt.Fprintf(w, "%s: %s revises %s (was %s)\n", m.Revision.Source, m.Revision.ID, m.Onto.ID, parents(m.Revision.Revises))
		}
		if len(moves) > 0 && folder.Lock != nil {
			fmt.Fprintf(w, "wrote %s\n", folder.LockName())
		}
	})
	for _, m := range moves {
		if len(m.Heads) > 1 {
			a.say("line %s still has %d heads for %s: %s", m.Revision.Line, len(m.Heads), m.Revision.Dialect, strings.Join(m.Heads, ", "))
		}
	}
}

// sourceRoot is the folder that the files of revisions are relative to: that of
// openDir.
func sourceRoot(dir string) string {
	if filepath.IsLocal(dir) {
		return "."
	}
	return dir
}
