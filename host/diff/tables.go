package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func (d *differ) tables() {
	for _, t := range ordered(d.to, d.to.tables) {
		switch was := d.from.table(t.name); {
		case t.materialized: // a view
		case was == nil || was.materialized:
			d.createTable(t)
		default:
			d.pairs = append(d.pairs, d.pair(was, t))
		}
	}
	going := ordered(d.from, d.from.tables)
	slices.Reverse(going) // what refers to a table goes before it
	for i, t := range going {
		if w := d.to.table(t.name); (w == nil || w.materialized) && !t.materialized {
			d.dropTable(t, going[i+1:])
		}
	}
	d.freeIndexNames()
	for _, compare := range []func(*tableDiff){
		(*tableDiff).columns, (*tableDiff).constraints, (*tableDiff).foreignKeys, (*tableDiff).indexes, (*tableDiff).rest, (*tableDiff).finish,
	} {
		for _, p := range d.pairs {
			compare(p)
		}
	}
}

// ordered returns tables so that each comes after those that its foreign keys
// refer to or that it is a part of; in a circle one does not.
func ordered(m *model, tables []*table) []*table {
	var list []*table
	seen := map[*table]bool{}
	var visit func(t *table)
	visit = func(t *table) {
		if t == nil || seen[t] || !slices.Contains(tables, t) {
			return
		}
		seen[t] = true
		for _, k := range t.constraints {
			visit(m.table(k.References))
		}
		for _, parent := range t.parents {
			visit(m.table(parent))
		}
		list = append(list, t)
	}
	for _, t := range tables {
		visit(t)
	}
	return list
}

// dropTable drops a table. Those of later are dropped after it: where one of
// these refers to it, that foreign key is dropped before.
func (d *differ) dropTable(t *table, later []*table) {
	change := d.dropsTable(t)
	if d.hides(change) {
		return
	}
	for _, other := range later {
		for _, k := range other.constraints {
			if len(k.ForeignKey) > 0 && d.from.same(k.References, t.name) && d.to.table(other.name) == nil {
				d.steps = append(d.steps, step{droppingForeignKeys, other.name, nil, []schema.Operation{dropConstraint(other.name, k)}})
			}
		}
	}
	ops := []schema.Operation{&schema.DropTable{Name: t.name}}
	if d.opts.Dialect == chain.SQLite && (len(t.columns) == 0 || d.dangles(t.name)) {
		ops = execute("DROP TABLE " + quoteIdent(t.name)) // which does not ask
	}
	d.steps = append(d.steps, step{droppingTables, t.name, []Change{change}, ops})
}

// dropsTable is the change that a table is dropped.
func (d *differ) dropsTable(t *table) Change {
	c := d.change(Drop, KindTable, "", t.name, "table "+t.name+" with all its rows")
	c.Destroys = true
	return c
}

// dangles reports whether foreign keys refer to a table of that name although it
// is not wanted, which SQLite lets them.
func (d *differ) dangles(name string) bool {
	return slices.ContainsFunc(d.to.tables, func(t *table) bool {
		return slices.ContainsFunc(t.constraints, func(k *constraint) bool { return len(k.ForeignKey) > 0 && d.to.same(k.References, name) })
	})
}

// dropConstraint drops a constraint. One without a name is found by what it is.
func dropConstraint(table string, k *constraint) schema.Operation {
	op := &schema.DropConstraint{Table: table, Name: k.Name}
	if k.Name == "" {
		was := k.Constraint
		op.Was = &was
	}
	return op
}

