package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

const sharedHCL = `
schema "app" {}

table "users" {
  schema = schema.app
  column "id" {
    type = int
  }
  column "name" {
    type = text
    null = false
    default = "nobody"
  }
  column "tags" {
    type = jsonb
    null = true
  }
  primary_key {
    columns = [column.id]
  }
  index "ix_users__name" {
    columns = [column.name]
    unique  = true
  }
  index "ix_users__name_pg" {
    columns = [column.name]
    comment = "dialect: postgresql"
  }
  index "ix_users__tags" {
    columns = [column.tags]
    type    = GIN
  }
}

table "posts" {
  schema = schema.app
  column "id" {
    type = int
  }
  column "author" {
    type = int
    null = true
  }
  primary_key {
    columns = [column.id]
  }
  foreign_key "fk_author" {
    columns     = [column.author]
    ref_columns = [table.users.column.id]
    on_delete   = CASCADE
  }
}
`

// A file serves both dialects; what it says is compared as any other schema.
func TestHCL(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		wanted, have := p.empty(t), p.empty(t)
		if err := diff.ApplyHCL(t.Context(), wanted.db, p.dialect, "schema.hcl", []byte(sharedHCL)); err != nil {
			t.Fatal(err)
		}
		r := become(t, have, wanted, have.unfiltered())
		list := listed(r)
		for _, part := range []string{"add table users", "add table posts", "add index ix_users__name on users"} {
			if !strings.Contains(list, part) {
				t.Errorf("%q is missing in\n%s", part, list)
			}
		}
		for _, index := range []string{"ix_users__name_pg", "ix_users__tags"} {
			if got, want := strings.Contains(list, index), p.dialect == chain.PostgreSQL; got != want {
				t.Errorf("the index %s for PostgreSQL is there: %t, want %t", index, got, want)
			}
		}
	})
}

func TestHCLErrors(t *testing.T) {
	places(t, func(t *testing.T, p *place) {
		for _, c := range []struct{ name, text, want string }{
			{"syntax", "schema \"a\" {}\ntable \"t\" {\n  column = = 1\n}\n", "schema.hcl:3:12: Invalid expression"},
			{"unknown reference", "schema \"a\" {}\ntable \"t\" {\n  schema = schema.b\n}\n", "schema.hcl:3:"},
			{"a view", "schema \"a\" {}\nview \"v\" {\n  schema = schema.a\n}\n", `schema.hcl:2:1: "view" is not read from HCL`},
			{"a trigger in a table", "schema \"a\" {}\ntable \"t\" {\n  schema = schema.a\n  trigger \"x\" {}\n}\n", `schema.hcl:4:3: "trigger" in a table`},
			{"no schema", "", "schema.hcl: it has 0 schemas"},
			{"two schemas", "schema \"a\" {}\nschema \"b\" {}\n", "schema.hcl: it has 2 schemas"},
			{"an unknown type", "schema \"a\" {}\ntable \"t\" {\n  schema = schema.a\n  column \"c\" {\n    type = nonsense\n  }\n}\n", "schema.hcl:5:"},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := p.empty(t)
				err := diff.ApplyHCL(t.Context(), s.db, p.dialect, "schema.hcl", []byte(c.text))
				if err == nil || !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("got %v, want %s…", err, c.want)
				}
				if n := len(s.objects(t)); n > 0 {
					t.Errorf("%d objects are made", n)
				}
			})
		}
	})
}

// What would overflow the stack, which ends a process, is an error with its place.
// What is long and flat is read.
func TestHCLDepth(t *testing.T) {
	for _, part := range []string{"(", "[", "{", "!", "- ", "1 + ", "1 ? ", "1 ? 1 : ", "f(", "\"${", "\"%{ if ", "a{\n", "f()[0]", "x..."} {
		text := "x = " + strings.Repeat(part, (256<<10)/len(part))
		err := diff.ApplyHCL(t.Context(), nil, chain.SQLite, "schema.hcl", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "schema.hcl:") {
			t.Errorf("%s: %.200v", part, err)
		}
	}
	err := diff.ApplyHCL(t.Context(), nil, chain.SQLite, "schema.hcl", make([]byte, 3<<20))
	if err == nil || !strings.Contains(err.Error(), "at most 2 MiB") {
		t.Errorf("three megabytes: %v", err)
	}
	var flat strings.Builder
	flat.WriteString("locals {\n")
	for i := range 500 {
		fmt.Fprintf(&flat, "  l%d = [1, 2, \"a ${1 + 1} b\", (3)]\n", i)
	}
	flat.WriteString("}\n")
	err = diff.ApplyHCL(t.Context(), nil, chain.SQLite, "schema.hcl", []byte(flat.String()))
	if err == nil || !strings.Contains(err.Error(), "it has 0 schemas") {
		t.Errorf("a long file: %v", err)
	}
}
