package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Judge gives verdicts on one plugin in one database.
type Judge struct {
	Grants  *Grants
	Dialect chain.Dialect

	// Foreign reports whether a table, view, index, sequence or type of a name
	// that the grants name, or that Grants.NamesPart allows, was there before the
	// plugin, or was made by somebody else.
	Foreign func(name string) bool
}

// Facts are what a statement would do, as the dialect's own parser sees it.
type Facts struct {
	// Kind is the statement's, for people: "CREATE TABLE".
	Kind string

	// Access is what it does with the rows of tables and views.
	Access []Access

	// Makes, Changes and Drops are the objects that it creates (new names of a
	// RENAME included), alters, and drops.
	Makes, Changes, Drops []Object

	// Functions are those that it calls, in lower case.
	Functions []Call

	// Denied is what no grant can allow: a statement, an option, an operator.
	// The adapter that parses says why.
	Denied []Denial
}

// An Access is a verb on a table.
type Access struct {
	Table   string
	Verb    string   // of abi.Verbs
	Columns []string // that are read or written
	All     bool     // it may be all of its columns
	Foreign bool     // it is not the plugin's, whatever its name: it is in a schema of others
	Viewed  bool     // by a view, which stays
	At      int      // 1-based character, 0 if unknown
}

// An Object is a name in the schema. What is in no one's way is none: the name
// of a column, or that of a check or a foreign key, which only their table knows.
type Object struct {
	Kind string // "table", "view", "materialized view", "type", "index", "sequence", "constraint"
	Name string
	At   int
}

// part reports whether the object is a part of a table.
func (o Object) part() bool {
	return o.Kind == "index" || o.Kind == "sequence" || o.Kind == "constraint"
}

// A Call is a call of a function.
type Call struct {
	Name string
	At   int
}

// A Denial is something that no grant can allow.
type Denial struct {
	Reason string // a sentence without its full stop: "COMMIT: the host begins and ends transactions"
	At     int
}

// A Refusal is the verdict on what is not allowed.
type Refusal struct {
	Line   string // the plugin's
	Reason string // what was refused, and why
	Needs  string // the capability that is missing, as a line of sandpiper.toml; "" if none would do
	More   bool   // Needs is a limit, of which nobody knows whether that much is enough
	At     int    // 1-based character in the statement, 0 if unknown
	InWay  string // what of others would be lost or broken, as `the view "report"`; "" if the refusal is not about that

	// Claimed is the line of another plugin that has the name by a longer
	// pattern; "" if that is not why.
	Claimed string
}

// Error says what was refused, and what would allow it.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("plugin %s may not: %s", r.Line, r.Reason)
	if r.Needs != "" {
		text += "; it would need the grant " + r.Missing()
	}
	return text
}

// Missing is the capability that is missing, for people.
func (r *Refusal) Missing() string {
	if r.More {
		return r.Needs + " or more"
	}
	return r.Needs
}

// Errno is the errno that a guest gets.
func (r *Refusal) Errno() abi.Errno { return abi.ErrnoDenied }

func (j *Judge) refuse(at int, needs, format string, args ...any) *Refusal {
	return &Refusal{Line: j.Grants.Line, Reason: fmt.Sprintf(format, args...), Needs: needs, At: at}
}

// Check gives the verdict on a statement: nil if it is allowed.
func (j *Judge) Check(f *Facts) *Refusal {
	if len(f.Denied) > 0 {
		return j.refuse(f.Denied[0].At, "", "%s", f.Denied[0].Reason)
	}
	for _, o := range f.Makes {
		if r := j.Make(o); r != nil {
			return r
		}
	}
	for _, o := range slices.Concat(f.Changes, f.Drops) {
		if r := j.Change(o); r != nil {
			return r
		}
	}
	for _, a := range f.Access {
		if r := j.Touch(a); r != nil {
			return r
		}
	}
	for _, c := range f.Functions {
		if r := j.Call(c); r != nil {
			return r
		}
	}
	return nil
}

// Owns reports whether a table or view is the plugin's.
func (j *Judge) Owns(name string) bool {
	return !j.cuts(name) && j.Grants.Names(j.fold(name)) && !j.foreign(name)
}

// fold gives a name the case in which grants are written, where the database
// does not tell them apart (https://sqlite.org/lang_keywords.html).
func (j *Judge) fold(name string) string {
	if j.Dialect != chain.SQLite {
		return name
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, name)
}

