package lint_test

import (
	"regexp"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/lint"
)

// Each rule can be named in a comment, says why and what instead, and is tested.
func TestRuleTable(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, r := range lint.Rules {
		if !name.MatchString(r.Name) || seen[r.Name] || len(r.Dialects) == 0 || r.Why == "" || r.Instead == "" || r.Severity != lint.Error && r.Severity != lint.Warning {
			t.Errorf("the rule %+v", r)
		}
		seen[r.Name] = true
	}
}
