package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A planData is the data of plan.
type planData struct {
	Direction  string          `json:"direction"`
	Target     string          `json:"target"`
	Steps      []stepJSON      `json:"steps"`
	Waiting    []stepJSON      `json:"waiting,omitempty"`    // with --phase, what comes after it
	Statements []statementJSON `json:"statements,omitempty"` // with --sql and --offline
	Effects    *[]effectsJSON  `json:"effects,omitempty"`    // with --effects
}

type stepJSON struct {
	revisionJSON
	Resumes bool     `json:"resumes,omitempty"` // part of it was committed by an earlier run
	Changed bool     `json:"changed,omitempty"` // of another version of it, so that the run asks for --checkpoint
	Commits []string `json:"commits,omitempty"` // why it commits in the middle

	Phases []phaseJSON `json:"phases,omitempty"`
}

type statementJSON struct {
	Step       int      `json:"step"` // index into steps
	SQL        string   `json:"sql"`
	Params     []string `json:"params,omitempty"`     // as text
	Rows       int      `json:"rows,omitempty"`       // parameter rows of a batch
	Autocommit bool     `json:"autocommit,omitempty"` // commits by itself in a real run
	NotRun     string   `json:"not_run,omitempty"`    // why it was shown and not run
	Backfill   string   `json:"backfill,omitempty"`   // a real run does it chunk by chunk
	Own        bool     `json:"own,omitempty"`        // asked by the runner itself, for a backfill
}

func newPlan(a *app) *cobra.Command {
	var (
		downgrade, sql, effects bool
		samples                 int
		offline                 string
		phase                   func() (*abi.Phase, error)
		checkpoint              func() (host.CheckpointChoice, error)
	)
	cmd := &cobra.Command{
		Use:   "plan [TARGET]",
		Short: "Say what upgrade would do, or downgrade with --downgrade",
		Long: `Lists the migrations that would run, from where the database is now to TARGET
("heads" if left out), and changes nothing. Of a migration with phases it says which
are done, which would run, and with --phase which wait.

--sql prints the exact statements, those of modules included. To know them it
runs the migrations in one transaction, and rolls it back; what cannot be rolled
back is shown and not run, and says so. What a plugin sends is printed by a plan of
the plugin alone, such as "plan acme@heads --sql", behind its walls: on PostgreSQL
once its first upgrade has made its role and schema.

--effects runs the migrations in the same way and says what they do to rows: for
each table how many are inserted, updated and deleted, by triggers and foreign
keys too, with a few of them before and after. Rows that go with DROP TABLE or TRUNCATE are
deleted, those of a table that PostgreSQL writes anew updated; what else a change of the
schema does, such as to drop a column, is for --sql. It fails where a commit would, for
foreign keys for example. On PostgreSQL nobody else can write to the tables that the
migrations write to until it is over.

Both hold the lock for as long as they take, and wait where another runner has it. A
backfill that was interrupted is shown from its checkpoint; with --checkpoint as an
upgrade with it would do it.

--offline FROM:TO needs no database: it prints what the SQL files between two
revisions hold. Modules and schema operations (YAML) send what depends on the
database, and are for --sql. FROM and TO are revisions, "base" or "heads"; the
scheme of the database URL says which dialect.`,
		Example: `  sandpiper plan
  sandpiper plan +2 --sql
  sandpiper plan acme@heads --effects
  sandpiper plan --phase expand
  sandpiper plan --downgrade -1
  sandpiper plan --offline base:heads --database postgres:// > all.sql`,
		Args:              arguments(0, 1, "one TARGET"),
		ValidArgsFunction: a.completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if offline != "" && (len(args) > 0 || downgrade) {
				return usage("", "--offline FROM:TO takes neither a TARGET nor --downgrade: to print downgrades, give the newer revision first")
			}
			if effects && (sql || offline != "") {
				return usage("", "--effects is a plan of its own: leave out --sql and --offline")
			}
			if samples < 0 || samples > maxSamples {
				return usage("", "--samples %d: it is 0 to %d", samples, maxSamples)
			}
			upTo, err := phase()
			if err != nil {
				return err
			}
			if upTo != nil && (offline != "" || downgrade || goesDown(argument(args, ""))) {
				return usage("", "--phase is about an upgrade, and about what a database has of it: it goes with neither --offline nor a downgrade")
			}
			choice, err := checkpoint()
			if err != nil {
				return err
			}
			if choice != host.CheckpointRefuse && (offline != "" || !sql && !effects) {
				return usage("", "--checkpoint is about what a migration sends, and about what a database has of it: it goes with --sql or --effects, and not with --offline")
			}
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			if offline == "" {
				s.tellAbsent()
			}
			if sql || effects {
				if err := s.rehearseInMemory(); err != nil {
					return err
				}
			}
			r, err := s.runner(host.Config{Phase: upTo, Checkpoint: choice})
			if err != nil {
				return err
			}
			if offline != "" {
				return a.planOffline(r, offline)
			}
			target, dir := argument(args, "heads"), chain.Upgrade
			if downgrade || goesDown(target) {
				dir = chain.Downgrade
			}
			if downgrade && len(args) == 0 {
				return usage("for example: sandpiper plan --downgrade -1", "--downgrade needs a TARGET")
			}
			if sql {
				rehearsal, err := r.Rehearse(cmd.Context(), dir, target)
				if err != nil {
					return err
				}
				a.rehearsed(rehearsal, false)
				return nil
			}
			if effects {
				rehearsal, err := r.Effects(cmd.Context(), dir, target, samples)
				if err != nil {
					return err
				}
				a.effects(rehearsal)
				return nil
			}
			plan, err := r.Plan(cmd.Context(), dir, target)
			if err != nil {
				return err
			}
			a.planned(plan, upTo)
			return nil
		},
	}
	phase = phaseFlag(cmd)
	f := cmd.Flags()
	checkpoint = checkpointFlag(f)
	f.BoolVar(&downgrade, "downgrade", false, "plan a downgrade to TARGET (taken for granted for base and -N)")
	f.BoolVar(&sql, "sql", false, "print the statements, by running them in a transaction that is rolled back")
	f.BoolVar(&effects, "effects", false, "say what the migrations do to rows, by running them in a transaction that is rolled back")
	f.IntVar(&samples, "samples", defaultSamples, "with --effects: rows to show of each kind of change to a table")
	f.StringVar(&offline, "offline", "", "print the SQL between two revisions, `FROM:TO`, without a database")
	f.BoolVar(&a.flags.allowChanged, "allow-changed", false, "go on although an applied file has changed since")
	a.waitFlag(f)
	a.roleFlag(f)
	return cmd
}

