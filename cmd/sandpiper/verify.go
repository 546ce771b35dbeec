package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
)

// A verifyData is the data of verify.
type verifyData struct {
	Revisions int           `json:"revisions"` // in the chain
	Applied   int           `json:"applied"`   // of them, in the database
	Problems  []problemJSON `json:"problems"`
}

type problemJSON struct {
	Rule     string `json:"rule"`
	Revision string `json:"revision,omitempty"`
	File     string `json:"file,omitempty"`
	Message  string `json:"message"`
}

func newVerify(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Compare the migrations with what was applied",
		Long: `Reads every migration whole and compares the chain with the database's ledger:
files that changed after they were applied, revisions that are missing, files
that cannot be read, migrations that are half done. It runs nothing. The exit
code is 5 if there is anything to tell.`,
		Example: `  sandpiper verify
  sandpiper verify --json`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			r, err := s.runner(host.Config{})
			if err != nil {
				return err
			}
			report, err := r.Verify(cmd.Context())
			if err != nil {
				return err
			}
			data := verifyData{Revisions: report.Revisions, Applied: report.Applied, Problems: []problemJSON{}}
			for _, p := range report.Problems {
				data.Problems = append(data.Problems, problemJSON{p.Rule, p.Revision, p.Source, p.Message})
			}
			a.result(data, func(w io.Writer) { a.printReport(w, report) })
			if n := len(report.Problems); n > 0 {
				return outcome(exitProblems, kindProblems, "verify found %s", count(n, "problem"))
			}
			return nil
		},
	}
}

func (a *app) printReport(w io.Writer, report host.Report) {
	if len(report.Problems) == 0 {
		fmt.Fprintf(w, "%s, %d applied: no problems\n", count(report.Revisions, "revision"), report.Applied)
		return
	}
	rows := make([]table.Row, 0, len(report.Problems))
	for _, p := range report.Problems {
		rows = append(rows, table.Row{p.Rule, p.Revision, p.Source, p.Message})
	}
	a.printTable(w, table.Row{"problem", "revision", "file", "what"}, rows)
	fmt.Fprintf(w, "\n%s, %d applied: %s\n", count(report.Revisions, "revision"), report.Applied, count(len(rows), "problem"))
}
