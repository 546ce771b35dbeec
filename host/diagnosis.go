package host

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A diagnosis is a Repair that is being made. The rule that it follows: the
// history, to which lines are only ever added, is right about every revision
// that it has; about those that it does not have the heads are.
type diagnosis struct {
	*Runner
	*Repair
	ledger   *Ledger
	recorded map[chain.Key]string // the slugs of what the history has a line about
	now      time.Time

	forget  []chain.Key
	abandon []Pending
	heads   map[string][]string // line → heads afterwards
}

func (d *diagnosis) run() error {
	if err := d.choose(); err != nil {
		return err
	}
	lines := d.lines(d.ledger)
	for _, key := range d.forget {
		lines = append(lines, key.Line)
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	for _, line := range lines {
		if err := d.line(line); err != nil {
			return err
		}
	}
	d.pending(lines)
	for i, e := range d.entries {
		heads, looked := d.heads[e.Key.Line]
		if !looked { // a migration of somebody else's line is given up
			heads = d.ledger.Heads[e.Key.Line]
		}
		d.entries[i].heads = heads
	}
	return nil
}

// choose finds what the options name.
func (d *diagnosis) choose() error {
	applied := slices.Collect(maps.Keys(d.ledger.Applied))
	for line, ids := range d.ledger.Heads {
		for _, id := range ids {
			applied = append(applied, chain.Key{Line: line, ID: id})
		}
	}
	for _, word := range d.options.Forget {
		key, err := findRecorded("--forget", word, applied)
		if err != nil {
			return err
		}
		if rev, ok := d.Graph().Revision(key); ok {
			return badChoice(fmt.Sprintf("`sandpiper stamp` or `sandpiper downgrade` go back behind it; `sandpiper rehash %s --reason …` accepts an edit", key),
				"--forget %s: these migrations have it, in %s", key, rev.Source)
		}
		if !slices.Contains(d.forget, key) {
			d.forget = append(d.forget, key)
		}
	}
	var half []chain.Key
	for _, p := range d.ledger.Progress {
		half = append(half, p.Key)
	}
	for _, word := range d.options.Abandon {
		key, err := findRecorded("--abandon", word, half)
		if err != nil {
			return err
		}
		for _, p := range d.ledger.Progress {
			if p.Key == key && p.Parts() == 0 {
				return badChoice(fmt.Sprintf("run `sandpiper %s`, or edit the migration first", p.Direction),
					"--abandon %s: nothing of its %s is committed, so that there is nothing to give up", word, p.Direction)
			}
			if p.Key == key {
				d.abandon = append(d.abandon, p)
			}
		}
	}
	return nil
}

// found tells of a fault that is left to a person.
func (d *diagnosis) found(rule chain.Rule, rev chain.Revision, what, next string) {
	d.Faults = append(d.Faults, Fault{Problem: problemOf(rule, rev, what), Next: next})
}

func problemOf(rule chain.Rule, rev chain.Revision, what string) chain.Problem {
	return chain.Problem{Rule: rule, Revision: rev.Key.String(), Source: rev.Source, Message: what}
}

// mend tells of a fault, and of the line that the history gets about it.
func (d *diagnosis) mend(f Fault, rev chain.Revision, action Action, reason string) {
	d.Faults = append(d.Faults, f)
	if action == ActionRehash {
		d.accepted[rev.Key] = true
	}
	entry := Entry{Key: rev.Key, Action: action, Slug: cmp.Or(rev.Slug, d.recorded[rev.Key]), Started: d.now, Runner: Version, Reason: reason}
	if action == ActionRehash || action == ActionStamp {
		entry.Digest, entry.Module = rev.Digest, rev.Module
	}
	d.entries = append(d.entries, repairEntry{Entry: entry})
}

// line looks at one line: what is unknown, what is forgotten, the heads, and the
// digests.
func (d *diagnosis) line(line string) error {
	rows := d.ledger.Heads[line]
	d.heads[line] = rows
	applied := map[chain.Key]bool{}
	var unknown []chain.Key
	add := func(key chain.Key) {
		switch _, known := d.Graph().Revision(key); {
		case known:
			applied[key] = true
		case !slices.Contains(d.forget, key) && !slices.Contains(unknown, key):
			unknown = append(unknown, key)
		}
	}
	for key := range d.ledger.Applied {
		if key.Line == line {
			add(key)
		}
	}
	var known []chain.Key // heads that the chain has
	lost := false         // a head is forgotten
	for _, id := range rows {
		key := chain.Key{Line: line, ID: id}
		if _, ok := d.Graph().Revision(key); ok {
			known = append(known, key)
			continue
		}
		add(key)
		lost = lost || slices.Contains(d.forget, key)
	}
	slices.SortFunc(unknown, compareKeys)
	for _, key := range unknown {
		if d.lost(line) {
			d.found(chain.RuleUnknown, chain.Revision{Key: key}, "it is applied, and the project has lost its plugin", nextOfLost(line))
			continue
		}
		d.found(chain.RuleUnknown, chain.Revision{Key: key}, "it is applied, and these migrations do not have it: they are older than the database, or a file is missing",
			fmt.Sprintf("bring its file back, or run a version of the program that has it; `sandpiper repair --forget %s --reason …` takes it out of the ledger, and leaves in the database what it made", key))
	}
	switch {
	case len(unknown) == 0:
		d.judge(line, applied, known, lost)
	case lost:
		var names []string
		for _, key := range unknown {
			names = append(names, key.String())
		}
		return badChoice("say --forget "+strings.Join(names, " --forget ")+" too, or bring their files back",
			"a head of line %s is to be forgotten, and what the heads are then cannot be told: these migrations do not have %s either",
			line, strings.Join(names, ", "))
	}
	d.forgotten(line)
	d.changed(line)
	return nil
}

func compareKeys(a, b chain.Key) int { return cmp.Compare(a.String(), b.String()) }

func (d *diagnosis) isRecorded(key chain.Key) bool { _, ok := d.recorded[key]; return ok }

// judge compares the heads of a line with what is applied of it. lost says that
// a head is being forgotten, so that the heads become others anyway.
func (d *diagnosis) judge(line string, applied map[chain.Key]bool, known []chain.Key, lost bool) {
	for _, key := range d.Graph().Ancestors(known...) {
		if key.Line != line || applied[key] || d.isRecorded(key) {
			continue
		}
		applied[key] = true
		rev, _ := d.Graph().Revision(key)
		d.mend(Fault{
			Problem: problemOf(chain.RuleHistory, rev, "the heads stand for it, and the history has nothing of it"),
			Mend:    "writes into the ledger that it is applied, as `sandpiper stamp` does",
			Next:    "if it never ran here, say no, and stamp the revision the schema is at",
		}, rev, ActionStamp, d.because("the heads stood for it, and the history had nothing of it"))
	}
	parents := map[string]bool{}
	for key := range applied {
		rev, _ := d.Graph().Revision(key)
		for _, id := range rev.Revises {
			parents[id] = true
		}
	}
	for rev := range d.Graph().All() {
		if rev.Line != line || applied[rev.Key] || !parents[rev.ID] {
			continue
		}
		d.found(chain.RuleHeads, rev, "the history has what revises it as applied, and itself as undone: the heads cannot be told from it",
			"`sandpiper stamp REV` with the revision the schema is at puts it right")
		return
	}
	var want []string
	for key := range applied {
		if !parents[key.ID] {
			want = append(want, key.ID)
		}
	}
	slices.Sort(want)
	rows := d.heads[line]
	d.heads[line] = want
	if lost || slices.Equal(rows, want) {
		return
	}
	reason := d.because(fmt.Sprintf("the heads were %s; by the history they are %s", formatHeads(rows), formatHeads(want)))
	for _, id := range rows {
		if !slices.Contains(want, id) {
			what := "it is among the heads, and by the history another one comes after it"
			if key := (chain.Key{Line: line, ID: id}); !applied[key] {
				what = "it is among the heads, and by the history it is undone"
			}
			d.mendHead(line, id, what, want, reason)
		}
	}
	for _, id := range want {
		if !slices.Contains(rows, id) {
			d.mendHead(line, id, "by the history it is applied and nothing comes after it, and it is not among the heads", want, reason)
		}
	}
}

func (d *diagnosis) mendHead(line, id, what string, want []string, reason string) {
	rev, _ := d.Graph().Revision(chain.Key{Line: line, ID: id})
	d.mend(Fault{
		Problem: problemOf(chain.RuleHeads, rev, what),
		Mend:    fmt.Sprintf("sets the heads of line %s in the ledger to %s, and says so in its history", line, formatHeads(want)),
		Next:    "if it is the history that is wrong, `sandpiper stamp REV` afterwards",
	}, rev, ActionRepair, reason)
}

// because is a reason that Sandpiper gives, with that of a person behind it.
func (d *diagnosis) because(reason string) string {
	if d.options.Reason == "" {
		return reason
	}
	return reason + ": " + d.options.Reason
}

// forgotten tells of what a line forgets.
func (d *diagnosis) forgotten(line string) {
	for _, key := range d.forget {
		if key.Line != line {
			continue
		}
		rev := chain.Revision{Key: key}
		d.mend(Fault{
			Problem: problemOf(chain.RuleUnknown, rev, "it is applied, and these migrations do not have it"),
			Mend:    fmt.Sprintf("writes into the ledger that it is not applied; the heads of line %s are then %s. What it made in the database stays", line, formatHeads(d.heads[line])),
		}, rev, ActionUnstamp, d.options.Reason)
	}
}

// changed looks for files that were edited after they were applied.
func (d *diagnosis) changed(line string) {
	for rev := range d.Graph().All() {
		was, ok := d.ledger.Applied[rev.Key]
		if rev.Line != line || !ok || rev.Digest == "" || was.Digest == "" || rev.Digest == was.Digest {
			continue
		}
		what := fmt.Sprintf("changed after it was applied on %s (%s then, %s now)", was.At.Format(time.DateOnly), chain.ShortDigest(was.Digest), chain.ShortDigest(rev.Digest))
		next := fmt.Sprintf("put it back (`git log -p %s` shows what it was), and write a new migration for the change", rev.Source)
		if d.catalog.bodies[rev.Key].plugin() != nil {
			next = nextOfEditedPlugin
		}
		half := slices.ContainsFunc(d.ledger.Progress, func(p Pending) bool { return p.Key == rev.Key })
		switch _, _, err := d.catalog.bodies[rev.Key].load(); {
		case half:
			d.found(chain.RuleChanged, rev, what, "finish its half-done downgrade, or give it up, first")
		case err != nil:
			d.found(chain.RuleChanged, rev, what+", and it cannot be read: "+err.Error(), next)
		case d.options.Reason == "":
			d.found(chain.RuleChanged, rev, what, next+"; --reason \"…\" accepts the edit")
		default:
			d.mend(Fault{Problem: problemOf(chain.RuleChanged, rev, what), Mend: "writes its digest of now, and the reason, into the ledger, as `sandpiper rehash` does", Next: next},
				rev, ActionRehash, d.options.Reason)
		}
	}
}

// pending looks at half-done migrations.
func (d *diagnosis) pending(lines []string) {
	for _, p := range d.ledger.Progress {
		rev, known := d.Graph().Revision(p.Key)
		if !known {
			rev.Key = p.Key
		}
		what := fmt.Sprintf("its %s is half done: %s", p.Direction, p.committed())
		chosen := slices.ContainsFunc(d.abandon, func(a Pending) bool { return a.Key == p.Key && a.Direction == p.Direction })
		switch {
		case chosen:
			d.mend(Fault{
				Problem: problemOf(chain.RulePending, rev, what),
				Mend:    "takes out of the ledger what was committed of it, so that no run goes on with it. " + afterwards(p) + "; what its parts did to the database stays",
			}, rev, ActionRepair, fmt.Sprintf("its half-done %s was given up, and %s: %s", p.Direction, p.committed(), d.options.Reason))
		case slices.Contains(d.forget, p.Key) || !slices.Contains(lines, p.Key.Line):
		case known:
			d.found(chain.RulePending, rev, what, fmt.Sprintf("`%s` goes on with it; `sandpiper repair --abandon %s --reason …` gives it up", p.Command(), p.Key))
		default:
			d.found(chain.RulePending, rev, what+", and these migrations do not have it",
				fmt.Sprintf("bring its file back and run `%s`; `sandpiper repair --abandon %s --reason …` gives it up", p.Command(), p.Key))
		}
	}
}

// afterwards says what a migration is after its half-done run was given up.
func afterwards(p Pending) string {
	if p.Direction == chain.Downgrade {
		return "It counts as applied"
	}
	return "It counts as not applied, and an upgrade begins it anew"
}
