package autogenerate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// A Proposal is a migration that makes a schema the wanted one.
type Proposal struct {
	*Comparison

	// Body is what its file holds. It is empty where Changes is.
	Body chain.Body

	// NoWayBack are differences that the downgrade does not undo.
	NoWayBack []diff.Unwritten

	// Left is what was still different when the migration had run on a copy of
	// the schema, besides what is Hidden or Unwritten, and LeftBack after its
	// downgrade. A person has to look at these.
	Left, LeftBack []diff.Change

	// Failed is why the migration does not run on a copy of the schema, where
	// the task wants it all the same. Left and LeftBack are not known then.
	Failed *TrialError
}

// A TrialError is a migration that was written and does not run on a copy of the
// schema.
type TrialError struct {
	Dialect chain.Dialect
	Format  author.Format
	Part    string // of the file: what does not run, or ""
	Err     error
}

// Error says what does not run, and why.
func (e *TrialError) Error() string {
	what := "the migration"
	if e.Part != "" {
		what = e.Part
	}
	if e.Format == author.SQL {
		return fmt.Sprintf("the operations for %s run on a copy of the schema, and their statements alone do not: %s: %v", e.Dialect, what, e.Err)
	}
	return fmt.Sprintf("what was generated for %s does not run on a copy of the schema: %s: %v", e.Dialect, what, e.Err)
}

// Unwrap returns why.
func (e *TrialError) Unwrap() error { return e.Err }

// Propose writes the migration that makes the schema of the task's database the
// wanted one, and tries it on a copy of the schema: it changes nothing in the
// database. Where it does not run the error is a *TrialError, unless the task wants
// it Untried.
func Propose(ctx context.Context, t Task, format author.Format) (p *Proposal, err error) {
	j := &job{Task: t, workshop: workshop{bench: t.Bench}}
	defer func() { err = errors.Join(err, j.close(ctx)) }()
	if err := j.look(ctx); err != nil {
		return nil, err
	}
	var answered []diff.Rename
	if t.Ask != nil {
		j.Ask = func(r diff.Rename) (bool, error) {
			yes, err := t.Ask(r)
			if yes {
				answered = append(answered, r)
			}
			return yes, err
		}
	}
	c, up, err := j.forward(ctx)
	if err != nil {
		return nil, err
	}
	p = &Proposal{Comparison: c}
	if len(up.Operations) == 0 {
		return p, nil
	}
	renames := backwards(append(j.Renames, answered...))
	down, err := j.undo(ctx, up, renames)
	if t.Untried && errors.As(err, new(*TrialError)) {
		down, err = j.guessUndo(ctx, up, renames)
	}
	if err != nil {
		return nil, err
	}
	g := gap{up, down}
	p.NoWayBack = down.Unwritten
	draft, err := g.operations()
	if err != nil {
		return nil, err
	}
	done, err := j.try(ctx, draft, g)
	if err == nil && format == author.SQL {
		draft = g.statements(t.Database.Dialect(), done.sent)
		done, err = j.try(ctx, draft, g)
	}
	if t.Untried && draft.format == format && errors.As(err, &p.Failed) {
		draft.body.Remarks = remark(format, "It does not run on a copy of the schema, and is to be mended:", []string{p.Failed.Error()}) + draft.body.Remarks
		p.Body = draft.body
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.Body, p.Left, p.LeftBack = draft.body, done.left, done.leftBack
	return p, nil
}

// A gap is what lies between two schemas, in both directions.
type gap struct{ up, down *diff.Result }

// has reports whether one of the differences is about the thing that a change is
// about.
func has(all []diff.Unwritten, c diff.Change) bool {
	return slices.ContainsFunc(all, func(u diff.Unwritten) bool { return sameThing(u.Change, c) })
}

// left says in what the schema that a trial has made is not what it should be,
// besides what was known when it was made, and what filters hide.
func (j *job) left(ctx context.Context, db host.Database, should diff.Side, known *diff.Result, filters []diff.Filter) ([]diff.Change, error) {
	made, err := j.side(ctx, db)
	if err != nil {
		return nil, err
	}
	should.Objects = writable(should.Objects)
	found, err := j.compare(ctx, made, should, filters, nil, nil)
	if err != nil {
		return nil, err
	}
	var told []diff.Change
	told = append(told, found.Changes...)
	for _, h := range found.Hidden {
		told = append(told, h.Change)
	}
	for _, u := range found.Unwritten {
		told = append(told, u.Change)
	}
	left := found.Changes
	for _, u := range found.Unwritten {
		if !has(known.Unwritten, u.Change) {
			left = append(left, u.Change)
		}
	}
	for _, d := range host.CompareObjects(made.Objects, should.Objects) {
		object := changeOf(j.Database.Dialect(), d)
		in := func(c diff.Change) bool { return sameThing(c, object) || object.Table == "" && c.Table == object.Name }
		if !slices.ContainsFunc(told, in) {
			left = append(left, object)
		}
	}
	return left, nil
}

func sameThing(a, b diff.Change) bool {
	return a.Kind == b.Kind && a.Table == b.Table && a.Name == b.Name
}

// changeOf makes a change of a difference between objects.
func changeOf(d chain.Dialect, from host.Difference) diff.Change {
	c := diff.Change{Dialect: d, Action: diff.Modify, Kind: diff.Kind(from.Kind), Table: from.Table, Name: from.Name}
	switch from.In {
	case host.InFirst:
		c.Action = diff.Drop
	case host.InSecond:
		c.Action = diff.Add
	}
	c.Text = fmt.Sprintf("%s %s: it has %q, and should have %q", c.Kind, c.Name, from.Had, from.Has)
	return c
}
