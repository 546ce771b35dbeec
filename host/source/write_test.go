package source_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/source"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// written are operations with what is hard to write in YAML.
var written = []string{
	`{"create_table":{"name":"label","columns":[{"name":"id","type":"uuid","not_null":true,"primary_key":true,"default":{"function":"uuid"}},{"name":"name","type":"string(200)","not_null":true,"default":"it's: a \"label\" # 1"},{"name":"price","type":"numeric(10,2)","default":1.50}],"constraints":[{"unique":["name"],"name":"uq_label__name"}]}}`,
	`{"add_column":{"table":"true","column":{"name":"no","type":"text","default":"null"}}}`,
	`{"add_column":{"table":"t","column":{"name":"1e3","type":{"postgresql":"tsvector","sqlite":"TEXT"},"default":{"hex":"00ff"}}}}`,
	`{"create_index":{"table":"label","name":"ix","columns":[{"expr":"lower(name)"}]}}`,
	`{"execute":{"sql":"CREATE FUNCTION f() RETURNS int\nLANGUAGE sql AS $$\n  SELECT 1\n$$","no_reverse":true}}`,
	`{"execute":{"sql":"SELECT 1 \n FROM t\n\n","no_reverse":true}}`,
	`{"execute":{"sql":"  SELECT '\t\u0007 é 😀'\r\nFROM t","no_reverse":true}}`,
	`{"comment":{"table":"t","text":"- a\n- b: c\n"}}`,
	`{"comment":{"table":"t","column":"c","text":""}}`,
	`{"insert":{"table":"t","columns":["a","b","c"],"rows":[[1,"2026-01-01",null],[12345678901234567890.123,"0x10",true]],"key":["a"]}}`,
}

func decodeAll(t *testing.T, documents []string) []schema.Operation {
	t.Helper()
	var operations []schema.Operation
	for _, document := range documents {
		q, err := schema.Decode([]byte(document))
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		operations = append(operations, q.Operation)
	}
	return operations
}

// What is written is read as the same operations, to the letter.
func TestWriteOperations(t *testing.T) {
	operations := decodeAll(t, written)
	text, err := source.WriteOperations(operations)
	if err != nil {
		t.Fatal(err)
	}
	file := parse(t, chain.PostgreSQL, head+"upgrade:"+text+"\ndowngrade: []\n")
	var got []string
	for _, item := range file.Upgrade {
		got = append(got, item.Document)
	}
	var want []string
	for _, op := range operations {
		want = append(want, string(schema.Append(nil, schema.Request{Operation: op})))
	}
	if !slices.Equal(got, want) {
		t.Errorf("read back:\n%s\nwant:\n%s\nfrom:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), text)
	}
}

// It is written as a person would.
func TestWrittenOperationsAreReadable(t *testing.T) {
	text, err := source.WriteOperations(decodeAll(t, written[:5]))
	if err != nil {
		t.Fatal(err)
	}
	const want = `
  - create_table:
      name: label
      columns:
        - {name: id, type: uuid, not_null: true, default: {function: uuid}, primary_key: true}
        - {name: name, type: string(200), not_null: true, default: 'it''s: a "label" # 1'}
        - {name: price, type: 'numeric(10,2)', default: 1.50}
      constraints: [{name: uq_label__name, unique: [name]}]
  - add_column: {table: "true", column: {name: no, type: text, default: "null"}}
  - add_column:
      table: t
      column: {name: "1e3", type: {postgresql: tsvector, sqlite: TEXT}, default: {hex: 00ff}}
  - create_index: {name: ix, table: label, columns: [{expr: lower(name)}]}
  - execute:
      sql: |-
        CREATE FUNCTION f() RETURNS int
        LANGUAGE sql AS $$
          SELECT 1
        $$
      no_reverse: true`
	if text != want {
		t.Errorf("got:%s\nwant:%s", text, want)
	}
	if text, err := source.WriteOperations(nil); err != nil || text != " []" {
		t.Errorf("no operations are written as %q, %v", text, err)
	}
}

// Whatever a text is, it is written so that it is read back as it was, alone and
// among other things on a line.
func FuzzWriteOperations(f *testing.F) {
	for _, text := range []string{"", "a", "null", "~", "0x1", "1e3", "2026-10-02", "- a", "a: b", "#", "%", "@a", "`", "''", `"`, "\\n", "\u0085", "\u2028a\n", "\ufeff", "a\n\n\n", "\n a", "\t", "a\n\tb", "a \nb", "é\n😀", "a\rb", "{}", "[a, b]", "? a", "!x y", "&a", "*a", "|", ">"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		document := schema.Append(nil, schema.Request{Operation: &schema.AddColumn{Table: "t", Column: schema.Column{
			Name: "c", Type: schema.TypeOf(schema.BaseText), Default: schema.DefaultOf(schema.Text(text)),
		}}})
		request, err := schema.Decode(document)
		if err != nil {
			t.Skip() // no text of a document
		}
		body, err := source.WriteOperations([]schema.Operation{request.Operation, &schema.Execute{SQL: schema.Expr("SELECT 1 -- " + text)}})
		if err != nil {
			t.Fatal(err)
		}
		file, err := source.Parse("x.yaml", chain.SQLite, []byte(head+"upgrade:"+body+"\ndowngrade: []\n"), schema.Naming{})
		if err != nil {
			t.Fatalf("%v:\n%s", err, body)
		}
		execute := schema.Append(nil, schema.Request{Operation: &schema.Execute{SQL: schema.Expr("SELECT 1 -- " + text)}})
		if got := file.Upgrade; got[0].Document != string(document) || got[1].Document != string(execute) {
			t.Errorf("read back %s and %s from:\n%s", got[0].Document, got[1].Document, body)
		}
	})
}
