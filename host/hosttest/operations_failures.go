package hosttest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/policy"
)

// A failingCase is operations the last of which the database, or what is in it,
// does not allow.
type failingCase struct {
	name   string
	before []string
	rows   []string
	up     []string
	says   []string // parts of the error

	// late may be found at the commit, when nobody knows which operation it was:
	// rows that have no parent may get one until then.
	late bool
}

var failingCases = []failingCase{
	{
		name:   "a table that is there",
		before: []string{tableT}, up: []string{tableT}, says: []string{"t", "exists"},
	},
	{
		name: "a table that is not there",
		up:   []string{tableT, `{"rename_table":{"name":"nowhere","to":"b"}}`}, says: []string{"nowhere"},
	},
	{
		name: "drop_table that is not there",
		up:   []string{`{"drop_table":{"name":"nowhere"}}`}, says: []string{"nowhere"},
	},
	{
		name:   "drop_table that foreign keys refer to",
		before: []string{tableP, `{"create_table":{"name":"c","columns":[{"name":"p","type":"integer"}],"constraints":[{"foreign_key":["p"],"references":"p"}]}}`},
		up:     []string{tableT, `{"drop_table":{"name":"p"}}`}, says: []string{"p", "c"},
	},
	{
		name:   "a column that is not there",
		before: []string{tableT},
		up:     []string{`{"add_column":{"table":"t","column":{"name":"b","type":"text"}}}`, `{"alter_column":{"table":"t","name":"nowhere","not_null":true}}`}, says: []string{"nowhere"},
	},
	{
		name:   "rename_column after a change of its table",
		before: []string{tableT},
		up:     []string{`{"add_column":{"table":"t","column":{"name":"b","type":"text"}}}`, `{"rename_column":{"table":"t","name":"nowhere","to":"c"}}`}, says: []string{"nowhere"},
	},
	{
		name:   "rename_column to one that is there",
		before: []string{tableT},
		up:     []string{`{"rename_column":{"table":"t","name":"a","to":"id"}}`}, says: []string{"id"},
	},
	{
		name:   "add_column not null, and rows are there",
		before: []string{tableT}, rows: []string{"INSERT INTO t VALUES (1, 'x')"},
		up: []string{`{"add_column":{"table":"t","column":{"name":"ok","type":"text"}}}`, `{"add_column":{"table":"t","column":{"name":"b","type":"text","not_null":true}}}`}, says: []string{"b"},
	},
	{
		name:   "alter_column not null, and NULLs are there",
		before: []string{tableT}, rows: []string{"INSERT INTO t VALUES (1, NULL), (2, NULL), (3, 'x')"},
		up: []string{`{"alter_column":{"table":"t","name":"a","not_null":true}}`}, says: []string{"a"},
	},
	{
		name:   "drop_column that an index has",
		before: []string{tableT, `{"create_index":{"name":"the_index","table":"t","columns":["a"]}}`},
		up:     []string{`{"add_column":{"table":"t","column":{"name":"ok","type":"text"}}}`, `{"drop_column":{"table":"t","name":"a"}}`}, says: []string{"a", "the_index"},
	},
	{
		name:   "drop_column that a check has",
		before: []string{tableT, `{"add_constraint":{"table":"t","constraint":{"name":"the_check","check":"length(a) < id"}}}`},
		up:     []string{`{"drop_column":{"table":"t","name":"a"}}`}, says: []string{"a", "the_check"},
	},
	{
		name:   "drop_column that a view has",
		before: []string{tableT, `{"create_view":{"name":"the_view","query":"SELECT a FROM t"}}`},
		up:     []string{`{"drop_column":{"table":"t","name":"a"}}`}, says: []string{"a", "the_view"},
	},
	{
		name:   "drop_column that a key has",
		before: []string{tableT, `{"add_constraint":{"table":"t","constraint":{"unique":["a"]}}}`},
		up:     []string{`{"drop_column":{"table":"t","name":"a"}}`}, says: []string{"a", "uq_t__a"},
	},
	{
		name:   "unique, and rows are the same",
		before: []string{tableT}, rows: []string{"INSERT INTO t VALUES (1, 'x'), (2, 'x')"},
		up: []string{`{"add_column":{"table":"t","column":{"name":"ok","type":"text"}}}`, `{"add_constraint":{"table":"t","constraint":{"unique":["a"]}}}`}, says: []string{"a"},
	},
	{
		name:   "unique index, and rows are the same",
		before: []string{tableT}, rows: []string{"INSERT INTO t VALUES (1, 'x'), (2, 'x')"},
		up: []string{`{"create_index":{"table":"t","columns":["a"],"unique":true}}`}, says: []string{"a"},
	},
	{
		name:   "foreign key, and rows without a parent are there",
		before: []string{tableP, tableT}, rows: []string{"INSERT INTO t VALUES (1, 'x')"},
		up: []string{`{"add_constraint":{"table":"t","constraint":{"name":"the_key","foreign_key":["id"],"references":"p"}}}`}, says: []string{"t", "p"}, late: true,
	},
	{
		name:   "check, and rows fail it",
		before: []string{tableT}, rows: []string{"INSERT INTO t VALUES (1, 'x')"},
		up: []string{`{"add_constraint":{"table":"t","constraint":{"name":"the_check","check":"a <> 'x'"}}}`}, says: []string{"the_check"},
	},
	{
		name:   "a constraint that is not there",
		before: []string{tableT},
		up:     []string{`{"drop_constraint":{"table":"t","name":"nowhere"}}`}, says: []string{"nowhere"},
	},
	{
		name:   "an index that is not there",
		before: []string{tableT},
		up:     []string{`{"drop_index":{"name":"nowhere","table":"t"}}`}, says: []string{"nowhere"},
	},
	{
		name: "an enum that is not there",
		up:   []string{`{"create_table":{"name":"t","columns":[{"name":"a","type":"enum(nowhere)"}]}}`}, says: []string{"nowhere"},
	},
	{
		name:   "drop_enum that a column has",
		before: []string{enumState, tableS},
		up:     []string{`{"drop_enum":{"name":"state"}}`}, says: []string{"state", "t"},
	},
	{
		name:   "add_enum_value that is there",
		before: []string{enumState},
		up:     []string{`{"add_enum_value":{"enum":"state","value":"B"}}`}, says: []string{"B"},
	},
	{
		name:   "rename_enum_value to one that is there",
		before: []string{enumState},
		up:     []string{`{"rename_enum_value":{"enum":"state","value":"A","to":"B"}}`}, says: []string{"B"},
	},
	{
		name:   "drop_enum_value that rows have",
		before: []string{enumState, tableS}, rows: []string{"INSERT INTO t VALUES (1, 'A', 'C'), (2, 'B', 'C')"},
		up: []string{tableP, `{"drop_enum_value":{"enum":"state","value":"C"}}`}, says: []string{"C", "t", "o"},
	},
	{
		name:   "drop_enum_value that is a default",
		before: []string{enumState, tableS},
		up:     []string{`{"drop_enum_value":{"enum":"state","value":"B"}}`}, says: []string{"B", "t"},
	},
	{
		name:   "execute",
		before: []string{tableT},
		up:     []string{tableP, `{"execute":{"sql":"INSERT INTO nowhere VALUES (1)"}}`}, says: []string{"nowhere"},
	},
	{
		name:   "insert",
		before: []string{tableT}, rows: []string{"INSERT INTO t VALUES (1, 'x')"},
		up: []string{`{"insert":{"table":"t","columns":["id"],"rows":[[2],[1]]}}`}, says: []string{"id"},
	},
	{
		name:   "in a batch",
		before: []string{tableT},
		up:     []string{tableP, `{"batch":{"table":"t","operations":[{"add_column":{"table":"t","column":{"name":"ok","type":"text"}}},{"drop_column":{"table":"t","name":"nowhere"}}]}}`}, says: []string{"nowhere"},
	},
}

// What fails says what is in the way and which operation it was, and leaves
// nothing.
func testFailingOperations(t *testing.T, h Harness, db host.Database) {
	for _, c := range slices.Concat(failingCases, failingSyncs) {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, h, db)
			s.there(c.before, c.rows)
			before := s.snapshot()
			err := s.perform(decodeAll(t, c.up), true)
			if err == nil {
				t.Fatal("it was not refused")
			}
			var denied *policy.Refusal
			if s.h.Confine != nil && errors.As(err, &denied) && s.h.Denied(denied) {
				if after := s.snapshot(); after != before {
					t.Errorf("it was denied, and left\n%s\nof\n%s", after, before)
				}
				return
			}
			refused := refusal(t, err)
			if refused.Ordinal != len(c.up) && !(c.late && refused.Ordinal == 0) {
				t.Errorf("the error is of operation %d, want %d: %v", refused.Ordinal, len(c.up), err)
			}
			for _, want := range c.says {
				if text := err.Error() + "\n" + refused.Hint; !strings.Contains(text, want) {
					t.Errorf("the error does not say %q: %s", want, text)
				}
			}
			s.same("after it failed", s.snapshot(), before)
		})
	}
}
