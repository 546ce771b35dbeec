package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// A progressData is the data of progress.
type progressData struct {
	Now        string              `json:"now"`            // by the database's clock
	Lock       string              `json:"lock,omitempty"` // held or free; absent where nobody can tell
	Migrations []migrationProgress `json:"migrations"`
}

type migrationProgress struct {
	Revision  string             `json:"revision"`
	Line      string             `json:"line"`
	Slug      string             `json:"slug,omitempty"`
	Direction string             `json:"direction"`
	State     string             `json:"state"`     // running, interrupted, or silent: nobody knows which
	SilentMS  int64              `json:"silent_ms"` // since it last committed something
	Phase     string             `json:"phase,omitempty"`
	Began     string             `json:"began,omitempty"`
	Updated   string             `json:"updated"`
	Committed int                `json:"committed"` // parts
	Backfills []backfillProgress `json:"backfills,omitempty"`
}

type backfillProgress struct {
	Name     string            `json:"name"`
	Complete bool              `json:"complete"`
	Done     int64             `json:"done"`
	Total    int64             `json:"total,omitempty"`   // absent where it is unknown
	Skipped  int               `json:"skipped,omitempty"` // rows that others held, left for the end
	Chunks   int64             `json:"chunks"`
	Updated  string            `json:"updated"`
	At       map[string]string `json:"at,omitempty"` // the key of the last row visited, in SQL's words

	// The limits of the run that has set the newest checkpoint.
	MaxRate  int64 `json:"max_rate,omitempty"` // rows a second
	MaxLagMS int64 `json:"max_lag_ms,omitempty"`
}

// watchEvery is how often --watch looks if it is given no time.
const watchEvery = 2 * time.Second

func newProgress(a *app) *cobra.Command {
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "progress",
		Short: "Say how far backfills and half-done migrations are",
		Long: `Prints the migrations that have committed something and are not done: how many
rows their backfills have visited, when and at which key the last checkpoint was,
and whether a runner is at work on them. It reads and takes no lock, so that it
can be called from another terminal while an upgrade runs.

A migration is running if a runner holds the lock of a PostgreSQL database, or if
its last checkpoint is a few seconds old. A run that ends in the middle of a backfill,
because of an error or of Ctrl-C, notes that it was interrupted; one that is killed
cannot. Where nobody knows, the time since the last checkpoint is told, and on
PostgreSQL that no runner holds the lock: it was interrupted, or is at something
long. What was interrupted goes on with the next "sandpiper upgrade". The limits are
those of the run that has set the last checkpoint, --max-rate and --max-lag: another
run does not take them over, and has to be given them. Rows that others held, of a
backfill with lock=skip, are visited at the end.

With --watch a line is printed for each of them again and again, with the rate
and the time left, until none is left.`,
		Example: `  sandpiper progress
  sandpiper progress --watch
  sandpiper progress --watch=10s --database postgres://app@localhost/app`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			watch := cmd.Flags().Changed("watch")
			switch {
			case watch && a.flags.json:
				return usage("call it again and again without --watch", "--json prints one document, and --watch would print many")
			case watch && every <= 0:
				return usage("for example: --watch=2s", "--watch is %s, and has to be more than 0", every)
			}
			s, err := a.open()
			if err != nil {
				return err
			}
			defer s.close()
			s.tellAbsent()
			// What a migration is called is nice to know, and no more: the files may
			// be those of a later version, or somewhere else.
			r, err := s.runner(host.Config{})
			if err != nil {
				r, err = host.NewRunner(nil, s.db, s.box, host.Config{LockWait: s.set.lockWait})
			}
			if err != nil {
				return err
			}
			if watch {
				return a.watchProgress(cmd.Context(), r, every)
			}
			p, err := r.Progress(cmd.Context())
			if err != nil {
				return err
			}
			a.result(progressDocument(p), func(w io.Writer) { printProgress(w, p) })
			return nil
		},
	}
	f := cmd.Flags()
	f.DurationVar(&every, "watch", watchEvery, "look again and again, after so `long`")
	f.Lookup("watch").NoOptDefVal = watchEvery.String()
	a.waitFlag(f)
	return cmd
}

func progressDocument(p *host.Progress) progressData {
	data := progressData{Now: timestamp(p.Now), Lock: string(p.Lock), Migrations: []migrationProgress{}}
	for _, m := range p.Migrations {
		state, silent := p.State(&m)
		document := migrationProgress{
			Revision: m.Key.ID, Line: lineName(m.Key.Line), Slug: m.Slug, Direction: m.Direction.String(),
			State: string(state), SilentMS: silent.Milliseconds(), Phase: m.Phase,
			Began: timestamp(m.Began), Updated: timestamp(m.Updated), Committed: m.Committed,
		}
		for _, b := range m.Backfills {
			one := backfillProgress{Name: b.Name, Complete: b.Complete, Done: b.Done, Total: b.Total, Skipped: b.Skipped, Chunks: b.Chunks, Updated: timestamp(b.Updated)}
			if b.Pace != nil {
				one.MaxRate, one.MaxLagMS = b.Pace.MaxRate, b.Pace.MaxLag.Milliseconds()
			}
			for i, value := range literals(b.Last) {
				if i < len(b.Columns) {
					if one.At == nil {
						one.At = map[string]string{}
					}
					one.At[b.Columns[i]] = value
				}
			}
			document.Backfills = append(document.Backfills, one)
		}
		data.Migrations = append(data.Migrations, document)
	}
	return data
}

