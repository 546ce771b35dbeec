package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// A Fault is a problem of a database's ledger, of an index, or of the files beside
// the migrations, and what a repair does about it.
type Fault struct {
	chain.Problem        // whose message says what is wrong
	Mend          string // what a repair does about it and where, "" if that is for a person
	Next          string // what a person can do, in place of the repair or since there is none
}

// RepairOptions are what only a person can decide. The zero value decides
// nothing: edits are not accepted, nothing is forgotten or given up.
type RepairOptions struct {
	// Reason accepts the edits of applied files, and says why; Forget and
	// Abandon need one too. It is written into the ledger.
	Reason string

	// Forget are applied revisions that the chain does not have, and that the
	// ledger is to have no longer: "id" or "line@id", or the beginning of the id.
	Forget []string

	// Abandon are half-done migrations that no run is to go on with, named in
	// the same way.
	Abandon []string
}

// A ChoiceError is a RepairOptions that cannot be followed. Nothing was changed.
type ChoiceError struct {
	Msg  string // what is wrong
	Next string // what to do
}

// Error returns what is wrong.
func (e *ChoiceError) Error() string { return e.Msg }

func badChoice(next, format string, args ...any) error {
	return &ChoiceError{fmt.Sprintf(format, args...), next}
}

// A Repair is what PlanRepair found, and what is done about it.
type Repair struct {
	Faults []Fault

	options  RepairOptions
	entries  []repairEntry
	indexes  []InvalidIndex
	exists   bool // the ledger is there
	dialect  chain.Dialect
	applied  map[chain.Key]Applied
	accepted map[chain.Key]bool // edits
}

// A repairEntry is a line that the history gets, and the heads of its line then.
type repairEntry struct {
	Entry
	heads []string
}

// Mends reports whether the repair changes anything.
func (p *Repair) Mends() bool { return len(p.entries)+len(p.indexes) > 0 }

// Agrees reports whether the ledger, once it is repaired, has a revision applied
// as its file is now. Of revisions of another dialect it knows nothing.
func (p *Repair) Agrees(rev chain.Revision) bool {
	was, ok := p.applied[rev.Key]
	return ok && rev.Dialect == p.dialect && rev.Digest != "" && (was.Digest == rev.Digest || p.accepted[rev.Key])
}

// An InvalidIndex is an index that no query uses, left by a concurrent build
// that failed.
//
// https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
type InvalidIndex struct {
	Name  string // quoted, with its schema
	Table string // quoted
}

// A Conn of a database in which indexes can be left INVALID.
type leavesIndexes interface {
	// InvalidIndexes returns those that nobody builds at the moment.
	InvalidIndexes(ctx context.Context) ([]InvalidIndex, error)

	// DropInvalidIndex drops an index under the lock, outside transactions. One
	// that is not INVALID any more stays.
	DropInvalidIndex(ctx context.Context, fence Fence, index InvalidIndex) error
}

// PlanRepair says what is wrong with the ledger, and what Repair would do about
// it. It changes nothing. What the options ask for and is not possible is a
// *ChoiceError.
func (r *Runner) PlanRepair(ctx context.Context, options RepairOptions) (plan *Repair, err error) {
	if options.Reason == "" && len(options.Forget)+len(options.Abandon) > 0 {
		return nil, badChoice(`for example: --reason "was tried on this database alone"`,
			"forgetting a revision or giving up a half-done one needs a reason: whoever reads the ledger later wants to know why")
	}
	if options.Reason != "" {
		if err := CheckReason(options.Reason); err != nil {
			return nil, badChoice("", "%v", err)
		}
	}
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := r.uncontested(ctx, func() (err error) {
		plan, err = r.diagnose(ctx, conn, options)
		return err
	}); err != nil {
		return nil, err
	}
	if c, ok := conn.(leavesIndexes); ok && plan.exists {
		if plan.indexes, err = c.InvalidIndexes(ctx); err != nil {
			return nil, err
		}
	}
	for _, index := range plan.indexes {
		plan.Faults = append(plan.Faults, Fault{
			Problem: chain.Problem{Rule: chain.RuleIndex, Message: fmt.Sprintf(
				"%s on %s is INVALID: a concurrent build failed, no query uses it, and each write still keeps it up", index.Name, index.Table)},
			Mend: "DROP INDEX CONCURRENTLY " + index.Name,
			Next: "a half-done migration that builds it builds it again; else build it again yourself",
		})
	}
	return plan, nil
}

