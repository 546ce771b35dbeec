package schema_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// What one dialect cannot do it refuses without a database, by name, and with a
// way out; the other one does it.
func TestCheck(t *testing.T) {
	column := func(c string) string {
		return `{"create_table":{"name":"t","columns":[` + c + `,{"name":"z","type":"text"}]}}`
	}
	constraint := func(c string) string { return `{"add_constraint":{"table":"t","constraint":` + c + `}}` }
	index := func(c string) string { return `{"create_index":{"name":"i","table":"t",` + c + `}}` }
	long := strings.Repeat("ö", 32)
	for _, c := range []struct{ dialect, doc, wayOut string }{
		{schema.SQLite, column(`{"name":"a","type":{"postgresql":"tsvector"}}`), "name its type too"},
		{schema.SQLite, column(`{"name":"a","type":"integer","autoincrement":true}`), "primary_key"},
		{schema.SQLite, column(`{"name":"a","type":"text","default":{"sql":{"postgresql":"now()"}}}`), "sql: {sqlite: …}"},
		{schema.SQLite, column(`{"name":"a","type":"text","generated":{"postgresql":"lower(z)"}}`), "generated: {sqlite: …}"},
		{schema.SQLite, `{"create_table":{"name":"t","columns":[{"name":"a","type":"bigint","primary_key":true,"autoincrement":true}],"without_rowid":true}}`, "leave out one of them"},
		{schema.SQLite, `{"create_table":{"name":"t","columns":[{"name":"a","type":{"postgresql":"inet","sqlite":"VARCHAR"}}],"strict":true}}`, "ANY"},
		{schema.SQLite, `{"drop_table":{"name":"t","cascade":true}}`, "before"},
		{schema.SQLite, `{"add_column":{"table":"t","column":{"name":"a","type":"integer","primary_key":true}}}`, "copy the rows"},
		{schema.SQLite, `{"alter_column":{"table":"t","name":"a","type":{"postgresql":"inet"}}}`, "name its type too"},
		{schema.SQLite, `{"alter_column":{"table":"t","name":"a","default":{"sql":{"postgresql":"now()"}}}}`, "sql: {sqlite: …}"},
		{schema.SQLite, index(`"columns":["a"],"using":"gin"`), "dialect: postgresql"},
		{schema.SQLite, index(`"columns":["a"],"include":["b"]`), "index's own"},
		{schema.SQLite, index(`"columns":["a"],"with":[{"name":"fillfactor","value":"70"}]`), "dialect: postgresql"},
		{schema.SQLite, index(`"columns":["a"],"unique":true,"nulls_not_distinct":true`), "coalesce"},
		{schema.SQLite, index(`"columns":[{"column":"a","opclass":"text_ops"}]`), "dialect: postgresql"},
		{schema.SQLite, index(`"columns":[{"column":"a","nulls":"last"}]`), "leave out nulls"},
		{schema.SQLite, index(`"columns":[{"column":"a","order":"desc","nulls":"first"}]`), "leave out nulls"},
		{schema.SQLite, index(`"columns":[{"expr":{"postgresql":"lower(a)"}}]`), "expr: {sqlite: …}"},
		{schema.SQLite, constraint(`{"exclude":[{"column":"a","with":"&&"}]}`), "trigger"},
		{schema.SQLite, constraint(`{"unique":["a"],"nulls_not_distinct":true}`), "coalesce"},
		{schema.SQLite, constraint(`{"unique":["a"],"deferrable":true}`), "leave out deferrable"},
		{schema.SQLite, constraint(`{"check":{"postgresql":"a > 0"}}`), "check: {sqlite: …}"},
		{schema.SQLite, `{"create_extension":{"name":"x"}}`, "dialect: postgresql"},
		{schema.SQLite, `{"drop_extension":{"name":"x"}}`, "dialect: postgresql"},
		{schema.SQLite, `{"create_view":{"name":"v","query":"SELECT 1","materialized":true}}`, "dialect: postgresql"},
		{schema.SQLite, `{"drop_view":{"name":"v","materialized":true}}`, "dialect: postgresql"},
		{schema.SQLite, `{"create_view":{"name":"v","query":{"postgresql":"SELECT 1"}}}`, "query: {sqlite: …}"},
		{schema.SQLite, `{"create_trigger":{"name":"r","table":"t","sql":{"postgresql":"CREATE TRIGGER r"}}}`, "sql: {sqlite: …}"},
		{schema.SQLite, `{"create_sync":{"table":"t","old":["a"],"new":[{"column":"b","from":{"postgresql":"a::int"}}]}}`, "from: {sqlite: …}"},
		{schema.SQLite, `{"batch":{"table":"t","operations":[` + constraint(`{"unique":["a"],"deferrable":true}`) + `]}}`, "leave out deferrable"},

		{schema.PostgreSQL, column(`{"name":"a","type":{"sqlite":"ANY"}}`), "name its type too"},
		{schema.PostgreSQL, column(`{"name":"a","type":"text","generated":"z","virtual":true}`), "leave out virtual"},
		{schema.PostgreSQL, column(`{"name":"a","type":"text","default":{"sql":{"sqlite":"1"}}}`), "sql: {postgresql: …}"},
		{schema.PostgreSQL, column(`{"name":"a","type":"text","generated":{"sqlite":"z"}}`), "generated: {postgresql: …}"},
		{schema.PostgreSQL, column(`{"name":"` + long + `","type":"text"}`), "shorter"},
		{schema.PostgreSQL, `{"drop_constraint":{"table":"t","was":{"check":"a > 0"}}}`, "give its name"},
		{schema.PostgreSQL, `{"rename_table":{"name":"t","to":"` + long + `"}}`, "shorter"},
		{schema.PostgreSQL, `{"rename_column":{"table":"t","name":"a","to":"` + long + `"}}`, "shorter"},
		{schema.PostgreSQL, `{"rename_index":{"table":"t","name":"a","to":"` + long + `"}}`, "shorter"},
		{schema.PostgreSQL, `{"create_enum":{"name":"e","values":["A","` + long + `"]}}`, "shorter"},
		{schema.PostgreSQL, `{"add_enum_value":{"enum":"e","value":"` + long + `"}}`, "shorter"},
		{schema.PostgreSQL, `{"rename_enum_value":{"enum":"e","value":"A","to":"` + long + `"}}`, "shorter"},
		{schema.PostgreSQL, constraint(`{"name":"` + long + `","unique":["a"]}`), "shorter"},
		{schema.PostgreSQL, constraint(`{"check":{"sqlite":"a > 0"}}`), "check: {postgresql: …}"},
		{schema.PostgreSQL, `{"alter_column":{"table":"t","name":"a","type":{"sqlite":"ANY"}}}`, "name its type too"},
		{schema.PostgreSQL, index(`"columns":[{"expr":{"sqlite":"lower(a)"}}]`), "expr: {postgresql: …}"},
		{schema.PostgreSQL, `{"create_view":{"name":"v","query":{"sqlite":"SELECT 1"}}}`, "query: {postgresql: …}"},
		{schema.PostgreSQL, `{"create_trigger":{"name":"r","table":"t","sql":{"sqlite":"CREATE TRIGGER r"}}}`, "sql: {postgresql: …}"},
		{schema.PostgreSQL, `{"create_sync":{"table":"t","old":[{"column":"a","from":{"sqlite":"b"}}],"new":["b"]}}`, "from: {postgresql: …}"},
		{schema.PostgreSQL, `{"create_sync":{"name":"` + long + `","table":"t","old":["a"],"new":["b"]}}`, "at most 53"},
		{schema.PostgreSQL, `{"batch":{"table":"t","operations":[` + index(`"columns":["a"],"concurrently":true`) + `]}}`, "beside the batch"},
	} {
		q := decodeAll(t, []string{c.doc})[0]
		err := q.Check(c.dialect)
		var unsupported *schema.UnsupportedError
		if !errors.As(err, &unsupported) {
			t.Errorf("%s on %s: got %v, want an UnsupportedError", c.doc, c.dialect, err)
			continue
		}
		for _, want := range []string{c.dialect, unsupported.Kind, c.wayOut} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s on %s: the error does not say %q: %v", c.doc, c.dialect, want, err)
			}
		}
		other := schema.SQLite
		if c.dialect == schema.SQLite {
			other = schema.PostgreSQL
		}
		if err := q.Check(other); err != nil {
			t.Errorf("%s on %s: %v", c.doc, other, err)
		}
		q.Dialect = other
		if err := q.Check(c.dialect); err != nil {
			t.Errorf("%s, which is for %s alone: %v", c.doc, other, err)
		}
	}
}

