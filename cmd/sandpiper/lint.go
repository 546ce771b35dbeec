package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/lint"
)

// A lintData is the data of lint.
type lintData struct {
	Revisions int           `json:"revisions"` // that were looked at
	Modules   []string      `json:"modules"`   // whose revisions have no text
	Findings  []findingJSON `json:"findings"`
	Notes     []string      `json:"notes,omitempty"` // what else was not looked at
}

type findingJSON struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Dialect  string `json:"dialect"`
	Revision string `json:"revision"`
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Why      string `json:"why"`
	Instead  string `json:"instead"`
}

// A lintRulesData is the data of lint --rules.
type lintRulesData struct {
	Rules []ruleJSON `json:"rules"`
}

type ruleJSON struct {
	Name     string   `json:"name"`
	Dialects []string `json:"dialects"`
	Severity string   `json:"severity"`
	Why      string   `json:"why"`
	Instead  string   `json:"instead"`
}

// A lintFlags is what the flags of lint say.
type lintFlags struct {
	since, format, dialect string
	large                  int64
	strict, rules          bool
}

func newLint(a *app) *cobra.Command {
	var flags lintFlags
	cmd := &cobra.Command{
		Use:   "lint [REV | FROM:TO | FILE]…",
		Short: "Find what of the migrations would hurt on deploy",
		Long: `Reads the migrations of every dialect and tells what would lock a table for long,
fail on the rows that are there, break the program that still runs, or could not be
undone: where, by which rule, why, and the safe way. It needs no database. Without
an argument it looks at all revisions; FROM:TO has both ends. What a table that is
created in the same migration does is left out: nobody uses it yet.

A comment above a statement, or in it, says that something is meant; above the first
section (in YAML, above "upgrade:") it holds for the whole file:

  -- sandpiper:lint:ignore RULE[,RULE] reason        in SQL
  # sandpiper:lint:ignore RULE[,RULE] reason         in YAML, above an operation

[lint] of sandpiper.toml sets the severity of rules: see "sandpiper help config".
With --large the tables that have fewer rows in the database of --database are left
out by the rules to which that matters.

Bodies of functions and modules are not read; it says which modules. Of a downgrade
it tells only whether it runs. The exit code is 5 if there is an error among the
findings, with --strict if there is anything.

The rules:

` + ruleList(),
		Example: `  sandpiper lint
  sandpiper lint --since 9725c1 --strict      in CI, of what is new
  sandpiper lint versions/postgresql/2026_10_02_093000_9725c1cbee35_add_labels.sql
  sandpiper lint --large 10000 --database postgres://app@localhost/app
  sandpiper lint --format sarif > lint.sarif`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.rules {
				a.listRules()
				return nil
			}
			if err := flags.check(a); err != nil {
				return err
			}
			report, err := a.lint(cmd.Context(), flags, args)
			if err != nil {
				return err
			}
			if err := a.lintResult(report, flags.format); err != nil {
				return err
			}
			return lintOutcome(report, flags.strict)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.since, "since", "", "only what comes after `REV`, in the other chain after its pair")
	f.StringVar(&flags.dialect, "dialect", "", "only the chain of this `dialect`: postgresql or sqlite")
	f.Int64Var(&flags.large, "large", 0, "leave out tables with fewer `rows` in the database")
	f.StringVar(&flags.format, "format", "text", "text, json, sarif or github")
	f.BoolVar(&flags.strict, "strict", false, "end with exit code 5 after warnings too")
	f.BoolVar(&flags.rules, "rules", false, "list the rules, and look at nothing")
	return cmd
}

func (f *lintFlags) check(a *app) error {
	switch {
	case !slices.Contains([]string{"text", "json", "sarif", "github"}, f.format):
		return usage("", "--format is text, json, sarif or github, and not %q", f.format)
	case a.flags.json && f.format != "text" && f.format != "json":
		return usage("leave out one of them", "--json and --format %s at once", f.format)
	case f.large < 0:
		return usage("", "--large must not be negative")
	}
	if _, err := onlyDialect(f.dialect); err != nil {
		return err
	}
	a.flags.json = a.flags.json || f.format == "json"
	return nil
}

// lint looks at the chains that are wanted.
func (a *app) lint(ctx context.Context, flags lintFlags, words []string) (*lint.Report, error) {
	c, err := a.wholeChains()
	if err != nil {
		return nil, err
	}
	defer c.box.Close()
	cfg, err := c.config.Lint.config(c.config.path)
	if err != nil {
		return nil, err
	}
	runners := slices.DeleteFunc(c.runners, func(r *host.Runner) bool {
		return flags.dialect != "" && string(r.Graph().Dialect()) != flags.dialect
	})
	var graphs []*chain.Graph
	for _, r := range runners {
		graphs = append(graphs, r.Graph())
	}
	choice := lint.Choice{Words: words, Since: flags.since, Path: c.path}
	wanted, err := choice.Of(graphs...)
	if err != nil {
		return nil, err
	}
	small, err := a.smallTables(ctx, flags.large)
	if err != nil {
		return nil, err
	}
	report := &lint.Report{}
	for _, r := range runners {
		cfg.Small = small[r.Graph().Dialect()]
		found, err := lint.Lint(r, wanted, cfg)
		if err != nil {
			return nil, err
		}
		report.Add(found)
	}
	return report, nil
}

