package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func TestNaming(t *testing.T) {
	own := schema.Naming{Check: "ck_{table}__{name}", Index: "idx_{table}_{columns}"}
	long := strings.Repeat("é", 40)
	for _, c := range []struct {
		name   string
		naming schema.Naming
		doc    string
		want   string
	}{
		{"primary key", schema.Naming{}, `{"add_constraint":{"table":"a","constraint":{"primary_key":["x","y"]}}}`, `"name":"pk_a"`},
		{"unique", schema.Naming{}, `{"add_constraint":{"table":"a","constraint":{"unique":["x","y"]}}}`, `"name":"uq_a__x_y"`},
		{"foreign key", schema.Naming{}, `{"add_constraint":{"table":"a","constraint":{"foreign_key":["x"],"references":"b"}}}`, `"name":"fk_a__x__b"`},
		{"exclusion", schema.Naming{}, `{"add_constraint":{"table":"a","constraint":{"exclude":[{"column":"x","with":"="},{"expr":"f(y)","with":"="}]}}}`, `"name":"ex_a__x"`},
		{"index", schema.Naming{}, `{"create_index":{"table":"a","columns":["x",{"expr":"lower(y)"}]}}`, `"name":"ix_a__x_expr"`},
		{"given", schema.Naming{}, `{"create_index":{"name":"mine","table":"a","columns":["x"]}}`, `"name":"mine"`},
		{"own index", own, `{"create_index":{"table":"a","columns":["x"]}}`, `"name":"idx_a_x"`},
		{"own leaves the rest", own, `{"add_constraint":{"table":"a","constraint":{"unique":["x"]}}}`, `"name":"uq_a__x"`},
		{"check", schema.Naming{}, `{"add_constraint":{"table":"a","constraint":{"name":"positive","check":"x > 0"}}}`, `"name":"positive"`},
		{"own check", own, `{"add_constraint":{"table":"a","constraint":{"name":"positive","check":"x > 0"}}}`, `"name":"ck_a__positive"`},
		{"a table", schema.Naming{}, `{"create_table":{"name":"a","columns":[{"name":"x","type":"text"}],"constraints":[{"unique":["x"]}]}}`, `"name":"uq_a__x"`},
		{"dropped without a name", schema.Naming{}, `{"drop_constraint":{"table":"a","was":{"unique":["x"]}}}`, `"name":"uq_a__x"`},
		{"sync", schema.Naming{}, `{"create_sync":{"table":"a","old":["x","y"],"new":["v","w"]}}`, `"name":"sync_a__v_w"`},
		{"own sync", schema.Naming{Sync: "step_{table}"}, `{"create_sync":{"table":"a","old":["x"],"new":["v"]}}`, `"name":"step_a"`},
		{"a dropped sync", schema.Naming{}, `{"drop_sync":{"table":"a","was":{"old":["x"],"new":["v"]}}}`, `"name":"sync_a__v"`},
		{"a long sync, for its triggers", schema.Naming{}, `{"create_sync":{"table":"` + long + `","old":["x"],"new":["y"]}}`, `"name":"sync_` + strings.Repeat("é", 19) + `_`},
		{"in a batch", schema.Naming{}, `{"batch":{"table":"a","operations":[{"create_index":{"table":"a","columns":["x"]}}]}}`, `"name":"ix_a__x"`},
		{"of a table that was", schema.Naming{}, `{"drop_table":{"name":"a","was":{"columns":[{"name":"x","type":"text"}],"indexes":[{"columns":["x"]}]}}}`, `"name":"ix_a__x"`},
		{"too long", schema.Naming{}, `{"create_index":{"table":"` + long + `","columns":["x"]}}`, `"name":"ix_` + strings.Repeat("é", 25) + `_`},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, err := schema.Decode([]byte(c.doc))
			if err != nil {
				t.Fatal(err)
			}
			filled := c.naming.Fill(q)
			if got := string(schema.Append(nil, filled)); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s in it", got, c.want)
			}
			if again := c.naming.Fill(filled); !reflect.DeepEqual(again, filled) {
				t.Errorf("filled twice it is %s", schema.Append(nil, again))
			}
			if got := string(schema.Append(nil, q)); got != c.doc {
				t.Errorf("the request itself became %s", got)
			}
		})
	}
}

func TestNamingOfTwoLongNamesDiffers(t *testing.T) {
	named := func(column string) string {
		q := schema.Naming{}.Fill(schema.Request{Operation: &schema.CreateIndex{
			Table: strings.Repeat("t", 60), Columns: schema.IndexOn(column),
		}})
		name := q.Operation.(*schema.CreateIndex).Name
		if len(name) > 63 {
			t.Errorf("%q has %d bytes", name, len(name))
		}
		return name
	}
	if a, b := named("a"), named("b"); a == b {
		t.Errorf("both are called %q", a)
	}
}

func TestNamingRefuses(t *testing.T) {
	for _, n := range []schema.Naming{{Index: "ix_{tabel}"}, {Check: "ck_{table}"}, {Unique: "uq}"}} {
		if err := n.Validate(); err == nil {
			t.Errorf("%+v is taken", n)
		}
	}
	if err := schema.DefaultNaming.Validate(); err != nil {
		t.Error(err)
	}
}

// What is dropped without a name is called as it was when it was made, and a
// name that is complete is not completed again.
func TestNamesOfWhatIsDropped(t *testing.T) {
	naming := schema.Naming{Check: "ck_{table}__{name}", Unique: "u_{columns}_{table}", Index: "i_{columns}_{table}"}
	for _, c := range []struct{ add, drop, want string }{
		{`{"add_constraint":{"table":"t","constraint":{"unique":["a","b"]}}}`,
			`{"drop_constraint":{"table":"t","was":{"unique":["a","b"]}}}`, "u_a_b_t"},
		{`{"add_constraint":{"table":"t","constraint":{"name":"positive","check":"a > 0"}}}`,
			`{"drop_constraint":{"table":"t","was":{"name":"positive","check":"a > 0"}}}`, "ck_t__positive"},
		{`{"add_constraint":{"table":"t","constraint":{"name":"ck_t__positive","check":"a > 0"}}}`,
			`{"drop_constraint":{"table":"t","name":"ck_t__positive","was":{"check":"a > 0"}}}`, "ck_t__positive"},
		{`{"create_index":{"table":"t","columns":["a"]}}`,
			`{"drop_index":{"table":"t","was":{"columns":["a"]}}}`, "i_a_t"},
	} {
		for _, doc := range []string{c.add, c.drop} {
			q, err := schema.Decode([]byte(doc))
			if err != nil {
				t.Errorf("%s: %v", doc, err)
				continue
			}
			for range 2 {
				q = naming.Fill(q)
				if got := nameOf(q.Operation); got != c.want {
					t.Errorf("%s: the name is %q, want %q", doc, got, c.want)
				}
			}
		}
	}
}

func nameOf(op schema.Operation) string {
	switch op := op.(type) {
	case *schema.AddConstraint:
		return op.Constraint.Name
	case *schema.DropConstraint:
		return op.Name
	case *schema.CreateIndex:
		return op.Name
	case *schema.DropIndex:
		return op.Name
	}
	return ""
}
