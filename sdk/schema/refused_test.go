package schema_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// A refusal is a document that is refused, and a part of the reason.
type refusal struct{ name, doc, want string }

// refusals are what no dialect is asked about.
func refusals() []refusal {
	table := func(rest string) string { return `{"create_table":{"name":"a","columns":[` + rest + `]}}` }
	return []refusal{
		{"nothing", `{}`, "there is no operation"},
		{"unknown operation", `{"drop_database":{"name":"a"}}`, `unknown field "drop_database"`},
		{"two operations", `{"drop_table":{"name":"a"},"drop_view":{"name":"a"}}`, "a second operation"},
		{"unknown field", `{"drop_table":{"name":"a","casacde":true}}`, `unknown field "casacde"`},
		{"field twice", `{"drop_table":{"name":"a","name":"b"}}`, `repeated field "name"`},
		{"missing field", `{"drop_table":{}}`, `the field "name" is missing`},
		{"unknown dialect", `{"drop_table":{"name":"a"},"dialect":"mysql"}`, `"mysql" is not one of postgresql, sqlite`},
		{"rest", `{"drop_table":{"name":"a"}}x`, "something follows"},
		{"too large", `{"execute":{"sql":"` + strings.Repeat("x", 1<<20) + `"}}`, "1 MiB"},
		{"unknown type", table(`{"name":"x","type":"varchar"}`), `"varchar" is not one of the portable types`},
		{"no size", table(`{"name":"x","type":"string(0)"}`), "a string of no characters"},
		{"open size", table(`{"name":"x","type":"string(3"}`), "the ) is missing"},
		{"huge size", table(`{"name":"x","type":"string(99999999999)"}`), "is not a number up to"},
		{"arguments", table(`{"name":"x","type":"uuid(3)"}`), `"uuid" takes no arguments`},
		{"enum without a name", table(`{"name":"x","type":"enum"}`), "an enum is written with its name"},
		{"two columns", table(`{"name":"x","type":"text"},{"name":"x","type":"text"}`), `two columns are called "x"`},
		{"two keys", table(`{"name":"x","type":"text","primary_key":true},{"name":"y","type":"text","primary_key":true}`), "several columns are the primary key"},
		{"two defaults", table(`{"name":"x","type":"text","default":{"function":"now","sql":"1"}}`), "exactly one of them"},
		{"no default", table(`{"name":"x","type":"text","default":{}}`), "exactly one of them"},
		{"generated default", table(`{"name":"x","type":"text","default":1,"generated":"y"}`), "is generated, and has a default"},
		{"virtual nothing", table(`{"name":"x","type":"text","virtual":true}`), "is virtual, and nothing generates it"},
		{"bad bytes", table(`{"name":"x","type":"binary","default":{"hex":"abc"}}`), "even number of hex digits"},
		{"column of a key", `{"create_table":{"name":"a","columns":[{"name":"x","type":"text"}],"constraints":[{"unique":["y"]}]}}`, `names the column "y"`},
		{"two constraints in one", `{"add_constraint":{"table":"a","constraint":{"unique":["x"],"check":"x"}}}`, "exactly one of them"},
		{"references nothing", `{"add_constraint":{"table":"a","constraint":{"foreign_key":["x"]}}}`, "does not say what it references"},
		{"references too much", `{"add_constraint":{"table":"a","constraint":{"foreign_key":["x"],"references":"b","to":["y","z"]}}}`, "has 1 columns and refers to 2"},
		{"unknown action", `{"add_constraint":{"table":"a","constraint":{"foreign_key":["x"],"references":"b","on_delete":"explode"}}}`, `"explode" is not one of`},
		{"deferred key", `{"add_constraint":{"table":"a","constraint":{"foreign_key":["x"],"references":"b","initially_deferred":true}}}`, "not deferrable"},
		{"operator", `{"add_constraint":{"table":"a","constraint":{"exclude":[{"column":"x","with":"=) --"}]}}}`, "an operator such as &&"},
		{"operator comment", `{"add_constraint":{"table":"a","constraint":{"exclude":[{"column":"x","with":"--"}]}}}`, "an operator such as &&"},
		{"access method", `{"create_index":{"table":"a","columns":["x"],"using":"gin (x); drop"}}`, "is not made of letters"},
		{"parameter", `{"create_index":{"table":"a","columns":["x"],"with":[{"name":"f","value":"1) --"}]}}`, "is not made of letters"},
		{"index of nothing", `{"create_index":{"table":"a","columns":[{"order":"desc"}]}}`, "a name or an expression"},
		{"nothing altered", `{"alter_column":{"table":"a","name":"x"}}`, "nothing is changed"},
		{"using alone", `{"alter_column":{"table":"a","name":"x","using":"1","not_null":true}}`, "using without a type"},
		{"drop which constraint", `{"drop_constraint":{"table":"a"}}`, "say it in was"},
		{"enum twice", `{"create_enum":{"name":"a","values":["x","x"]}}`, `"x" is there twice`},
		{"enum place", `{"add_enum_value":{"enum":"a","value":"x","before":"y","after":"z"}}`, "before and after at once"},
		{"row too short", `{"insert":{"table":"a","columns":["x","y"],"rows":[[1]]}}`, "row 1 has 1 values for 2 columns"},
		{"key elsewhere", `{"insert":{"table":"a","columns":["x"],"rows":[[1]],"key":["y"]}}`, `the key "y" is not among`},
		{"sync of nothing", `{"create_sync":{"table":"a","old":["x"]}}`, `the field "new" is missing`},
		{"sync with itself", `{"create_sync":{"table":"a","old":["x"],"new":["x"]}}`, `the column "x" is there twice`},
		{"sync of two with one", `{"create_sync":{"table":"a","old":["x"],"new":["y","z"]}}`, `the column "x" has no counterpart, since one side has 1 columns and the other 2: say what it is made of in the place of its name, {"column": "x", "from": "…"}`},
		{"sync of no name", `{"create_sync":{"table":"a","old":[""],"new":["y"]}}`, "a column without a name"},
		{"drop which sync", `{"drop_sync":{"table":"a"}}`, "say it in was"},
		{"sync that was nothing", `{"drop_sync":{"table":"a","name":"s","was":{"old":["x"],"new":["x"]}}}`, `was: the column "x" is there twice`},
		{"sync in a batch", `{"batch":{"table":"a","operations":[{"create_sync":{"table":"a","old":["x"],"new":["y"]}}]}}`, `not about the table "a"`},
		{"batch of another table", `{"batch":{"table":"a","operations":[{"drop_column":{"table":"b","name":"x"}}]}}`, `not about the table "a"`},
		{"batch in a batch", `{"batch":{"table":"a","operations":[{"batch":{"table":"a","operations":[]}}]}}`, `unknown field "batch"`},
		{"nesting", strings.Repeat(`{"batch":{"operations":[`, 10000), "unknown field"},
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range refusals() {
		t.Run(c.name, func(t *testing.T) {
			_, err := schema.Decode([]byte(c.doc))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
			var errno interface{ Errno() abi.Errno }
			if !errors.As(err, &errno) || errno.Errno() != abi.ErrnoArgument {
				t.Errorf("a guest gets %v", err)
			}
		})
	}
}

// FuzzDecode: what is read is written as it would be read again.
func FuzzDecode(f *testing.F) {
	for _, doc := range every {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		q, err := schema.Decode(doc)
		if err != nil {
			return
		}
		written := schema.Append(nil, q)
		again, err := schema.Decode(written)
		if err != nil {
			t.Fatalf("%s cannot be read: %v", written, err)
		}
		if second := schema.Append(nil, again); !bytes.Equal(written, second) {
			t.Errorf("%s is written again as %s", written, second)
		}
		for _, d := range []string{schema.PostgreSQL, schema.SQLite} {
			_ = q.Check(d)
			_ = schema.Naming{}.Fill(q)
			_ = q.Commits(d)
		}
	})
}
