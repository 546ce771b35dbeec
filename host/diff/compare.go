package diff

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// Compare returns what leads from one schema to the other. Nothing is changed in
// either database.
func Compare(ctx context.Context, from, to Side, opts Options) (*Result, error) {
	if opts.Filters == nil {
		opts.Filters = DefaultFilters()
	}
	read := readPostgreSQL
	if opts.Dialect == chain.SQLite {
		read = readSQLite
	}
	d := &differ{opts: opts, result: &Result{}, moved: map[string][]string{}, revalued: map[*column]bool{}, keptEnums: map[string]string{}, freed: map[*index]bool{}}
	syncs := takeSyncs(&from)
	takeSyncs(&to)
	var err error
	if d.from, err = read(ctx, from, nil); err != nil {
		return nil, fmt.Errorf("the schema that is there: %w", err)
	}
	if d.to, err = read(ctx, to, d.from.enums); err != nil {
		return nil, fmt.Errorf("the wanted schema: %w", err)
	}
	d.from.triggers = append(d.from.triggers, syncs...)
	before, err := d.rename(from.Objects)
	if err != nil {
		return nil, err
	}
	d.keepSyncs(syncs)
	d.renameSequences(before)
	d.extensions()
	d.enums()
	d.tables()
	d.dropEnums()
	d.others()
	d.viewsAndTriggers()
	d.arrange()
	d.leftover(before, to.Objects)
	return d.result, nil
}

// A differ compares two models.
type differ struct {
	opts     Options
	from, to *model
	steps    []step
	result   *Result
	pairs    []*tableDiff

	moved     map[string][]string // values of enums that get another place
	revalued  map[*column]bool    // columns whose enum loses a value, so that its type is made anew
	keptEnums map[string]string   // enums whose columns a filter keeps, and the filter

	remadeFunctions []string        // that are dropped and created again
	freed           map[*index]bool // indexes that are dropped early, since one of another table gets their names
}

// A step is operations that belong together, and the changes that they make.
type step struct {
	phase      phase
	table      string // that it is on, if it is on one
	changes    []Change
	operations []schema.Operation
}

// A phase is a place in the order in which operations run.
type phase int

// The phases.
const (
	addingEnumValues phase = iota // commits, so nothing is done by halves before it
	creatingExtensions
	droppingTriggers
	droppingViews
	renamingTables
	renamingColumns
	droppingForeignKeys
	droppingFunctions
	freeingIndexNames
	droppingTables
	droppingIndexes
	droppingConstraints
	droppingDefaults
	movingEnumValues
	creatingTypes
	creatingFunctions
	creatingTables
	droppingGenerated
	addingColumns
	alteringColumns
	droppingColumns
	droppingEnumValues
	addingGenerated
	addingConstraints
	creatingChildren // when their parents have the columns that they should have
	creatingIndexes
	addingForeignKeys
	settingComments // and row level security
	droppingTypes
	lateFunctions
	creatingViews
	indexingViews
	creatingTriggers
	creatingRules
	droppingExtensions
)

// inTable are the phases of changes of a table that is there. On SQLite they are
// made table by table, so that each table is rebuilt once.
func (p phase) inTable() bool {
	switch p {
	case droppingForeignKeys, droppingIndexes, droppingConstraints, droppingGenerated, addingColumns, alteringColumns, droppingColumns,
		addingGenerated, addingConstraints, creatingIndexes, addingForeignKeys:
		return true
	}
	return false
}

// hides reports whether a filter leaves a change out, and notes which.
func (d *differ) hides(c Change) bool {
	f := d.filter(c)
	if f != nil {
		d.result.Hidden = append(d.result.Hidden, Hidden{c, f.Name})
	}
	return f != nil
}

// filter returns the filter that leaves a change out, nil if none does.
func (d *differ) filter(c Change) *Filter {
	if i := slices.IndexFunc(d.opts.Filters, func(f Filter) bool { return f.Hide(c) }); i >= 0 {
		return &d.opts.Filters[i]
	}
	return nil
}

// change returns a change of this comparison.
func (d *differ) change(action Action, kind Kind, table, name, text string) Change {
	return Change{Dialect: d.opts.Dialect, Action: action, Kind: kind, Table: table, Name: name, Text: text}
}

// unwritten says that nothing makes a change, unless a filter leaves it out.
func (d *differ) unwritten(c Change, reason string) {
	if !d.hides(c) {
		d.result.Unwritten = append(d.result.Unwritten, Unwritten{c, reason})
	}
}

// do notes operations that make a change, unless a filter leaves it out.
func (d *differ) do(p phase, table string, c Change, operations ...schema.Operation) {
	if !d.hides(c) {
		d.steps = append(d.steps, step{p, table, []Change{c}, operations})
	}
}

// execute makes operations of statements.
func execute(statements ...string) []schema.Operation {
	list := make([]schema.Operation, len(statements))
	for i, sql := range statements {
		list[i] = &schema.Execute{SQL: schema.Expr(sql)}
	}
	return list
}

// executeAll makes operations of a text of statements.
func (d *differ) executeAll(sql string) []schema.Operation {
	list, err := statements(d.opts.Dialect, sql)
	if err != nil {
		list = []string{sql}
	}
	return execute(list...)
}

// arrange puts the steps in order. What was noted first stays first.
func (d *differ) arrange() {
	lite := d.opts.Dialect == chain.SQLite
	place := func(s step) (phase, string) {
		switch {
		case lite && s.phase.inTable():
			return creatingTables + 1, s.table
		case lite && s.phase == droppingTables:
			return addingColumns, "" // after those, when nothing refers to it any more
		}
		return s.phase, ""
	}
	slices.SortStableFunc(d.steps, func(a, b step) int {
		pa, ta := place(a)
		pb, tb := place(b)
		return cmp.Or(cmp.Compare(pa, pb), cmp.Compare(ta, tb), cmp.Compare(a.phase, b.phase))
	})
	for _, s := range d.steps {
		d.result.Changes = append(d.result.Changes, s.changes...)
		d.result.Operations = append(d.result.Operations, s.operations...)
	}
}
