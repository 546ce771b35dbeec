package schema_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func decodeAll(t *testing.T, docs []string) []schema.Request {
	t.Helper()
	requests := make([]schema.Request, len(docs))
	for i, doc := range docs {
		var err error
		if requests[i], err = schema.Decode([]byte(doc)); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
	}
	return requests
}

func documents(requests []schema.Request) []string {
	docs := []string{}
	for _, q := range requests {
		docs = append(docs, string(schema.Append(nil, q)))
	}
	return docs
}

// reversals are documents, and what undoes them. Those that are the same both
// ways, reversed again, give what they were made of.
var reversals = []struct {
	name       string
	forth      []string
	back       []string
	oneWayOnly bool
}{
	{"a table", []string{
		`{"create_table":{"name":"t","columns":[{"name":"a","type":"text","primary_key":true}],"constraints":[{"check":"a > ''"}],"comment":"c","strict":true,"without_rowid":true}}`,
	}, []string{
		`{"drop_table":{"name":"t","was":{"columns":[{"name":"a","type":"text","primary_key":true}],"constraints":[{"check":"a > ''"}],"comment":"c","strict":true,"without_rowid":true}}}`,
	}, false},
	{"a dropped table and its indexes", []string{
		`{"drop_table":{"name":"t","if_exists":true,"was":{"columns":[{"name":"a","type":"text"}],"indexes":[{"name":"i","columns":["a"]},{"columns":["a"],"unique":true}]}}}`,
	}, []string{
		`{"create_table":{"name":"t","columns":[{"name":"a","type":"text"}]}}`,
		`{"create_index":{"name":"i","table":"t","columns":["a"]}}`,
		`{"create_index":{"table":"t","columns":["a"],"unique":true}}`,
	}, true},
	{"renames in a chain", []string{
		`{"rename_table":{"name":"a","to":"b"}}`,
		`{"rename_column":{"table":"b","name":"x","to":"y"}}`,
		`{"rename_column":{"table":"b","name":"y","to":"z"}}`,
		`{"rename_index":{"name":"i","table":"b","to":"j"}}`,
		`{"rename_table":{"name":"b","to":"c"}}`,
	}, []string{
		`{"rename_table":{"name":"c","to":"b"}}`,
		`{"rename_index":{"name":"j","table":"b","to":"i"}}`,
		`{"rename_column":{"table":"b","name":"z","to":"y"}}`,
		`{"rename_column":{"table":"b","name":"y","to":"x"}}`,
		`{"rename_table":{"name":"b","to":"a"}}`,
	}, false},
	{"dialect and lock_timeout stay", []string{
		`{"add_column":{"table":"t","column":{"name":"a","type":"text","not_null":true}},"dialect":"sqlite","lock_timeout":500}`,
	}, []string{
		`{"drop_column":{"table":"t","name":"a","was":{"type":"text","not_null":true}},"dialect":"sqlite","lock_timeout":500}`,
	}, false},
	{"alter_column, all of it", []string{
		`{"alter_column":{"table":"t","name":"a","type":"integer","using":"a::int","not_null":true,"default":1,"comment":"new","was":{"type":"text","using":"a::text","not_null":false,"no_default":true,"comment":""}}}`,
	}, []string{
		`{"alter_column":{"table":"t","name":"a","type":"text","using":"a::text","not_null":false,"drop_default":true,"comment":"","was":{"type":"integer","using":"a::int","not_null":true,"default":1,"comment":"new"}}}`,
	}, false},
	{"alter_column takes back what was changed, and no more", []string{
		`{"alter_column":{"table":"t","name":"a","drop_default":true,"was":{"type":"text","not_null":true,"default":null}}}`,
	}, []string{
		`{"alter_column":{"table":"t","name":"a","default":null,"was":{"no_default":true}}}`,
	}, true},
	{"an index", []string{
		`{"create_index":{"name":"i","table":"t","columns":["a",{"expr":"lower(b)"}],"unique":true,"where":"a > 0","concurrently":true}}`,
	}, []string{
		`{"drop_index":{"name":"i","table":"t","concurrently":true,"was":{"columns":["a",{"expr":"lower(b)"}],"unique":true,"where":"a > 0"}}}`,
	}, false},
	{"an index without a name", []string{`{"create_index":{"table":"t","columns":["a"]}}`},
		[]string{`{"drop_index":{"table":"t","was":{"columns":["a"]}}}`}, false},
	{"a key", []string{`{"add_constraint":{"table":"t","constraint":{"name":"uq","unique":["a"],"nulls_not_distinct":true}}}`},
		[]string{`{"drop_constraint":{"table":"t","name":"uq","was":{"unique":["a"],"nulls_not_distinct":true}}}`}, false},
	{"a key without a name", []string{`{"add_constraint":{"table":"t","constraint":{"foreign_key":["a"],"references":"u"}}}`},
		[]string{`{"drop_constraint":{"table":"t","was":{"foreign_key":["a"],"references":"u"}}}`}, false},
	{"a check", []string{`{"add_constraint":{"table":"t","constraint":{"name":"ck","check":"a > 0"}}}`},
		[]string{`{"drop_constraint":{"table":"t","was":{"name":"ck","check":"a > 0"}}}`}, false},
	{"a check without a name, on SQLite", []string{`{"add_constraint":{"table":"t","constraint":{"check":"a > 0"}},"dialect":"sqlite"}`},
		[]string{`{"drop_constraint":{"table":"t","was":{"check":"a > 0"}},"dialect":"sqlite"}`}, false},
	{"a validation", []string{`{"validate_constraint":{"table":"t","name":"ck","was":{"check":"a > 0"}},"lock_timeout":5}`},
		[]string{
			`{"drop_constraint":{"table":"t","name":"ck","was":{"check":"a > 0"}},"dialect":"postgresql","lock_timeout":5}`,
			`{"add_constraint":{"table":"t","constraint":{"name":"ck","not_valid":true,"check":"a > 0"}},"dialect":"postgresql","lock_timeout":5}`,
		}, true},
	{"a validation on SQLite", []string{`{"validate_constraint":{"table":"t","name":"ck"},"dialect":"sqlite"}`}, []string{}, true},
	{"a validation of what was added before", []string{
		`{"add_constraint":{"table":"t","constraint":{"foreign_key":["a"],"references":"u","not_valid":true}}}`,
		`{"rename_table":{"name":"t","to":"s"}}`,
		`{"validate_constraint":{"table":"s","name":"fk_t__a__u"}}`,
	}, []string{
		`{"rename_table":{"name":"s","to":"t"}}`,
		`{"drop_constraint":{"table":"t","was":{"foreign_key":["a"],"references":"u","not_valid":true}}}`,
	}, true},
	{"an enum", []string{`{"create_enum":{"name":"e","values":["A","B"],"plain":true}}`},
		[]string{`{"drop_enum":{"name":"e","values":["A","B"],"plain":true}}`}, false},
	{"values of an enum", []string{
		`{"add_enum_value":{"enum":"e","value":"C","after":"A"}}`,
		`{"add_enum_value":{"enum":"e","value":"D","before":"A"}}`,
		`{"add_enum_value":{"enum":"e","value":"E"}}`,
		`{"rename_enum_value":{"enum":"e","value":"E","to":"F"}}`,
	}, []string{
		`{"rename_enum_value":{"enum":"e","value":"F","to":"E"}}`,
		`{"drop_enum_value":{"enum":"e","value":"E","at_end":true}}`,
		`{"drop_enum_value":{"enum":"e","value":"D","before":"A"}}`,
		`{"drop_enum_value":{"enum":"e","value":"C","after":"A"}}`,
	}, false},
	{"an extension", []string{`{"create_extension":{"name":"x"},"dialect":"postgresql"}`},
		[]string{`{"drop_extension":{"name":"x"},"dialect":"postgresql"}`}, false},
	{"a view", []string{`{"create_view":{"name":"v","query":"SELECT 1","columns":["a"],"materialized":true}}`},
		[]string{`{"drop_view":{"name":"v","materialized":true,"query":"SELECT 1","columns":["a"]}}`}, false},
	{"a trigger", []string{`{"create_trigger":{"name":"r","table":"t","sql":"CREATE TRIGGER r"}}`},
		[]string{`{"drop_trigger":{"name":"r","table":"t","sql":"CREATE TRIGGER r"}}`}, false},
	{"a sync", []string{`{"create_sync":{"table":"t","old":["a"],"new":[{"column":"b","from":"lower(a)"}]}}`},
		[]string{`{"drop_sync":{"table":"t","was":{"old":["a"],"new":[{"column":"b","from":"lower(a)"}]}}}`}, false},
	{"a comment", []string{`{"comment":{"table":"t","column":"a","text":"x","was":""}}`},
		[]string{`{"comment":{"table":"t","column":"a","was":"x"}}`}, false},
	{"a comment of what was created before", []string{
		`{"create_table":{"name":"t","columns":[{"name":"a","type":"text"}]}}`,
		`{"comment":{"table":"t","text":"x"}}`,
	}, []string{`{"drop_table":{"name":"t","was":{"columns":[{"name":"a","type":"text"}]}}}`}, true},
	{"execute", []string{`{"execute":{"sql":"SELECT 1","reverse":{"postgresql":"SELECT 2","sqlite":"SELECT 3"}}}`},
		[]string{`{"execute":{"sql":{"postgresql":"SELECT 2","sqlite":"SELECT 3"},"reverse":"SELECT 1"}}`}, false},
	{"execute is reversed where it ran", []string{`{"execute":{"sql":{"sqlite":"SELECT 1"},"reverse":"SELECT 2"}}`},
		[]string{`{"execute":{"sql":{"sqlite":"SELECT 2"},"reverse":{"sqlite":"SELECT 1"}}}`}, true},
	{"execute with nothing to undo", []string{`{"execute":{"sql":"SELECT 1","no_reverse":true}}`}, []string{}, true},
	{"a batch", []string{
		`{"batch":{"table":"t","operations":[{"add_column":{"table":"t","column":{"name":"a","type":"text"}},"dialect":"sqlite"},{"rename_column":{"table":"t","name":"a","to":"b"}}]},"lock_timeout":7}`,
	}, []string{
		`{"batch":{"table":"t","operations":[{"rename_column":{"table":"t","name":"b","to":"a"}},{"drop_column":{"table":"t","name":"a","was":{"type":"text"}},"dialect":"sqlite"}]},"lock_timeout":7}`,
	}, false},
	{"rows by a key", []string{
		`{"insert":{"table":"t","columns":["a","b"],"rows":[[1,"it's \\"],[2,null]],"key":["a"]}}`,
	}, []string{
		`{"execute":{"sql":{"postgresql":"DELETE FROM \"t\" WHERE (\"a\") IN (('1'), ('2'))","sqlite":"DELETE FROM \"t\" WHERE (\"a\") IN (VALUES (1), (2))"},` +
			`"reverse":{"postgresql":"INSERT INTO \"t\" (\"a\", \"b\") VALUES ('1', 'it''s \\'), ('2', NULL)","sqlite":"INSERT INTO \"t\" (\"a\", \"b\") VALUES (1, 'it''s \\'), (2, NULL)"}}}`,
	}, true},
	{"rows by a key of several columns", []string{
		`{"insert":{"table":"a\"b","columns":["x","y"],"rows":[[true,{"hex":"00ff"}]],"key":["y","x"]},"dialect":"sqlite"}`,
		`{"insert":{"table":"a\"b","columns":["x","y"],"rows":[[false,{"hex":"00ff"}]],"key":["y","x"]},"dialect":"postgresql"}`,
	}, []string{
		`{"execute":{"sql":{"postgresql":"DELETE FROM \"a\"\"b\" WHERE (\"y\", \"x\") IN (('\\x00ff', 'false'))"},"reverse":{"postgresql":"INSERT INTO \"a\"\"b\" (\"x\", \"y\") VALUES ('false', '\\x00ff')"}},"dialect":"postgresql"}`,
		`{"execute":{"sql":{"sqlite":"DELETE FROM \"a\"\"b\" WHERE (\"y\", \"x\") IN (VALUES (x'00ff', 1))"},"reverse":{"sqlite":"INSERT INTO \"a\"\"b\" (\"x\", \"y\") VALUES (1, x'00ff')"}},"dialect":"sqlite"}`,
	}, true},
	{"rows of a table that is made before", []string{
		`{"create_table":{"name":"t","columns":[{"name":"a","type":"text"}]},"dialect":"sqlite"}`,
		`{"rename_table":{"name":"t","to":"s"}}`,
		`{"insert":{"table":"s","columns":["a"],"rows":[["x"]],"key":["a"]}}`,
	}, []string{
		`{"execute":{"sql":{"postgresql":"DELETE FROM \"s\" WHERE (\"a\") IN (('x'))"},"reverse":{"postgresql":"INSERT INTO \"s\" (\"a\") VALUES ('x')"}}}`,
		`{"rename_table":{"name":"s","to":"t"}}`,
		`{"drop_table":{"name":"t","was":{"columns":[{"name":"a","type":"text"}]}},"dialect":"sqlite"}`,
	}, true},
}

