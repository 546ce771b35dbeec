package autogenerate

import (
	"context"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/diff"
)

// undo returns what takes an upgrade back: what leads from the schema that it
// makes of a copy to the one that was there.
//
// Filters have no say in that. They are about what an upgrade leaves as it is,
// which is the same in both of these schemas. Asked of the way back, a filter would
// leave what the upgrade has made: one that keeps what is only in the database
// keeps all that is new.
func (j *job) undo(ctx context.Context, up *diff.Result, renames []diff.Rename) (*diff.Result, error) {
	d, err := gap{up, &diff.Result{}}.operations()
	if err != nil {
		return nil, err
	}
	t, err := j.prepare(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := t.upgrade(ctx); err != nil {
		return nil, err
	}
	made, err := j.side(ctx, t.db)
	if err != nil {
		return nil, err
	}
	_, down, err := j.back(made, renames).forward(ctx)
	return down, err
}

// guessUndo is undo for an upgrade that does not run, so that what it makes is not
// known: it leads from the wanted schema to the one that was there, but for what
// the upgrade leaves as it is.
func (j *job) guessUndo(ctx context.Context, up *diff.Result, renames []diff.Rename) (*diff.Result, error) {
	back := j.back(j.wanted, renames)
	back.Filters = append(back.Filters, diff.Filter{Name: "untouched", Hide: func(c diff.Change) bool {
		return has(up.Unwritten, c) || slices.ContainsFunc(up.Hidden, func(h diff.Hidden) bool { return sameThing(h.Change, c) })
	}})
	_, down, err := back.forward(ctx)
	return down, err
}

// back is the job of making the schema that is there of another one. It hides
// Sandpiper's own tables alone, and takes for renamed what is told.
func (j *job) back(there diff.Side, renames []diff.Rename) *job {
	back := &job{Task: j.Task, current: there, wanted: j.current}
	back.wanted.Objects = writable(j.current.Objects)
	back.Renames, back.Ask, back.Filters = renames, nil, []diff.Filter{ownTables()}
	return back
}
