package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A headsData is the data of heads.
type headsData struct {
	Dialect string         `json:"dialect"`
	Heads   []revisionJSON `json:"heads"`
}

func newHeads(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "heads",
		Short: "List the newest revisions of the chain",
		Long: `Lists the revisions of the chain that no other revises: normally one for each
line. It reads the migrations and no database; the scheme of the database URL
says which dialect's chain.`,
		Example: `  sandpiper heads
  sandpiper heads --dir vendor.wasm --json`,
		Args: arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			data := headsData{Dialect: string(s.db.Dialect()), Heads: []revisionJSON{}}
			var heads []chain.Revision
			for _, line := range r.Graph().Lines() {
				for _, id := range r.Graph().Heads(line) {
					if rev, ok := r.Graph().Revision(chain.Key{Line: line, ID: id}); ok {
						heads = append(heads, rev)
						data.Heads = append(data.Heads, revisionDocument(rev))
					}
				}
			}
			a.result(data, func(w io.Writer) {
				for _, rev := range heads {
					fmt.Fprintln(w, title(rev.Key.String(), rev.Slug))
				}
			})
			return nil
		},
	}
}
