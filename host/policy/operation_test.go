package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// judge is that of a plugin that owns acme_* and acct, where acme_tools_keys was
// there before it.
func judge(t *testing.T, dialect chain.Dialect) *policy.Judge {
	t.Helper()
	grants, err := policy.New("acme", abi.Capabilities{
		Owns: []string{"acme_*", "acct"},
		Uses: []abi.Use{
			{Table: "flow_run", Verbs: []string{"select", "insert"}, Columns: []string{"id", "name"}},
			{Table: "notes", Verbs: []string{"select"}},
		},
	}, claims("acme_tools_*", "acct_log")...)
	if err != nil {
		t.Fatal(err)
	}
	there := []string{"acme_before", "acme_mood", "ix_acme_before__n"}
	return &policy.Judge{Grants: grants, Dialect: dialect, Foreign: func(name string) bool { return slices.Contains(there, name) }}
}

// operations are documents and what a refusal of them says, "" if they are
// allowed. Where the dialects differ the SQLite verdict follows after a " | ".
var operations = []struct{ document, refusal string }{
	{`{"create_table":{"name":"acme_t","columns":[{"name":"id","type":"integer","primary_key":true,"autoincrement":true},{"name":"m","type":"enum(acme_state)"}],"constraints":[{"name":"uq_acme_t__m","unique":["m"]},{"name":"self","foreign_key":["m"],"references":"acme_t"},{"name":"anything","check":"id > 0"}]}}`, ""},
	{`{"create_table":{"name":"flow_step","columns":[{"name":"id","type":"integer"}]}}`, `create the table flow_step, whose name is not among those it owns; it would need the grant owns = ["flow_step"]`},
	{`{"create_table":{"name":"acme_before","if_not_exists":true,"columns":[{"name":"id","type":"integer"}]}}`, "create the table acme_before: that name was there before the plugin"},
	{`{"create_table":{"name":"acme_tools_keys","columns":[{"name":"id","type":"integer"}]}}`, "create the table acme_tools_keys: its name is one of plugin other"},
	{`{"create_table":{"name":"sandpiper_heads","columns":[{"name":"id","type":"integer"}]}}`, "create the table sandpiper_heads: names that begin with sandpiper_, sqlite_ or pg_ are not to be had"},
	{`{"create_table":{"name":"ACME_T","columns":[{"name":"id","type":"integer"}]}}`, "create the table ACME_T, whose name | "},
	{`{"create_table":{"name":"acme_t","columns":[{"name":"m","type":"enum(state)"}]}}`, "use the type state, which it does not own"},
	{`{"create_table":{"name":"acme_t","columns":[{"name":"m","type":"enum(acme_mood)"}]}}`, "use the type acme_mood, which it does not own"},
	{`{"create_table":{"name":"acme_t","columns":[{"name":"r","type":"integer"}],"constraints":[{"foreign_key":["r"],"references":"flow_run"}]}}`, "refer to flow_run, which it does not own, with a foreign key"},
	{`{"create_table":{"name":"acme_t","columns":[{"name":"r","type":"integer"}],"constraints":[{"foreign_key":["r"],"references":"acme_before"}]}}`, "refer to acme_before"},
	{`{"create_table":{"name":"acme_t","columns":[{"name":"r","type":"integer"}],"constraints":[{"name":"flow_step","unique":["r"]}]}}`, "create the constraint flow_step, which is called after none of the tables | "},
	{`{"create_table":{"name":"acme_t","columns":[{"name":"r","type":"integer"}],"constraints":[{"name":"flow_step","primary_key":["r"]}]}}`, "create the constraint flow_step | "},

	{`{"drop_table":{"name":"acme_t","if_exists":true}}`, ""},
	{`{"drop_table":{"name":"flow_run"}}`, "change the table flow_run, which it does not own"},
	{`{"drop_table":{"name":"acme_t","cascade":true}}`, "drop acme_t with cascade, which takes along what others have made of it"},
	{`{"rename_table":{"name":"acme_t","to":"acme_u"}}`, ""},
	{`{"rename_table":{"name":"acme_t","to":"flow_step"}}`, "create the table flow_step"},
	{`{"rename_table":{"name":"flow_run","to":"acme_u"}}`, "change the table flow_run"},
	{`{"rename_table":{"name":"acme_t","to":"acme_before"}}`, "create the table acme_before: that name was there"},

	{`{"add_column":{"table":"acme_t","column":{"name":"c","type":"text"}}}`, ""},
	{`{"add_column":{"table":"flow_run","column":{"name":"c","type":"text"}}}`, "change the table flow_run"},
	{`{"add_column":{"table":"acme_t","column":{"name":"c","type":"enum(state)[]"}}}`, "use the type state"},
	{`{"drop_column":{"table":"acme_t","name":"c"}}`, ""},
	{`{"drop_column":{"table":"flow_run","name":"name"}}`, "change the table flow_run"},
	{`{"rename_column":{"table":"acme_t","name":"c","to":"d"}}`, ""},
	{`{"rename_column":{"table":"flow_run","name":"name","to":"d"}}`, "change the table flow_run"},
	{`{"alter_column":{"table":"acme_t","name":"c","type":"enum(acme_state)"}}`, ""},
	{`{"alter_column":{"table":"acme_t","name":"c","type":"enum(state)"}}`, "use the type state"},
	{`{"alter_column":{"table":"notes","name":"c","drop_default":true}}`, "change the table notes"},

	{`{"create_index":{"name":"ix_acme_t__n","table":"acme_t","columns":["n"]}}`, ""},
	{`{"create_index":{"name":"acct_name_idx","table":"acct","columns":["n"]}}`, ""},
	{`{"create_index":{"name":"acct_name","table":"acct","columns":["n"]}}`, `create the index acct_name, which is called after none of the tables that it owns (as ix_TABLE__COLUMN and TABLE_COLUMN_idx are); it would need the grant owns = ["acct_name"]`},
	{`{"create_index":{"name":"flow_step","table":"acme_t","columns":["n"]}}`, "create the index flow_step"},
	{`{"create_index":{"name":"ix_flow_run__n","table":"acme_t","columns":["n"]}}`, "create the index ix_flow_run__n"},
	{`{"create_index":{"name":"ix_acme_before__n","table":"acme_t","columns":["n"]}}`, "create the index ix_acme_before__n: that name was there"},
	{`{"create_index":{"name":"ix_acme_t__n","table":"flow_run","columns":["n"]}}`, "change the table flow_run"},
	{`{"create_index":{"name":"ix_acme_t__n","table":"acme_t","columns":["n"],"concurrently":true}}`, "create or drop the index ix_acme_t__n concurrently: what a plugin does is done in a transaction | "},
	{`{"drop_index":{"name":"ix_acme_t__n","table":"acme_t"}}`, ""},
	{`{"drop_index":{"name":"ix_flow_run__n","table":"acme_t"}}`, "change the index ix_flow_run__n, which it does not own"},
	{`{"drop_index":{"name":"ix_acme_before__n","table":"acme_t"}}`, "change the index ix_acme_before__n"},
	{`{"drop_index":{"name":"ix_acme_t__n","table":"acme_t","concurrently":true}}`, "create or drop the index ix_acme_t__n concurrently | "},
	{`{"rename_index":{"name":"ix_acme_t__n","table":"acme_t","to":"ix_acme_t__m"}}`, ""},
	{`{"rename_index":{"name":"ix_flow_run__n","table":"acme_t","to":"acme_stolen"}}`, "change the index ix_flow_run__n"},
	{`{"rename_index":{"name":"ix_acme_t__n","table":"acme_t","to":"flow_step"}}`, "create the index flow_step"},

	{`{"add_constraint":{"table":"acme_t","constraint":{"name":"fk","foreign_key":["r"],"references":"acct"}}}`, ""},
	{`{"add_constraint":{"table":"acme_t","constraint":{"name":"fk","foreign_key":["r"],"references":"notes"}}}`, "refer to notes"},
	{`{"add_constraint":{"table":"acme_t","constraint":{"name":"positive","check":"n > 0"}}}`, ""},
	{`{"add_constraint":{"table":"acme_t","constraint":{"name":"acme_t_pkey","primary_key":["n"]}}}`, ""},
	{`{"add_constraint":{"table":"acme_t","constraint":{"name":"flow_step2","unique":["n"]}}}`, "create the constraint flow_step2 | "},
	{`{"add_constraint":{"table":"flow_run","constraint":{"name":"positive","check":"id > 0"}}}`, "change the table flow_run"},
	{`{"drop_constraint":{"table":"acme_t","name":"flow_step2"}}`, ""},
	{`{"drop_constraint":{"table":"flow_run","name":"acme_t_pkey"}}`, "change the table flow_run"},
	{`{"validate_constraint":{"table":"acme_t","name":"positive"}}`, ""},
	{`{"validate_constraint":{"table":"flow_run","name":"positive"}}`, "change the table flow_run"},

	{`{"create_enum":{"name":"acme_state","values":["a"]}}`, ""},
	{`{"create_enum":{"name":"state","values":["a"]}}`, `create the type state, whose name is not among those it owns; it would need the grant owns = ["state"]`},
	{`{"create_enum":{"name":"acme_mood","values":["a"]}}`, "create the type acme_mood: that name was there"},
	{`{"drop_enum":{"name":"acme_state"}}`, ""},
	{`{"drop_enum":{"name":"state","if_exists":true}}`, "change the type state"},
	{`{"add_enum_value":{"enum":"acme_state","value":"b"}}`, ""},
	{`{"add_enum_value":{"enum":"acme_mood","value":"b"}}`, "change the type acme_mood"},
	{`{"rename_enum_value":{"enum":"acme_state","value":"b","to":"c"}}`, ""},
	{`{"rename_enum_value":{"enum":"state","value":"b","to":"c"}}`, "change the type state"},
	{`{"drop_enum_value":{"enum":"acme_state","value":"b"}}`, ""},
	{`{"drop_enum_value":{"enum":"state","value":"b"}}`, "change the type state"},

	{`{"create_extension":{"name":"hstore","if_not_exists":true}}`, "create the extension hstore, which brings code"},
	{`{"drop_extension":{"name":"hstore"}}`, "drop the extension hstore, which others may need"},
	{`{"create_view":{"name":"acme_v","query":"SELECT 1"}}`, ""},
	{`{"create_view":{"name":"acme_v","query":"SELECT 1","materialized":true}}`, ""},
	{`{"create_view":{"name":"flow_v","query":"SELECT 1","materialized":true}}`, "create the materialized view flow_v"},
	{`{"drop_view":{"name":"acme_v"}}`, ""},
	{`{"drop_view":{"name":"flow_v"}}`, "change the view flow_v"},
	{`{"create_sync":{"table":"acme_t","old":["a"],"new":["b"]}}`, "create a sync of acme_t, which is triggers: they run with the rights of whoever writes to the table"},
	{`{"drop_sync":{"name":"acme_s","table":"acme_t"}}`, "drop the sync acme_s: plugins have no triggers"},
	{`{"create_trigger":{"name":"acme_tr","table":"acme_t","sql":"CREATE TRIGGER …"}}`, "create the trigger acme_tr: a trigger runs with the rights of whoever writes to its table"},
	{`{"drop_trigger":{"name":"acme_tr","table":"acme_t"}}`, "drop the trigger acme_tr: plugins have no triggers"},
	{`{"comment":{"table":"acme_t","text":"x"}}`, ""},
	{`{"comment":{"table":"flow_run","column":"id","text":"x"}}`, "change the table flow_run"},

	{`{"insert":{"table":"acme_t","columns":["a"],"rows":[[1]]}}`, ""},
	{`{"insert":{"table":"flow_run","columns":["id","name"],"rows":[[1,"x"]]}}`, ""},
	{`{"insert":{"table":"flow_run","columns":["id","secret"],"rows":[[1,"x"]]}}`, `insert column secret of flow_run; it would need the grant uses = [{table = "flow_run", verbs = ["insert"], columns = ["secret"]}]`},
	{`{"insert":{"table":"notes","columns":["id"],"rows":[[1]]}}`, `insert notes; it would need the grant uses = [{table = "notes", verbs = ["insert"]}]`},
	{`{"insert":{"table":"sandpiper_heads","columns":["id"],"rows":[[1]]}}`, "insert sandpiper_heads: the ledger and the catalogs are not to be had"},
	{`{"execute":{"sql":"DROP TABLE flow_run"}}`, ""}, // the statement is for the dialect to judge

	{`{"batch":{"table":"acme_t","operations":[{"add_column":{"table":"acme_t","column":{"name":"c","type":"text"}}},{"create_index":{"name":"ix_acme_t__c","table":"acme_t","columns":["c"]}}]}}`, ""},
	{`{"batch":{"table":"acme_t","operations":[{"add_column":{"table":"acme_t","column":{"name":"c","type":"text"}}},{"add_constraint":{"table":"acme_t","constraint":{"foreign_key":["c"],"references":"flow_run"}}}]}}`, "refer to flow_run"},
	{`{"batch":{"table":"flow_run","operations":[{"drop_column":{"table":"flow_run","name":"id"}}]}}`, "change the table flow_run"},

	{`{"rename_column":{"table":"acme_t","name":"c","to":"d"},"lock_timeout":30000}`, ""},
	{`{"rename_column":{"table":"acme_t","name":"c","to":"d"},"lock_timeout":30001}`, "wait 30.001s for a lock, and so keep others waiting (lock_timeout): at most 30s"},
	{`{"drop_table":{"name":"flow_run"},"dialect":"sqlite"}`, " | change the table flow_run"},
	{`{"drop_table":{"name":"flow_run"},"dialect":"postgresql"}`, "change the table flow_run | "},
}

