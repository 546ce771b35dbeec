package lint

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// facts are what a chain has made so far, as far as its text says. What a chain
// does not tell of, such as a table from before its first revision, is not known.
type facts struct {
	tables  map[string]*tableFacts
	owner   map[string]string // of an index
	domains map[string]bool   // with constraints
}

type tableFacts struct {
	made        bool // by the chain
	partitioned bool
	notNull     map[string]bool
	kinds       map[string]kind
	checks      map[string]*checkFacts
	indexes     map[string][]string // what each begins with
}

type checkFacts struct {
	proves []string
	valid  bool
}

func newFacts() *facts {
	return &facts{map[string]*tableFacts{}, map[string]string{}, map[string]bool{}}
}

// of returns what is known of a table. Of one that is not known that is nothing.
func (f *facts) of(name string) *tableFacts {
	t := f.tables[name]
	if t == nil {
		t = &tableFacts{kinds: map[string]kind{}, notNull: map[string]bool{}, checks: map[string]*checkFacts{}, indexes: map[string][]string{}}
		f.tables[name] = t
	}
	return t
}

// index notes an index, or a constraint that has one.
func (f *facts) index(on, name string, columns []string) {
	t := f.of(on)
	if name == "" { // it is not to take another one's place
		name = fmt.Sprintf("unnamed %d of %s", len(t.indexes), on)
	}
	t.indexes[name] = columns
	f.owner[name] = on
}

// indexed reports whether an index of a table begins with columns, in any order.
func (f *facts) indexed(on string, columns []string) bool {
	for _, has := range f.of(on).indexes {
		if begins(has, columns) {
			return true
		}
	}
	return false
}

// begins reports whether names begin with others, in any order.
func begins(names, with []string) bool {
	want := slices.Sorted(slices.Values(with))
	return len(names) >= len(want) && slices.Equal(slices.Sorted(slices.Values(names[:len(want)])), want)
}

// partitions reports whether a table may be one of partitions: it is, or the chain
// does not tell what it is.
func (f *facts) partitions(on string) bool {
	t := f.of(on)
	return t.partitioned || !t.made
}

// keyed returns the columns of a key that is added, also where an index has them.
func (f *facts) keyed(on string, k *constraint) []string {
	if k.usingIndex != "" {
		return f.of(on).indexes[k.usingIndex]
	}
	return k.columns
}

// indexOf returns the name of an index that the chain has created, and that has a
// column, "" if there is none.
func (f *facts) indexOf(on, column string) string {
	indexes := f.of(on).indexes
	for _, name := range slices.Sorted(maps.Keys(indexes)) {
		if slices.Contains(indexes[name], column) {
			return name
		}
	}
	return ""
}

// proven reports whether a validated check says that a column is not NULL.
func (f *facts) proven(on, name string) bool {
	for _, c := range f.of(on).checks {
		if c.valid && slices.Contains(c.proves, name) {
			return true
		}
	}
	return false
}

// checked reports whether a table has a validated check.
func (f *facts) checked(on string) bool {
	for _, c := range f.of(on).checks {
		if c.valid {
			return true
		}
	}
	return false
}

// apply notes a change.
func (f *facts) apply(e effect) {
	t := f.of(e.on())
	switch e := e.(type) {
	case createTable:
		delete(f.tables, e.on())
		t = f.of(e.on())
		t.made, t.partitioned = true, e.partitioned
		for i := range e.columns {
			f.column(e.on(), &e.columns[i])
		}
		for _, k := range e.constraints {
			k.notValid = false // there is no row to leave unchecked
			f.constraint(e.on(), k)
		}
	case dropTable:
		delete(f.tables, e.on())
	case renameTable:
		f.tables[e.to] = t
		delete(f.tables, e.on())
		for name := range t.indexes {
			f.owner[name] = e.to
		}
	case addColumn:
		f.column(e.on(), &e.column)
	case dropColumn:
		delete(t.kinds, e.name)
		delete(t.notNull, e.name)
		for name, columns := range t.indexes {
			if slices.Contains(columns, e.name) {
				delete(t.indexes, name)
			}
		}
	case renameColumn:
		t.rename(e.name, e.to)
	case setType:
		t.kinds[e.name] = e.to
	case setNotNull:
		t.notNull[e.name] = true
	case dropNotNull:
		delete(t.notNull, e.name)
	case createDomain:
		f.domains[e.on()] = e.constrained
	case alterDomain:
		f.domains[e.on()] = true
	case addConstraint:
		f.constraint(e.on(), e.constraint)
	case dropConstraint:
		delete(t.checks, e.name)
		delete(t.indexes, e.name)
	case validateConstraint:
		if c := t.checks[e.name]; c != nil {
			c.valid = true
		}
	case createIndex:
		if !e.partial {
			f.index(e.on(), e.name, e.columns)
		}
		f.owner[e.name] = e.on()
	case dropIndex:
		delete(f.of(f.owner[e.name]).indexes, e.name)
	}
}

func (f *facts) column(on string, c *column) {
	t := f.of(on)
	t.kinds[c.name] = c.kind
	t.notNull[c.name] = c.notNull
	if c.key != nil {
		f.index(on, c.key.name, c.key.columns)
	}
}

func (f *facts) constraint(on string, k constraint) {
	if k.kind == primaryKey {
		for _, name := range f.keyed(on, &k) {
			f.of(on).notNull[name] = true
		}
	}
	switch {
	case k.usingIndex != "":
		t := f.of(on)
		f.index(on, k.name, t.indexes[k.usingIndex])
		if k.name != k.usingIndex {
			delete(t.indexes, k.usingIndex) // it takes the constraint's name
		}
	case k.kind.builds():
		f.index(on, k.name, k.columns)
	case k.kind == check:
		f.of(on).checks[k.name] = &checkFacts{k.proves, !k.notValid}
	}
}

func (t *tableFacts) rename(from, to string) {
	replace := func(names []string) []string {
		names = slices.Clone(names)
		for i := range names {
			if names[i] == from {
				names[i] = to
			}
		}
		return names
	}
	t.kinds[to], t.notNull[to] = t.kinds[from], t.notNull[from]
	delete(t.kinds, from)
	delete(t.notNull, from)
	for name := range t.indexes {
		t.indexes[name] = replace(t.indexes[name])
	}
	for _, c := range t.checks {
		c.proves = replace(c.proves)
	}
}

// fold returns a name in the form that all its spellings share. PostgreSQL's
// parser has folded it; an operation's is quoted, and is as it stands.
func fold(d chain.Dialect, name string) string {
	if d == chain.SQLite {
		return tabletext.Fold(name)
	}
	return name
}
