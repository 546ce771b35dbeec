package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/draw"
)

// A graphData is the data of graph.
type graphData struct {
	Dialect   string      `json:"dialect"`
	Format    string      `json:"format"`
	File      string      `json:"file,omitempty"`    // with -o
	Drawing   string      `json:"drawing,omitempty"` // without
	Revisions []graphJSON `json:"revisions"`         // newest first
}

type graphJSON struct {
	revisionJSON
	State string `json:"state"` // applied, not applied, or unknown: no database was asked
}

// stateNotAsked is the state of a revision where no database was asked.
const stateNotAsked = "unknown: no database was asked"

// The formats of graph.
var formats = map[string]func(draw.Picture) []byte{
	"text":    draw.Picture.Text,
	"dot":     draw.Picture.DOT,
	"mermaid": draw.Picture.Mermaid,
	"svg":     draw.Picture.SVG,
}

func newGraph(a *app) *cobra.Command {
	var (
		flags          selectionFlags
		format, output string
		offline, force bool
	)
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw the chain as text, DOT, Mermaid or SVG",
		Long: `Draws the revisions of the chain and what they revise and depend on. As text it
is newest first, as "git log --graph" is; as SVG it is oldest first, one column
per branch, in one file that loads nothing. The scheme of the database URL says
which dialect's chain.

Where the database can be reached, the revisions that it has are marked;
--offline leaves that out. Of a long chain --limit, --from and --to leave a
part; the picture says how much is left out.`,
		Example: `  sandpiper graph
  sandpiper graph --limit 20
  sandpiper graph --format svg -o chain.svg --offline
  sandpiper graph --format mermaid --from 9725c1 >> README.md`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			render, ok := formats[format]
			if !ok {
				return usage("", "--format is text, dot, mermaid or svg, and not %q", format)
			}
			selection, err := flags.selection()
			if err != nil {
				return err
			}
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			ledger, err := a.askedLedger(cmd.Context(), r, offline)
			if err != nil {
				return err
			}
			var heads map[string][]string
			var applied func(chain.Key) bool
			if ledger != nil {
				heads = ledger.Heads
				applied = func(k chain.Key) bool { _, ok := ledger.Applied[k]; return ok }
			}
			revisions, err := r.Graph().Select(selection, heads)
			if err != nil {
				return err
			}
			picture := draw.Of(r.Graph(), revisions, applied)
			if n := picture.Edges(); format == "mermaid" && n > draw.MermaidEdges {
				a.say("%d edges: Mermaid draws %d unless the page sets maxEdges; --limit, --from and --to leave a part", n, draw.MermaidEdges)
			}
			return a.drawn(graphDocument(picture, s.db.Dialect(), format), render(picture), output, force)
		},
	}
	f := cmd.Flags()
	f.StringVar(&format, "format", "text", "text, dot, mermaid or svg")
	f.StringVarP(&output, "output", "o", "", "write the drawing to a `file`")
	f.BoolVar(&force, "force", false, "write over the file if it is there")
	f.BoolVar(&offline, "offline", false, "ask no database what is applied")
	flags.lineFlags(f)
	_ = cmd.MarkFlagFilename("output", "svg", "dot", "mmd", "txt")
	return cmd
}

// askedLedger reads the ledger for a command that can do without: it returns nil
// where no database is to be asked, or, having said so, where it does not answer.
func (a *app) askedLedger(ctx context.Context, r *host.Runner, offline bool) (*host.Ledger, error) {
	if offline {
		return nil, nil
	}
	ledger, err := r.Ledger(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		a.say("what is applied is not known, since the database does not answer: %s", oneLine(err.Error()))
		return nil, nil
	}
	return ledger, nil
}

func graphDocument(p draw.Picture, dialect chain.Dialect, format string) graphData {
	data := graphData{Dialect: string(dialect), Format: format, Revisions: []graphJSON{}}
	for i := len(p.Nodes) - 1; i >= 0; i-- {
		node := p.Nodes[i]
		if node.Elided > 0 {
			continue
		}
		state := stateNotAsked
		switch node.State {
		case draw.Applied:
			state = stateApplied
		case draw.Pending:
			state = stateNotApplied
		}
		data.Revisions = append(data.Revisions, graphJSON{revisionDocument(node.Revision), state})
	}
	return data
}

// drawn hands over a drawing, or writes it to a file.
func (a *app) drawn(data graphData, drawing []byte, output string, force bool) error {
	if output == "" {
		data.Drawing = string(drawing)
		a.result(data, func(w io.Writer) {
			if len(data.Revisions) == 0 && data.Format == "text" {
				fmt.Fprintln(w, "no revisions")
				return
			}
			_, _ = w.Write(drawing) // nobody is left to tell
		})
		return nil
	}
	err := author.WriteFile(output, drawing, force)
	var exists *author.ExistsError
	switch {
	case errors.As(err, &exists) && exists.What != "":
		return usage("write to another file, or leave -o out to write to standard output", "%w", err)
	case errors.As(err, &exists):
		return usage("write to another file, or say --force", "%w", err)
	case err != nil:
		return err
	}
	data.File = output
	a.result(data, func(w io.Writer) {
		fmt.Fprintf(w, "wrote %s: %s\n", output, count(len(data.Revisions), "revision"))
	})
	return nil
}