func TestReverse(t *testing.T) {
	for _, c := range reversals {
		t.Run(c.name, func(t *testing.T) {
			forth := decodeAll(t, c.forth)
			back, err := schema.Reverse(forth)
			if err != nil {
				t.Fatal(err)
			}
			if got := documents(back); !reflect.DeepEqual(got, c.back) {
				t.Fatalf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.back, "\n     "))
			}
			if got := documents(forth); !reflect.DeepEqual(got, c.forth) {
				t.Errorf("what is reversed was changed: %s", got)
			}
			again, err := schema.Reverse(back)
			if err != nil {
				t.Fatalf("reversed again: %v", err)
			}
			if got := documents(again); !c.oneWayOnly && !reflect.DeepEqual(got, c.forth) {
				t.Errorf("reversed again\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.forth, "\n     "))
			}
		})
	}
}

func TestIrreversible(t *testing.T) {
	column := `{"rename_column":{"table":"t","name":"a","to":"b"}}`
	for _, c := range []struct{ doc, want string }{
		{`{"create_table":{"name":"t","columns":[{"name":"a","type":"text"}],"if_not_exists":true}}`, "leave out if_not_exists"},
		{`{"drop_table":{"name":"t"}}`, `was: {"columns": […]`},
		{`{"drop_table":{"name":"t","cascade":true,"was":{"columns":[{"name":"a","type":"text"}]}}}`, "drop that before"},
		{`{"add_column":{"table":"t","column":{"name":"a","type":"text"},"if_not_exists":true}}`, "leave out if_not_exists"},
		{`{"drop_column":{"table":"t","name":"a"}}`, `was: {"type": …`},
		{`{"alter_column":{"table":"t","name":"a","type":"text"}}`, `was: {"type": …`},
		{`{"alter_column":{"table":"t","name":"a","type":"text","was":{"not_null":true}}}`, `was: {"type": …`},
		{`{"alter_column":{"table":"t","name":"a","not_null":true,"was":{"type":"text"}}}`, `was: {"not_null": …`},
		{`{"alter_column":{"table":"t","name":"a","default":1,"was":{"type":"text"}}}`, `{"no_default": true}`},
		{`{"alter_column":{"table":"t","name":"a","comment":"x","was":{"type":"text"}}}`, `was: {"comment": …`},
		{`{"create_index":{"table":"t","columns":["a"],"if_not_exists":true}}`, "leave out if_not_exists"},
		{`{"drop_index":{"name":"i","table":"t"}}`, `was: {"columns": […]`},
		{`{"add_constraint":{"table":"t","constraint":{"check":"a > 0"}}}`, "give name"},
		{`{"drop_constraint":{"table":"t","name":"c"}}`, `was: {"check": …`},
		{`{"validate_constraint":{"table":"t","name":"c"}}`, "give was"},
		{`{"drop_enum":{"name":"e"}}`, "give values"},
		{`{"add_enum_value":{"enum":"e","value":"A","if_not_exists":true}}`, "leave out if_not_exists"},
		{`{"drop_enum_value":{"enum":"e","value":"A"}}`, "at_end: true"},
		{`{"create_extension":{"name":"x","if_not_exists":true}}`, "no_reverse"},
		{`{"drop_view":{"name":"v"}}`, "give query"},
		{`{"drop_view":{"name":"v","query":{"sqlite":"SELECT 1"}}}`, "nothing for postgresql"},
		{`{"drop_trigger":{"name":"r","table":"t"}}`, "give sql"},
		{`{"drop_sync":{"name":"s","table":"t"}}`, `was: {"old": […], "new": […]}`},
		{`{"comment":{"table":"t","text":"x"}}`, "give was"},
		{`{"insert":{"table":"t","columns":["a"],"rows":[[1]]}}`, "give key"},
		{`{"insert":{"table":"t","columns":["a"],"rows":[[1],[null]],"key":["a"]}}`, "row 2"},
		{`{"execute":{"sql":"SELECT 1"}}`, "no_reverse: true"},
		{`{"execute":{"sql":"SELECT 1","reverse":{"sqlite":"SELECT 1"}}}`, "nothing for postgresql"},
		{`{"batch":{"table":"t","operations":[` + column + `,{"drop_column":{"table":"t","name":"a"}}]}}`, "operation 2, drop_column"},
	} {
		requests := decodeAll(t, []string{column, c.doc, column})
		_, err := schema.Reverse(requests)
		var irreversible *schema.IrreversibleError
		if !errors.As(err, &irreversible) {
			t.Errorf("%s: got %v, want an IrreversibleError", c.doc, err)
			continue
		}
		if kind := requests[1].Operation.Kind(); irreversible.Index != 1 || irreversible.Kind != kind || !strings.Contains(err.Error(), "operation 2, "+kind) {
			t.Errorf("%s: the error is of operation %d, %s: %v", c.doc, irreversible.Index, irreversible.Kind, err)
		}
		if !strings.Contains(irreversible.Reason, c.want) {
			t.Errorf("%s: the error does not say %q: %v", c.doc, c.want, err)
		}
	}
}

