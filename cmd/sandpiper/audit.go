package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
)

// An auditData is the data of audit.
type auditData struct {
	Runs     []entryJSON   `json:"runs"` // newest first
	Problems []problemJSON `json:"problems"`
	Remarks  []string      `json:"remarks,omitempty"` // what differs and is explained
}

func newAudit(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "audit",
		Short: "List what plugins did to the database, and check the plugins at hand against it",
		Long: `Lists every run of a plugin from the database's ledger, newest first: the module that
ran, who signed it, how much fuel it used, and what it was granted. Then it compares
the last run of each plugin with the plugin of the project, and tells what is wrong,
by rule:

  plugin    revisions are applied that no plugin here has; or a run would refuse the
            plugin, since its file, its signature or its grants are not those that
            sandpiper.lock pins
  module    the module that ran is not the one here, and no signature of the same key
            says that the one came after the other
  signer    a key that signed what is applied is revoked, or not trusted any more
  grants    what the ledger says that it was granted cannot be read

A newer module of the same signer, grants that were changed since, and, on PostgreSQL,
without_role in sandpiper.toml are remarks.
The exit code is 5 if there is a problem.`,
		Example: `  sandpiper audit
  sandpiper audit --json`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			s.tellAbsent()
			return a.audit(cmd.Context(), s)
		},
	}
}

func (a *app) audit(ctx context.Context, s *session) error {
	all, err := s.set.installed()
	if err != nil {
		return err
	}
	trusted, err := s.set.file.trusted()
	if err != nil {
		return err
	}
	var atHand []host.AtHand
	for _, p := range all {
		here := host.AtHand{Plugin: p.plugin(false), Refused: p.refused}
		if p.module != nil {
			here.Digest = p.module.file.Digest()
		}
		atHand = append(atHand, here)
	}
	// What the project's own migrations are does not matter, nor whether they can
	// be read.
	r, err := host.NewRunner(nil, s.db, s.box, host.Config{LockWait: s.set.lockWait})
	if err != nil {
		return err
	}
	history, err := r.History(ctx, 0)
	if err != nil {
		return err
	}
	audit := host.AuditPlugins(history, atHand, trusted)
	for _, p := range atHand {
		if remark := p.Unheld(s.db.Dialect()); remark != "" {
			audit.Remarks = append(audit.Remarks, remark)
		}
	}
	data := auditData{entryDocuments(audit.Runs), problemDocuments(audit.Problems), audit.Remarks}
	a.result(data, func(w io.Writer) { a.printAudit(w, s.set.file, audit) })
	return problemsFound("audit", len(audit.Problems))
}

// trusted returns what says what is wrong with a key.
func (c configFile) trusted() (func(key string) error, error) {
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	return func(key string) error {
		for _, k := range keys {
			switch {
			case k.Public.String() != key:
			case k.Revoked:
				return fmt.Errorf("the key of %s is revoked", k.Name)
			default:
				return nil
			}
		}
		return fmt.Errorf("the key %s is not one of [trust]", plain(key))
	}, nil
}

// keyName is the name of a key in sandpiper.toml, or the key.
func (c configFile) keyName(key string) string {
	keys, _ := c.keys() // whoever asks has read them
	for _, k := range keys {
		if k.Public.String() == key {
			return plain(k.Name)
		}
	}
	if key == "" {
		return unsigned
	}
	return plain(key)
}

func (a *app) printAudit(w io.Writer, file configFile, audit host.Audit) {
	if len(audit.Runs) == 0 {
		fmt.Fprintln(w, "no plugin has run here")
	} else {
		var rows []table.Row
		for _, e := range audit.Runs {
			rows = append(rows, table.Row{moment(e.Started), e.Action, ranWhat(e), shortDigest(e.Module), file.keyName(e.Signer), fuel(e.Fuel), elapsed(e.Duration), grantsWords(e.Grants)})
		}
		a.printTable(w, table.Row{"when", "action", "revision", "module", "signed by", "fuel", "time", "grants"}, rows)
	}
	if len(audit.Problems) > 0 {
		fmt.Fprintln(w)
		a.printProblems(w, audit.Problems)
	}
	fmt.Fprintf(w, "\n%s: %s\n", count(len(audit.Runs), "run"), problemCount(len(audit.Problems)))
	for _, remark := range audit.Remarks {
		if !a.flags.quiet {
			fmt.Fprintln(w, printable(remark))
		}
	}
}

// ranWhat is the revision of a run; a purge is of a whole line.
func ranWhat(e host.Entry) string {
	if e.Key.ID == "" {
		return lineName(e.Key.Line)
	}
	return e.Key.String()
}

func problemCount(n int) string {
	if n == 0 {
		return "no problems"
	}
	return count(n, "problem")
}
