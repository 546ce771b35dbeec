package postgres

import (
	"cmp"
	"slices"
	"strings"
)

// create writes the statements that create a table, but for what is late.
//
// What a parent declares is left to INHERITS where the columns then come in the
// order that they have. Where a parent was given a column later they do not, and
// a partition may have been attached with columns in another order: such a table
// is created whole and then given its parents. The expression of a generated column
// may not be repeated before PostgreSQL 16.
//
// https://www.postgresql.org/docs/current/ddl-inherit.html,
// https://www.postgresql.org/docs/current/ddl-partitioning.html
func (t *storedTable) create(c *storedSchema, late map[string]bool) string {
	parents := t.parents(c)
	var parts, after []string
	for _, col := range t.Columns {
		inherits := declared(parents, col.Name)
		if parents != nil && !col.Local {
			after = append(after, col.overrides(inherits)...)
			continue
		}
		plain := *col
		switch {
		case inherits.Generated != "":
			plain.Default, plain.Generated = "", ""
		case late[col.Key]:
			plain.Default = ""
		case col.Default == "" && inherits.Default != "":
			after = append(after, "ALTER COLUMN "+col.Name+" DROP DEFAULT")
		}
		parts = append(parts, plain.text(t))
	}
	for _, k := range t.Constraints {
		switch {
		case late[k.Key], parents != nil && !k.Local:
		case !k.Validated:
			after = append(after, "ADD "+k.text())
		default:
			parts = append(parts, k.text())
		}
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if t.Unlogged {
		b.WriteString("UNLOGGED ")
	}
	b.WriteString("TABLE " + t.Quoted + " (")
	if len(parts) > 0 {
		b.WriteString("\n    " + strings.Join(parts, ",\n    ") + "\n")
	}
	b.WriteString(")")
	if parents != nil {
		b.WriteString(" INHERITS (" + strings.Join(t.Parents, ", ") + ")")
	}
	for _, clause := range t.clauses() {
		b.WriteString(" " + clause)
	}
	b.WriteString(";")
	for _, statement := range t.alterations(parents != nil, after) {
		b.WriteString("\n" + statement + ";")
	}
	return b.String()
}

// clauses are what follows the columns of CREATE TABLE.
func (t *storedTable) clauses() []string {
	var clauses []string
	if t.PartitionBy != "" {
		clauses = append(clauses, "PARTITION BY "+t.PartitionBy)
	}
	if t.Method != "" {
		clauses = append(clauses, "USING "+t.Method)
	}
	if t.Options != "" {
		clauses = append(clauses, "WITH ("+t.Options+")")
	}
	return clauses
}

// alterations are the statements that follow CREATE TABLE: actions, and what
// the table has besides.
func (t *storedTable) alterations(inherits bool, actions []string) []string {
	var all []string
	if t.OfType != "" {
		actions = append(actions, "OF "+t.OfType)
	}
	for _, action := range slices.Concat(actions, t.Actions) {
		all = append(all, "ALTER TABLE "+t.Quoted+" "+action)
	}
	for _, k := range t.Constraints {
		all = append(all, k.Actions...)
	}
	for _, s := range t.sequences {
		if !s.folded {
			all = append(all, "ALTER SEQUENCE "+s.Quoted+" OWNED BY "+s.Owner)
		}
	}
	for _, parent := range t.Parents {
		switch {
		case t.Bound != "":
			all = append(all, "ALTER TABLE "+parent+" ATTACH PARTITION "+t.Quoted+" "+t.Bound)
		case !inherits:
			all = append(all, "ALTER TABLE "+t.Quoted+" INHERIT "+parent)
		}
	}
	return all
}

// parents returns the tables that INHERITS can name, or nil where the table is
// to be created without.
func (t *storedTable) parents(c *storedSchema) []*storedTable {
	if t.Bound != "" {
		return nil
	}
	var parents []*storedTable
	var order []string
	for _, name := range t.Parents {
		i := slices.IndexFunc(c.tables, func(p *storedTable) bool { return p.Quoted == name })
		if i < 0 {
			return nil
		}
		parents = append(parents, c.tables[i])
		for _, col := range c.tables[i].Columns {
			if !slices.Contains(order, col.Name) {
				order = append(order, col.Name)
			}
		}
	}
	for _, col := range t.Columns {
		if !slices.Contains(order, col.Name) {
			order = append(order, col.Name)
		}
	}
	for i, col := range t.Columns {
		inherits := declared(parents, col.Name)
		if order[i] != col.Name || col.Inherited && (col.Generated != inherits.Generated || col.Generated != "" && col.Default != inherits.Default) {
			return nil
		}
	}
	return parents
}

// declared is what parents say of a column.
func declared(parents []*storedTable, name string) (all storedColumn) {
	for _, p := range parents {
		for _, col := range p.Columns {
			if col.Name == name {
				all.NotNull = all.NotNull || col.NotNull
				all.Default = cmp.Or(all.Default, col.Default)
				all.Generated = cmp.Or(all.Generated, col.Generated)
			}
		}
	}
	return all
}

// overrides are the actions that make a column differ from what its parents
// declare.
func (c *storedColumn) overrides(inherits storedColumn) []string {
	var actions []string
	switch {
	case c.Default == inherits.Default:
	case c.Default == "":
		actions = append(actions, "ALTER COLUMN "+c.Name+" DROP DEFAULT")
	default:
		actions = append(actions, "ALTER COLUMN "+c.Name+" SET DEFAULT "+c.Default)
	}
	if c.NotNull && !inherits.NotNull {
		actions = append(actions, "ALTER COLUMN "+c.Name+" SET NOT NULL")
	}
	return actions
}