func TestReverseRefusesWhatIsWrong(t *testing.T) {
	for _, q := range []schema.Request{{}, {Operation: &schema.DropColumn{}}} {
		_, err := schema.Reverse([]schema.Request{q})
		var invalid *schema.InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("%+v: got %v, want an InvalidError", q, err)
		}
	}
}

// Many rows are deleted by several statements, each a document that is small
// enough, and are inserted again in their order.
func TestReverseOfManyRows(t *testing.T) {
	insert := &schema.Insert{Table: "t", Columns: []string{"a", "b"}, Key: []string{"a"}}
	for i := range 2000 {
		insert.Rows = append(insert.Rows, schema.Row{schema.Int(int64(i)), schema.Text(strings.Repeat("x", 200))})
	}
	back, err := schema.Reverse([]schema.Request{{Operation: insert}})
	if err != nil {
		t.Fatal(err)
	}
	if len(back) < 2 {
		t.Fatalf("%d statements, want several", len(back))
	}
	again, err := schema.Reverse(back)
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	for _, q := range again {
		if _, err := schema.Decode(schema.Append(nil, q)); err != nil {
			t.Error(err)
		}
		for _, row := range strings.Split(q.Operation.(*schema.Execute).SQL.SQLite, "), (") {
			if !strings.Contains(row, fmt.Sprintf("%d, 'x", next)) {
				t.Fatalf("row %d is %.80s", next, row)
			}
			next++
		}
	}
	if next != len(insert.Rows) {
		t.Errorf("%d rows are inserted again, want %d", next, len(insert.Rows))
	}
}

func TestReverseKnowsEveryKind(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range reversals {
		for _, doc := range append(append([]string{}, c.forth...), c.back...) {
			for _, q := range decodeAll(t, []string{doc}) {
				seen[q.Operation.Kind()] = true
			}
		}
	}
	for _, kind := range schema.Kinds() {
		if !seen[kind] {
			t.Errorf("no case reverses %s", kind)
		}
	}
}
