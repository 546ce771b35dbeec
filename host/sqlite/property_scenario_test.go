package sqlite_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A scenario is a database, what is done to a table of it, and what must come
// of that.
type scenario struct {
	setup, script, may []string // statements: objects, rows that are taken, rows that may be refused
	late               []string // statements: views and triggers
	oldName            string   // of the table
	oldRowid           string   // a name of its rowids, "" if it has none
	oldPattern         pattern

	steps []*step

	table                         *tableModel // as it must be in the end
	objects                       []*object
	parent, parentKey, log, other *symbol
	child                         *symbol // nil if nothing refers to the table
	childKey                      []*column
	sync                          *syncModel // that is there in the end, or nil
	features                      []string
}

func (s *scenario) saw(feature string) { s.features = append(s.features, feature) }

// scenarios draws scenarios.
var scenarios = rapid.Custom(func(t *rapid.T) *scenario {
	g := &generator{t: t, s: &scenario{}, used: map[string]bool{}}
	g.others()
	g.table()
	s := g.s
	s.oldName, s.oldRowid = s.table.sym.name, s.table.rowid()
	if s.table.alias() != nil {
		s.oldRowid = "" // a column has them
	}
	g.surroundings()
	g.rows()
	s.setup = append(s.setup, s.table.sql())
	for _, o := range s.objects {
		if o.kind == "table" || o.kind == "index" {
			s.setup = append(s.setup, o.sql())
		} else {
			s.late = append(s.late, o.sql())
		}
		o.was = o.sql()
	}
	s.oldPattern = s.table.pattern()
	g.operations()
	return s
})

// GoString returns the scenario as SQL and documents, for people.
func (s *scenario) GoString() string {
	var b strings.Builder
	b.WriteString("a database and operations:\n")
	for _, list := range [][]string{s.setup, s.script, s.may, s.late} {
		for _, sql := range list {
			b.WriteString(sql + ";\n")
		}
	}
	for _, st := range s.steps {
		fmt.Fprintf(&b, "%s\n", schema.Append(nil, schema.Request{Operation: st.op}))
	}
	return b.String()
}
