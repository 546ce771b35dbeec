package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// autogenerate writes the migration that makes the databases what is wanted, for
// the dialects in which something differs.
func (a *app) autogenerate(ctx context.Context, draft author.Draft, ids []string, flags *comparisonFlags) (err error) {
	if draft.Format == author.Go {
		return usage("write --format yaml, or --format sql", "--autogenerate writes operations, and no plugin")
	}
	c, err := a.wholeChains()
	if err != nil {
		return err
	}
	if err := errors.Join(c.folder.ReadLock(), c.folder.ReadNotes()); err != nil {
		return err
	}
	if draft.IDs, err = givenIDs(ids, draft.Dialects, c.folder); err != nil {
		return err
	}
	if err := c.folder.Vet(draft); err != nil {
		return authoring(err)
	}
	if len(draft.Dialects) == 0 {
		draft.Dialects = c.dialects()
	}
	k, err := a.compare(ctx, c, flags, draft.Dialects)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close(ctx)) }()
	asked := &renameQuestions{app: a, ctx: ctx}
	data := revisionData{Files: []string{}, Revisions: []revisionJSON{}}
	if data.Dialects, draft.Bodies, err = k.propose(ctx, draft, asked.ask); err != nil {
		return err
	}
	if err := asked.unanswered(); err != nil {
		return err
	}
	if len(draft.Bodies) == 0 {
		a.result(data, func(w io.Writer) { a.printProposals(w, data.Dialects) })
		if slices.ContainsFunc(data.Dialects, comparisonJSON.incomplete) {
			return outcome(exitDiffers, kindDiffers, "no operation makes what differs: nothing was written")
		}
		return nil
	}
	draft.Dialects = slices.DeleteFunc(slices.Clone(draft.Dialects), func(d chain.Dialect) bool { _, ok := draft.Bodies[d]; return !ok })
	maps.DeleteFunc(draft.IDs, func(d chain.Dialect, _ string) bool { return !slices.Contains(draft.Dialects, d) })
	written, dir, err := a.write(ctx, draft, nil, c)
	if err != nil {
		return err
	}
	data.Slug, data.Revisions, data.Files = written.Slug, revisionDocuments(written.Revisions), written.Files
	a.result(data, func(w io.Writer) {
		a.printProposals(w, data.Dialects)
		a.printWritten(w, written, draft, dir)
	})
	for _, one := range data.Dialects {
		a.warnLeft(one)
	}
	asked.hint()
	if slices.ContainsFunc(data.Dialects, comparisonJSON.incomplete) {
		return outcome(exitDiffers, kindDiffers, "the migration was written, and does not do all: the schema will not be the wanted one")
	}
	return nil
}

// propose compares the dialects of a draft, and returns what was found and what
// the files of those hold in which something differs.
func (k *comparing) propose(ctx context.Context, draft author.Draft, ask func(diff.Rename) (bool, error)) (found []comparisonJSON, bodies map[chain.Dialect]chain.Body, err error) {
	bodies = map[chain.Dialect]chain.Body{}
	err = k.each(ctx, draft.Dialects, func(t autogenerate.Task, about comparisonJSON) (*autogenerate.Comparison, error) {
		t.Ask, t.Untried = ask, k.flags.untried
		p, err := autogenerate.Propose(ctx, t, draft.Format)
		if err != nil {
			return nil, err
		}
		about.of(p.Comparison)
		about.ofProposal(p)
		found = append(found, about)
		if p.Body.Upgrade != "" {
			bodies[p.Dialect] = p.Body
		}
		return p.Comparison, nil
	})
	return found, bodies, err
}

func (a *app) printProposals(w io.Writer, dialects []comparisonJSON) {
	nothing := true
	for _, one := range dialects {
		a.printComparison(w, one)
		nothing = nothing && len(one.Changes) == 0
	}
	if nothing {
		fmt.Fprintln(w, "nothing was written")
	}
}

// renameQuestions ask on a terminal whether something was renamed: once, for all
// dialects. With --yes nothing was, and a hint says so; where nobody can answer
// nothing is written.
type renameQuestions struct {
	app     *app
	ctx     context.Context // of the command
	answers map[diff.Rename]bool
	unasked []diff.Rename
}

func (q *renameQuestions) ask(r diff.Rename) (bool, error) {
	if yes, known := q.answers[r]; known {
		return yes, nil
	}
	if q.answers == nil {
		q.answers = map[diff.Rename]bool{}
	}
	if q.app.flags.yes || !terminal(q.app.stdin) {
		q.answers[r] = false
		q.unasked = append(q.unasked, r)
		return false, nil
	}
	what := "table " + r.Old
	if r.Table != "" {
		what = fmt.Sprintf("column %s of table %s", r.Old, r.Table)
	}
	yes, err := q.app.ask(q.ctx, fmt.Sprintf("Was the %s renamed to %s? [y/N]", what, r.New))
	q.answers[r] = yes
	return yes, err
}

// unanswered returns an error if something could have been renamed and nobody can
// say so.
func (q *renameQuestions) unanswered() error {
	if q.app.flags.yes || len(q.unasked) == 0 {
		return nil
	}
	var flags []string
	for _, r := range q.unasked {
		flags = append(flags, "--rename "+renameFlag(r))
	}
	return usage(fmt.Sprintf("say %s where that is so; --yes takes the rest for dropped and added, which destroys data", strings.Join(flags, " ")),
		"%s is asked about, and standard input is not a terminal: nothing was written", count(len(flags), "possible rename"))
}

// hint says what was taken for dropped and added, and could have been renamed.
func (q *renameQuestions) hint() {
	for _, r := range q.unasked {
		old, _, _ := strings.Cut(renameFlag(r), ":")
		q.app.say("%s is dropped and %s added; if it was renamed, take the migration back (see `sandpiper help autogenerate`) and write it again with --rename %s", old, r.New, renameFlag(r))
	}
}

// renameFlag writes a rename as --rename has it.
func renameFlag(r diff.Rename) string {
	if r.Table != "" {
		return fmt.Sprintf("%s.%s:%s", r.Table, r.Old, r.New)
	}
	return r.Old + ":" + r.New
}
