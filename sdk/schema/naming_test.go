package schema_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

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
