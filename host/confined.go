package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host/policy"
)

// Walls are around the connection of a run: those of one plugin, for as long as
// its steps follow each other. Meanwhile the connection itself is not used.
type walls struct {
	plugin *Plugin
	conn   Confined // nil: there are none
}

// confined runs a step of a plugin behind its walls.
func (u *run) confined(ctx context.Context, p *Plugin, a *attempt) (Entry, error) {
	u.prepare(ctx, a.body.module) // while the database makes ready
	if u.walls.plugin != p {
		if err := u.walls.close(); err != nil {
			return Entry{}, err
		}
		conn, err := u.conn.Confine(ctx, u.confinement(p))
		if err != nil {
			return Entry{}, err
		}
		u.walls = walls{p, conn}
	}
	return u.migrate(ctx, u.walls.conn, a)
}

// close takes the walls away.
func (w *walls) close() error {
	conn := w.conn
	if *w = (walls{}); conn == nil {
		return nil
	}
	return conn.Close()
}

// confinement is what a database needs to know of a plugin. On a scratch database
// there is no role: it would outlive the database, and nothing is there that it
// could keep the plugin from.
func (r *Runner) confinement(p *Plugin) Confinement {
	c := Confinement{Grants: p.Grants, Role: p.Role, WithoutRole: p.WithoutRole}
	if r.scratch {
		c.Role, c.WithoutRole = "", true
	}
	return c
}

// judge gives the verdict on the schema operations of a plugin before they are
// rendered; nil for the project's own migrations.
func (b *body) judge() *policy.Judge {
	if p := b.plugin(); p != nil {
		return &policy.Judge{Grants: p.Grants, Dialect: b.dialect}
	}
	return nil
}

// limits are those of a run of the module.
func (m *module) limits() GuestLimits {
	if m.plugin == nil {
		return GuestLimits{}
	}
	return limitsOf(m.plugin.Grants)
}

// limit returns how long one migration may take, of a plugin or, where p is nil, of
// the project's own: what the guest computes, what the database does, and the
// commit. It is nil where there is no limit.
func (r *Runner) limit(p *Plugin) *overdueError {
	limit := r.cfg.TimeLimit
	if p != nil && (limit <= 0 || p.Grants.Time() < limit) {
		return &overdueError{p.Grants.Line, p.Grants.Time()}
	}
	if limit <= 0 {
		return nil
	}
	return &overdueError{limit: limit}
}

// limited returns a context that ends when a migration's time is over, of which some
// is spent.
func (r *Runner) limited(ctx context.Context, p *Plugin, spent time.Duration) (context.Context, context.CancelFunc) {
	late := r.limit(p)
	if late == nil {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, late.limit-spent, late)
}

// An overdueError is the cause of a context that Runner.limited has ended.
type overdueError struct {
	line  string // of the plugin whose limit it is; "": Config.TimeLimit
	limit time.Duration
}

func (e *overdueError) Error() string {
	if e.line == "" {
		return fmt.Sprintf("it ran for longer than %v", e.limit)
	}
	return fmt.Sprintf("a migration of plugin %s may take %v, the database's time included", e.line, e.limit)
}

// Is makes it a context.DeadlineExceeded.
func (e *overdueError) Is(target error) bool { return target == context.DeadlineExceeded }

// overdue says of whatever went wrong when the migration's time was over that
// this was why.
func overdue(ctx context.Context, err error) error {
	var late *overdueError
	if err == nil || contested(err) || !errors.As(context.Cause(ctx), &late) {
		return err
	}
	return &GuestError{Kind: GuestTimedOut, Message: late.Error(), Err: err}
}

// pluginOf returns the plugin that a step is of, nil for the project's own.
func (r *Runner) pluginOf(s Step) *Plugin { return r.catalog.bodies[s.Revision.Key].plugin() }

// A warmer is a Database that has to make ready before it can judge the statements
// of plugins, which takes a while.
type warmer interface {
	// Warm begins to, and does not wait.
	Warm()
}

// warm is called as soon as it is known that a plugin will run in this process.
func (r *Runner) warm() {
	for db := r.db; ; {
		if w, ok := db.(warmer); ok {
			w.Warm()
			return
		}
		outer, ok := db.(interface{ Unwrap() Database }) // as errors have it
		if !ok {
			return
		}
		db = outer.Unwrap()
	}
}