// planOffline prints what the files between the two revisions of FROM:TO hold.
func (a *app) planOffline(r *host.Runner, fromTo string) error {
	from, to, ok := strings.Cut(fromTo, ":")
	if !ok || from == "" || to == "" {
		return usage("for example: --offline base:heads", "--offline wants FROM:TO and got %q", fromTo)
	}
	rehearsal, err := r.Offline(from, to)
	if err != nil {
		return err
	}
	a.rehearsed(rehearsal, true)
	return nil
}

// planned prints the steps of a plan, if there are any.
func (a *app) planned(plan host.Plan, upTo *abi.Phase) {
	a.result(planDocument(plan), func(w io.Writer) {
		if len(plan.Steps) == 0 {
			fmt.Fprintln(w, "nothing to do")
		} else {
			a.printSteps(w, plan.Steps)
		}
		if upTo != nil {
			a.printWaiting(w, plan, *upTo)
		}
	})
}

// goesDown reports whether only a downgrade can reach a target.
func goesDown(target string) bool {
	_, symbol, scoped := strings.Cut(target, "@")
	if !scoped {
		symbol = target
	}
	return symbol == "base" || strings.HasPrefix(symbol, "-")
}

func planDocument(plan host.Plan) planData {
	data := planData{Direction: plan.Direction.String(), Target: plan.Target, Steps: []stepJSON{}}
	for _, s := range plan.Steps {
		data.Steps = append(data.Steps, stepDocument(s))
	}
	for _, s := range plan.Waiting {
		data.Waiting = append(data.Waiting, stepDocument(s))
	}
	return data
}

