package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
)

// A currentData is the data of current.
type currentData struct {
	Dialect string        `json:"dialect"`
	Lines   []lineJSON    `json:"lines"`
	Pending []pendingJSON `json:"pending,omitempty"`
}

type lineJSON struct {
	Line    string   `json:"line"`
	Heads   []string `json:"heads"` // in the database
	Want    []string `json:"want"`  // of the chain
	Behind  int      `json:"behind"`
	Unknown []string `json:"unknown,omitempty"`
}

type pendingJSON struct {
	Revision  string `json:"revision"`
	Line      string `json:"line"`
	Direction string `json:"direction"`
	Committed int    `json:"committed"`         // parts
	Changed   bool   `json:"changed,omitempty"` // the file or module has, since a backfill of it was begun

	PhasesDone []string `json:"phases_done,omitempty"`
	Phase      string   `json:"phase,omitempty"`       // that comes next, or is under way
	PhaseBegun bool     `json:"phase_begun,omitempty"` // something of it is committed
}

func newCurrent(a *app) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "current",
		Short: "Say where the database is",
		Long: `Prints the revision each line of migrations stands at, how many are missing,
and any migration that an earlier run left half done, with its phase where it has
phases.

With --check the exit code says it too, for programs that upgrade themselves:
0 up to date, 3 behind, 4 ahead or unknown to the chain.`,
		Example: `  sandpiper current
  sandpiper current --check || sandpiper upgrade`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			s.tellAbsent()
			s.connectEarly(cmd.Context())
			r, err := s.runner(host.Config{})
			if err != nil {
				return err
			}
			status, err := r.Current(cmd.Context())
			if err != nil {
				return err
			}
			a.result(currentDocument(status), func(w io.Writer) { printStatus(w, r, status) })
			if check {
				return checkStatus(status)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with 3 if the database is behind, 4 if it is ahead")
	return cmd
}

func currentDocument(status host.Status) currentData {
	data := currentData{Dialect: string(status.Dialect), Lines: []lineJSON{}}
	for _, l := range status.Lines {
		data.Lines = append(data.Lines, lineJSON{
			Line:    lineName(l.Line),
			Heads:   append([]string{}, l.Heads...),
			Want:    append([]string{}, l.Want...),
			Behind:  l.Behind,
			Unknown: l.Unknown,
		})
	}
	for _, p := range status.Pending {
		pending := pendingJSON{
			Revision:  p.Key.ID,
			Line:      lineName(p.Key.Line),
			Direction: p.Direction.String(),
			Committed: p.Parts(),
			Changed:   p.Changed,
		}
		if phases, ok := p.Phases(); ok {
			for _, done := range phases.Done {
				pending.PhasesDone = append(pending.PhasesDone, done.String())
			}
			pending.Phase, pending.PhaseBegun = phases.Next.String(), phases.Begun
		}
		data.Pending = append(data.Pending, pending)
	}
	return data
}

// printStatus prints one line per line of migrations, in Alembic's form.
func printStatus(w io.Writer, r *host.Runner, status host.Status) {
	for _, l := range status.Lines {
		prefix := ""
		if len(status.Lines) > 1 {
			prefix = lineName(l.Line) + ": "
		}
		at := strings.Join(l.Heads, ", ")
		if at == "" {
			at = "nothing applied"
		}
		fmt.Fprintf(w, "%s%s%s\n", prefix, at, standing(l))
	}
	for _, p := range status.Pending {
		next := ""
		if p.Changed {
			next = ", with --checkpoint, since its file or module has changed in the middle of a backfill"
		}
		if phases, ok := p.Phases(); ok {
			rev, _ := r.Graph().Revision(p.Key) // which may be gone
			fmt.Fprintf(w, "half done: %s: %s; the next upgrade goes on%s\n", title(p.Key.String(), rev.Slug), phases, next)
			continue
		}
		fmt.Fprintf(w, "half done: %s of %s, %s committed; the next %s finishes it%s\n",
			p.Direction, p.Key, count(p.Parts(), "part"), p.Direction, next)
	}
}

func standing(l host.LineStatus) string {
	switch {
	case len(l.Unknown) > 0:
		return fmt.Sprintf(" (not in the chain: %s)", strings.Join(l.Unknown, ", "))
	case l.Behind > 0:
		return fmt.Sprintf(" (%s behind %s)", count(l.Behind, "migration"), strings.Join(l.Want, ", "))
	case len(l.Heads) > 0:
		return " (head)"
	default:
		return ""
	}
}

// checkStatus makes an exit code of a status.
func checkStatus(status host.Status) error {
	behind := 0
	for _, l := range status.Lines {
		if len(l.Unknown) > 0 {
			return outcome(exitAhead, kindAhead, "the database has %s, which the chain does not know", strings.Join(l.Unknown, ", "))
		}
		behind += l.Behind
	}
	if behind > 0 {
		return outcome(exitBehind, kindBehind, "the database is %s behind", count(behind, "migration"))
	}
	if len(status.Pending) > 0 {
		return outcome(exitBehind, kindBehind, "a migration is half done")
	}
	return nil
}
