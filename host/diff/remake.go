package diff

import (
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// remake makes a table of SQLite anew, from the text that the wanted one has, for
// what no operation says: its rows are put aside, it is dropped and created, and
// they come back. Foreign keys are not enforced while a migration runs, so rows
// that refer to it do not notice. Its triggers go and come with it, and its
// indexes. AUTOINCREMENT goes on from the highest number that is there.
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
	aside := p.to.name + "__was"
	table, list := quoteIdent(p.to.name), quoteIdents(columns)
	statements := []string{"DROP TABLE " + table, p.to.sql}
	if len(columns) > 0 {
		statements = []string{
			"CREATE TABLE " + quoteIdent(aside) + " AS SELECT " + list + " FROM " + table,
			"DROP TABLE " + table,
			p.to.sql,
			"INSERT INTO " + table + " (" + list + ") SELECT " + list + " FROM " + quoteIdent(aside),
			"DROP TABLE " + quoteIdent(aside),
		}
	}
	all.operations = execute(statements...)
	for _, i := range p.to.indexes {
		all.operations = append(all.operations, p.indexOperations(i)...)
	}
	p.differ.steps = append(p.differ.steps, all)
	p.remade = true
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
