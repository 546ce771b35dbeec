package host

import (
	"cmp"
	"slices"
)

// An Object is one thing in a schema that a user made: not the ledger, not
// what the database keeps for itself, not what an extension brought.
type Object struct {
	Kind  ObjectKind
	Name  string
	Table string // the table or view that an index or a trigger is on, else ""

	// SQL creates it: statements, each with its semicolon. In the order in
	// which Conn.Objects returns them, the SQL of all objects builds the
	// schema anew in an empty database (see Load). It is "" where Sandpiper
	// cannot write it: then Kind and Name say what is missing.
	SQL string

	// Facts say what it is, sorted: of a table a line for each column,
	// constraint and option. They do not depend on how it came to be: two
	// objects of one kind and name are the same to their users exactly if
	// their facts are.
	Facts []string
}

// String names the object, for people.
func (o Object) String() string {
	name := o.Name
	if o.Kind != ObjectOther {
		name = string(o.Kind) + " " + name
	}
	if o.Table != "" {
		name += " on " + o.Table
	}
	return name
}

// ObjectKind says what an Object is.
type ObjectKind string

// The kinds of objects.
const (
	ObjectExtension        ObjectKind = "extension"
	ObjectType             ObjectKind = "type" // enum, domain, composite or range
	ObjectSequence         ObjectKind = "sequence"
	ObjectFunction         ObjectKind = "function" // or procedure or aggregate
	ObjectTable            ObjectKind = "table"
	ObjectIndex            ObjectKind = "index"       // but for those of constraints, which are facts of their table
	ObjectForeignKey       ObjectKind = "foreign key" // where it is created after its table; else it is a fact of it
	ObjectView             ObjectKind = "view"
	ObjectMaterializedView ObjectKind = "materialized view"
	ObjectTrigger          ObjectKind = "trigger"
	ObjectRule             ObjectKind = "rule"   // of PostgreSQL, but for those of views
	ObjectPolicy           ObjectKind = "policy" // for row level security
	ObjectStatistics       ObjectKind = "statistics"
	ObjectOther            ObjectKind = "other" // what has no kind here; the name says which it has
)

// A Difference is an Object that is not the same in two schemas.
type Difference struct {
	Kind  ObjectKind
	Name  string
	Table string
	Had   []string // facts of the first alone
	Has   []string // facts of the second alone
	In    Presence // which of them have it at all
}

// Presence says which of two schemas have an object.
type Presence string

// The values of Presence.
const (
	InBoth   Presence = "both"
	InFirst  Presence = "first"
	InSecond Presence = "second"
)

// CompareObjects returns in what two schemas differ, by kind, table and name.
// Where it returns nothing, nobody who uses them could tell them apart.
func CompareObjects(first, second []Object) []Difference {
	type key struct {
		kind        ObjectKind
		table, name string
	}
	known := map[key]Object{}
	for _, o := range first {
		known[key{o.Kind, o.Table, o.Name}] = o
	}
	var differences []Difference
	add := func(o Object, in Presence, had, has []string) {
		differences = append(differences, Difference{o.Kind, o.Name, o.Table, had, has, in})
	}
	for _, o := range second {
		k := key{o.Kind, o.Table, o.Name}
		was, ok := known[k]
		delete(known, k)
		if !ok {
			add(o, InSecond, nil, o.Facts)
		} else if had, has := only(was.Facts, o.Facts), only(o.Facts, was.Facts); len(had)+len(has) > 0 {
			add(o, InBoth, had, has)
		}
	}
	for _, o := range known {
		add(o, InFirst, o.Facts, nil)
	}
	slices.SortFunc(differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Name, b.Name))
	})
	return differences
}

// only returns what of a b lacks. A line that is there twice counts twice.
func only(a, b []string) []string {
	count := map[string]int{}
	for _, line := range b {
		count[line]++
	}
	var rest []string
	for _, line := range a {
		if count[line] == 0 {
			rest = append(rest, line)
		} else {
			count[line]--
		}
	}
	return rest
}
