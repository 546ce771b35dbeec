package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A branchesData is the data of branches.
type branchesData struct {
	Dialect string         `json:"dialect"`
	Lines   []branchesJSON `json:"lines"`
}

type branchesJSON struct {
	Line   string         `json:"line"`
	Bases  []revisionJSON `json:"bases"`
	Forks  []forkJSON     `json:"forks"` // where the line divides
	Joins  []revisionJSON `json:"joins"` // where it comes together
	Heads  []revisionJSON `json:"heads"`
	Labels []labelJSON    `json:"labels"`
}

type forkJSON struct {
	revisionJSON
	Children []string `json:"children"`
}

type labelJSON struct {
	Label     string   `json:"label"`
	Revision  string   `json:"revision"`  // that carries it
	Revisions int      `json:"revisions"` // how many the branch has
	Heads     []string `json:"heads"`     // of the branch
}

func newBranches(a *app) *cobra.Command {
	var line string
	cmd := &cobra.Command{
		Use:   "branches",
		Short: "Say where the chain divides, comes together and ends",
		Long: `Lists, line by line, where the chain begins, divides into branches, comes
together again and ends, and what its branch labels stand for. It reads the
migrations and no database; the scheme of the database URL says which dialect's
chain. A line with several heads wants "sandpiper merge", or a "sandpiper
rebase" of what is not applied yet.`,
		Example: `  sandpiper branches
  sandpiper branches --line acme --json`,
		Args: arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			if _, err := r.Graph().Select(chain.Selection{Line: line}, nil); err != nil {
				return err
			}
			data := branchesData{Dialect: string(s.db.Dialect()), Lines: []branchesJSON{}}
			var lines []chain.Branches
			for _, name := range r.Graph().Lines() {
				if line == "" || name == line {
					lines = append(lines, r.Graph().Branches(name))
					data.Lines = append(data.Lines, branchesDocument(lines[len(lines)-1]))
				}
			}
			a.result(data, func(w io.Writer) {
				for i, b := range lines {
					if i > 0 {
						fmt.Fprintln(w)
					}
					a.printBranches(w, b)
				}
			})
			return nil
		},
	}
	cmd.Flags().StringVar(&line, "line", "", "only this `line`")
	return cmd
}

func branchesDocument(b chain.Branches) branchesJSON {
	data := branchesJSON{
		Line:   lineName(b.Line),
		Bases:  revisionDocuments(b.Bases),
		Forks:  []forkJSON{},
		Joins:  revisionDocuments(b.Joins),
		Heads:  revisionDocuments(b.Heads),
		Labels: []labelJSON{},
	}
	for _, f := range b.Forks {
		data.Forks = append(data.Forks, forkJSON{revisionDocument(f.Revision), revisionIDs(f.Children)})
	}
	for _, l := range b.Labels {
		data.Labels = append(data.Labels, labelJSON{l.Label, l.Revision.ID, l.Revisions, revisionIDs(l.Heads)})
	}
	return data
}

// printBranches prints one line of migrations.
func (a *app) printBranches(w io.Writer, b chain.Branches) {
	fmt.Fprintf(w, "line %s: %s\n", lineName(b.Line), count(len(b.Heads), "head"))
	var rows []table.Row
	row := func(what string, rev chain.Revision, more string) {
		rows = append(rows, table.Row{"  " + what, rev.ID, plain(rev.Slug), more})
	}
	for _, rev := range b.Bases {
		row("base", rev, "")
	}
	for _, f := range b.Forks {
		row("divides", f.Revision, "into "+strings.Join(revisionIDs(f.Children), ", "))
	}
	for _, rev := range b.Joins {
		row("joins", rev, strings.Join(rev.Revises, ", "))
	}
	for _, rev := range b.Heads {
		row("head", rev, "")
	}
	for _, l := range b.Labels {
		row("label", l.Revision, fmt.Sprintf("%s: %s, head %s", l.Label, count(l.Revisions, "revision"), strings.Join(revisionIDs(l.Heads), ", ")))
	}
	a.printTable(w, nil, rows)
}