// diagnose compares the ledger with its history and with the chain.
func (r *Runner) diagnose(ctx context.Context, conn Conn, options RepairOptions) (*Repair, error) {
	ledger, err := conn.Ledger(ctx)
	var history []Entry
	if err == nil {
		history, err = conn.History(ctx, 0)
	}
	if errors.As(err, new(*LedgerFormError)) {
		return &Repair{options: options, Faults: []Fault{{Problem: chain.Problem{Rule: chain.RuleLedger, Message: err.Error()}}}}, nil
	}
	if err != nil {
		return nil, err
	}
	d := &diagnosis{
		Runner: r, ledger: ledger, recorded: map[chain.Key]string{}, now: time.Now().UTC().Truncate(time.Microsecond), heads: map[string][]string{},
		Repair: &Repair{options: options, exists: ledger.Exists, dialect: r.db.Dialect(), applied: ledger.Applied, accepted: map[chain.Key]bool{}},
	}
	for _, e := range history {
		d.recorded[e.Key] = e.Slug
	}
	if err := d.run(); err != nil {
		return nil, err
	}
	return d.Repair, nil
}

// errChangedSince is a database that is not any more as it was shown.
var errChangedSince = errors.New("another runner has changed the ledger since it was looked at: nothing was repaired; run `sandpiper repair` again")

// Repair does what a plan says: what it writes into the ledger is one
// transaction under the lock, with a line in the history for each fault. If the
// ledger is not any more what the plan was made of, nothing is done. Indexes are
// dropped afterwards, since that cannot be in a transaction.
func (r *Runner) Repair(ctx context.Context, plan *Repair) (entries []Entry, err error) {
	if !plan.Mends() {
		return nil, nil
	}
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if len(plan.entries) > 0 {
		if err := r.uncontested(ctx, func() (err error) {
			entries, err = r.repairLedger(ctx, conn, plan)
			return err
		}); err != nil {
			return nil, err
		}
	}
	for _, index := range plan.indexes {
		if err := r.uncontested(ctx, func() error { return r.dropIndex(ctx, conn, index) }); err != nil {
			return entries, fmt.Errorf("DROP INDEX CONCURRENTLY %s (what was to be written into the ledger is written): %w", index.Name, err)
		}
	}
	return entries, nil
}

// repairLedger writes the entries of a plan, if a look under the lock gives the
// same plan again.
func (r *Runner) repairLedger(ctx context.Context, conn Conn, plan *Repair) (entries []Entry, err error) {
	tx, err := r.beginRepair(ctx, conn)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	now, err := r.diagnose(ctx, conn, plan.options)
	if err != nil {
		return nil, err
	}
	ofIndex := func(f Fault) bool { return f.Rule == chain.RuleIndex }
	if !slices.Equal(now.Faults, slices.DeleteFunc(slices.Clone(plan.Faults), ofIndex)) {
		return nil, errChangedSince
	}
	for _, e := range now.entries {
		if err := tx.Record(ctx, e.Entry, e.heads); err != nil {
			return nil, err
		}
		entries = append(entries, e.Entry)
	}
	return entries, tx.Commit(ctx)
}

// beginRepair begins a transaction under the lock. Any line does for the fence:
// all of them are looked at again inside it.
func (r *Runner) beginRepair(ctx context.Context, conn Conn) (Tx, error) {
	fence, err := mainFence(ctx, conn)
	if err != nil {
		return nil, err
	}
	return conn.Begin(ctx, fence)
}

func mainFence(ctx context.Context, conn Conn) (Fence, error) {
	ledger, err := conn.Ledger(ctx)
	if err == nil && !ledger.Exists {
		err = errChangedSince // a fence of tables that are not there never holds
	}
	if err != nil {
		return Fence{}, err
	}
	return Fence{Line: chain.DefaultLine, Heads: ledger.Heads[chain.DefaultLine]}, nil
}

func (r *Runner) dropIndex(ctx context.Context, conn Conn, index InvalidIndex) error {
	fence, err := mainFence(ctx, conn)
	if err != nil {
		return err
	}
	return conn.(leavesIndexes).DropInvalidIndex(ctx, fence, index)
}

// findRecorded finds the revision that a word names among keys: "id", "line@id"
// or the beginning of the id.
func findRecorded(flag, word string, keys []chain.Key) (chain.Key, error) {
	line, id, scoped := strings.Cut(word, "@")
	if !scoped {
		line, id = "", word
	}
	var fits []chain.Key
	for _, k := range keys {
		if id != "" && strings.HasPrefix(k.ID, id) && (!scoped || k.Line == line) && !slices.Contains(fits, k) {
			fits = append(fits, k)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return chain.Key{}, badChoice("run `sandpiper repair --dry-run` to see what it can be", "%s %s: the ledger has no such revision", flag, word)
	}
	var names []string
	for _, k := range fits {
		names = append(names, k.Line+"@"+k.ID)
	}
	slices.Sort(names)
	return chain.Key{}, badChoice("name one of them", "%s %s: that could be %s", flag, word, strings.Join(names, ", "))
}
