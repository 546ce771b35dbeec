package autogenerate

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

// A Rule is a filter as a configuration file has it: it hides the changes that
// all of its fields fit. An empty field fits everything; Table and Name may have
// *, ? and […] of path.Match.
type Rule struct {
	Rule    string // its own name, shown with what it hides
	Kind    diff.Kind
	Table   string // the table, and what is on it or in it
	Name    string
	Dialect chain.Dialect
	Action  diff.Action
}

var (
	kinds = []diff.Kind{
		diff.Kind(host.ObjectExtension), diff.KindType, diff.Kind(host.ObjectSequence), diff.Kind(host.ObjectFunction),
		diff.KindTable, diff.KindColumn, diff.KindConstraint, diff.Kind(host.ObjectForeignKey), diff.KindIndex,
		diff.Kind(host.ObjectView), diff.Kind(host.ObjectMaterializedView), diff.Kind(host.ObjectTrigger),
		diff.Kind(host.ObjectRule), diff.Kind(host.ObjectPolicy), diff.Kind(host.ObjectStatistics), diff.Kind(host.ObjectOther),
	}
	actions = []diff.Action{diff.Add, diff.Drop, diff.Modify, diff.Renamed}
)

// ledgerFilter is the default filter that hides Sandpiper's own tables.
const ledgerFilter = "own-tables"

// ownTables is that filter.
func ownTables() diff.Filter {
	defaults := diff.DefaultFilters()
	return defaults[slices.IndexFunc(defaults, func(f diff.Filter) bool { return f.Name == ledgerFilter })]
}

// Filters returns what hides changes: the rules, in their order, and then the
// default filters but for those that are turned off by name.
func Filters(rules []Rule, off []string) ([]diff.Filter, error) {
	var filters []diff.Filter
	for i, r := range rules {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
		filters = append(filters, diff.Filter{Name: cmp.Or(r.Rule, fmt.Sprintf("rule %d", i+1)), Hide: r.hides})
	}
	defaults := diff.DefaultFilters()
	for _, name := range off {
		if name == ledgerFilter {
			return nil, fmt.Errorf("the filter %s cannot be turned off: Sandpiper's own tables are not to be dropped", name)
		}
		if !slices.ContainsFunc(defaults, func(f diff.Filter) bool { return f.Name == name }) {
			return nil, fmt.Errorf("there is no filter %q: they are %s", name, strings.Join(FilterNames(), ", "))
		}
	}
	for _, f := range defaults {
		if !slices.Contains(off, f.Name) {
			filters = append(filters, f)
		}
	}
	return filters, nil
}

// FilterNames returns the names of the default filters.
func FilterNames() (names []string) {
	for _, f := range diff.DefaultFilters() {
		names = append(names, f.Name)
	}
	return names
}

// check says what is wrong with a rule.
func (r Rule) check() error {
	if (r == Rule{Rule: r.Rule}) {
		return fmt.Errorf("it has none of kind, table, name, dialect and action, and would hide everything")
	}
	for _, pattern := range []string{r.Table, r.Name} {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%q is not a pattern", pattern)
		}
	}
	return cmp.Or(
		oneOf("kind", r.Kind, kinds),
		oneOf("dialect", r.Dialect, chain.Dialects),
		oneOf("action", r.Action, actions),
	)
}

func oneOf[T ~string](what string, word T, words []T) error {
	if word == "" || slices.Contains(words, word) {
		return nil
	}
	var list []string
	for _, w := range words {
		list = append(list, string(w))
	}
	return fmt.Errorf("%q is no %s: it is one of %s", word, what, strings.Join(list, ", "))
}

// hides reports whether the rule fits a change.
func (r Rule) hides(c diff.Change) bool {
	table := c.Table
	if c.Kind == diff.KindTable {
		table = c.Name
	}
	return (r.Kind == "" || r.Kind == c.Kind) &&
		(r.Dialect == "" || r.Dialect == c.Dialect) &&
		(r.Action == "" || r.Action == c.Action) &&
		fits(r.Table, table) && fits(r.Name, c.Name)
}

// fits reports whether a name is like a pattern, which check has looked at.
func fits(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok || pattern == ""
}
