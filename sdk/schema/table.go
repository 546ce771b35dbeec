package schema

import "github.com/sandpiper-db/sandpiper/sdk/abi"

// CreateTable creates a table.
type CreateTable struct {
	Name        string
	Columns     []Column
	Constraints []Constraint
	IfNotExists bool
	Comment     string

	// Strict and WithoutRowID are SQLite's table options
	// (https://sqlite.org/stricttables.html, https://sqlite.org/withoutrowid.html).
	// They mean nothing on PostgreSQL.
	Strict, WithoutRowID bool
}

// Kind implements Operation.
func (o *CreateTable) Kind() string { return "create_table" }

// On implements Operation. A table that is created is not rebuilt.
func (o *CreateTable) On() string { return "" }

func (o *CreateTable) fields() []field {
	return []field{
		must("name", text(&o.Name)), must("columns", list(&o.Columns)), may("constraints", list(&o.Constraints)),
		may("if_not_exists", flag(&o.IfNotExists)), may("comment", text(&o.Comment)),
		may("strict", flag(&o.Strict)), may("without_rowid", flag(&o.WithoutRowID)),
	}
}

func (o *CreateTable) wrong() string {
	keys := 0
	seen := map[string]bool{}
	for i := range o.Columns {
		c := &o.Columns[i]
		if reason := c.wrong(); reason != "" {
			return reason
		}
		if seen[c.Name] {
			return "two columns are called " + quote(c.Name)
		}
		seen[c.Name] = true
		if c.PrimaryKey {
			keys++
		}
	}
	if keys > 1 {
		return "several columns are the primary key: a key of several columns is a constraint, {\"primary_key\": […]}"
	}
	for i := range o.Constraints {
		c := &o.Constraints[i]
		if reason := c.wrong(); reason != "" {
			return reason
		}
		for _, name := range c.Columns() {
			if !seen[name] {
				return c.what() + " names the column " + quote(name) + ", which the table does not have"
			}
		}
		if len(c.PrimaryKey) > 0 {
			if keys++; keys > 1 {
				return "a table has one primary key"
			}
		}
	}
	return ""
}

// DropTable drops a table with its indexes and triggers. On both dialects
// foreign keys of other tables that refer to it refuse it, unless Cascade drops
// these as well (PostgreSQL alone).
type DropTable struct {
	Name     string
	IfExists bool
	Cascade  bool
	Was      *TableDefinition // what a downgrade creates again
}

// A TableDefinition is a table and its indexes, as they were before a DropTable.
type TableDefinition struct {
	Columns              []Column
	Constraints          []Constraint
	Indexes              []CreateIndex // Table is left out
	Comment              string
	Strict, WithoutRowID bool
}

// Kind implements Operation.
func (o *DropTable) Kind() string { return "drop_table" }

// On implements Operation. A table that is dropped is not rebuilt.
func (o *DropTable) On() string { return "" }

func (o *DropTable) fields() []field {
	return []field{
		must("name", text(&o.Name)), may("if_exists", flag(&o.IfExists)), may("cascade", flag(&o.Cascade)),
		may("was", optional(&o.Was)),
	}
}

func (o *DropTable) wrong() string {
	if o.Was == nil {
		return ""
	}
	for _, op := range o.Was.operations(o.Name) {
		if reason := invalid(op); reason != "" {
			return "was: " + reason
		}
	}
	return ""
}

func (d *TableDefinition) fields() []field {
	return []field{
		must("columns", list(&d.Columns)), may("constraints", list(&d.Constraints)), may("indexes", wasIndexes{&d.Indexes}),
		may("comment", text(&d.Comment)), may("strict", flag(&d.Strict)), may("without_rowid", flag(&d.WithoutRowID)),
	}
}
func (d *TableDefinition) empty() bool             { return false }
func (d *TableDefinition) read(r *abi.JSONReader)  { readFields(r, d.fields()) }
func (d *TableDefinition) write(w *abi.JSONWriter) { writeFields(w, d.fields()) }
func (d *TableDefinition) describe() string        { return describeFields(d.fields()) }

// operations are what creates the table.
func (d *TableDefinition) operations(name string) []Operation {
	ops := []Operation{&CreateTable{
		Name: name, Columns: d.Columns, Constraints: d.Constraints, Comment: d.Comment,
		Strict: d.Strict, WithoutRowID: d.WithoutRowID,
	}}
	for _, index := range d.Indexes {
		index.Table = name
		ops = append(ops, &index)
	}
	return ops
}

// RenameTable renames a table. Foreign keys, views, indexes and triggers follow
// it; the names of its constraints and indexes stay.
type RenameTable struct {
	Name string
	To   string
}

// Kind implements Operation.
func (o *RenameTable) Kind() string { return "rename_table" }

// On implements Operation.
func (o *RenameTable) On() string { return "" }

func (o *RenameTable) fields() []field {
	return []field{must("name", text(&o.Name)), must("to", text(&o.To))}
}
func (o *RenameTable) wrong() string { return "" }

// Comment sets the comment of a table or of one of its columns; an empty text
// removes it. SQLite has no comments: there is nothing to do.
type Comment struct {
	Table  string
	Column string
	Text   string
	Was    *string // what a downgrade puts back
}

// Kind implements Operation.
func (o *Comment) Kind() string { return "comment" }

// On implements Operation.
func (o *Comment) On() string { return o.Table }

func (o *Comment) fields() []field {
	return []field{
		must("table", text(&o.Table)), may("column", text(&o.Column)), may("text", text(&o.Text)),
		may("was", optionalText{&o.Was}),
	}
}
func (o *Comment) wrong() string { return "" }
