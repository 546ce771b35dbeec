package schema

import "github.com/sandpiper-db/sandpiper/sdk/abi"

// A Constraint is a constraint of a table: exactly one of PrimaryKey, Unique,
// ForeignKey, Check and Exclude is given.
type Constraint struct {
	Name string // left out: by the naming convention

	PrimaryKey []string

	Unique           []string
	NullsNotDistinct bool // PostgreSQL 15

	ForeignKey []string
	References string   // a table
	To         []string // its columns; left out: its primary key
	OnDelete   Action
	OnUpdate   Action

	// Deferrable and InitiallyDeferred are for foreign keys, and on
	// PostgreSQL for keys and exclusions too.
	Deferrable        bool
	InitiallyDeferred bool

	// NotValid leaves the rows that are there unchecked until
	// ValidateConstraint (PostgreSQL: foreign keys and checks). On SQLite
	// all rows are checked before the commit.
	NotValid bool

	Check SQL

	Exclude []Exclusion // PostgreSQL alone
	Using   string      // of Exclude: the access method, "gist" if left out
	Where   SQL         // of Exclude
}

// Action is what a foreign key does when its parent goes or changes.
type Action string

// The actions. The zero value is what the database takes for granted, no action.
const (
	NoAction   Action = "no action"
	Restrict   Action = "restrict"
	Cascade    Action = "cascade"
	SetNull    Action = "set null"
	SetDefault Action = "set default"
)

// An Exclusion is an element of an exclusion constraint.
type Exclusion struct {
	Column string
	Expr   SQL
	With   string // an operator, such as "&&"
}

func (c *Constraint) fields() []field {
	actions := []Action{NoAction, Restrict, Cascade, SetNull, SetDefault}
	return []field{
		may("name", text(&c.Name)), may("primary_key", texts(&c.PrimaryKey)), may("unique", texts(&c.Unique)),
		may("nulls_not_distinct", flag(&c.NullsNotDistinct)), may("foreign_key", texts(&c.ForeignKey)),
		may("references", text(&c.References)), may("to", texts(&c.To)), may("on_delete", choice(&c.OnDelete, actions...)),
		may("on_update", choice(&c.OnUpdate, actions...)), may("deferrable", flag(&c.Deferrable)),
		may("initially_deferred", flag(&c.InitiallyDeferred)), may("not_valid", flag(&c.NotValid)),
		may("check", &c.Check), may("exclude", list(&c.Exclude)), may("using", text(&c.Using)), may("where", &c.Where),
	}
}
func (c *Constraint) empty() bool             { return false }
func (c *Constraint) read(r *abi.JSONReader)  { readFields(r, c.fields()) }
func (c *Constraint) write(w *abi.JSONWriter) { writeFields(w, c.fields()) }
func (c *Constraint) describe() string        { return describeFields(c.fields()) }

// Columns returns the columns of this table that a key is made of; those of a
// check or an exclusion are not known.
func (c *Constraint) Columns() []string {
	switch {
	case len(c.PrimaryKey) > 0:
		return c.PrimaryKey
	case len(c.Unique) > 0:
		return c.Unique
	}
	return c.ForeignKey
}

// what says which constraint it is, for people.
func (c *Constraint) what() string {
	kind := "the constraint"
	switch {
	case len(c.PrimaryKey) > 0:
		kind = "the primary key"
	case len(c.Unique) > 0:
		kind = "the unique constraint"
	case len(c.ForeignKey) > 0:
		kind = "the foreign key"
	case !c.Check.IsZero():
		kind = "the check"
	case len(c.Exclude) > 0:
		kind = "the exclusion constraint"
	}
	if c.Name != "" {
		kind += " " + quote(c.Name)
	}
	return kind
}