func stepDocument(s host.Step) stepJSON {
	return stepJSON{revisionDocument(s.Revision), s.Resumes, s.Changed, s.Commits, phaseDocuments(s.Phases)}
}

// printSteps prints the steps of a plan.
func (a *app) printSteps(w io.Writer, steps []host.Step) {
	rows := make([]table.Row, 0, len(steps))
	for _, s := range steps {
		notes := s.Commits
		switch {
		case s.Changed:
			notes = append([]string{"an earlier run of another version of it stopped in a backfill: the run asks for --checkpoint"}, notes...)
		case s.Resumes:
			notes = append([]string{"goes on where an earlier run stopped"}, notes...)
		}
		if phases := phaseNote(s); phases != "" {
			notes = append([]string{phases}, notes...)
		}
		note := strings.Join(notes, "; ")
		rows = append(rows, table.Row{s.Direction.String(), s.Revision.Key, plain(s.Revision.Slug), plain(s.Revision.Source), note})
	}
	a.printTable(w, table.Row{"action", "revision", "migration", "file", ""}, rows)
}

// rehearsed prints the statements of a plan as SQL with comments.
func (a *app) rehearsed(r host.Rehearsal, offline bool) {
	data := planDocument(r.Plan)
	data.Statements = []statementJSON{}
	for _, s := range r.Statements {
		data.Statements = append(data.Statements, statementJSON{s.Step, s.SQL, literals(s.Params), s.Rows, s.Autocommit, s.NotRun, s.Backfill, s.Own})
	}
	a.result(data, func(w io.Writer) { printRehearsal(w, r, offline) })
}

func printRehearsal(w io.Writer, r host.Rehearsal, offline bool) {
	if len(r.Plan.Steps) == 0 {
		fmt.Fprintln(w, host.Comment("nothing to do"))
		return
	}
	comment := func(format string, args ...any) { fmt.Fprintln(w, host.Comment(fmt.Sprintf(format, args...))) }
	notRun := 0
	next := 0
	for i, step := range r.Plan.Steps {
		comment("%s %s", step.Direction, title(step.Revision.Key.String(), step.Revision.Slug))
		if step.Revision.Source != "" {
			comment("%s", step.Revision.Source)
		}
		for next < len(r.Statements) && r.Statements[next].Step == i {
			s := r.Statements[next]
			next++
			fmt.Fprintln(w)
			switch {
			case s.Backfill != "":
				comment("backfill %s, for all rows at once; a run does it chunk by chunk, and each commits by itself:", s.Backfill)
			case s.Autocommit:
				comment("commits by itself:")
			}
			if s.Own {
				comment("asked by the runner itself, for the backfill:")
			}
			if len(s.Params) > 0 {
				comment("with the parameters %s", strings.Join(literals(s.Params), ", "))
			}
			if s.Rows > 0 {
				comment("once for each of %s of parameters:", count(s.Rows, "row"))
			}
			if s.NotRun != "" && !offline {
				notRun++
				comment("shown and not run: %s", s.NotRun)
			}
			if s.Refused {
				comment("%s", strings.TrimPrefix(s.SQL, "-- ")) // whoever runs the script does not send it either
				continue
			}
			fmt.Fprintln(w, chain.Terminate(s.SQL))
		}
		fmt.Fprintln(w)
	}
	switch {
	case offline:
		comment("%s from the files; no database was asked", count(len(r.Statements), "statement"))
	case notRun > 0:
		comment("ran in a transaction that was rolled back: no table has changed; %s shown and not run", count(notRun, "statement"))
	default:
		comment("ran in a transaction that was rolled back: no table has changed")
	}
}

// rehearseInMemory puts a database in memory in the place of a SQLite file that
// is not there: a plan makes no file.
func (s *session) rehearseInMemory() error {
	if !s.absent() {
		return nil
	}
	db, err := sqlite.Open(sqlite.Memory, sqliteOptions...)
	if err == nil {
		s.db = db
	}
	return err
}