// smallTables returns what tells which tables of the database are small, by its
// dialect; nothing if that does not matter.
func (a *app) smallTables(ctx context.Context, rows int64) (map[chain.Dialect]func(string) (bool, error), error) {
	if rows == 0 {
		return nil, nil
	}
	s, r, err := a.openRunner()
	if err != nil {
		return nil, err
	}
	s.close() // it has nothing to run
	return map[chain.Dialect]func(string) (bool, error){s.db.Dialect(): lint.SmallerThan(ctx, r, rows)}, nil
}

// path returns where a file of the chains is.
func (c *chains) path(source string) string {
	if !filepath.IsLocal(c.set.dir) {
		source = filepath.Join(c.set.dir, source)
	}
	absolute, err := filepath.Abs(filepath.FromSlash(source))
	if err != nil {
		return source
	}
	return absolute
}

// lintResult hands over the report in a format.
func (a *app) lintResult(report *lint.Report, format string) error {
	var written []byte
	var err error
	switch format {
	case "sarif":
		written, err = report.SARIF(host.Version)
		written = append(written, '\n')
	case "github":
		written = report.GitHub()
	}
	if err != nil {
		return err
	}
	a.result(lintDocument(report), func(w io.Writer) {
		if format == "text" {
			a.printLint(w, report)
			return
		}
		_, _ = w.Write(written) // nobody is left to tell
	})
	return nil
}

func lintDocument(report *lint.Report) lintData {
	data := lintData{Revisions: report.Revisions, Modules: append([]string{}, report.Modules...), Findings: []findingJSON{}, Notes: report.Notes}
	for _, f := range report.Findings {
		data.Findings = append(data.Findings, findingJSON{
			f.Rule.Name, string(f.Severity), string(f.Dialect), f.Revision.String(), f.File, f.Line, f.Column, f.Message, f.Rule.Why, f.Rule.Instead,
		})
	}
	return data
}

// lintOutcome is how lint ends.
func lintOutcome(report *lint.Report, strict bool) error {
	failing, warnings := report.Count(lint.Error), report.Count(lint.Warning)
	if failing == 0 && (!strict || warnings == 0) {
		return nil
	}
	return outcome(exitProblems, kindProblems, "lint found %s and %s", count(failing, "error"), count(warnings, "warning"))
}

// printLint prints the findings for people. A rule is explained where it is found
// first.
func (a *app) printLint(w io.Writer, report *lint.Report) {
	paint := func(s string, color text.Color) string {
		if a.colors(w) {
			return text.Colors{color, text.Bold}.Sprint(s)
		}
		return s
	}
	explained := map[string]bool{}
	for _, f := range report.Findings {
		place := f.File
		if f.Line > 0 {
			place += fmt.Sprintf(":%d", f.Line)
		}
		if f.Column > 0 {
			place += fmt.Sprintf(":%d", f.Column)
		}
		color := text.FgYellow
		if f.Severity == lint.Error {
			color = text.FgRed
		}
		fmt.Fprintf(w, "%s: %s: %s [%s]\n", printable(place), paint(string(f.Severity), color), printable(f.Message), f.Rule.Name)
		if !explained[f.Rule.Name] {
			fmt.Fprintf(w, "  why      %s\n  instead  %s\n", f.Rule.Why, f.Rule.Instead)
		}
		explained[f.Rule.Name] = true
	}
	if len(report.Findings) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s: %s, %s\n", count(report.Revisions, "revision"), count(report.Count(lint.Error), "error"), count(report.Count(lint.Warning), "warning"))
	for _, m := range report.Modules {
		fmt.Fprintf(w, "not read: %s, which is a module\n", printable(m))
	}
	for _, note := range report.Notes {
		fmt.Fprintf(w, "not read: %s\n", printable(note))
	}
}

// listRules prints the rules.
func (a *app) listRules() {
	data := lintRulesData{}
	for _, r := range lint.Rules {
		data.Rules = append(data.Rules, ruleJSON{r.Name, dialectNames(&r), string(r.Severity), r.Why, r.Instead})
	}
	a.result(data, func(w io.Writer) { fmt.Fprintln(w, ruleList()) })
}

func dialectNames(r *lint.Rule) []string {
	names := make([]string, len(r.Dialects))
	for i, d := range r.Dialects {
		names[i] = string(d)
	}
	return names
}

// ruleList writes the rules for people.
func ruleList() string {
	var b strings.Builder
	for _, r := range lint.Rules {
		fmt.Fprintf(&b, "  %s (%s; %s)\n%s%s", r.Name, strings.Join(dialectNames(&r), ", "), r.Severity, wrapped(r.Why), wrapped(r.Instead))
	}
	return strings.TrimRight(b.String(), "\n")
}

// wrapped sets a text in lines of a help page, set off to the right.
func wrapped(s string) string {
	var b strings.Builder
	for line := range strings.Lines(text.WrapSoft(s, 74)) {
		b.WriteString("      " + strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