func (c *Constraint) wrong() string {
	foreign := len(c.ForeignKey) > 0
	switch {
	case countTrue(len(c.PrimaryKey) > 0, len(c.Unique) > 0, foreign, !c.Check.IsZero(), len(c.Exclude) > 0) != 1:
		return "a constraint is one of primary_key, unique, foreign_key, check and exclude: exactly one of them"
	case foreign && c.References == "":
		return c.what() + " does not say what it references"
	case foreign && len(c.To) > 0 && len(c.To) != len(c.ForeignKey):
		return c.what() + " has " + itoa(int64(len(c.ForeignKey))) + " columns and refers to " + itoa(int64(len(c.To)))
	case !foreign && (c.References != "" || len(c.To) > 0 || c.OnDelete != "" || c.OnUpdate != ""):
		return c.what() + " has what only a foreign key has: references, to, on_delete or on_update"
	case c.InitiallyDeferred && !c.Deferrable:
		return c.what() + " is initially_deferred and not deferrable"
	case c.Deferrable && !c.Check.IsZero():
		return c.what() + " cannot be deferrable"
	case c.NotValid && !foreign && c.Check.IsZero():
		return c.what() + " cannot be not_valid: foreign keys and checks can"
	case len(c.Exclude) == 0 && (c.Using != "" || !c.Where.IsZero()):
		return c.what() + " has what only an exclusion has: using or where"
	case c.NullsNotDistinct && len(c.Unique) == 0:
		return c.what() + " cannot be nulls_not_distinct: unique constraints can"
	case c.Using != "" && !simpleName(c.Using):
		return "the access method " + quote(c.Using) + " is not made of letters, digits and _"
	}
	for i := range c.Exclude {
		e := &c.Exclude[i]
		if (e.Column == "") == e.Expr.IsZero() || !validOperator(e.With) {
			return c.what() + ": an element has a column or an expr, and with, an operator such as &&"
		}
	}
	return ""
}

// validOperator reports whether s is an operator of PostgreSQL
// (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-OPERATORS).
func validOperator(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '+', '-', '*', '/', '<', '>', '=', '~', '!', '@', '#', '%', '^', '&', '|', '`', '?':
		default:
			return false
		}
		if i > 0 && (s[i-1:i+1] == "--" || s[i-1:i+1] == "/*") {
			return false
		}
	}
	return s != ""
}

func (e *Exclusion) fields() []field {
	return []field{may("column", text(&e.Column)), may("expr", &e.Expr), must("with", text(&e.With))}
}
func (e *Exclusion) empty() bool             { return false }
func (e *Exclusion) read(r *abi.JSONReader)  { readFields(r, e.fields()) }
func (e *Exclusion) write(w *abi.JSONWriter) { writeFields(w, e.fields()) }
func (e *Exclusion) describe() string        { return describeFields(e.fields()) }

// AddConstraint adds a constraint to a table that is there.
type AddConstraint struct {
	Table      string
	Constraint Constraint
}

// Kind implements Operation.
func (o *AddConstraint) Kind() string { return "add_constraint" }

// On implements Operation.
func (o *AddConstraint) On() string { return o.Table }

func (o *AddConstraint) fields() []field {
	return []field{must("table", text(&o.Table)), must("constraint", &o.Constraint)}
}
func (o *AddConstraint) wrong() string { return o.Constraint.wrong() }

// DropConstraint drops a constraint by its name. Without one, the naming
// convention makes it of what Was says, as it did when the constraint was added;
// a check that has no name at all (SQLite allows them) is found by Was.
type DropConstraint struct {
	Table    string
	Name     string
	IfExists bool
	Was      *Constraint // what a downgrade adds again; its Name is left out where Name is given
}

// Kind implements Operation.
func (o *DropConstraint) Kind() string { return "drop_constraint" }

// On implements Operation.
func (o *DropConstraint) On() string { return o.Table }

func (o *DropConstraint) fields() []field {
	return []field{
		must("table", text(&o.Table)), may("name", text(&o.Name)), may("if_exists", flag(&o.IfExists)),
		may("was", optional(&o.Was)),
	}
}

func (o *DropConstraint) wrong() string {
	if o.Name == "" && o.Was == nil {
		return "a constraint without a name is found by what it is: say it in was"
	}
	if o.Was != nil {
		if reason := o.Was.wrong(); reason != "" {
			return "was: " + reason
		}
	}
	return ""
}

// ValidateConstraint checks the rows that a NotValid constraint has left
// unchecked. SQLite has checked them: there is nothing to do.
type ValidateConstraint struct {
	Table string
	Name  string
	Was   *Constraint // what a downgrade adds again, NotValid; Name is left out
}

// Kind implements Operation.
func (o *ValidateConstraint) Kind() string { return "validate_constraint" }

// On implements Operation.
func (o *ValidateConstraint) On() string { return o.Table }

func (o *ValidateConstraint) fields() []field {
	return []field{must("table", text(&o.Table)), must("name", text(&o.Name)), may("was", optional(&o.Was))}
}

func (o *ValidateConstraint) wrong() string {
	if o.Was != nil {
		if reason := o.Was.wrong(); reason != "" {
			return "was: " + reason
		}
	}
	return ""
}
