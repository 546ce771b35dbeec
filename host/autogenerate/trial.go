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

// A trial is a draft that has run, up and down, on a copy of a schema.
type trial struct {
	sent     map[chain.Direction][]sent
	left     []diff.Change // what is not as wanted after the upgrade
	leftBack []diff.Change // and not as before after the downgrade
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

// try runs a draft as a migration in a scratch database that has a copy of the
// schema, through the same runner as it will run through later.
func (j *job) try(ctx context.Context, d draft, g gap) (done *trial, err error) {
	db, err := j.scratch(ctx)
	if err != nil {
		return nil, err
	}
	if err := copySchema(ctx, db, j.current.Objects); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sandpiper-")
	if err != nil {
		return nil, err
	}
	j.closers = append(j.closers, func(context.Context) error { return os.RemoveAll(dir) })
	folder := filepath.Join(dir, "versions", string(db.Dialect()))
	text := fmt.Sprintf(trialFiles[d.format], trialRevision, d.body.Upgrade, d.body.Downgrade)
	err = os.MkdirAll(folder, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "2000_01_01_000000_"+trialRevision+"_trial."+string(d.format)), []byte(text), 0o600)
	}
	if err != nil {
		return nil, err
	}

	done = &trial{sent: map[chain.Direction][]sent{}}
	direction := chain.Upgrade
	runner, err := host.NewRunner(os.DirFS(dir), db, j.Bench.Sandbox, host.Config{
		Naming: j.Naming, Statements: true,
		OnEvent: func(e host.Event) {
			if e.Kind == host.EventStatement {
				done.sent[direction] = append(done.sent[direction], sent{e.Text, e.Call})
			}
		},
	})
	if err != nil {
		return nil, j.failed(d, direction, err)
	}
	if _, err := runner.Upgrade(ctx, "heads"); err != nil {
		return nil, j.failed(d, direction, err)
	}
	if done.left, err = j.left(ctx, db, j.wanted, g.up); err != nil {
		return nil, err
	}
	direction = chain.Downgrade
	if _, err := runner.Downgrade(ctx, "base"); err != nil {
		return nil, j.failed(d, direction, err)
	}
	done.leftBack, err = j.left(ctx, db, j.current, g.down)
	return done, err
}

// failed says what of a draft did not run.
func (j *job) failed(d draft, direction chain.Direction, err error) error {
	trial := &TrialError{Dialect: j.Database.Dialect(), Format: d.format, Err: err}
	var run *host.RunError
	var parse *chain.ParseError
	switch {
	case errors.As(err, &run):
		trial.Err = run.Err
		if parts := d.parts[direction]; run.Statement >= 1 && run.Statement <= len(parts) {
			trial.Part = direction.String() + " " + parts[run.Statement-1]
		}
	case errors.As(err, &parse):
		trial.Err = errors.New(parse.Msg)
	}
	return trial
}