func TestOperations(t *testing.T) {
	refused, allowed := map[string]bool{}, map[string]bool{}
	for _, c := range operations {
		q, err := schema.Decode([]byte(c.document))
		if err != nil {
			t.Errorf("%s: %v", c.document, err)
			continue
		}
		postgresql, sqlite, differ := strings.Cut(c.refusal, " | ")
		if !differ {
			sqlite = postgresql
		}
		kind := q.Operation.Kind()
		for dialect, want := range map[chain.Dialect]string{chain.PostgreSQL: postgresql, chain.SQLite: sqlite} {
			got := judge(t, dialect).Operation(q)
			if got == nil {
				allowed[kind] = true
				if want != "" {
					t.Errorf("%s, %s: allowed, want %q", dialect, c.document, want)
				}
				continue
			}
			refused[kind] = true
			if want == "" || !strings.HasPrefix(got.Error(), "plugin acme may not: "+want) {
				t.Errorf("%s, %s: %v, want %q", dialect, c.document, got, want)
			}
		}
	}
	// What is here for a reason: only triggers, syncs and extensions are never
	// allowed, and only a statement is never refused here.
	for _, kind := range schema.Kinds() {
		_, of, _ := strings.Cut(kind, "_")
		if never := of == "trigger" || of == "sync" || of == "extension"; allowed[kind] == never {
			t.Errorf("%s is allowed in no case: %v, want %v", kind, !allowed[kind], never)
		}
		if never := kind == "execute"; refused[kind] == never {
			t.Errorf("%s is refused in no case: %v, want %v", kind, !refused[kind], never)
		}
	}
}