// How an operation runs is known, and told, before it runs.
func TestMode(t *testing.T) {
	for _, c := range []struct {
		doc  string
		mode schema.Mode
		told string
	}{
		{`{"add_enum_value":{"enum":"e","value":"A"}}`, schema.Committed, `"A"`},
		{`{"create_index":{"name":"i","table":"t","columns":["a"],"concurrently":true}}`, schema.Outside, `"i"`},
		{`{"drop_index":{"name":"i","table":"t","concurrently":true}}`, schema.Outside, `"i"`},
		{`{"create_index":{"name":"i","table":"t","columns":["a"]}}`, schema.Inline, ""},
		{`{"drop_enum_value":{"enum":"e","value":"A"}}`, schema.Inline, ""},
		{`{"add_enum_value":{"enum":"e","value":"A"},"dialect":"sqlite"}`, schema.Inline, ""},
	} {
		q := decodeAll(t, []string{c.doc})[0]
		if got := q.Mode(schema.PostgreSQL); got != c.mode {
			t.Errorf("%s: the mode is %d, want %d", c.doc, got, c.mode)
		}
		if got := q.Commits(schema.PostgreSQL); (got == "") != (c.told == "") || !strings.Contains(got, c.told) {
			t.Errorf("%s: told %q", c.doc, got)
		}
		if q.Mode(schema.SQLite) != schema.Inline || q.Commits(schema.SQLite) != "" {
			t.Errorf("%s: SQLite commits before it", c.doc)
		}
	}
}
