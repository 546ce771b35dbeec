package autogenerate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// A trial runs a draft, up and down, on a copy of a schema.
type trial struct {
	draft     draft
	db        host.Database // that has the copy
	runner    *host.Runner
	direction chain.Direction // in which it runs
	sent      map[chain.Direction][]sent
	left      []diff.Change // what is not as wanted after the upgrade
	leftBack  []diff.Change // and not as before after the downgrade
}

// sent is a statement that was sent, and the number of the call that sent it.
type sent struct {
	sql  string
	call int
}

// trialFiles are a file that a draft is tried in, by format, with room for the
// upgrade and the downgrade.
var trialFiles = map[author.Format]string{
	author.YAML: "revision: \"%s\"\nrevises:\nupgrade:%s\ndowngrade:%s\n",
	author.SQL:  "-- Revision ID: %s\n-- Revises:\n-- +upgrade\n%s\n-- +downgrade\n%s\n",
}

const trialRevision = "000000000001"

// try runs a draft up and down.
func (j *job) try(ctx context.Context, d draft, g gap) (*trial, error) {
	t, err := j.prepare(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := t.upgrade(ctx); err != nil {
		return nil, err
	}
	if t.left, err = j.left(ctx, t.db, j.wanted, g.up, j.Filters); err != nil {
		return nil, err
	}
	if err := t.downgrade(ctx); err != nil {
		return nil, err
	}
	// No filter makes up for what the upgrade has made and the downgrade leaves.
	t.leftBack, err = j.left(ctx, t.db, j.current, g.down, []diff.Filter{ownTables()})
	return t, err
}

// prepare makes a copy of the schema in a scratch database, and a migration of a
// draft that runs there through the same runner as it will run through later.
func (j *job) prepare(ctx context.Context, d draft) (t *trial, err error) {
	t = &trial{draft: d, direction: chain.Upgrade, sent: map[chain.Direction][]sent{}}
	if t.db, err = j.scratch(ctx); err != nil {
		return nil, err
	}
	if err := copySchema(ctx, t.db, j.current.Objects); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sandpiper-")
	if err != nil {
		return nil, err
	}
	j.closers = append(j.closers, func(context.Context) error { return os.RemoveAll(dir) })
	folder := filepath.Join(dir, "versions", string(t.db.Dialect()))
	text := fmt.Sprintf(trialFiles[d.format], trialRevision, d.body.Upgrade, d.body.Downgrade)
	err = os.MkdirAll(folder, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "2000_01_01_000000_"+trialRevision+"_trial."+string(d.format)), []byte(text), 0o600)
	}
	if err != nil {
		return nil, err
	}
	t.runner, err = host.NewRunner(os.DirFS(dir), t.db, j.Bench.Sandbox, host.Config{
		Naming: j.Naming, Statements: true,
		OnEvent: func(e host.Event) {
			if e.Kind == host.EventStatement {
				t.sent[t.direction] = append(t.sent[t.direction], sent{e.Text, e.Call})
			}
		},
	})
	if err != nil {
		return nil, t.failed(err)
	}
	return t, nil
}

func (t *trial) upgrade(ctx context.Context) error {
	t.direction = chain.Upgrade
	if _, err := t.runner.Upgrade(ctx, "heads"); err != nil {
		return t.failed(err)
	}
	return nil
}

func (t *trial) downgrade(ctx context.Context) error {
	t.direction = chain.Downgrade
	if _, err := t.runner.Downgrade(ctx, "base"); err != nil {
		return t.failed(err)
	}
	return nil
}

// failed says what of the draft did not run.
func (t *trial) failed(err error) error {
	e := &TrialError{Dialect: t.db.Dialect(), Format: t.draft.format, Err: err}
	var run *host.RunError
	var parse *chain.ParseError
	switch {
	case errors.As(err, &run):
		e.Err = run.Err
		if parts := t.draft.parts[t.direction]; run.Statement >= 1 && run.Statement <= len(parts) {
			e.Part = t.direction.String() + " " + parts[run.Statement-1]
		}
	case errors.As(err, &parse):
		e.Err = errors.New(parse.Msg)
	}
	return e
}
