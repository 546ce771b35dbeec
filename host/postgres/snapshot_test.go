package postgres_test

import (
	"sort"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
)

// snapshotQueries describe the schema that the connection works in. A column's
// place is counted, since its number has gaps where columns were dropped.
var snapshotQueries = []string{
	`SELECT concat_ws(' ', CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE relkind::text END, relname,
		CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END, 'comment ' || quote_literal(obj_description(oid, 'pg_class')))
	FROM pg_class WHERE relkind NOT IN ('i', 't', 'c') AND ` + visible,

	`SELECT concat_ws(' ', 'column', relname, lpad((row_number() OVER (PARTITION BY c.oid ORDER BY attnum))::text, 2, '0'), quote_ident(attname), format_type(atttypid, atttypmod),
		CASE WHEN attnotnull THEN 'not null' END, CASE attgenerated WHEN '' THEN 'default ' ELSE 'generated ' END || pg_get_expr(adbin, adrelid),
		'identity ' || nullif(attidentity::text, ''), 'collate ' || (SELECT collname FROM pg_collation WHERE oid = attcollation AND collname <> 'default'),
		'comment ' || quote_literal(col_description(c.oid, attnum)))
	FROM pg_class c JOIN pg_attribute ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
	WHERE relkind IN ('r', 'v', 'm') AND attnum > 0 AND NOT attisdropped AND ` + visible,

	`SELECT concat_ws(' ', 'constraint', relname, quote_ident(conname), pg_get_constraintdef(o.oid), CASE WHEN NOT convalidated THEN 'unchecked' END)
	FROM pg_class c JOIN pg_constraint o ON conrelid = c.oid WHERE contype <> 'n' AND ` + visible,

	`SELECT concat_ws(' ', 'index', pg_get_indexdef(c.oid), CASE WHEN NOT indisvalid THEN 'invalid' END)
	FROM pg_class c JOIN pg_index ON indexrelid = c.oid WHERE ` + visible,

	`SELECT 'enum ' || format_type(t.oid, NULL) || ' ' || (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)
	FROM pg_type t WHERE typtype = 'e' AND typnamespace = current_schema::regnamespace`,

	`SELECT concat_ws(' ', 'trigger', relname, pg_get_triggerdef(g.oid), tgenabled) FROM pg_class c JOIN pg_trigger g ON tgrelid = c.oid WHERE NOT tgisinternal AND ` + visible,

	`SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'`,

	`SELECT 'function ' || oid::regprocedure FROM pg_proc p WHERE pronamespace = current_schema::regnamespace
		AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')`,
}

// visible is what a user made: neither the ledger nor an extension.
const visible = `relnamespace = current_schema::regnamespace AND relname NOT LIKE 'sandpiper\_%'`

// snapshot implements hosttest.Harness.
func snapshot(t *testing.T, conn host.Conn) string {
	t.Helper()
	var lines []string
	for _, q := range snapshotQueries {
		for _, text := range hosttest.Texts(t, conn, q) {
			lines = append(lines, strings.Join(strings.Fields(text), " "))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
