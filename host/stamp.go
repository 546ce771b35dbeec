package host

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Stamp records the database as being at target without running anything: for
// a database that was set up by other means. Each revision that becomes, or
// ceases to be, applied gets a line in the history.
func (r *Runner) Stamp(ctx context.Context, target string) (result Result, err error) {
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return result, err
	}
	defer func() {
		if closeErr := conn.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := conn.CreateLedger(ctx); err != nil {
		return result, err
	}
	err = r.uncontested(ctx, func() error {
		ledger, err := conn.Ledger(ctx)
		if err != nil {
			return err
		}
		steps, err := r.stampSteps(ledger, target)
		if err != nil {
			return err
		}
		r.warnForgotten(ledger, steps)
		done, err := stamp(ctx, conn, ledger, steps)
		if !contested(err) {
			result = done
			result.Heads = ledger.Heads
		}
		return err
	})
	return result, err
}

// warnForgotten tells of half-done migrations that stamping makes whole on
// paper: what they have committed stays, and no run goes on with them.
func (r *Runner) warnForgotten(ledger *Ledger, steps []Step) {
	for _, p := range ledger.Progress {
		stamped := slices.ContainsFunc(steps, func(s Step) bool { return s.Revision.Key == p.Key })
		if !stamped || p.Parts() == 0 {
			continue
		}
		e := Event{Kind: EventLog, Level: LogWarn, Line: p.Key.Line, Revision: p.Key.ID, Text: fmt.Sprintf(
			"its %s is half done and is not gone on with: %s, and that stays", p.Direction, p.committed())}
		r.logEvent(e)
		if r.cfg.OnEvent != nil {
			r.cfg.OnEvent(e)
		}
	}
}

// stampSteps lists what ceases to be applied, children first, and then what
// becomes applied, parents first. The heads after each are those that its line
// has in the end: nothing runs in between. Heads that the chain does not have
// cease to be applied as well: stamping is how a ledger is put right.
func (r *Runner) stampSteps(ledger *Ledger, target string) ([]Step, error) {
	known, unknown := r.sortHeads(ledger.Heads)
	wanted, err := r.Graph().Resolve(target, known)
	if err != nil {
		return nil, err
	}
	concerned := map[string]bool{}
	for _, line := range wanted.Lines {
		concerned[line] = true
	}
	// Up from nothing in the lines that the target is about, and from where
	// they are in the others.
	from := map[string][]string{}
	for line, heads := range known {
		if !concerned[line] {
			from[line] = heads
		}
	}
	var up []chain.PlanStep
	for _, key := range wanted.Keys {
		more, err := r.Graph().Plan(from, chain.Upgrade, key.Line+"@"+key.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range more {
			from[s.Revision.Line] = s.After
		}
		up = append(up, more...)
	}
	becomes := map[chain.Key]bool{}
	for _, s := range up {
		becomes[s.Revision.Key] = true
	}

	var steps []Step
	add := func(rev chain.Revision, dir chain.Direction) {
		steps = append(steps, Step{Revision: rev, Direction: dir, Before: ledger.Heads[rev.Line], After: from[rev.Line]})
	}
	for _, key := range unknown {
		if concerned[key.Line] {
			add(chain.Revision{Key: key}, chain.Downgrade)
		}
	}
	applied := r.applied(known)
	for _, key := range slices.Backward(applied) {
		if rev, _ := r.Graph().Revision(key); concerned[key.Line] && !becomes[key] {
			add(rev, chain.Downgrade)
		}
	}
	for _, s := range up {
		if !slices.Contains(applied, s.Revision.Key) {
			add(s.Revision, chain.Upgrade)
		}
	}
	sort.SliceStable(steps, func(i, j int) bool { return steps[i].Revision.Line < steps[j].Revision.Line })
	return steps, nil
}

// sortHeads tells heads that the chain has from those it has not.
func (r *Runner) sortHeads(heads map[string][]string) (known map[string][]string, unknown []chain.Key) {
	known = map[string][]string{}
	for line, ids := range heads {
		for _, id := range ids {
			key := chain.Key{Line: line, ID: id}
			if _, ok := r.Graph().Revision(key); ok {
				known[line] = append(known[line], id)
			} else {
				unknown = append(unknown, key)
			}
		}
	}
	return known, unknown
}

// applied returns what the heads stand for, parents first.
func (r *Runner) applied(heads map[string][]string) []chain.Key {
	var keys []chain.Key
	for line, ids := range heads {
		for _, id := range ids {
			keys = append(keys, chain.Key{Line: line, ID: id})
		}
	}
	return r.Graph().Ancestors(keys...)
}

// stamp records all steps, in one transaction per line.
func stamp(ctx context.Context, conn Conn, ledger *Ledger, steps []Step) (result Result, err error) {
	var tx Tx
	defer func() {
		if tx != nil {
			tx.Rollback()
		}
	}()
	for i, s := range steps {
		line := s.Revision.Line
		if i == 0 || steps[i-1].Revision.Line != line {
			if tx != nil {
				if err := tx.Commit(ctx); err != nil {
					return result, err
				}
			}
			if tx, err = conn.Begin(ctx, Fence{Line: line, Heads: ledger.Heads[line]}); err != nil {
				return result, err
			}
		}
		entry := Entry{
			Key: s.Revision.Key, Action: ActionStamp, Slug: s.Revision.Slug, Digest: s.Revision.Digest,
			Started: time.Now().UTC().Truncate(time.Microsecond), Runner: Version,
		}
		if s.Direction == chain.Downgrade {
			entry.Action = ActionUnstamp
		}
		if err := tx.Record(ctx, entry, s.After); err != nil {
			return result, err
		}
		result.Applied = append(result.Applied, entry)
	}
	if tx != nil {
		if err := tx.Commit(ctx); err != nil {
			return result, err
		}
	}
	for _, s := range steps {
		ledger.Heads[s.Revision.Line] = s.After
	}
	return result, nil
}
