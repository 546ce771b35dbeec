package postgres

import (
	"github.com/sandpiper-db/sandpiper/host"
)

// A storedTable is a table of the schema. What has a name has it as SQL writes it, but
// for Name.
type storedTable struct {
	Key, Name, Quoted string

	Unlogged    bool
	PartitionBy string   // such as RANGE (day)
	Bound       string   // of a partition, such as FOR VALUES IN (1)
	Parents     []string // that it inherits from, or the one that it is a partition of
	OfType      string
	Method      string   // the access method, "" for heap
	Options     string   // storage parameters
	Actions     []string // of ALTER TABLE, for the rest
	Columns     []*storedColumn
	Constraints []storedConstraint

	sequences []*storedSequence
}

// A storedColumn is a column of a table.
type storedColumn struct {
	Key       string // of its default, "" where it has none
	Number    int
	Name      string
	Type      string
	Collation string // COLLATE and its name, where it is not that of the type
	NotNull   bool
	Default   string // or the expression of a generated column
	Generated string // STORED or VIRTUAL, else ""
	Identity  string // ALWAYS or BY DEFAULT, else ""
	Local     bool   // declared here
	Inherited bool   // declared by a parent
}

// A storedConstraint is one of a table, and no foreign key.
type storedConstraint struct {
	Key, Name  string
	Check      bool
	Definition string
	Validated  bool
	Local      bool
	Actions    []string // of ALTER TABLE and ALTER INDEX, for the index that it has
	Index      string   // key of the index
}

var tableQuery = `SELECT json_build_object('Key', ` + key("pg_class", "c.oid") + `, 'Name', relname, 'Quoted', quote_ident(relname),
  'Unlogged', relpersistence = 'u', 'PartitionBy', pg_get_partkeydef(c.oid), 'Bound', pg_get_expr(relpartbound, c.oid),
  'Parents', (SELECT json_agg(inhparent::regclass ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),
  'OfType', format_type(nullif(reloftype, 0), NULL), 'Method', (SELECT quote_ident(amname) FROM pg_am WHERE oid = relam AND amname <> 'heap'),
  'Options', concat_ws(', ', ` + options("reloptions", "") + `, (SELECT ` + options("x.reloptions", "toast.") + ` FROM pg_class x WHERE x.oid = c.reltoastrelid)),
  'Actions', (SELECT json_agg(s ORDER BY n) FROM (
    SELECT * FROM ` + columnSettings + `
    UNION ALL SELECT * FROM (VALUES (CASE WHEN relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END, 100001),
      (CASE WHEN relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END, 100002),
      (CASE relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' END, 100003)) v (s, n) WHERE s IS NOT NULL) a),
  'Columns', (SELECT json_agg(json_build_object('Key', ` + key("pg_attrdef", "nullif(d.oid, 0)") + `, 'Number', attnum, 'Name', quote_ident(attname),
      'Type', format_type(atttypid, atttypmod), 'Collation', ` + collation("attcollation", "typcollation") + `, 'NotNull', attnotnull,
      'Default', pg_get_expr(adbin, adrelid), 'Generated', CASE attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END,
      'Identity', CASE attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END,
      'Local', attislocal, 'Inherited', attinhcount > 0) ORDER BY attnum)
    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
  'Constraints', (SELECT json_agg(json_build_object('Key', ` + key("pg_constraint", "o.oid") + `, 'Name', quote_ident(conname), 'Check', contype = 'c',
      'Definition', pg_get_constraintdef(o.oid), 'Validated', convalidated, 'Local', conislocal, 'Index', ` + key("pg_class", "i.indexrelid") + `,
      'Actions', (SELECT json_agg(s ORDER BY s COLLATE "C") FROM (VALUES
        ('ALTER INDEX ' || quote_ident(x.relname) || ' SET (' || ` + options("x.reloptions", "") + ` || ')'),
        (CASE WHEN indisclustered THEN format('ALTER TABLE %I CLUSTER ON %I', c.relname, x.relname) END),
        (CASE WHEN indisreplident THEN format('ALTER TABLE %I REPLICA IDENTITY USING INDEX %I', c.relname, x.relname) END)) v (s) WHERE s IS NOT NULL))
      ORDER BY position(contype::text IN 'puxc'), conname COLLATE "C")
    FROM pg_constraint o LEFT JOIN pg_index i ON i.indexrelid = conindid LEFT JOIN pg_class x ON x.oid = conindid
    WHERE conrelid = c.oid AND contype IN ('p', 'u', 'x', 'c')))
FROM pg_class c
WHERE relkind IN ('r', 'p') AND relnamespace = ` + here + ` AND relname NOT IN ` + ledgerTables + ` AND ` + apart("pg_class", "c.oid")