// createTable creates a table, with what CREATE TABLE can say of it, and adds
// the rest later.
func (d *differ) createTable(t *table) {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.Name
	}
	change := d.change(Add, KindTable, "", t.name, "table "+t.name+" ("+strings.Join(names, ", ")+")")
	if d.hides(change) {
		return
	}
	made := step{creatingTables, t.name, []Change{change}, nil}
	if len(t.parents) > 0 {
		made.phase = creatingChildren
	}
	switch {
	case len(t.besides) > 0, d.opts.Dialect == chain.SQLite && !d.sayable(t),
		d.opts.Dialect == chain.PostgreSQL && slices.ContainsFunc(t.columns, func(c *column) bool { return c.besides != "" }):
		made.operations = d.executeAll(t.sql)
		if d.opts.Dialect == chain.PostgreSQL {
			for _, k := range t.constraints {
				if len(k.ForeignKey) > 0 {
					d.addLater(t, k)
				}
			}
		}
	default:
		made.operations = []schema.Operation{d.createTableOperation(t)}
		for _, c := range t.columns {
			d.columnBesides(&made, t, c)
		}
		made.operations = append(made.operations, execute(rowSecurity(&table{}, t)...)...)
	}
	d.steps = append(d.steps, made)
	for _, i := range t.indexes {
		d.addIndex(creatingIndexes, i, nil)
	}
}

// rowSecurity returns the statements that make policies hold for a table, or not.
//
// https://www.postgresql.org/docs/current/ddl-rowsecurity.html
func rowSecurity(was, t *table) (statements []string) {
	alter := "ALTER TABLE " + quoteIdent(t.name)
	if was.rowSecurity != t.rowSecurity {
		statements = append(statements, alter+map[bool]string{true: " ENABLE", false: " DISABLE"}[t.rowSecurity]+" ROW LEVEL SECURITY")
	}
	if was.forced != t.forced {
		statements = append(statements, alter+map[bool]string{true: "", false: " NO"}[t.forced]+" FORCE ROW LEVEL SECURITY")
	}
	return statements
}

func (d *differ) createTableOperation(t *table) *schema.CreateTable {
	op := &schema.CreateTable{Name: t.name, Comment: t.comment, Strict: t.strict, WithoutRowID: t.withoutRowID}
	key := ""
	for _, k := range t.constraints {
		switch {
		case d.inColumn(t, k):
			key = k.PrimaryKey[0]
		case d.inTable(t, k):
			op.Constraints = append(op.Constraints, k.Constraint)
		default:
			d.addLater(t, k)
		}
		if k.comment != "" && (d.inColumn(t, k) || d.inTable(t, k)) {
			d.steps = append(d.steps, step{settingComments, t.name, nil, execute(commentOnConstraint(t.name, k))})
		}
	}
	for _, c := range t.columns {
		column := c.definition()
		if d.from.same(c.Name, key) {
			column.PrimaryKey = true
			column.NotNull = column.NotNull && d.opts.Dialect == chain.SQLite && c.kind == "integer" // it is anyway
		}
		op.Columns = append(op.Columns, column)
	}
	return op
}

// definition is the column as it is created: with its sequence, if it has one.
func (c *column) definition() schema.Column {
	column := c.Column
	if c.serial != "" {
		serial := map[string]string{"smallint": "smallserial", "bigint": "bigserial"}[c.kind]
		if serial == "" {
			serial = "serial"
		}
		column.Type = schema.NativeType(serial, "")
	}
	return column
}

// inColumn reports whether a key is what primary_key beside a column makes.
func (d *differ) inColumn(t *table, k *constraint) bool {
	if len(k.PrimaryKey) != 1 || k.besides != "" || k.Deferrable {
		return false
	}
	if d.opts.Dialect == chain.SQLite {
		return k.Name == ""
	}
	return k.Name == t.name+"_pkey"
}

// inTable reports whether a constraint can be created with its table: not what
// refers to a key that is not there yet.
func (d *differ) inTable(t *table, k *constraint) bool {
	switch {
	case k.besides != "", k.NotValid:
		return false
	case len(k.ForeignKey) == 0, d.opts.Dialect == chain.SQLite:
		return true
	}
	parent, was := d.to.table(k.References), d.from.table(k.References)
	switch {
	case parent == nil, !has(parent, k.To):
		return false
	case was == nil && parent != t:
		return slices.ContainsFunc(d.steps, func(s step) bool { return s.phase == creatingTables && s.table == parent.name })
	}
	return was == nil || has(was, k.To)
}

// has reports whether a table has a key of the columns that is created with it.
// A foreign key may be of the columns of a unique index as well, which comes later.
func has(t *table, columns []string) bool {
	return slices.ContainsFunc(t.constraints, func(k *constraint) bool {
		return k.besides == "" && (sameSet(k.PrimaryKey, columns) || sameSet(k.Unique, columns))
	})
}

