package diff

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// remake makes a table of SQLite anew, from the text that the wanted one has, for
// what no operation says: its rows are put aside, it is dropped and created, and
// they come back, with their rowids. Foreign keys are not enforced while a
// migration runs, so rows that refer to it do not notice. Its triggers go and come
// with it, and its indexes. No conflict clause leaves a row out: what does not fit
// is an error. AUTOINCREMENT goes on from the highest number that was ever there.
func (p *tableDiff) remake() {
	all := step{phase: alteringColumns, table: p.to.name}
	for _, s := range p.steps {
		all.changes = append(all.changes, s.changes...)
	}
	for _, c := range p.anew {
		c.Text += " (the table is made anew)"
		all.changes = append(all.changes, c)
	}
	var columns []string
	for _, c := range p.to.columns {
		was := p.differ.from.column(p.from, c.Name)
		if c.Generated.IsZero() && was != nil && p.lost[p.fold(c.Name)] == "" {
			columns = append(columns, c.Name)
		}
	}
	if name := p.rowid(columns); name != "" {
		columns = append([]string{name}, columns...)
	}
	aside := p.freeName(p.to.name + "__was")
	table, list := quoteIdent(p.to.name), quoteIdents(columns)
	statements := []string{"DROP TABLE " + table, p.to.sql}
	if len(columns) > 0 {
		keep, restore := p.counter(aside)
		statements = slices.Concat(
			[]string{"CREATE TABLE " + quoteIdent(aside) + " AS SELECT " + p.named(columns) + " FROM " + table},
			keep,
			[]string{
				"DROP TABLE " + table,
				p.to.sql,
				"INSERT OR ABORT INTO " + table + " (" + list + ") SELECT " + list + " FROM " + quoteIdent(aside),
			},
			restore,
			[]string{"DROP TABLE " + quoteIdent(aside)},
		)
	}
	all.operations = execute(statements...)
	for _, i := range p.to.indexes {
		all.operations = append(all.operations, p.indexOperations(i)...)
	}
	p.differ.steps = append(p.differ.steps, all)
	p.remade = true
}

// freeName returns a name, longer where neither schema has it free: tables, views
// and indexes have theirs from one space.
func (p *tableDiff) freeName(name string) string {
	taken := func(m *model) bool {
		return m.table(name) != nil || m.view(name) != nil || slices.ContainsFunc(m.tables, func(t *table) bool {
			return slices.ContainsFunc(t.indexes, func(i *index) bool { return m.same(i.Name, name) })
		})
	}
	for taken(p.differ.from) || taken(p.model()) {
		name += "_"
	}
	return name
}

// named lists columns under just these names: a rowid would get that of the column
// that it is.
func (p *tableDiff) named(columns []string) string {
	list := make([]string, len(columns))
	for i, name := range columns {
		list[i] = quoteIdent(name)
		if p.differ.to.column(p.to, name) == nil {
			list[i] += " AS " + quoteIdent(name)
		}
	}
	return strings.Join(list, ", ")
}

// rowid returns the name of a rowid that both tables have and that none of the
// columns is, "" if there is none (https://sqlite.org/rowidtable.html).
func (p *tableDiff) rowid(columns []string) string {
	if p.from.withoutRowID || p.to.withoutRowID {
		return ""
	}
	if key := p.to.primaryKey(); len(key) == 1 && slices.ContainsFunc(columns, func(name string) bool {
		return p.model().same(name, key[0]) && p.model().column(p.to, name).kind == "integer"
	}) {
		return ""
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if p.differ.from.column(p.from, name) == nil && p.model().column(p.to, name) == nil {
			return name
		}
	}
	return ""
}

// counter returns what puts aside the number that AUTOINCREMENT goes on from,
// since DROP TABLE deletes it under the table's name, and what brings it back
// (https://sqlite.org/autoinc.html).
func (p *tableDiff) counter(aside string) (keep, restore []string) {
	counts := func(c *column) bool { return c.Autoincrement }
	if !slices.ContainsFunc(p.from.columns, counts) || !slices.ContainsFunc(p.to.columns, counts) {
		return nil, nil
	}
	there, kept := quoteText(p.to.name), quoteText(aside)
	return []string{"UPDATE sqlite_sequence SET name = " + kept + " WHERE name = " + there + " COLLATE NOCASE"},
		[]string{
			"DELETE FROM sqlite_sequence WHERE name = " + there + " AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = " + kept + ")",
			"UPDATE sqlite_sequence SET name = " + there + " WHERE name = " + kept,
		}
}

// indexOperations creates an index.
func (d *differ) indexOperations(i *index) []schema.Operation {
	if i.besides != "" {
		return d.executeAll(i.sql)
	}
	create := i.CreateIndex
	ops := []schema.Operation{&create}
	if i.comment != "" {
		ops = append(ops, execute("COMMENT ON INDEX "+quoteIdent(i.Name)+" IS "+quoteText(i.comment))...)
	}
	return ops
}
