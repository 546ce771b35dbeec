package schema

// CreateEnum creates an enum: a type on PostgreSQL, and on SQLite a list of
// values that the runner keeps (table sandpiper_enums) and that each column of
// the enum checks.
type CreateEnum struct {
	Name   string
	Values []string

	// Plain makes the columns VARCHAR on SQLite, without a check.
	Plain bool
}

// Kind implements Operation.
func (o *CreateEnum) Kind() string { return "create_enum" }

// On implements Operation.
func (o *CreateEnum) On() string { return "" }

func (o *CreateEnum) fields() []field {
	return []field{must("name", text(&o.Name)), must("values", texts(&o.Values)), may("plain", flag(&o.Plain))}
}

func (o *CreateEnum) wrong() string {
	seen := map[string]bool{}
	for _, v := range o.Values {
		if seen[v] {
			return "the value " + quote(v) + " is there twice"
		}
		seen[v] = true
	}
	return ""
}

// DropEnum drops an enum that no column has.
type DropEnum struct {
	Name     string
	IfExists bool
	Values   []string // what a downgrade creates again
	Plain    bool     // the same
}

// Kind implements Operation.
func (o *DropEnum) Kind() string { return "drop_enum" }

// On implements Operation.
func (o *DropEnum) On() string { return "" }

func (o *DropEnum) fields() []field {
	return []field{
		must("name", text(&o.Name)), may("if_exists", flag(&o.IfExists)), may("values", texts(&o.Values)),
		may("plain", flag(&o.Plain)),
	}
}
func (o *DropEnum) wrong() string { return "" }

// AddEnumValue adds a value, at the end or beside another one. On PostgreSQL a
// value must be committed before it is used: what ran before is committed, and
// the value by itself.
type AddEnumValue struct {
	Enum        string
	Value       string
	Before      string
	After       string
	IfNotExists bool
}

// Kind implements Operation.
func (o *AddEnumValue) Kind() string { return "add_enum_value" }

// On implements Operation.
func (o *AddEnumValue) On() string { return "" }

func (o *AddEnumValue) fields() []field {
	return []field{
		must("enum", text(&o.Enum)), must("value", text(&o.Value)), may("before", text(&o.Before)),
		may("after", text(&o.After)), may("if_not_exists", flag(&o.IfNotExists)),
	}
}

func (o *AddEnumValue) wrong() string {
	if o.Before != "" && o.After != "" {
		return "before and after at once"
	}
	return ""
}

// RenameEnumValue renames a value, in the rows as well.
type RenameEnumValue struct {
	Enum  string
	Value string
	To    string
}

// Kind implements Operation.
func (o *RenameEnumValue) Kind() string { return "rename_enum_value" }

// On implements Operation.
func (o *RenameEnumValue) On() string { return "" }

func (o *RenameEnumValue) fields() []field {
	return []field{must("enum", text(&o.Enum)), must("value", text(&o.Value)), must("to", text(&o.To))}
}
func (o *RenameEnumValue) wrong() string { return "" }

// DropEnumValue drops a value that no row has. PostgreSQL has no statement for
// it: the type is made anew and takes the old one's place in every column.
type DropEnumValue struct {
	Enum   string
	Value  string
	Before string // where a downgrade adds it again
	After  string // the same
	AtEnd  bool   // the same: after all others
}

// Kind implements Operation.
func (o *DropEnumValue) Kind() string { return "drop_enum_value" }

// On implements Operation.
func (o *DropEnumValue) On() string { return "" }

func (o *DropEnumValue) fields() []field {
	return []field{
		must("enum", text(&o.Enum)), must("value", text(&o.Value)), may("before", text(&o.Before)),
		may("after", text(&o.After)), may("at_end", flag(&o.AtEnd)),
	}
}

func (o *DropEnumValue) wrong() string {
	if countTrue(o.Before != "", o.After != "", o.AtEnd) > 1 {
		return "before, after and at_end: at most one of them"
	}
	return ""
}
