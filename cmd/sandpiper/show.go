package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A showData is the data of show.
type showData struct {
	revisionJSON
	State   string        `json:"state"`             // applied, not applied, or unknown: the database does not answer
	Applied string        `json:"applied,omitempty"` // RFC 3339
	Changed bool          `json:"changed,omitempty"` // since it was applied
	Pair    *revisionJSON `json:"pair,omitempty"`    // the other dialect's revision of the same migration
	Run     *entryJSON    `json:"run,omitempty"`     // of a plugin's: the last one
}

// The states of a revision.
const (
	stateApplied    = "applied"
	stateNotApplied = "not applied"
	stateUnknown    = "unknown: the database does not answer"
)

func newShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show REV",
		Short: "Print all that is known of a revision",
		Long: `Prints a revision: its file, parents and digest, the revision of the other
dialect that makes the same change, and when it was applied, where the database
can be reached. REV is an id or the beginning of one, head, or line@head.`,
		Example: `  sandpiper show 9725c1
  sandpiper show head --json`,
		Args:              arguments(1, 1, "one REV"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, r, err := a.openRunner()
			if err != nil {
				return err
			}
			defer s.close()
			rev, err := oneRevision(r.Graph(), "show", args[0])
			if err != nil {
				return err
			}
			data, err := s.show(cmd.Context(), r, rev)
			if err != nil {
				return err
			}
			a.result(data, func(w io.Writer) { printRevision(w, data) })
			return nil
		},
	}
}

// oneRevision finds the one revision that the argument of a command names.
func oneRevision(g *chain.Graph, command, word string) (chain.Revision, error) {
	target, err := g.Resolve(word, nil)
	if err != nil {
		return chain.Revision{}, err
	}
	if len(target.Keys) != 1 {
		return chain.Revision{}, notOne(command, word, len(target.Keys))
	}
	rev, _ := g.Revision(target.Keys[0])
	return rev, nil
}

func notOne(command, word string, n int) error {
	return usage("name one by its id, or as line@head", "%q names %s, and %s wants one", word, count(n, "revision"), command)
}

// show puts together what chain, database and the other chain say.
func (s *session) show(ctx context.Context, r *host.Runner, rev chain.Revision) (*showData, error) {
	data := &showData{revisionJSON: revisionDocument(rev), State: stateNotApplied}
	switch ledger, err := r.Ledger(ctx); {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		data.State = stateUnknown
	default:
		if applied, ok := ledger.Applied[rev.Key]; ok {
			data.State, data.Applied = stateApplied, timestamp(applied.At)
			data.Changed = applied.Digest != "" && rev.Digest != "" && applied.Digest != rev.Digest
			if data.Run, err = lastRun(ctx, r, rev.Key); err != nil {
				return nil, err
			}
		}
	}
	if pair, ok := s.pair(rev); ok {
		document := revisionDocument(pair)
		data.Pair = &document
	}
	return data, nil
}

// lastRun finds the last upgrade to a revision, if it was a plugin's.
func lastRun(ctx context.Context, r *host.Runner, key chain.Key) (*entryJSON, error) {
	if key.Line == chain.DefaultLine {
		return nil, nil
	}
	entries, err := r.History(ctx, 0)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(entries, func(e host.Entry) bool { return e.Key == key && e.Action == host.ActionUpgrade })
	if i < 0 || entries[i].Grants == "" {
		return nil, nil
	}
	run := entryDocument(entries[i])
	return &run, nil
}

// graphOf reads the chain of a dialect.
func (s *session) graphOf(d chain.Dialect) (*chain.Graph, error) {
	fsys, root, err := openDir(s.set.dir)
	if err != nil {
		return nil, err
	}
	r, err := host.NewRunner(fsys, dialectOnly(d), s.box, host.Config{Path: root, Naming: s.set.naming, Elsewhere: s.set.pluginLines()})
	if err != nil {
		return nil, err
	}
	return r.Graph(), nil
}

// pair finds the other dialect's revision of the same migration. A chain that
// cannot be read has none.
func (s *session) pair(rev chain.Revision) (chain.Revision, bool) {
	other := chain.PostgreSQL
	if rev.Dialect == other {
		other = chain.SQLite
	}
	g, err := s.graphOf(other)
	if err != nil {
		return chain.Revision{}, false
	}
	return g.Pair(rev)
}

// dialectOnly is a database that nobody connects to: enough to read a chain.
type dialectOnly chain.Dialect

// Dialect implements host.Database.
func (d dialectOnly) Dialect() chain.Dialect { return chain.Dialect(d) }

// String implements host.Database.
func (d dialectOnly) String() string { return string(d) + ":" }

// Connect implements host.Database.
func (d dialectOnly) Connect(context.Context) (host.Conn, error) {
	return nil, fmt.Errorf("there is no database behind %s", d)
}

func printRevision(w io.Writer, d *showData) {
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-11s %s\n", name, value)
		}
	}
	field("revision", d.Revision)
	field("migration", plain(d.Slug))
	field("line", d.Line)
	field("dialect", d.Dialect)
	field("revises", parents(d.Revises))
	field("depends on", strings.Join(d.DependsOn, ", "))
	field("labels", strings.Join(d.Labels, ", "))
	field("created", d.Created)
	field("file", plain(d.Source))
	field("digest", d.Digest)
	if d.Pair != nil {
		field("pair", fmt.Sprintf("%s %s (%s)", d.Pair.Dialect, d.Pair.Revision, plain(d.Pair.Source)))
	}
	state := d.State
	if d.Applied != "" {
		state += " " + d.Applied
	}
	if d.Changed {
		state += ", and the file has changed since"
	}
	field("state", state)
	if run := d.Run; run != nil {
		field("module", run.Module)
		field("signer", plain(cmp.Or(run.Signer, unsigned)))
		field("fuel", fuel(run.Fuel))
		field("grants", grantsWords(string(run.Grants)))
	}
}
