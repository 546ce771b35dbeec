package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A mergeData is the data of merge.
type mergeData struct {
	Revisions []revisionJSON `json:"revisions"` // written, one for each chain
	Files     []string       `json:"files"`     // theirs; then the lock file and the notes, where there are such
}

func newMerge(a *app) *cobra.Command {
	var (
		m               author.Merge
		format, dialect string
	)
	cmd := &cobra.Command{
		Use:   "merge [HEADS…]",
		Short: "Write a revision that joins the heads of a line",
		Long: `Writes a migration that revises several heads of one line and changes nothing
else, for each dialect in which there are several. HEADS are revisions of one
chain, or targets such as reports@head; the other chain's are those of the same
time and slug. With none, all heads of the line are joined.

A head that is not applied anywhere need not be joined: "sandpiper rebase" lets
it come after the other.`,
		Example: `  sandpiper merge -m "merge reports"
  sandpiper merge reports@head 9725c1
  sandpiper merge --line acme --dialect sqlite`,
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			m.Heads, m.Format = args, author.Format(format)
			var err error
			if m.Dialect, err = onlyDialect(dialect); err != nil {
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
			written, err := c.folder.Merge(m)
			if err != nil {
				return authoring(err)
			}
			data := mergeData{Revisions: revisionDocuments(written.Revisions), Files: written.Files}
			a.result(data, func(w io.Writer) {
				for _, rev := range written.Revisions {
					fmt.Fprintf(w, "wrote %s: joins %s\n", rev.Source, strings.Join(rev.Revises, ", "))
				}
				for _, name := range written.Files[len(written.Revisions):] {
					fmt.Fprintf(w, "wrote %s\n", name)
				}
			})
			if note != "" {
				a.say("%s", note)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&m.Message, "message", "m", "merge", "what the file is called")
	f.StringVar(&m.Line, "line", "", "the `line` whose heads to join (else that of HEADS, main)")
	f.StringVar(&format, "format", "sql", "sql or yaml")
	f.StringVar(&dialect, "dialect", "", "write for postgresql or sqlite alone")
	return cmd
}

// onlyDialect reads the flag --dialect of commands that look at one chain or all.
func onlyDialect(flag string) (chain.Dialect, error) {
	switch d := chain.Dialect(flag); d {
	case "", chain.PostgreSQL, chain.SQLite:
		return d, nil
	}
	return "", usage("", "--dialect is postgresql or sqlite, and not %q", flag)
}
