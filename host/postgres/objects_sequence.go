package postgres

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
)

// A storedSequence is a sequence of the schema.
type storedSequence struct {
	Key, Name, Quoted string
	Type              string
	Start, Increment  int64
	Min, Max, Cache   int64
	Cycle, Unlogged   bool

	Table    string // key of the table that owns it, or ""
	Column   int    // the number of the owning column
	Owner    string // table and column, as SQL writes them
	Identity bool   // it belongs to an identity column
	Ordinary bool   // it is called what the server would call it

	folded bool // it comes with its column
}

var sequenceQuery = `SELECT json_build_object('Key', ` + key("pg_class", "c.oid") + `, 'Name', c.relname, 'Quoted', quote_ident(c.relname),
  'Type', format_type(seqtypid, NULL), 'Start', seqstart, 'Increment', seqincrement, 'Min', seqmin, 'Max', seqmax, 'Cache', seqcache,
  'Cycle', seqcycle, 'Unlogged', c.relpersistence = 'u',
  'Table', CASE WHEN t.oid IS NOT NULL THEN ` + key("pg_class", "t.oid") + ` END, 'Column', a.attnum,
  'Owner', t.oid::regclass || '.' || quote_ident(a.attname), 'Identity', coalesce(d.deptype = 'i', false),
  'Ordinary', coalesce(c.relname = concat(t.relname, '_', a.attname, '_seq'), false))
FROM pg_class c JOIN pg_sequence ON seqrelid = c.oid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
  AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE c.relnamespace = ` + here + ` AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  AND (t.relnamespace IS DISTINCT FROM ` + here + ` OR t.relname NOT IN ` + ledgerTables + `)
ORDER BY c.relname`

// owner returns the table that a sequence belongs to, if it is of this schema.
func (c *storedSchema) owner(s *storedSequence) *storedTable {
	for _, t := range c.tables {
		if t.Key == s.Table {
			return t
		}
	}
	return nil
}

// options are the options in which a sequence differs from one that is created
// without any.
//
// https://www.postgresql.org/docs/current/sql-createsequence.html
func (s *storedSequence) options() string {
	lowest, highest := int64(math.MinInt64), int64(math.MaxInt64)
	switch s.Type {
	case "smallint":
		lowest, highest = math.MinInt16, math.MaxInt16
	case "integer":
		lowest, highest = math.MinInt32, math.MaxInt32
	}
	low, high, start := int64(1), highest, s.Min
	if s.Increment < 0 {
		low, high, start = lowest, -1, s.Max
	}
	var b strings.Builder
	for _, o := range []struct {
		words       string
		value, none int64
	}{
		{"INCREMENT BY", s.Increment, 1},
		{"MINVALUE", s.Min, low},
		{"MAXVALUE", s.Max, high},
		{"START WITH", s.Start, start},
		{"CACHE", s.Cache, 1},
	} {
		if o.value != o.none {
			b.WriteString(" " + o.words + " " + strconv.FormatInt(o.value, 10))
		}
	}
	if s.Cycle {
		b.WriteString(" CYCLE")
	}
	return b.String()
}

// describe describes a sequence that stands alone. Its owner, which comes later,
// takes it over.
func (s *storedSequence) describe() described {
	create, as := "CREATE SEQUENCE", ""
	d := described{Key: s.Key, Kind: host.ObjectSequence, Name: s.Name, Notes: []note{s.note()}}
	if s.Unlogged {
		create = "CREATE UNLOGGED SEQUENCE"
		d.Facts = append(d.Facts, "unlogged")
	}
	if s.Type != "bigint" {
		as = " AS " + s.Type
	}
	d.SQL = create + " " + s.Quoted + as + s.options() + ";"
	d.Facts = append(d.Facts, "sequence as "+s.Type+s.options())
	if s.Table != "" {
		d.Facts = append(d.Facts, "owned by "+s.Owner)
	}
	return d
}

func (s *storedSequence) note() note { return note{Key: s.Key, On: "SEQUENCE " + s.Quoted} }

// identity writes the clause of an identity column.
func (s *storedSequence) identity(kind string) string {
	options := s.options()
	if !s.Ordinary {
		options = " SEQUENCE NAME " + s.Quoted + options
	}
	if options != "" {
		options = " (" + options[1:] + ")"
	}
	return fmt.Sprintf("GENERATED %s AS IDENTITY%s", kind, options)
}

// serial returns the type that makes a column with this sequence, or "" where
// no such type does.
//
// https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL
func (s *storedSequence) serial(t *storedTable, c *storedColumn) string {
	types := map[string]string{"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
	if s.Identity || !s.Ordinary || s.Column != c.Number || s.Type != c.Type || !c.NotNull || c.Inherited ||
		s.Unlogged != t.Unlogged || s.options() != "" || c.Default != "nextval("+quoteText(s.Quoted)+"::regclass)" {
		return ""
	}
	return types[c.Type]
}
