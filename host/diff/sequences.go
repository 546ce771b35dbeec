package diff

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// renumbered reports whether the rows get their numbers in another way.
func (p *tableDiff) renumbered(was, c *column) bool {
	return was.Autoincrement != c.Autoincrement || was.identity != c.identity || (was.serial == "") != (c.serial == "") || was.owns != c.owns
}

// aside is what a sequence is called while that which has its name is there.
const aside = "sandpiper_sequence"

// sequence returns what gives or takes a column the sequence that numbers its
// rows, before and after the rest.
//
// https://www.postgresql.org/docs/current/sql-altertable.html
func (p *tableDiff) sequence(was, c *column) (before, after []schema.Operation) {
	if p.lite() {
		return nil, nil
	}
	alter := alterColumnSQL(p.to, c)
	if c.serial != "" && was.owns == c.serial { // of another type, or with another start or step
		return nil, execute(
			"ALTER SEQUENCE "+quoteIdent(c.serial)+" AS "+c.kind+" INCREMENT 1 MINVALUE 1 NO MAXVALUE START 1 CACHE 1 NO CYCLE",
			alter+"SET DEFAULT nextval("+quoteText(quoteIdent(c.serial))+")",
		)
	}
	if was.serial != "" && was.serial == c.owns {
		return nil, nil // the sequence itself is changed
	}
	switch {
	case was.owns != "" && c.owns == "": // so that the column has one sequence, whatever becomes of this one
		before = execute("ALTER SEQUENCE " + quoteIdent(was.owns) + " OWNED BY NONE")
	case was.identity != "" && c.serial != "": // the sequence goes with the identity
		before = execute("CREATE SEQUENCE "+aside+" AS "+c.kind, p.goOn(c, was.sequence, aside), alter+"DROP IDENTITY")
	case was.identity != "" && c.identity == "":
		before = execute(alter + "DROP IDENTITY")
	case was.serial != "" && c.identity != "":
		before = execute(alter+"DROP DEFAULT", "ALTER SEQUENCE "+quoteIdent(was.serial)+" OWNED BY NONE")
	case was.serial != "" && c.serial == "":
		before = execute(alter+"DROP DEFAULT", "DROP SEQUENCE "+quoteIdent(was.serial))
	}
	switch {
	case c.owns != "":
		after = execute(ownSequence(p.to, c))
		if p.differ.from.sequence(c.owns) == nil {
			after = append(after, execute(p.countAlone(c))...)
		}
	case was.identity != "" && c.identity != "":
		after = execute(alter + "SET GENERATED " + c.identity)
	case was.serial != "" && c.identity != "":
		after = execute(
			alter+"ADD GENERATED "+c.identity+" AS IDENTITY (SEQUENCE NAME "+aside+")",
			p.goOn(c, was.serial, aside),
			"DROP SEQUENCE "+quoteIdent(was.serial),
			"ALTER SEQUENCE "+aside+" RENAME TO "+quoteIdent(c.sequence),
		)
	case c.identity != "":
		after = execute(alter+"ADD GENERATED "+c.identity+" AS IDENTITY", p.count(c))
	case c.serial != "" && was.serial == "":
		name, owner := quoteIdent(c.serial), quoteIdent(p.to.name)+"."+quoteIdent(c.Name)
		value := alter + "SET DEFAULT nextval(" + quoteText(name) + ")"
		if was.identity != "" {
			after = execute("ALTER SEQUENCE "+aside+" RENAME TO "+name, "ALTER SEQUENCE "+name+" OWNED BY "+owner, value)
		} else {
			after = execute("CREATE SEQUENCE "+name+" AS "+c.kind+" OWNED BY "+owner, value, p.count(c))
		}
	}
	return before, after
}

// serialType changes the type of the sequence of a serial column, which does not
// follow that of the column.
//
// https://www.postgresql.org/docs/current/sql-altersequence.html
func serialType(was, c *column) []schema.Operation {
	if was.serial == "" || was.serial != c.serial || was.kind == c.kind {
		return nil
	}
	return execute("ALTER SEQUENCE " + quoteIdent(c.serial) + " AS " + c.kind)
}

// staysWithColumn reports whether a sequence that stands alone in one schema is
// in the other part of the same column, which is a serial one there.
func staysWithColumn(name string, alone, serial *model) bool {
	return slices.ContainsFunc(serial.tables, func(t *table) bool {
		was := alone.table(t.name)
		return was != nil && slices.ContainsFunc(t.columns, func(c *column) bool {
			owner := alone.column(was, c.Name)
			return c.serial == name && owner != nil && owner.owns == name
		})
	})
}

// fromSerial makes a sequence that is part of a serial column the wanted one,
// which stands alone.
func (d *differ) fromSerial(o host.Object) []schema.Operation {
	alter := d.executeAll(strings.Replace(o.SQL, "CREATE", "ALTER", 1))
	for _, fact := range o.Facts {
		options, ok := strings.CutPrefix(fact, "sequence as bigint")
		switch {
		case ok && options == "": // the statement has nothing to say
			return append(execute("ALTER SEQUENCE "+quoteIdent(o.Name)+" AS bigint"), alter[1:]...)
		case ok:
			return append(execute("ALTER SEQUENCE "+quoteIdent(o.Name)+" AS bigint"), alter...)
		}
	}
	return alter
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

// countAlone is that statement for a sequence that may count in another way than
// that of a serial column does.
func (p *tableDiff) countAlone(c *column) string {
	name := quoteText(quoteIdent(c.owns))
	return "SELECT pg_catalog.setval(" + name + ", m.highest) FROM pg_catalog.pg_sequence s, (SELECT max(" + quoteIdent(c.Name) + ") AS highest FROM " + quoteIdent(p.to.name) + ") m" +
		" WHERE s.seqrelid = " + name + "::regclass AND s.seqincrement > 0 AND m.highest BETWEEN s.seqstart AND s.seqmax"
}

// goOn is the statement that lets a sequence that is new go on from another one,
// and from the highest number that the rows have.
func (p *tableDiff) goOn(c *column, other, name string) string {
	return "SELECT pg_catalog.setval(" + quoteText(quoteIdent(name)) + ", greatest(s.last_value, m.highest), s.is_called OR coalesce(m.highest >= s.last_value, false))" +
		" FROM " + quoteIdent(other) + " s, (SELECT max(" + quoteIdent(c.Name) + ") AS highest FROM " + quoteIdent(p.to.name) + ") m" +
		" WHERE greatest(s.last_value, m.highest) > 0"
}
