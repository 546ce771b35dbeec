package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

var update = flag.Bool("update", false, "rewrite the published JSON Schema")

// every is a document of each operation, with every field that it may have at
// once. They are as Append writes them.
var every = []string{
	`{"create_table":{"name":"flow","columns":[{"name":"id","type":"uuid","not_null":true,"default":{"function":"uuid"}},{"name":"n","type":"bigint","autoincrement":true},{"name":"g","type":"numeric(10,2)","generated":"n * 2","virtual":true},{"name":"t","type":"string(100)[]","default":"x","collate":{"postgresql":"C","sqlite":"NOCASE"},"comment":"a \"t\""},{"name":"s","type":"enum(state)","default":{"sql":"'A'"}},{"name":"b","type":"binary","default":{"hex":"00ff"}},{"name":"v","type":{"postgresql":"tsvector","sqlite":"TEXT"},"default":null}],"constraints":[{"name":"c","check":"n > 0"},{"primary_key":["id","n"]}],"if_not_exists":true,"comment":"c","strict":true,"without_rowid":true}}`,
	`{"create_table":{"name":"a","columns":[{"name":"id","type":"integer","primary_key":true}]}}`,
	`{"drop_table":{"name":"flow","if_exists":true,"cascade":true,"was":{"columns":[{"name":"id","type":"uuid"}],"indexes":[{"name":"ix","columns":["id"]}],"comment":"c"}}}`,
	`{"rename_table":{"name":"a","to":"b"}}`,
	`{"add_column":{"table":"flow","column":{"name":"a","type":"text","default":1.50},"if_not_exists":true},"dialect":"sqlite","lock_timeout":500}`,
	`{"drop_column":{"table":"flow","name":"a","if_exists":true,"was":{"type":"text"}}}`,
	`{"rename_column":{"table":"flow","name":"a","to":"b"}}`,
	`{"alter_column":{"table":"flow","name":"a","type":"integer","using":"a::int","not_null":false,"default":true,"comment":"","was":{"type":"text","using":"a::text","not_null":true,"no_default":true,"comment":"x"}}}`,
	`{"create_index":{"name":"ix","table":"flow","columns":["a",{"expr":"lower(b)","order":"desc","nulls":"last","collate":"NOCASE","opclass":"gin_trgm_ops"}],"unique":true,"nulls_not_distinct":true,"where":"a > 0","if_not_exists":true,"concurrently":true,"using":"gin","include":["c"],"with":[{"name":"fillfactor","value":"70"}]}}`,
	`{"drop_index":{"name":"ix","table":"flow","if_exists":true,"concurrently":true,"was":{"columns":["a"]}}}`,
	`{"rename_index":{"name":"a","table":"flow","to":"b"}}`,
	`{"add_constraint":{"table":"flow","constraint":{"name":"fk","foreign_key":["a"],"references":"b","to":["id"],"on_delete":"cascade","on_update":"set null","deferrable":true,"initially_deferred":true,"not_valid":true}}}`,
	`{"add_constraint":{"table":"flow","constraint":{"name":"ex","exclude":[{"column":"r","with":"&&"}],"using":"gist","where":"a > 0"}}}`,
	`{"drop_constraint":{"table":"flow","name":"uq","if_exists":true,"was":{"unique":["a"],"nulls_not_distinct":true}}}`,
	`{"validate_constraint":{"table":"flow","name":"fk","was":{"foreign_key":["a"],"references":"b"}}}`,
	`{"create_enum":{"name":"state","values":["A","B"],"plain":true}}`,
	`{"drop_enum":{"name":"state","if_exists":true,"values":["A"],"plain":true}}`,
	`{"add_enum_value":{"enum":"state","value":"C","after":"B","if_not_exists":true}}`,
	`{"rename_enum_value":{"enum":"state","value":"A","to":"Z"}}`,
	`{"drop_enum_value":{"enum":"state","value":"A","at_end":true}}`,
	`{"create_extension":{"name":"pg_trgm","if_not_exists":true,"schema":"public"}}`,
	`{"drop_extension":{"name":"pg_trgm","if_exists":true}}`,
	`{"create_view":{"name":"v","query":"SELECT 1","columns":["a"],"materialized":true}}`,
	`{"drop_view":{"name":"v","if_exists":true,"materialized":true,"query":"SELECT 1","columns":["a"]}}`,
	`{"create_trigger":{"name":"t","table":"flow","sql":{"sqlite":"CREATE TRIGGER t"}}}`,
	`{"drop_trigger":{"name":"t","table":"flow","if_exists":true,"sql":"CREATE TRIGGER t"}}`,
	`{"create_sync":{"name":"s","table":"flow","old":[{"column":"name","from":"first || ' ' || last"}],"new":[{"column":"first","from":"substr(name, 1, 3)"},{"column":"last","from":{"postgresql":"split_part(name, ' ', 2)","sqlite":"substr(name, instr(name, ' ') + 1)"}}]}}`,
	`{"drop_sync":{"name":"s","table":"flow","if_exists":true,"was":{"old":["a"],"new":["b"]}}}`,
	`{"comment":{"table":"flow","column":"a","text":"x","was":""}}`,
	`{"insert":{"table":"flow","columns":["a","b"],"rows":[["x",1],[null,{"hex":"00"}],[true,-1.5e3]],"key":["a"]}}`,
	`{"execute":{"sql":{"postgresql":"SELECT 1"},"reverse":"SELECT 2"}}`,
	`{"batch":{"table":"flow","operations":[{"drop_column":{"table":"flow","name":"a"},"dialect":"sqlite"}]}}`,
}

func TestDocuments(t *testing.T) {
	seen := map[string]bool{}
	for _, doc := range every {
		q, err := schema.Decode([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		seen[q.Operation.Kind()] = true
		if got := string(schema.Append(nil, q)); got != doc {
			t.Errorf("\n got %s\nwant %s", got, doc)
		}
		again, err := schema.Decode(schema.Append(nil, q))
		if err != nil || !reflect.DeepEqual(again, q) {
			t.Errorf("%s: read again as %+v, %v", doc, again, err)
		}
	}
	for _, kind := range schema.Kinds() {
		if !seen[kind] {
			t.Errorf("no document has %s", kind)
		}
	}
}

// The vectors of operations are for guests in any language.
func TestVectors(t *testing.T) {
	type vector struct {
		Name    string `json:"name,omitempty"`
		Text    string `json:"text"`
		Refused string `json:"refused,omitempty"`
	}
	vectors := struct {
		About      string   `json:"about"`
		Operations []vector `json:"operations"`
	}{About: "Operation documents (ABI.md, section 6.4). One with 'refused' must not be accepted (its text is a part of the reason, for people). Every other one is written as it stands here."}
	for _, doc := range every {
		vectors.Operations = append(vectors.Operations, vector{Text: doc})
	}
	for _, r := range refusals() {
		if len(r.doc) < 1000 { // the large ones are not for a file
			vectors.Operations = append(vectors.Operations, vector{r.name, r.doc, r.want})
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(vectors); err != nil {
		t.Fatal(err)
	}
	published(t, "../abi/testdata/operations.json", b.Bytes())
}

// The published schema is what Decode reads.
func TestPublishedSchema(t *testing.T) {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(schema.JSONSchema()), "", " "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	published(t, "../abi/operations.schema.json", b.Bytes())
}

// published compares a file beside ABI.md with what the operations are.
func published(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the operations are: rewrite it with go test ./sdk/schema -update (%v)", name, err)
	}
}
