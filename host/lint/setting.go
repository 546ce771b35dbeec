package lint

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres/grammar"
)

// A placed is where something was found.
type placed struct {
	spot chain.Item
	at   int
}

// setting notes which settings a statement changes: by SET, or by set_config with a
// name that is written out. Whether it does so LOCALly is no matter: the runner takes
// all of them back at the commit.
//
// https://www.postgresql.org/docs/current/sql-set.html,
// https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SET
func (r *postgresReader) setting(n grammar.Node) {
	if n.Is("VariableSetStmt") {
		kind := n.Text("kind")
		r.add(0, setSetting{name: n.Text("name"), back: kind != "VAR_SET_VALUE"})
		return
	}
	n.Walk(func(n grammar.Node) bool {
		if n.Is("FuncCall") && n.Name("funcname") == "set_config" {
			if args := n.List("args"); len(args) > 0 {
				if name := args[0].Node("sval").Text("sval"); name != "" {
					r.add(n.At(), setSetting{name: name})
				}
			}
		}
		return true
	})
}

// set notes a setting until it is taken back. What is set inside an autocommit section is
// not looked at.
func (t *transaction) set(e setSetting, where placed) {
	switch {
	case e.back && e.name == "": // RESET ALL
		clear(t.settings)
	case e.back:
		delete(t.settings, e.name)
	default:
		t.settings[e.name] = where
	}
}

// commit begins a new transaction, and tells which settings end with the one before:
// what stands behind it may rely on them. what is behind it, for people.
func (l *linter) commit(what string, line int) {
	spot := l.spot
	for _, name := range slices.Sorted(maps.Keys(l.rev.settings)) {
		where := l.rev.settings[name]
		l.spot = where.spot
		l.find(ruleSetting, where.at, "", "%s", fmt.Sprintf("%s is set until the commit before %s at line %d, and not in it nor behind it", name, what, line))
	}
	l.spot = spot
	l.rev.transaction = newTransaction()
}
