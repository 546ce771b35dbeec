package diff

import (
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// renumbered reports whether the rows get their numbers in another way.
func (p *tableDiff) renumbered(was, c *column) bool {
	return was.Autoincrement != c.Autoincrement || was.identity != c.identity || (was.serial == "") != (c.serial == "") || was.owns != c.owns
}

// sequence returns what gives or takes a column the sequence that numbers its
// rows, before and after the rest.
//
// https://www.postgresql.org/docs/current/sql-altertable.html
func (p *tableDiff) sequence(was, c *column) (before, after []schema.Operation) {
	if p.lite() || !p.renumbered(was, c) {
		return nil, nil
	}
	alter := alterColumnSQL(p.to, c)
	switch {
	case was.identity != "" && c.identity == "":
		before = execute(alter + "DROP IDENTITY")
	case was.serial != "" && c.serial == "":
		before = execute(alter+"DROP DEFAULT", "DROP SEQUENCE "+quoteIdent(was.serial))
	}
	switch {
	case c.owns != "":
		after = execute(ownSequence(p.to, c))
	case was.owns != "" && c.serial == "" && c.identity == "":
		after = execute("ALTER SEQUENCE " + quoteIdent(was.owns) + " OWNED BY NONE")
	case was.identity != "" && c.identity != "":
		after = execute(alter + "SET GENERATED " + c.identity)
	case c.identity != "":
		after = execute(alter+"ADD GENERATED "+c.identity+" AS IDENTITY", p.count(c))
	case c.serial != "" && was.serial == "":
		name := quoteIdent(c.serial)
		after = execute(
			"CREATE SEQUENCE "+name+" AS "+c.kind+" OWNED BY "+quoteIdent(p.to.name)+"."+quoteIdent(c.Name),
			alter+"SET DEFAULT nextval("+quoteText(name)+")",
			p.count(c),
		)
	}
	return before, after
}

// count is the statement that lets a sequence that is new go on from the highest
// number that the rows have.
//
// https://www.postgresql.org/docs/current/functions-sequence.html
func (p *tableDiff) count(c *column) string {
	table, column := quoteIdent(p.to.name), quoteIdent(c.Name)
	return "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(" + quoteText(table) + ", " + quoteText(c.Name) + "), max(" + column + "))" +
		" FROM " + table + " HAVING max(" + column + ") > 0"
}
