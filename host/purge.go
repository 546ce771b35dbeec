package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Owned lists what a plugin owns in the database, sorted by kind and name. The
// plugin is one of Config.Plugins, with or without its module.
func (r *Runner) Owned(ctx context.Context, line string) (owned []Owned, err error) {
	err = r.withPlugin(ctx, line, func(conn Confined) (err error) {
		owned, err = conn.Owned(ctx)
		return err
	})
	return owned, err
}

// Purge drops what a plugin owns in the database, and takes the plugin out of the
// ledger: none of its revisions is applied afterwards, none half done. The history
// gets one entry, which is about all of the plugin's line and names no revision.
// The plugin is one of Config.Plugins; its module may be gone, since nothing of it
// is run. reason is for the history.
func (r *Runner) Purge(ctx context.Context, line, reason string) (done Purged, err error) {
	if reason != "" {
		if err := CheckReason(reason); err != nil {
			return Purged{}, err
		}
	}
	err = r.withPlugin(ctx, line, func(conn Confined) (err error) {
		done, err = conn.Purge(ctx, purged(line, reason))
		return err
	})
	return done, err
}

// Vacate takes away what the runner has made for a plugin: its role, its schema and
// what it was granted. It is for a plugin of which nothing is applied any more. What
// the plugin has made itself and its downgrades have left is kept, and its role and
// schema with it.
func (r *Runner) Vacate(ctx context.Context, line string) (done Purged, err error) {
	err = r.withPlugin(ctx, line, func(conn Confined) error {
		owned, err := conn.Owned(ctx)
		if err != nil || len(owned) == 0 {
			return err
		}
		for _, o := range owned {
			if o.Kind != "role" && o.Kind != "schema" {
				done.Kept = append(done.Kept, Kept{Owned: o, Reason: "the plugin's downgrades have left it; a purge drops it"})
			}
		}
		if len(done.Kept) == 0 {
			done, err = conn.Purge(ctx, purged(line, "removed"))
		}
		return err
	})
	return done, err
}

func purged(line, reason string) Entry {
	return Entry{
		Key: chain.Key{Line: line}, Action: ActionPurge,
		Started: time.Now().UTC().Truncate(time.Microsecond), Runner: Version, Reason: reason,
	}
}

// withPlugin has do act on a connection that is confined to one of Config.Plugins.
// Where there is no ledger no plugin has been, and nothing is done.
func (r *Runner) withPlugin(ctx context.Context, line string, do func(Confined) error) (err error) {
	var plugin *Plugin
	for i := range r.cfg.Plugins {
		if p := &r.cfg.Plugins[i]; p.Grants.Line == line {
			plugin = p
		}
	}
	if plugin == nil {
		return fmt.Errorf("no plugin %s is configured", line)
	}
	conn, err := r.db.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if ledger, err := r.patientLedger(ctx, conn); err != nil || !ledger.Exists {
		return err
	}
	return r.behindWalls(ctx, conn, plugin, do)
}

// behindWalls has do act on a connection that is confined to a plugin on its way out. Where
// another runner is at work it waits as long as a run would.
func (r *Runner) behindWalls(ctx context.Context, conn Conn, p *Plugin, do func(Confined) error) error {
	return r.uncontested(ctx, func() (err error) {
		how := r.confinement(p)
		how.Leaving = true
		confined, err := conn.Confine(ctx, how)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, confined.Close()) }()
		return do(confined)
	})
}

// purgeAll purges the plugins that have ever been at work in a database which is to
// be reset: what they own may be outside the schema that the reset drops.
func (r *Runner) purgeAll(ctx context.Context, conn Conn) error {
	if len(r.cfg.Plugins) == 0 {
		return nil
	}
	history, err := conn.History(ctx, 0)
	if err != nil {
		return err
	}
	for i := range r.cfg.Plugins {
		p := &r.cfg.Plugins[i]
		line := p.Grants.Line
		if !slices.ContainsFunc(history, func(e Entry) bool { return e.Key.Line == line }) {
			continue
		}
		err := r.behindWalls(ctx, conn, p, func(conn Confined) error {
			_, err := conn.Purge(ctx, purged(line, "reset"))
			return err
		})
		if err != nil {
			return fmt.Errorf("purge plugin %s: %w", line, err)
		}
	}
	return nil
}
