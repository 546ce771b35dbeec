package sqlite

import (
	"context"
	"errors"
	"slices"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// Purge implements host.Confined.
func (c *confined) Purge(ctx context.Context, entry host.Entry) (done host.Purged, err error) {
	if err := c.usable(); err != nil {
		return done, err
	}
	if open, err := c.open(ctx, existing); err != nil || !open {
		return done, err
	}
	defer c.guard(&err)
	if c.tx != nil {
		return done, c.db.failed("purge a plugin from", errors.New("a transaction is open on the connection"))
	}
	if err := c.renew(ctx); err != nil {
		return done, err
	}
	if err := c.foreignKeysOff(); err != nil {
		return done, c.db.failed("purge a plugin from", err)
	}
	err = c.locked(ctx, host.Fence{}, func() error {
		done.Dropped, err = c.purge(ctx, entry)
		return err
	})
	if err != nil {
		return host.Purged{}, err
	}
	return done, nil
}

func (c *confined) purge(ctx context.Context, entry host.Entry) ([]host.Owned, error) {
	failed := func(err error) error { return c.db.failed("purge a plugin from", cause(ctx, err)) }
	if err := c.w.survey(ctx); err != nil {
		return nil, failed(err)
	}
	owned, before, err := c.stillOwned(ctx)
	if err != nil {
		return nil, failed(err)
	}
	broken, err := c.findBroken(ctx)
	if err != nil {
		return nil, failed(err)
	}
	for _, drop := range []string{"view", "table", "index", "type"} { // an index goes with its table, if that is the plugin's
		for _, o := range owned {
			if o.Kind != drop {
				continue
			}
			sql := map[string]string{
				"view":  "DROP VIEW main." + ident(o.Name),
				"table": "DROP TABLE main." + ident(o.Name),
				"index": "DROP INDEX IF EXISTS main." + ident(o.Name),
				"type":  "DELETE FROM main.sandpiper_enums WHERE name = " + text(o.Name),
			}[drop]
			if err := c.do(ctx, sql); err != nil {
				return nil, failed(err)
			}
		}
	}
	after, err := c.objects(ctx)
	if err != nil {
		return nil, failed(err)
	}
	owns := func(name string) bool {
		return slices.ContainsFunc(owned, func(o host.Owned) bool { return o.Kind != "index" && tabletext.SameName(o.Name, name) })
	}
	if r := c.w.kept(before, setOf(after), owns); r != nil {
		return nil, r
	}
	if err := c.w.depended(ctx, before, after, broken, owns); err != nil {
		return nil, err
	}
	if len(c.w.recorded) > 0 {
		err = c.do(ctx, "DELETE FROM main.sandpiper_owned WHERE line = ?1", entry.Key.Line)
	}
	if err == nil {
		err = c.do(ctx, "DELETE FROM main.sandpiper_progress WHERE line = ?1", entry.Key.Line)
	}
	if err != nil {
		return nil, failed(err)
	}
	return owned, c.record(ctx, entry, "", nil)
}
