package diff

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// takeSyncs takes what create_sync makes out of a side, and returns its triggers.
// A sync is there for a while, in the middle of a change, and no schema file has
// one: it comes and goes by its own operations, and is no difference.
func takeSyncs(side *Side) (triggers []*trigger) {
	functions := map[string]bool{}
	for _, o := range side.Objects {
		if o.Kind == host.ObjectFunction && strings.Contains(o.SQL, schema.SyncMark) {
			functions[strings.TrimSuffix(o.Name, "()")] = true
		}
	}
	side.Objects = slices.DeleteFunc(slices.Clone(side.Objects), func(o host.Object) bool {
		switch o.Kind {
		case host.ObjectFunction:
			return strings.Contains(o.SQL, schema.SyncMark)
		case host.ObjectTrigger:
			name, ok := schema.SyncOf(o.Name)
			if !ok || !functions[name] && !strings.Contains(o.SQL, schema.SyncMark) {
				return false
			}
			triggers = append(triggers, &trigger{name: o.Name, table: o.Table, sql: strings.TrimSuffix(o.SQL, ";"), text: o.SQL})
			return true
		}
		return false
	})
	return triggers
}

// keepSyncs wants the triggers of syncs that are there as they are, so that they
// come again where their table is made anew.
func (d *differ) keepSyncs(triggers []*trigger) {
	for _, g := range triggers {
		if d.to.table(g.table) != nil {
			same := *g
			d.to.triggers = append(d.to.triggers, &same)
		}
	}
}
