package host_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A snapshot is what a database holds: its schema, one fact a line, whatever the
// order of columns; and how many rows each table has.
type snapshot struct {
	schema []string
	rows   map[string]int64
}

func (f *fixture) snapshot() snapshot {
	f.t.Helper()
	facts, tables := f.factsOfSQLite, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
	if f.dialect == chain.PostgreSQL {
		facts, tables = f.factsOfPostgreSQL, "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
	}
	s := snapshot{facts(), map[string]int64{}}
	for i, fact := range s.schema {
		// SQLite writes quotes where it renames, and keeps white space.
		s.schema[i] = strings.Join(strings.Fields(strings.ReplaceAll(fact, `"`, "")), " ")
	}
	var counts []string
	for _, name := range f.rows(tables) {
		if !strings.HasPrefix(name, "sandpiper_") {
			counts = append(counts, fmt.Sprintf(`SELECT '%s', count(*) FROM "%[1]s"`, name))
		}
	}
	if len(counts) > 0 {
		err := f.query(strings.Join(counts, " UNION ALL "), func(row []abi.Value) { s.rows[string(row[0].Bytes)] = row[1].Int })
		if err != nil {
			f.t.Fatal(err)
		}
	}
	return s
}

// want compares the database with what it had: the whole schema, and the rows of
// each table but for those that the migration deletes on its way to after.
func (f *fixture) want(when string, had, after snapshot) {
	f.t.Helper()
	got := f.snapshot()
	for _, fact := range got.schema {
		if !slices.Contains(had.schema, fact) {
			f.t.Errorf("%s: the schema has\n\t%s\nand should not", when, fact)
		}
	}
	for _, fact := range had.schema {
		if !slices.Contains(got.schema, fact) {
			f.t.Errorf("%s: the schema lacks\n\t%s", when, fact)
		}
	}
	for name, want := range had.rows {
		if n, ok := after.rows[name]; ok {
			want = min(want, n)
		}
		if got.rows[name] != want {
			f.t.Errorf("%s: table %s has %d rows, want %d", when, name, got.rows[name], want)
		}
	}
}

// factsOfPostgreSQL asks the catalogs. Extensions that a downgrade leaves are no
// part of it, and what belongs to one neither.
func (f *fixture) factsOfPostgreSQL() []string {
	f.t.Helper()
	return f.rows(`
		WITH mine AS (
			SELECT c.oid, c.relname, c.relkind FROM pg_class c
			WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v', 'm')
			  AND c.relname NOT LIKE 'sandpiper\_%'
		)
		SELECT format('%s %s comment %s', relkind, relname, obj_description(oid, 'pg_class')) FROM mine
		UNION ALL
		SELECT format('column %s.%s %s not null %s default %s identity %s generated %s comment %s', m.relname, a.attname,
			format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
			col_description(m.oid, a.attnum))
		FROM mine m JOIN pg_attribute a ON a.attrelid = m.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_attrdef d ON d.adrelid = m.oid AND d.adnum = a.attnum
		UNION ALL
		SELECT format('constraint %s.%s %s', m.relname, k.conname, pg_get_constraintdef(k.oid))
		FROM mine m JOIN pg_constraint k ON k.conrelid = m.oid
		UNION ALL
		SELECT format('index %s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
		FROM mine m JOIN pg_index i ON i.indrelid = m.oid
		UNION ALL
		SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM mine m JOIN pg_trigger t ON t.tgrelid = m.oid AND NOT t.tgisinternal
		UNION ALL
		SELECT format('view %s %s', relname, pg_get_viewdef(oid)) FROM mine WHERE relkind IN ('v', 'm')
		UNION ALL
		SELECT format('enum %s %s', t.typname, array_agg(e.enumlabel ORDER BY e.enumsortorder))
		FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
		WHERE t.typnamespace = current_schema()::regnamespace GROUP BY t.typname
		UNION ALL
		SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p
		WHERE p.pronamespace = current_schema()::regnamespace
		  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
		UNION ALL
		SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'pg_trgm'`)
}

// factsOfSQLite asks the pragmas, and the text of a table for what they do not
// tell (https://sqlite.org/pragma.html#pragma_table_xinfo).
func (f *fixture) factsOfSQLite() []string {
	f.t.Helper()
	facts := f.rows(`
		WITH mine AS (SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'sandpiper\_%' ESCAPE '\')
		SELECT format('column %s.%s %s not null %d default %s key %d hidden %d', m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden)
		FROM mine m, pragma_table_xinfo(m.name) c
		UNION ALL
		SELECT format('foreign key %s.%s %s.%s on update %s on delete %s', m.name, group_concat(k."from"), k."table", group_concat(k."to"), k.on_update, k.on_delete)
		FROM mine m, pragma_foreign_key_list(m.name) k GROUP BY m.name, k.id
		UNION ALL
		SELECT format('index on %s unique %d origin %s partial %d: %s', m.name, i."unique", i.origin, i.partial, group_concat(format('%s %d %s', x.name, x."desc", x.coll)))
		FROM mine m, pragma_index_list(m.name) i, pragma_index_xinfo(i.name) x WHERE x.key GROUP BY m.name, i.name
		UNION ALL
		SELECT format('table %s strict %d without rowid %d', m.name, l.strict, l.wr) FROM mine m, pragma_table_list(m.name) l
		UNION ALL
		SELECT format('%s %s', type, sql) FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL`)
	if f.count("SELECT count(*) FROM sandpiper_enums") >= 0 {
		facts = append(facts, f.rows(`
			SELECT format('enum %s plain %d: %s', name, plain, group_concat(value, ', ' ORDER BY position))
			FROM sandpiper_enums GROUP BY name`)...)
	}
	err := f.query(`SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sandpiper\_%' ESCAPE '\'`, func(row []abi.Value) {
		for i, fact := range factsOfText(string(row[1].Bytes)) {
			facts = append(facts, fmt.Sprintf("text %s: %s (%d)", row[0].Bytes, fact, i))
		}
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return facts
}

var (
	namedConstraint = regexp.MustCompile(`(?i)\bCONSTRAINT\s+("[^"]+"|\w+)\s+(\w+)`)
	inParentheses   = regexp.MustCompile(`(?i)\b(CHECK|AS)\s*\(`)
	otherClause     = regexp.MustCompile(`(?i)\b(AUTOINCREMENT|COLLATE\s+\w+|DEFERRABLE(\s+INITIALLY\s+DEFERRED)?)\b`)
)

// factsOfText returns what of a CREATE TABLE statement the pragmas leave out:
// names of constraints, checks, generated columns, collations, deferral.
func factsOfText(sql string) (facts []string) {
	for _, m := range namedConstraint.FindAllStringSubmatch(sql, -1) {
		facts = append(facts, strings.ToUpper(m[2])+" "+strings.Trim(m[1], `"`))
	}
	for _, at := range inParentheses.FindAllStringIndex(sql, -1) {
		depth, end := 1, at[1]
		for ; depth > 0 && end < len(sql); end++ {
			depth += strings.Count(sql[end:end+1], "(") - strings.Count(sql[end:end+1], ")")
		}
		facts = append(facts, sql[at[0]:end])
	}
	facts = append(facts, otherClause.FindAllString(sql, -1)...)
	slices.Sort(facts)
	return facts
}