// addLater adds a constraint to a table that is created.
func (d *differ) addLater(t *table, k *constraint) {
	p := addingConstraints
	if len(k.ForeignKey) > 0 {
		p = addingForeignKeys
	}
	d.steps = append(d.steps, step{p, t.name, nil, addConstraint(t.name, k)})
}

// addConstraint adds a constraint, with what it is besides.
func addConstraint(table string, k *constraint) []schema.Operation {
	ops := []schema.Operation{&schema.AddConstraint{Table: table, Constraint: k.Constraint}}
	if k.besides != "" {
		ops = execute("ALTER TABLE " + quoteIdent(table) + " ADD CONSTRAINT " + quoteIdent(k.Name) + " " + k.def)
	}
	if k.comment != "" {
		ops = append(ops, execute(commentOnConstraint(table, k))...)
	}
	return ops
}

func commentOnConstraint(table string, k *constraint) string {
	text := "NULL"
	if k.comment != "" {
		text = quoteText(k.comment)
	}
	return "COMMENT ON CONSTRAINT " + quoteIdent(k.Name) + " ON " + quoteIdent(table) + " IS " + text
}

// sayable reports whether create_table makes just this table on SQLite.
func (d *differ) sayable(t *table) bool {
	for _, c := range t.columns {
		if !d.sayableColumn(t, c) {
			return false
		}
	}
	return !slices.ContainsFunc(t.constraints, func(k *constraint) bool { return !d.inColumn(t, k) && !sayableConstraint(k) })
}

// sayableColumn reports whether an operation makes just this column on SQLite.
// Those of the primary key it makes NOT NULL, but for a rowid.
func (d *differ) sayableColumn(t *table, c *column) bool {
	key := t.primaryKey()
	inKey := slices.ContainsFunc(key, func(name string) bool { return d.to.same(name, c.Name) })
	rowid := len(key) == 1 && c.Type == schema.TypeOf(schema.BaseInteger)
	inColumn := slices.ContainsFunc(t.constraints, func(k *constraint) bool { return len(k.PrimaryKey) == 1 && d.inColumn(t, k) })
	return c.besides == "" && (c.NotNull || !inKey || rowid) && (!c.Autoincrement || inColumn)
}

// sayableConstraint reports whether an operation makes just this constraint on
// SQLite: one without a name would be given one, unless it is a check.
func sayableConstraint(k *constraint) bool {
	return k.besides == "" && (k.Name != "" || !k.Check.IsZero())
}

// describe says what a constraint is, for people.
func (k *constraint) describe() string {
	list := func(columns []string) string { return "(" + strings.Join(columns, ", ") + ")" }
	switch {
	case len(k.PrimaryKey) > 0:
		return "primary key " + list(k.PrimaryKey)
	case len(k.Unique) > 0:
		return "unique " + list(k.Unique)
	case len(k.ForeignKey) > 0:
		return "foreign key " + list(k.ForeignKey) + " references " + k.References + " " + list(k.To) + k.conduct()
	case !k.Check.IsZero():
		return "check (" + k.Check.Both + ")"
	case len(k.Exclude) > 0:
		return "exclusion constraint"
	}
	return k.def
}

// conduct says what a foreign key does as the row changes that it refers to, and
// when it looks.
func (k *constraint) conduct() string {
	text := ""
	if k.OnDelete != "" {
		text += " on delete " + string(k.OnDelete)
	}
	if k.OnUpdate != "" {
		text += " on update " + string(k.OnUpdate)
	}
	switch {
	case k.InitiallyDeferred:
		text += " initially deferred"
	case k.Deferrable:
		text += " deferrable"
	}
	return text
}

// label names a constraint; one without a name is what it is.
func (k *constraint) label() string {
	if k.Name == "" {
		return k.describe()
	}
	return k.Name
}

func (k *constraint) text(table string) string {
	name := ""
	if k.Name != "" {
		name = " " + k.Name
	}
	return fmt.Sprintf("constraint%s of table %s: %s", name, table, k.describe())
}
