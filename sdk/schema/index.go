package schema

import "github.com/sandpiper-db/sandpiper/sdk/abi"

// CreateIndex creates an index.
type CreateIndex struct {
	Name             string // left out: by the naming convention
	Table            string
	Columns          []IndexColumn
	Unique           bool
	NullsNotDistinct bool // PostgreSQL 15
	Where            SQL  // a partial index
	IfNotExists      bool

	// Concurrently builds the index without keeping writers out, and outside
	// a transaction (PostgreSQL). SQLite has no need of it.
	Concurrently bool

	// PostgreSQL alone: the access method, such as "gin", more columns, and
	// storage parameters.
	Using   string
	Include []string
	With    []Parameter
}

// An IndexColumn is a column of an index, or an expression. In a document it is
// a string, the column's name, or an object.
type IndexColumn struct {
	Column  string
	Expr    SQL
	Order   Order
	Nulls   Nulls  // PostgreSQL alone
	Collate SQL    // the name of a collation
	Opclass string // PostgreSQL alone
}

// Order is the order of an index's column.
type Order string

// The orders. The zero value is what the database takes for granted, ascending.
const (
	Asc  Order = "asc"
	Desc Order = "desc"
)

// Nulls says where NULLs are in the order.
type Nulls string

// The places of NULLs.
const (
	NullsFirst Nulls = "first"
	NullsLast  Nulls = "last"
)

// A Parameter is a storage parameter, such as fillfactor = 70.
type Parameter struct {
	Name  string
	Value string
}

// IndexOn returns index columns of their names.
func IndexOn(columns ...string) []IndexColumn {
	list := make([]IndexColumn, len(columns))
	for i, c := range columns {
		list[i].Column = c
	}
	return list
}

// Kind implements Operation.
func (o *CreateIndex) Kind() string { return "create_index" }

// On implements Operation.
func (o *CreateIndex) On() string { return o.Table }

func (o *CreateIndex) fields() []field {
	return []field{
		may("name", text(&o.Name)), must("table", text(&o.Table)), must("columns", list(&o.Columns)),
		may("unique", flag(&o.Unique)), may("nulls_not_distinct", flag(&o.NullsNotDistinct)), may("where", &o.Where),
		may("if_not_exists", flag(&o.IfNotExists)), may("concurrently", flag(&o.Concurrently)),
		may("using", text(&o.Using)), may("include", texts(&o.Include)), may("with", list(&o.With)),
	}
}

func (o *CreateIndex) wrong() string {
	for i := range o.Columns {
		c := &o.Columns[i]
		if (c.Column == "") == c.Expr.IsZero() {
			return "a column of the index is a name or an expression: exactly one of them"
		}
	}
	if o.NullsNotDistinct && !o.Unique {
		return "nulls_not_distinct is for unique indexes"
	}
	for _, p := range o.With {
		if !simpleName(p.Name) || !simpleName(p.Value) {
			return "the parameter " + quote(p.Name) + " = " + quote(p.Value) + " is not made of letters, digits, _ and ."
		}
	}
	if o.Using != "" && !simpleName(o.Using) {
		return "the access method " + quote(o.Using) + " is not made of letters, digits and _"
	}
	return ""
}

// simpleName reports whether s needs no quotes anywhere.
func simpleName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '_' && s[i] != '.' {
			return false
		}
	}
	return s != ""
}

func (c *IndexColumn) fields() []field {
	return []field{
		may("column", text(&c.Column)), may("expr", &c.Expr), may("order", choice(&c.Order, Asc, Desc)),
		may("nulls", choice(&c.Nulls, NullsFirst, NullsLast)), may("collate", &c.Collate), may("opclass", text(&c.Opclass)),
	}
}
func (c *IndexColumn) empty() bool { return false }
func (c *IndexColumn) read(r *abi.JSONReader) {
	if r.Peek() == '"' {
		c.Column = r.Text()
		return
	}
	readFields(r, c.fields())
}

