package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

var usual = []string{
	"writes at most 1,000,000 rows in a migration (the default)",
	"takes at most 5 minutes for a migration (the default)",
	"computes at most 100,000,000,000 instructions in a migration (the default)",
	"has at most 64 MiB of memory (the default)",
}

func TestWords(t *testing.T) {
	for name, c := range map[string]struct {
		asked abi.Capabilities
		words []string // usual added where limits are the defaults
		brief string
	}{
		"nothing": {abi.Capabilities{}, slices.Concat([]string{"owns no tables"}, usual), "nothing"},
		"a schema of its own": {
			abi.Capabilities{Owns: []string{"acme_*"}},
			slices.Concat([]string{"owns the tables and views named acme_*", "has a schema of its own on PostgreSQL"}, usual),
			"owns acme_*",
		},
		"shared": {
			abi.Capabilities{Shared: true, Owns: []string{"acme_*", "acme", "zeta"}},
			slices.Concat([]string{"owns the tables and views named acme_*, acme and zeta", "has its tables beside those of others"}, usual),
			"owns acme_*, acme and zeta; has its tables beside those of others",
		},
		"uses": {
			abi.Capabilities{Uses: []abi.Use{
				{Table: "flow_run", Verbs: []string{"select"}, Columns: []string{"id", "name"}},
				{Table: "tag", Verbs: []string{"select", "insert", "update", "delete"}},
				{Table: "log", Verbs: []string{"delete"}},
			}},
			slices.Concat([]string{"owns no tables", "reads flow_run (id, name)",
				"reads, inserts into, updates and deletes from tag (all columns)", "deletes from log"}, usual),
			"reads flow_run (id, name); reads, inserts into, updates and deletes from tag (all columns); deletes from log",
		},
		"functions": {
			abi.Capabilities{Functions: []string{"similarity"}},
			slices.Concat([]string{"owns no tables", "calls the function similarity beyond the usual ones"}, usual),
			"calls similarity",
		},
		"limits": {
			abi.Capabilities{Rows: 1, Seconds: 7200, Fuel: 1234567, Memory: 4096},
			[]string{"owns no tables", "writes at most 1 row in a migration", "takes at most 2 hours for a migration",
				"computes at most 1,234,567 instructions in a migration", "has at most 4,096 MiB of memory"},
			"writes at most 1 row in a migration; takes at most 2 hours for a migration; computes at most 1,234,567 instructions in a migration; has at most 4,096 MiB of memory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := policy.Words(c.asked); !slices.Equal(got, c.words) {
				t.Errorf("words:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.words, "\n"))
			}
			if got := policy.Brief(c.asked); got != c.brief {
				t.Errorf("brief: %s\nwant: %s", got, c.brief)
			}
		})
	}
}

// claims are those of another plugin.
func claims(patterns ...string) (claims []policy.Claim) {
	for _, p := range patterns {
		claims = append(claims, policy.Claim{Line: "other", Pattern: p})
	}
	return claims
}

func TestOverlaps(t *testing.T) {
	g, err := policy.New("acme", abi.Capabilities{Owns: []string{"acme_*", "zeta_keys"}}, claims("acme_log_*", "zeta_*", "other", "acmes")...)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"leaves acme_log_* of acme_* to plugin other",
		"takes zeta_keys out of zeta_*, which plugin other owns: what is there of such names other can change and drop no more"}
	if got := g.Overlaps(); !slices.Equal(got, want) {
		t.Errorf("overlaps %q, want %q", got, want)
	}
}

func TestCompare(t *testing.T) {
	use := func(table string, verbs, columns string) abi.Use {
		return abi.Use{Table: table, Verbs: strings.Fields(verbs), Columns: strings.Fields(columns)}
	}
	uses := func(u ...abi.Use) abi.Capabilities { return abi.Capabilities{Uses: u} }
	for name, c := range map[string]struct {
		granted, asked abi.Capabilities
		more, less     []string // "kind name: text"
	}{
		"the same":       {abi.Capabilities{Owns: []string{"acme_*"}}, abi.Capabilities{Owns: []string{"acme_*"}}, nil, nil},
		"a default said": {abi.Capabilities{}, abi.Capabilities{Rows: policy.DefaultRows, Memory: policy.DefaultMemory}, nil, nil},
		"a name that a prefix has": {
			abi.Capabilities{Owns: []string{"acme_*"}}, abi.Capabilities{Owns: []string{"acme_x"}},
			nil, []string{"owns acme_*: owns the tables and views named acme_*"},
		},
		"a longer prefix": {
			abi.Capabilities{Owns: []string{"acme_*"}}, abi.Capabilities{Owns: []string{"acme_log_*", "acme_*"}}, nil, nil,
		},
		"a prefix that a name begins with": {
			abi.Capabilities{Owns: []string{"acme_x"}}, abi.Capabilities{Owns: []string{"acme_x*"}},
			[]string{"owns acme_x*: owns the tables and views named acme_x*"}, nil,
		},
		"a shorter prefix": {
			abi.Capabilities{Owns: []string{"acme_*"}}, abi.Capabilities{Owns: []string{"ac*"}},
			[]string{"owns ac*: owns the tables and views named ac*"}, nil,
		},
		"another place": {
			abi.Capabilities{Shared: true}, abi.Capabilities{},
			[]string{"shared : has a schema of its own on PostgreSQL"}, nil,
		},
		"beside others": {
			abi.Capabilities{}, abi.Capabilities{Shared: true},
			[]string{"shared : has its tables beside those of others"}, nil,
		},
		"a table": {uses(), uses(use("t", "select delete", "")), []string{"uses t: reads and deletes from t (all columns)"}, nil},
		"a verb": {
			uses(use("t", "select", "")), uses(use("t", "select update", "")),
			[]string{"uses t: updates t (all columns)"}, nil,
		},
		"a column": {
			uses(use("t", "select update", "id name")), uses(use("t", "select update", "id secret")),
			[]string{"uses t: reads and updates t (secret)"}, []string{"uses t: reads and updates t (name)"},
		},
		"all columns": {
			uses(use("t", "select", "id")), uses(use("t", "select", "")),
			[]string{"uses t: reads t (all columns)"}, nil,
		},
		"fewer columns": {
			uses(use("t", "select", "")), uses(use("t", "select", "id")),
			nil, []string{"uses t: reads t (all columns)"},
		},
		"rows are deleted whole": {uses(use("t", "delete", "id")), uses(use("t", "delete", "")), nil, nil},
		"functions": {
			abi.Capabilities{Functions: []string{"a", "b"}}, abi.Capabilities{Functions: []string{"b", "c"}},
			[]string{"functions c: calls the function c beyond the usual ones"}, []string{"functions a: calls the function a beyond the usual ones"},
		},
		"limits": {
			abi.Capabilities{Rows: 10, Seconds: 60}, abi.Capabilities{Seconds: 90, Fuel: 5},
			[]string{"rows : writes at most 1,000,000 rows in a migration, instead of 10", "seconds : takes at most 90 seconds for a migration, instead of 1 minute"},
			[]string{"fuel : computes at most 5 instructions in a migration, instead of 100,000,000,000"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := policy.Compare(c.granted, c.asked)
			for side, got := range map[string][]policy.Change{"more": d.More, "less": d.Less} {
				want := c.more
				if side == "less" {
					want = c.less
				}
				var lines []string
				for _, change := range got {
					lines = append(lines, string(change.Kind)+" "+change.Name+": "+change.Text)
				}
				if !slices.Equal(lines, want) {
					t.Errorf("%s:\n%s\nwant:\n%s", side, strings.Join(lines, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}
