package autogenerate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/autogenerate"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/diff"
)

func TestRules(t *testing.T) {
	table := diff.Change{Dialect: chain.SQLite, Action: diff.Add, Kind: "table", Name: "archive_2026"}
	column := diff.Change{Dialect: chain.SQLite, Action: diff.Drop, Kind: "column", Table: "archive_2026", Name: "note"}
	index := diff.Change{Dialect: chain.PostgreSQL, Action: diff.Modify, Kind: "index", Table: "post", Name: "ix_post__note"}
	for _, c := range []struct {
		rule  autogenerate.Rule
		hides []diff.Change
	}{
		{autogenerate.Rule{Table: "archive_*"}, []diff.Change{table, column}},
		{autogenerate.Rule{Kind: "table"}, []diff.Change{table}},
		{autogenerate.Rule{Name: "*note"}, []diff.Change{column, index}},
		{autogenerate.Rule{Name: "*note", Dialect: chain.PostgreSQL}, []diff.Change{index}},
		{autogenerate.Rule{Action: diff.Drop}, []diff.Change{column}},
		{autogenerate.Rule{Table: "archive_*", Action: diff.Modify}, nil},
	} {
		filters, err := autogenerate.Filters([]autogenerate.Rule{c.rule}, nil)
		if err != nil {
			t.Fatalf("%+v: %v", c.rule, err)
		}
		var hidden []diff.Change
		for _, change := range []diff.Change{table, column, index} {
			if filters[0].Name == "rule 1" && filters[0].Hide(change) {
				hidden = append(hidden, change)
			}
		}
		if !slices.Equal(hidden, c.hides) {
			t.Errorf("%+v hides %+v, want %+v", c.rule, hidden, c.hides)
		}
	}
}

func TestBadRules(t *testing.T) {
	for want, rule := range map[string]autogenerate.Rule{
		"would hide everything":               {Rule: "all"},
		`"[" is not a pattern`:                {Table: "["},
		`"tabel" is no kind: it is one of `:   {Kind: "tabel"},
		`"mysql" is no dialect: it is one of`: {Dialect: "mysql"},
		`"remove" is no action: it is one of`: {Action: "remove"},
	} {
		_, err := autogenerate.Filters([]autogenerate.Rule{{Kind: "table"}, rule}, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "rule 2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %s", rule, err, want)
		}
	}
	if filters, err := autogenerate.Filters(nil, []string{"direction"}); err != nil || len(filters) != len(autogenerate.FilterNames())-1 {
		t.Errorf("without direction: %+v, %v", filters, err)
	}
	if _, err := autogenerate.Filters(nil, []string{"own-tables"}); err == nil {
		t.Error("the ledger's filter can be turned off")
	}
	if _, err := autogenerate.Filters(nil, []string{"nothing"}); err == nil || !strings.Contains(err.Error(), `there is no filter "nothing": they are `) {
		t.Errorf("an unknown filter: %v", err)
	}
}