// Make gives the verdict on a new name.
func (j *Judge) Make(o Object) *Refusal {
	name := j.fold(o.Name)
	switch {
	case strings.ContainsFunc(o.Name, abi.Steers):
		return j.refuse(o.At, "", "create the %s %q: a name has no control characters", o.Kind, o.Name)
	case kept(name):
		return j.refuse(o.At, "", "create the %s %s: names that begin with sandpiper_, sqlite_ or pg_ are not to be had", o.Kind, o.Name)
	case j.cuts(o.Name):
		return j.refuse(o.At, "", "create the %s %s: PostgreSQL keeps 63 bytes of a name, and this one has %d", o.Kind, o.Name, len(o.Name))
	case j.claim(o) != nil:
		return j.refuseClaimed("create", o)
	case !j.named(o) && o.part():
		return j.refuse(o.At, owning(name),
			"create the %s %s, which is called after none of the tables that it owns (as ix_TABLE__COLUMN and TABLE_COLUMN_idx are)", o.Kind, o.Name)
	case !j.named(o):
		return j.refuse(o.At, owning(name), "create the %s %s, whose name is not among those it owns", o.Kind, o.Name)
	case j.foreign(o.Name):
		return j.refuse(o.At, "", "create the %s %s: that name was there before the plugin", o.Kind, o.Name)
	}
	return nil
}

// Change gives the verdict on altering or dropping an object.
func (j *Judge) Change(o Object) *Refusal {
	if !j.cuts(o.Name) && j.named(o) && !j.foreign(o.Name) {
		return nil
	}
	if j.claim(o) != nil {
		return j.refuseClaimed("change", o)
	}
	return j.refuse(o.At, "", "change the %s %s, which it does not own", o.Kind, o.Name)
}

// claim returns what another plugin has an object by that would be this one's
// without it; nil if none has.
func (j *Judge) claim(o Object) *Claim {
	alone := Judge{Grants: &Grants{Allowed: j.Grants.Allowed}, Dialect: j.Dialect}
	if j.named(o) || !alone.named(o) {
		return nil
	}
	claim, length := j.Grants.other(j.fold(o.Name), longest)
	if length == 0 {
		claim, length = j.Grants.other(j.fold(o.Name), longestBegin)
	}
	if length == 0 {
		return nil
	}
	return &claim
}

func (j *Judge) refuseClaimed(verb string, o Object) *Refusal {
	claim := j.claim(o)
	r := j.refuse(o.At, "", "%s the %s %s: its name is one of plugin %s, which owns %s", verb, o.Kind, o.Name, claim.Line, claim.Pattern)
	r.Claimed = claim.Line
	return r
}

// named reports whether the grants name an object.
func (j *Judge) named(o Object) bool {
	if o.part() {
		return j.Grants.NamesPart(j.fold(o.Name))
	}
	return j.Grants.Names(j.fold(o.Name))
}

func (j *Judge) foreign(name string) bool { return j.Foreign != nil && j.Foreign(j.fold(name)) }

// cuts reports whether the database would take a name for a shorter one
// (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS).
func (j *Judge) cuts(name string) bool { return j.Dialect == chain.PostgreSQL && len(name) > 63 }

// Refer gives the verdict on a foreign key to a table.
func (j *Judge) Refer(table string, at int) *Refusal {
	if j.Owns(table) {
		return nil
	}
	return j.refuse(at, "", "refer to %s, which it does not own, with a foreign key: that tells of its keys, and keeps its rows from being deleted", table)
}

// Touch gives the verdict on a verb.
func (j *Judge) Touch(a Access) *Refusal {
	if !a.Foreign && j.Owns(a.Table) {
		return nil
	}
	name := j.fold(a.Table)
	if kept(name) {
		return j.refuse(a.At, "", "%s %s: the ledger and the catalogs are not to be had", a.Verb, a.Table)
	}
	if a.Viewed {
		return j.refuse(a.At, "", "make a view of %s, which it does not own: a view keeps %s from being changed; read the table when you need it", a.Table, a.Table)
	}
	need := using(name, a.Verb)
	use, ok := j.Grants.Use(name)
	if !ok || !slices.Contains(use.Verbs, a.Verb) {
		return j.refuse(a.At, need, "%s %s", a.Verb, a.Table)
	}
	if len(use.Columns) == 0 {
		return nil
	}
	if a.All {
		return j.refuse(a.At, need, "%s all columns of %s: its grant names %s", a.Verb, a.Table, strings.Join(use.Columns, ", "))
	}
	for _, column := range a.Columns {
		if !slices.Contains(use.Columns, j.fold(column)) {
			return j.refuse(a.At, using(name, a.Verb, j.fold(column)), "%s column %s of %s", a.Verb, column, a.Table)
		}
	}
	return nil
}

// kept reports whether a name is one that no grant can name (abi.Capabilities).
func kept(name string) bool {
	return strings.HasPrefix(name, "sandpiper_") || strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pg_")
}

// Call gives the verdict on a call of a function.
func (j *Judge) Call(c Call) *Refusal {
	switch {
	case Functions(j.Dialect)[c.Name]:
		return nil
	case j.Dialect == chain.PostgreSQL && postgresForbidden(c.Name):
		return j.refuse(c.At, "", "call the function %s: what it gets at no grant can bound", c.Name)
	case j.Grants.Function(c.Name):
		return nil
	}
	return j.refuse(c.At, calling(c.Name), "call the function %s", c.Name)
}
