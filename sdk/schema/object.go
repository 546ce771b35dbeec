package schema

import "slices"

// CreateExtension creates an extension (PostgreSQL alone).
type CreateExtension struct {
	Name        string
	IfNotExists bool
	Schema      string
}

// Kind implements Operation.
func (o *CreateExtension) Kind() string { return "create_extension" }

// On implements Operation.
func (o *CreateExtension) On() string { return "" }

func (o *CreateExtension) fields() []field {
	return []field{
		must("name", text(&o.Name)), may("if_not_exists", flag(&o.IfNotExists)), may("schema", text(&o.Schema)),
	}
}
func (o *CreateExtension) wrong() string { return "" }

// DropExtension drops an extension (PostgreSQL alone).
type DropExtension struct {
	Name     string
	IfExists bool
}

// Kind implements Operation.
func (o *DropExtension) Kind() string { return "drop_extension" }

// On implements Operation.
func (o *DropExtension) On() string { return "" }

func (o *DropExtension) fields() []field {
	return []field{must("name", text(&o.Name)), may("if_exists", flag(&o.IfExists))}
}
func (o *DropExtension) wrong() string { return "" }

// CreateView creates a view of a query.
type CreateView struct {
	Name    string
	Query   SQL      // the SELECT
	Columns []string // left out: the query's

	// Materialized is PostgreSQL's.
	Materialized bool
}

// Kind implements Operation.
func (o *CreateView) Kind() string { return "create_view" }

// On implements Operation.
func (o *CreateView) On() string { return "" }

func (o *CreateView) fields() []field {
	return []field{
		must("name", text(&o.Name)), must("query", &o.Query), may("columns", texts(&o.Columns)),
		may("materialized", flag(&o.Materialized)),
	}
}
func (o *CreateView) wrong() string { return "" }

// DropView drops a view.
type DropView struct {
	Name         string
	IfExists     bool
	Materialized bool
	Query        SQL      // what a downgrade creates again
	Columns      []string // the same
}

// Kind implements Operation.
func (o *DropView) Kind() string { return "drop_view" }

// On implements Operation.
func (o *DropView) On() string { return "" }

func (o *DropView) fields() []field {
	return []field{
		must("name", text(&o.Name)), may("if_exists", flag(&o.IfExists)), may("materialized", flag(&o.Materialized)),
		may("query", &o.Query), may("columns", texts(&o.Columns)),
	}
}
func (o *DropView) wrong() string { return "" }

// CreateTrigger creates a trigger from its whole CREATE TRIGGER statement. On
// PostgreSQL the function it calls is there, or made by Execute before.
type CreateTrigger struct {
	Name  string
	Table string
	SQL   SQL
}

// Kind implements Operation.
func (o *CreateTrigger) Kind() string { return "create_trigger" }

// On implements Operation. A trigger is made by itself.
func (o *CreateTrigger) On() string { return "" }

func (o *CreateTrigger) fields() []field {
	return []field{must("name", text(&o.Name)), must("table", text(&o.Table)), must("sql", &o.SQL)}
}
func (o *CreateTrigger) wrong() string { return "" }

// DropTrigger drops a trigger.
type DropTrigger struct {
	Name     string
	Table    string
	IfExists bool
	SQL      SQL // what a downgrade creates again
}

// Kind implements Operation.
func (o *DropTrigger) Kind() string { return "drop_trigger" }

// On implements Operation.
func (o *DropTrigger) On() string { return "" }

func (o *DropTrigger) fields() []field {
	return []field{
		must("name", text(&o.Name)), must("table", text(&o.Table)), may("if_exists", flag(&o.IfExists)), may("sql", &o.SQL),
	}
}
func (o *DropTrigger) wrong() string { return "" }

// Insert inserts rows of constants.
type Insert struct {
	Table   string
	Columns []string
	Rows    []Row

	// Key names the columns by which a downgrade finds the rows to delete.
	Key []string
}

// Kind implements Operation.
func (o *Insert) Kind() string { return "insert" }

// On implements Operation. Rows are not a change of the table.
func (o *Insert) On() string { return "" }

func (o *Insert) fields() []field {
	return []field{
		must("table", text(&o.Table)), must("columns", texts(&o.Columns)), must("rows", list(&o.Rows)), may("key", texts(&o.Key)),
	}
}

func (o *Insert) wrong() string {
	for i, row := range o.Rows {
		if len(row) != len(o.Columns) {
			return "row " + itoa(int64(i+1)) + " has " + itoa(int64(len(row))) + " values for " + itoa(int64(len(o.Columns))) + " columns"
		}
	}
	for _, k := range o.Key {
		if !slices.Contains(o.Columns, k) {
			return "the key " + quote(k) + " is not among the columns"
		}
	}
	return ""
}

// Execute runs one statement of SQL, per dialect where it differs. A dialect
// that is given none has nothing to do.
type Execute struct {
	SQL     SQL
	Reverse SQL // what undoes it; without it there is no derived downgrade

	// NoReverse says that a downgrade has nothing to undo.
	NoReverse bool
}

// Kind implements Operation.
func (o *Execute) Kind() string { return "execute" }

// On implements Operation.
func (o *Execute) On() string { return "" }

func (o *Execute) fields() []field {
	return []field{must("sql", &o.SQL), may("reverse", &o.Reverse), may("no_reverse", flag(&o.NoReverse))}
}

func (o *Execute) wrong() string {
	if o.NoReverse && !o.Reverse.IsZero() {
		return "reverse and no_reverse at once"
	}
	return ""
}
