package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A verifyData is the data of verify.
type verifyData struct {
	Revisions int           `json:"revisions"` // in the chain; of all chains with --offline
	Applied   int           `json:"applied"`   // of them, in the database
	Problems  []problemJSON `json:"problems"`
	Hints     []string      `json:"hints,omitempty"` // what could be there and is not
}

type problemJSON struct {
	Rule     string `json:"rule"`
	Revision string `json:"revision,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Message  string `json:"message"`
}

func newVerify(a *app) *cobra.Command {
	var offline, strict bool
	var keys []string
	cmd := &cobra.Command{
		Use:   "verify [FILE.wasm…]",
		Short: "Find what is wrong with the migrations, and with what was applied",
		Long: `Reads every migration of every dialect whole, runs nothing, and tells what is
wrong, by rule:

  unreadable, id, duplicate, parent, depends_on, cycle, label, dialect
                the files make one chain for each dialect
  heads         a line has one head
  pair          each migration of main has a revision for each dialect, of the
                same time and slug or in the same entry of the notes, unless that
                says it needs none
  file_name     the id in a file's name is the one inside
  downgrade     a downgrade is there, or "-- Irreversible: why" in the header
  lock          the files are those that sandpiper.lock pins
  plugin        so are the plugins, with what they are granted and who signed them
  notes, notes_entry, notes_order
                MIGRATION-NOTES.md is right: see "sandpiper help notes"

and, in the database's ledger, unless --offline is given:

  changed       a file has changed since it was applied
  unknown       something is applied that the chain does not have
  pending       a migration is half done
  heads, history
                the heads are what the history comes to
  ledger        its tables are whole
  index         no concurrent build has left an INVALID index on PostgreSQL

The exit code is 5 if there is anything to tell. That a project has no
sandpiper.lock or no MIGRATION-NOTES.md, or the database no ledger, is a remark,
and a problem with --strict: CI should say it where they are kept, so that none of
them is lost, or a wrong database looked at, unseen.

With FILE.wasm it looks at these modules alone, and tells who signed each: its
signature is FILE.wasm.minisig, and the keys are those of --key, or else those of
"sandpiper trust". A module that nobody signed, or nobody whose key it is given, is
a problem, too.`,
		Example: `  sandpiper verify
  sandpiper verify --offline --strict      in CI, without a database
  sandpiper verify --json
  sandpiper verify acme.wasm --key acme.pub   who signed a module`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && (offline || strict):
				return usage("", "--offline and --strict are about the project, and not about %s", args[0])
			case len(args) > 0:
				return a.verifyModules(args, keys)
			case len(keys) > 0:
				return usage("for example: sandpiper verify acme.wasm --key acme.pub", "--key is about modules, and none is named")
			}
			v, err := a.verify(cmd.Context(), offline, strict)
			if err != nil {
				return err
			}
			data := verifyData{v.report.Revisions, v.report.Applied, problemDocuments(v.report.Problems), v.hints}
			a.result(data, func(w io.Writer) { a.printReport(w, v) })
			return problemsFound("verify", len(v.report.Problems))
		},
		ValidArgsFunction: completeModules,
	}
	f := cmd.Flags()
	f.BoolVar(&offline, "offline", false, "look at the files alone, and at no database")
	f.BoolVar(&strict, "strict", false, "sandpiper.lock, MIGRATION-NOTES.md and the ledger have to be there")
	f.StringArrayVar(&keys, "key", nil, "a public `key` that may have signed FILE.wasm, or its file")
	a.waitFlag(f)
	return cmd
}

// A verified is what verify found.
type verified struct {
	report  host.Report
	missing []chain.Problem // what could be there and is not
	hints   []string
	offline bool
}

// verify looks at the files of all dialects, and at the database. strict says that
// the lock file and the notes have to be there.
func (a *app) verify(ctx context.Context, offline, strict bool) (*verified, error) {
	v := &verified{offline: offline}
	set, _, err := a.projectSettings()
	if err != nil {
		return nil, err
	}
	if filepath.Ext(set.dir) == ".wasm" {
		if offline {
			return nil, usage("`sandpiper inspect` reads it", "%s is a module: --offline compares the files of a folder", set.dir)
		}
		_, err := a.verifyDatabase(ctx, v, false)
		v.judge(strict)
		return v, err
	}
	c, err := a.chains()
	if err != nil {
		return nil, err
	}
	defer c.box.Close()
	looked := chain.Dialect("") // whose files the database's report has
	if !offline {
		if looked, err = a.verifyDatabase(ctx, v, c.err != nil); err != nil {
			return nil, err
		}
	}
	for _, r := range c.runners {
		if r.Graph().Dialect() == looked {
			continue
		}
		files := r.VerifyFiles()
		if offline {
			v.report.Revisions += files.Revisions
		}
		v.report.Problems = append(v.report.Problems, files.Problems...)
	}
	problems, missing := c.check()
	v.report.Problems = append(v.report.Problems, problems...)
	v.missing = append(v.missing, missing...)
	v.judge(strict)
	return v, nil
}

// judge makes problems of what is missing, or hints.
func (v *verified) judge(strict bool) {
	if strict {
		v.report.Problems = append(v.report.Problems, v.missing...)
		return
	}
	for _, p := range v.missing {
		v.hints = append(v.hints, p.Message)
	}
}

// verifyDatabase compares the database with the chain of its dialect, which it
// returns. Where a chain is broken, which is told anyway, it may be this one.
func (a *app) verifyDatabase(ctx context.Context, v *verified, broken bool) (chain.Dialect, error) {
	s, err := a.open()
	if err != nil {
		return "", err
	}
	defer s.close()
	r, err := s.runner(host.Config{})
	if errors.As(err, new(*refusedError)) {
		r, err = s.ownRunner(host.Config{Elsewhere: s.set.pluginLines()}) // what is wrong with plugins is told with the files
	}
	if err != nil && broken {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	v.report, err = r.Verify(ctx)
	if err == nil && !v.report.Ledger {
		v.missing = append(v.missing, chain.Problem{Rule: chain.RuleLedger,
			Message: "there is no ledger in " + a.database + ": nothing was ever applied to it, or another database is meant"})
	}
	return s.db.Dialect(), err
}

func problemDocuments(problems []chain.Problem) []problemJSON {
	out := make([]problemJSON, 0, len(problems))
	for _, p := range problems {
		out = append(out, problemDocument(p))
	}
	return out
}

func problemDocument(p chain.Problem) problemJSON {
	return problemJSON{string(p.Rule), p.Revision, p.Source, p.Line, p.Message}
}

// problemsFound is how a command ends that has found problems.
func problemsFound(command string, n int) error {
	if n == 0 {
		return nil
	}
	return outcome(exitProblems, kindProblems, "%s found %s", command, count(n, "problem"))
}

func (a *app) printReport(w io.Writer, v *verified) {
	seen := fmt.Sprintf("%s, %d applied", count(v.report.Revisions, "revision"), v.report.Applied)
	if v.offline {
		seen = count(v.report.Revisions, "revision")
	}
	if n := len(v.report.Problems); n == 0 {
		fmt.Fprintf(w, "%s: no problems\n", seen)
	} else {
		a.printProblems(w, v.report.Problems)
		fmt.Fprintf(w, "\n%s: %s\n", seen, count(n, "problem"))
	}
	for _, hint := range v.hints {
		if !a.flags.quiet {
			fmt.Fprintln(w, hint)
		}
	}
}

func (a *app) printProblems(w io.Writer, problems []chain.Problem) {
	rows := make([]table.Row, 0, len(problems))
	for _, p := range problems {
		rows = append(rows, table.Row{p.Rule, p.Revision, whereOf(p), printable(p.Message)})
	}
	a.printTable(w, table.Row{"problem", "revision", "file", "what"}, rows)
}

// whereOf is the file of a problem, and its line where that is known.
func whereOf(p chain.Problem) string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d", p.Source, p.Line)
	}
	return p.Source
}
