package policy_test

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func TestVerdicts(t *testing.T) {
	grants, err := policy.New("acme", abi.Capabilities{
		Owns: []string{"acme_*"},
		Uses: []abi.Use{
			{Table: "runs", Verbs: []string{"select"}, Columns: []string{"id"}},
			{Table: "acme_old", Verbs: []string{"select"}},
		},
		Functions: []string{"app_ok"},
	})
	if err != nil {
		t.Fatal(err)
	}
	judge := &policy.Judge{Grants: grants, Dialect: chain.PostgreSQL, Foreign: func(name string) bool { return name == "acme_old" }}
	for _, c := range []struct {
		name, needs string
		allowed     bool
		facts       policy.Facts
	}{
		{"own", "", true, policy.Facts{Access: []policy.Access{{Table: "acme_t", Verb: "delete", All: true}}}},
		{"another's of that name, in another schema", `uses = [{table = "acme_t", verbs = ["select"]}]`, false,
			policy.Facts{Access: []policy.Access{{Table: "acme_t", Verb: "select", Foreign: true}}}},
		{"another's that is granted, in another schema", "", true,
			policy.Facts{Access: []policy.Access{{Table: "runs", Verb: "select", Columns: []string{"id"}, Foreign: true}}}},
		{"what was there before", `uses = [{table = "acme_old", verbs = ["update"]}]`, false,
			policy.Facts{Access: []policy.Access{{Table: "acme_old", Verb: "update"}}}},
		{"what was there before and is granted", "", true, policy.Facts{Access: []policy.Access{{Table: "acme_old", Verb: "select"}}}},
		{"a column that is not granted", `uses = [{table = "runs", verbs = ["select"], columns = ["secret"]}]`, false,
			policy.Facts{Access: []policy.Access{{Table: "runs", Verb: "select", Columns: []string{"id", "secret"}}}}},
		{"the ledger, which no grant can name", "", false, policy.Facts{Access: []policy.Access{{Table: "sandpiper_heads", Verb: "select"}}}},
		{"a catalog, which no grant can name", "", false, policy.Facts{Access: []policy.Access{{Table: "pg_class", Verb: "select"}}}},
		{"a new name", `owns = ["other"]`, false, policy.Facts{Makes: []policy.Object{{Kind: "table", Name: "other"}}}},
		{"a new name that no grant can name", "", false, policy.Facts{Makes: []policy.Object{{Kind: "table", Name: "pg_x"}}}},
		{"a name with a line break", "", false, policy.Facts{Makes: []policy.Object{{Kind: "table", Name: "acme_x\n"}}}},
		{"an index that turns its text", "", false, policy.Facts{Makes: []policy.Object{{Kind: "index", Name: "ix_acme_t__\u202ex"}}}},
		{"a name that is taken", "", false, policy.Facts{Makes: []policy.Object{{Kind: "table", Name: "acme_old"}}}},
		{"a function of the list", "", true, policy.Facts{Functions: []policy.Call{{Name: "lower"}}}},
		{"a function that is granted", "", true, policy.Facts{Functions: []policy.Call{{Name: "app_ok"}}}},
		{"a function that is not", `functions = ["app_no"]`, false, policy.Facts{Functions: []policy.Call{{Name: "app_no"}}}},
		{"a function that can't be granted", "", false, policy.Facts{Functions: []policy.Call{{Name: "set_config"}}}},
		{"one that reads files", "", false, policy.Facts{Functions: []policy.Call{{Name: "pg_read_file"}}}},
		{"one that runs a text", "", false, policy.Facts{Functions: []policy.Call{{Name: "query_to_xml"}}}},
	} {
		refused := judge.Check(&c.facts)
		if c.allowed != (refused == nil) || refused != nil && refused.Needs != c.needs {
			t.Errorf("%s: %+v", c.name, refused)
		}
	}
}

// What every run would refuse is not granted in the first place.
func TestGrantsThatNobodyHas(t *testing.T) {
	for _, function := range []string{"set_config", "pg_read_file", "lo_import", "query_to_xml", "dblink_exec"} {
		if _, err := policy.New("acme", abi.Capabilities{Functions: []string{"similarity", function}}); err == nil || !strings.Contains(err.Error(), function) {
			t.Errorf("%s: error %v", function, err)
		}
	}
}

// A name that a longer claim has taken is refused with whose it is.
func TestRefusalNamesTheOtherPlugin(t *testing.T) {
	grants, err := policy.New("ab", abi.Capabilities{Owns: []string{"ab_*"}}, policy.Claim{Line: "abc", Pattern: "ab_c_*"})
	if err != nil {
		t.Fatal(err)
	}
	judge := &policy.Judge{Grants: grants, Dialect: chain.SQLite}
	for _, c := range []struct {
		facts policy.Facts
		want  string
	}{
		{policy.Facts{Makes: []policy.Object{{Kind: "table", Name: "AB_c_one"}}}, "create the table AB_c_one: its name is one of plugin abc, which owns ab_c_*"},
		{policy.Facts{Drops: []policy.Object{{Kind: "table", Name: "ab_c_one"}}}, "change the table ab_c_one: its name is one of plugin abc, which owns ab_c_*"},
		{policy.Facts{Makes: []policy.Object{{Kind: "index", Name: "ab_c_one_idx"}}}, "create the index ab_c_one_idx: its name is one of plugin abc, which owns ab_c_*"},
		{policy.Facts{Drops: []policy.Object{{Kind: "table", Name: "other"}}}, "change the table other, which it does not own"},
	} {
		if r := judge.Check(&c.facts); r == nil || r.Reason != c.want {
			t.Errorf("refused %+v, want %s", r, c.want)
		}
	}
}

// A line is a schema of PostgreSQL, and some of these are nobody's.
func TestCheckLine(t *testing.T) {
	for line, allowed := range map[string]bool{
		"acme": true, "acme/tools": true, "publication": true, "pgx": true,
		"main": false, "head": false, "heads": false, "base": false, "": false, "a b": false, "a\nb": false,
		"public": false, "Public": false, "information_schema": false, "pg_catalog": false, "pg_temp_1": false,
		"sandpiper": false, "sandpiper_x": false,
	} {
		if _, err := policy.New(line, abi.Capabilities{}); (err == nil) != allowed {
			t.Errorf("%q: %v", line, err)
		}
	}
}
