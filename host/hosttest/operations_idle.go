package hosttest

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// idleOperations find nothing to do: what they make is there already, what they
// drop is not, or they are for another dialect.
var idleOperations = []operationCase{
	{name: "create_table", before: []string{tableT}, up: []string{`{"create_table":{"name":"t","columns":[{"name":"other","type":"text"}],"if_not_exists":true}}`}},
	{name: "drop_table", up: []string{`{"drop_table":{"name":"t","if_exists":true}}`}},
	{name: "add_column", before: []string{tableT}, rows: []string{"INSERT INTO t VALUES (1, 'x')"}, up: []string{`{"add_column":{"table":"t","column":{"name":"a","type":"integer","not_null":true},"if_not_exists":true}}`}},
	{name: "drop_column", before: []string{tableT}, up: []string{`{"drop_column":{"table":"t","name":"b","if_exists":true}}`}},
	{name: "create_index", before: []string{tableT, `{"create_index":{"name":"i","table":"t","columns":["a"]}}`}, up: []string{`{"create_index":{"name":"i","table":"t","columns":["id"],"if_not_exists":true}}`}},
	{name: "drop_index", before: []string{tableT}, up: []string{`{"drop_index":{"name":"i","table":"t","if_exists":true}}`}},
	{name: "drop_constraint", before: []string{tableT}, up: []string{`{"drop_constraint":{"table":"t","name":"c","if_exists":true}}`}},
	{name: "drop_enum", up: []string{`{"drop_enum":{"name":"state","if_exists":true}}`}},
	{name: "add_enum_value", before: []string{enumState, tableS}, up: []string{`{"add_enum_value":{"enum":"state","value":"B","before":"A","if_not_exists":true}}`}},
	{name: "create_extension", before: []string{`{"create_extension":{"name":"citext"},"dialect":"postgresql"}`}, up: []string{`{"create_extension":{"name":"citext","if_not_exists":true},"dialect":"postgresql"}`}},
	{name: "drop_extension", up: []string{`{"drop_extension":{"name":"citext","if_exists":true},"dialect":"postgresql"}`}},
	{name: "drop_view", up: []string{`{"drop_view":{"name":"v","if_exists":true}}`}},
	{name: "drop_trigger", before: []string{tableT}, up: []string{`{"drop_trigger":{"name":"r","table":"t","if_exists":true}}`}},
	{name: "alter_column", before: []string{tableT}, up: []string{`{"alter_column":{"table":"t","name":"a","type":"text"}}`, `{"alter_column":{"table":"t","name":"a","not_null":false}}`, `{"alter_column":{"table":"t","name":"a","drop_default":true}}`}},
	{name: "execute", before: []string{tableT}, up: []string{`{"execute":{"sql":{"postgresql":"SELECT 1"},"no_reverse":true}}`, `{"execute":{"sql":{"sqlite":"SELECT 1"},"no_reverse":true}}`}},
}

// Operations that find nothing to do change nothing, and are no error.
func testIdleOperations(t *testing.T, h Harness, db host.Database) {
	for _, c := range idleOperations {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, h, db)
			s.there(c.before, c.rows)
			before := s.snapshot()
			s.must("it", s.perform(decodeAll(t, c.up), true))
			s.same("after nothing was to be done", s.snapshot(), before)
		})
	}
}
