package sqlite_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
)

// mine is what a user made: neither the ledger nor SQLite's own.
const mine = `name NOT LIKE 'sandpiper\_%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`

// snapshotQueries describe what SQLite understands of the schema, for a second
// opinion on what Objects reads in its text, and for the order of columns.
// Indexes that belong to constraints go by what they index, since their names are
// numbers.
var snapshotQueries = []string{
	`SELECT 'table ' || name || CASE WHEN strict THEN ' strict' ELSE '' END || CASE WHEN wr THEN ' without rowid' ELSE '' END
	FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND ` + mine,

	`SELECT format('column %s %02d %s %s%s%s key %d hidden %d', t.name, c.cid, c.name, c.type, iif(c."notnull", ' not null', ''), ' default ' || c.dflt_value, c.pk, c.hidden)
	FROM (SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND ` + mine + `) AS t, pragma_table_xinfo(t.name) AS c`,

	`SELECT format('index of %s %s%s%s: %s', t.name, iif(i.origin = 'c', i.name, i.origin), iif(i."unique", ' unique', ''), iif(i.partial, ' partial', ''),
		(SELECT group_concat(format('%s %s%s', coalesce(x.name, 'an expression'), x.coll, iif(x.desc, ' desc', '')), ', ' ORDER BY x.seqno) FROM pragma_index_xinfo(i.name) AS x WHERE x.key))
	FROM (SELECT name FROM sqlite_schema WHERE type = 'table' AND ` + mine + `) AS t, pragma_index_list(t.name) AS i`,

	`SELECT format('foreign key of %s (%s) to %s (%s), on update %s, on delete %s', t.name, group_concat(f."from", ', ' ORDER BY f.seq), f."table", group_concat(f."to", ', ' ORDER BY f.seq), f.on_update, f.on_delete)
	FROM (SELECT name FROM sqlite_schema WHERE type = 'table' AND ` + mine + `) AS t, pragma_foreign_key_list(t.name) AS f GROUP BY t.name, f.id`,
}

// snapshot implements hosttest.Harness.
func snapshot(t *testing.T, conn host.Conn) string {
	t.Helper()
	var lines []string
	for _, q := range snapshotQueries {
		lines = append(lines, hosttest.Texts(t, conn, q)...)
	}
	objects, err := conn.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		for _, fact := range o.Facts {
			lines = append(lines, fmt.Sprintf("%s %s of %s: %s", o.Kind, o.Name, o.Table, fact))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
