package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/source"
)

// A mergeData is the data of merge.
type mergeData struct {
	Revisions []revisionJSON `json:"revisions"` // written, one for each chain
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
		RunE: func(_ *cobra.Command, args []string) error {
			switch m.Form = source.Form(format); m.Form {
			case source.SQL, source.YAML:
			default:
				return usage("", "--format is sql or yaml, and not %q", format)
			}
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			if err := s.onlyFolder("merge"); err != nil {
				return err
			}
			graphs, err := s.graphs(dialect)
			if err != nil {
				return err
			}
			m.Dir, m.Heads = s.set.dir, args
			written, err := m.Write(graphs)
			if err != nil {
				return authorError(err)
			}
			data := mergeData{Revisions: []revisionJSON{}}
			for i := range written {
				written[i].Source = filepath.ToSlash(written[i].Source)
				data.Revisions = append(data.Revisions, revisionDocument(written[i]))
			}
			a.result(data, func(w io.Writer) {
				for _, rev := range written {
					fmt.Fprintf(w, "wrote %s: joins %s\n", rev.Source, strings.Join(rev.Revises, ", "))
				}
			})
			s.sayLock()
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