func (c *IndexColumn) write(w *abi.JSONWriter) {
	if (*c == IndexColumn{Column: c.Column}) {
		w.Text(c.Column)
		return
	}
	writeFields(w, c.fields())
}

func (c *IndexColumn) describe() string {
	return `{"anyOf":[{"type":"string"},` + describeFields(c.fields()) + `]}`
}

func (p *Parameter) fields() []field {
	return []field{must("name", text(&p.Name)), must("value", text(&p.Value))}
}
func (p *Parameter) empty() bool             { return false }
func (p *Parameter) read(r *abi.JSONReader)  { readFields(r, p.fields()) }
func (p *Parameter) write(w *abi.JSONWriter) { writeFields(w, p.fields()) }
func (p *Parameter) describe() string        { return describeFields(p.fields()) }

// fieldsOfWas are the fields of an index that need not repeat its table.
func fieldsOfWas(index *CreateIndex) []field {
	fields := index.fields()
	fields[1].must = false
	return fields
}

// wasIndexes are the indexes of a table that need not repeat its name.
type wasIndexes struct{ v *[]CreateIndex }

func (l wasIndexes) empty() bool { return len(*l.v) == 0 }
func (l wasIndexes) read(r *abi.JSONReader) {
	r.Array(func() {
		var one CreateIndex
		readFields(r, fieldsOfWas(&one))
		*l.v = append(*l.v, one)
	})
}

func (l wasIndexes) write(w *abi.JSONWriter) {
	w.Open('[')
	for i := range *l.v {
		writeFields(w, fieldsOfWas(&(*l.v)[i]))
	}
	w.Close(']')
}

func (l wasIndexes) describe() string {
	return `{"type":"array","items":` + describeFields(fieldsOfWas(new(CreateIndex))) + `}`
}

// DropIndex drops an index. One that was left to the naming convention needs no
// name here either, if Was says what it is.
type DropIndex struct {
	Name         string
	Table        string // the table it is on
	IfExists     bool
	Concurrently bool         // PostgreSQL: outside a transaction, without keeping writers out
	Was          *CreateIndex // what a downgrade creates again; Name and Table are left out
}

// Kind implements Operation.
func (o *DropIndex) Kind() string { return "drop_index" }

// On implements Operation.
func (o *DropIndex) On() string { return o.Table }

func (o *DropIndex) fields() []field {
	return []field{
		may("name", text(&o.Name)), must("table", text(&o.Table)), may("if_exists", flag(&o.IfExists)),
		may("concurrently", flag(&o.Concurrently)), may("was", wasIndex{&o.Was}),
	}
}

func (o *DropIndex) wrong() string {
	switch {
	case o.Was == nil && o.Name == "":
		return "an index without a name is found by what it is: say it in was"
	case o.Was == nil:
		return ""
	}
	if reason := o.was().wrong(); reason != "" {
		return "was: " + reason
	}
	return ""
}

// was returns the index that is dropped, whole.
func (o *DropIndex) was() *CreateIndex {
	was := *o.Was
	was.Name, was.Table = o.Name, o.Table
	return &was
}

// wasIndex is an index that need not repeat its name and table.
type wasIndex struct{ v **CreateIndex }

func (i wasIndex) empty() bool             { return *i.v == nil }
func (i wasIndex) write(w *abi.JSONWriter) { writeFields(w, fieldsOfWas(*i.v)) }
func (i wasIndex) describe() string        { return describeFields(fieldsOfWas(new(CreateIndex))) }
func (i wasIndex) read(r *abi.JSONReader) {
	*i.v = new(CreateIndex)
	readFields(r, fieldsOfWas(*i.v))
}

// RenameIndex renames an index.
type RenameIndex struct {
	Name  string
	Table string
	To    string
}

// Kind implements Operation.
func (o *RenameIndex) Kind() string { return "rename_index" }

// On implements Operation.
func (o *RenameIndex) On() string { return o.Table }

func (o *RenameIndex) fields() []field {
	return []field{must("name", text(&o.Name)), must("table", text(&o.Table)), must("to", text(&o.To))}
}
func (o *RenameIndex) wrong() string { return "" }