func TestNamesThatPostgreSQLCuts(t *testing.T) {
	long := "acme_" + strings.Repeat("x", 59)
	q := schema.Request{Operation: &schema.RenameTable{Name: "acme_t", To: long}}
	if got := judge(t, chain.PostgreSQL).Operation(q); got == nil || !strings.Contains(got.Reason, "keeps 63 bytes of a name, and this one has 64") {
		t.Errorf("PostgreSQL: %v", got)
	}
	if got := judge(t, chain.SQLite).Operation(q); got != nil {
		t.Errorf("SQLite: %v", got)
	}
	if judge(t, chain.PostgreSQL).Owns(long) {
		t.Error("a table is owned by a name that PostgreSQL takes for another")
	}
}

// TestPartNames holds what an index, a constraint or a sequence may be called.
func TestPartNames(t *testing.T) {
	grants, err := policy.New("acme", abi.Capabilities{Owns: []string{"acme_*", "flow", "flow_log", "ix_odd"}}, claims("acme_tools_*", "flow_run", "flow_log_*")...)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"acme_t_n_idx": true, "ix_acme_t__n": true, "pk_acme_t": true, "fk_acme_t__r__acme_u": true, "acme_whatever": true,
		"flow_pkey": true, "flow_id_seq": true, "flow_name_idx": true, "ix_flow": true, "ix_flow__name": true, "idx_flow_name": true,
		"ix_odd": true, "flow_log_pkey": false, // of another plugin's tables as well
		"flow_step2": false, "flow_seq9": false, "flows_pkey": false, "ix_flows": false, "ix_": false, "_idx": false, "ix_odd_": false,
		"flow_run_name_idx": false, "ix_flow_run__name": false, // the other plugin's, by the longer name
		"acme_tools_keys_idx": false, "ix_acme_tools_keys": false, "sandpiper_heads_pkey": false, "xix_acme_t": false, "": false,
	} {
		if got := grants.NamesPart(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// A column is called nothing that steers what shows it.
func TestColumnNames(t *testing.T) {
	for _, name := range []string{"a\nb", "a\u202eb"} {
		for _, op := range []schema.Operation{
			&schema.CreateTable{Name: "acme_t", Columns: []schema.Column{{Name: name}}},
			&schema.AddColumn{Table: "acme_t", Column: schema.Column{Name: name}},
			&schema.RenameColumn{Table: "acme_t", Name: "a", To: name},
		} {
			if got := judge(t, chain.SQLite).Operation(schema.Request{Operation: op}); got == nil || !strings.Contains(got.Reason, "control characters") {
				t.Errorf("%s %q: %v", op.Kind(), name, got)
			}
		}
	}
}