// printProgress prints what one look has found.
func printProgress(w io.Writer, p *host.Progress) {
	if len(p.Migrations) == 0 {
		fmt.Fprintln(w, "nothing is under way, and nothing was interrupted")
	}
	field := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-10s %s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	for _, m := range p.Migrations {
		fmt.Fprintf(w, "%s of %s\n", m.Direction, title(m.Key.String(), m.Slug))
		field("state", "%s", stateWords(p, &m))
		if !m.Began.IsZero() {
			field("began", "%s", moment(m.Began))
		}
		if m.Phase != "" {
			field("phase", "%s", plain(m.Phase))
		}
		field("committed", "%s", count(m.Committed, "part"))
		for _, b := range m.Backfills {
			words := figures(b.Done, b.Total, &host.Speed{})[0] + ", " + count(int(b.Chunks), "chunk")
			if b.Skipped > 0 {
				words += ", " + skippedWords(b)
			}
			if b.Complete {
				words = "complete, " + policy.Thousands(b.Done) + " rows"
			}
			field("backfill", "%s: %s", plain(b.Name), words)
			if b.Last != nil && !b.Complete {
				field("at", "%s, %s", keyWords(b), moment(b.Updated))
			}
			if b.Pace != nil && !b.Complete {
				field("limits", "%s", cmp.Or(b.Pace.Limits(), "none"))
			}
		}
	}
}

// stateWords say whether somebody is at work on a migration, and how that is known.
func stateWords(p *host.Progress, m *host.MigrationProgress) string {
	state, silent := p.State(m)
	switch {
	case p.Lock == host.LockHeld:
		return "running: a runner holds the lock"
	case state == host.StateInterrupted:
		return fmt.Sprintf("interrupted %s ago: `%s` goes on", elapsed(silent), again(m))
	case state == host.StateRunning && p.Lock == host.LockFree:
		return fmt.Sprintf("no runner holds the lock, and the last checkpoint is %s old: between two chunks, or interrupted", elapsed(silent))
	case state == host.StateRunning:
		return fmt.Sprintf("the last checkpoint is %s old: running, or just interrupted", elapsed(silent))
	case p.Lock == host.LockFree:
		return fmt.Sprintf("no runner holds the lock, and there is no checkpoint for %s: interrupted, or it waits for a replica or a lock; `%s` goes on with what was interrupted", elapsed(silent), again(m))
	default:
		return fmt.Sprintf("no checkpoint for %s: interrupted, or at something long; `%s` goes on with what was interrupted", elapsed(silent), again(m))
	}
}

// again is the command that goes on with a migration.
func again(m *host.MigrationProgress) string {
	command := host.Pending{Key: m.Key, Direction: m.Direction}.Command()
	if m.Phase != "" {
		return command + " --phase " + plain(m.Phase)
	}
	return command
}

// skippedWords tell of rows that a backfill has passed by, since others held them.
func skippedWords(b host.BackfillProgress) string {
	return fmt.Sprintf("and %s that others held wait for the end", count(b.Skipped, "row"))
}

// keyWords are the key of the last row that a backfill has visited.
func keyWords(b host.BackfillProgress) string {
	var parts []string
	for i, value := range literals(b.Last) {
		if i < len(b.Columns) {
			value = plain(b.Columns[i]) + " = " + plain(value)
		}
		parts = append(parts, value)
	}
	return strings.Join(parts, ", ")
}

// watchProgress looks until nothing is left, or until it is interrupted: that is
// how it ends, and no failure.
func (a *app) watchProgress(ctx context.Context, r *host.Runner, every time.Duration) error {
	speeds := map[string]*watched{}
	for tick := time.NewTicker(every); ; {
		p, err := r.Progress(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		printLook(a.stdout, p, speeds)
		if len(p.Migrations) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// A watched backfill is one that was looked at before.
type watched struct {
	speed host.Speed
	first time.Time
	last  time.Time // its checkpoint, when it was looked at before
}

// printLook prints a line for each migration of one look among many.
func printLook(w io.Writer, p *host.Progress, seen map[string]*watched) {
	at := p.Now.Local().Format(time.TimeOnly)
	if len(p.Migrations) == 0 {
		fmt.Fprintf(w, "%s  nothing is under way, and nothing was interrupted\n", at)
	}
	for _, m := range p.Migrations {
		words, stalled := fmt.Sprintf("%s committed", count(m.Committed, "part")), false
		for _, b := range m.Backfills {
			if b.Complete {
				continue
			}
			name := m.Key.String() + " " + b.Name
			if seen[name] == nil {
				seen[name] = &watched{first: b.Updated}
			}
			s := seen[name]
			stalled = s.last.Equal(b.Updated)
			s.last = b.Updated
			s.speed.See(b.Updated.Sub(s.first), b.Done)
			words = "backfill " + plain(b.Name) + ": " + strings.Join(figures(b.Done, b.Total, &s.speed), ", ")
			if b.Skipped > 0 {
				words += ", " + skippedWords(b)
			}
		}
		switch state, silent := p.State(&m); {
		case state == host.StateInterrupted:
			words += fmt.Sprintf("; interrupted %s ago", elapsed(silent))
		case state == host.StateSilent && p.Lock == host.LockFree:
			words += fmt.Sprintf("; no runner holds the lock, and no checkpoint for %s: interrupted, or it waits for a replica or a lock", elapsed(silent))
		case state == host.StateSilent:
			words += fmt.Sprintf("; no checkpoint for %s", elapsed(silent))
		case stalled && p.Lock == host.LockFree:
			words += fmt.Sprintf("; no runner holds the lock, and the last checkpoint is %s old: between two chunks, or interrupted", elapsed(silent))
		}
		fmt.Fprintf(w, "%s  %s %s  %s\n", at, m.Direction, title(m.Key.String(), m.Slug), printable(words))
	}
}