// node makes a node of a table, with the sequences that are part of it.
func (t *storedTable) node(c *storedSchema) *node {
	for _, s := range t.sequences {
		for _, col := range t.Columns {
			s.folded = s.folded || s.Column == col.Number && (s.Identity || s.serial(t, col) != "")
		}
	}
	n := &node{
		described: described{Key: t.Key, Kind: host.ObjectTable, Name: t.Name, Notes: []note{{Key: t.Key, On: "TABLE " + t.Quoted}}},
		late:      map[string]string{},
		without:   func(late map[string]bool) string { return t.create(c, late) },
	}
	alter := "ALTER TABLE " + t.Quoted + " "
	for _, col := range t.Columns {
		n.Also = append(n.Also, col.Key)
		n.Notes = append(n.Notes, note{Key: t.Key, Sub: col.Number, On: "COLUMN " + t.Quoted + "." + col.Name})
		if col.Default != "" && col.Generated == "" && len(t.Parents) == 0 {
			n.late[col.Key] = alter + "ALTER COLUMN " + col.Name + " SET DEFAULT " + col.Default + ";"
		}
	}
	for _, k := range t.Constraints {
		n.Also = append(n.Also, k.Key, k.Index)
		n.Notes = append(n.Notes, note{Key: k.Key, On: "CONSTRAINT " + k.Name + " ON " + t.Quoted})
		if k.Index != "" {
			n.Notes = append(n.Notes, note{Key: k.Index, On: "INDEX " + k.Name})
		}
		if k.Check && len(t.Parents) == 0 {
			n.late[k.Key] = alter + "ADD " + k.text() + ";"
		}
	}
	for _, s := range t.sequences {
		if s.folded {
			n.Also = append(n.Also, s.Key)
			n.Notes = append(n.Notes, s.note())
		}
	}
	n.SQL, n.Facts = t.create(c, nil), t.facts()
	return n
}

func (k *storedConstraint) text() string { return "CONSTRAINT " + k.Name + " " + k.Definition }

// text writes a column as CREATE TABLE does.
func (c *storedColumn) text(t *storedTable) string {
	identity := ""
	for _, s := range t.sequences {
		if s.Column != c.Number {
			continue
		}
		if serial := s.serial(t, c); serial != "" {
			return c.Name + " " + serial
		}
		if s.Identity {
			identity = " " + s.identity(c.Identity)
		}
	}
	text := c.Name + " " + c.Type + c.Collation
	switch {
	case c.Generated != "":
		text += " GENERATED ALWAYS AS (" + c.Default + ") " + c.Generated
	case c.Default != "":
		text += " DEFAULT " + c.Default
	}
	if c.NotNull {
		text += " NOT NULL"
	}
	return text + identity
}

// facts describe a table. What is declared here and what by a parent is the same
// to its users.
func (t *storedTable) facts() []string {
	var facts []string
	for _, col := range t.Columns {
		facts = append(facts, "column "+col.text(t))
	}
	for _, k := range t.Constraints {
		facts = append(facts, "constraint "+k.Name+" "+k.Definition)
		facts = append(facts, k.Actions...)
	}
	facts = append(facts, t.clauses()...)
	facts = append(facts, t.Actions...)
	for _, parent := range t.Parents {
		if t.Bound != "" {
			facts = append(facts, "partition of "+parent+" "+t.Bound)
		} else {
			facts = append(facts, "inherits "+parent)
		}
	}
	if t.Unlogged {
		facts = append(facts, "unlogged")
	}
	if t.OfType != "" {
		facts = append(facts, "of type "+t.OfType)
	}
	return facts
}
