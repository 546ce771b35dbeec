package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/lint"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// TestRealChains lints chains that nobody wrote for this: everything in them can be
// read, and next to nothing would fail. SANDPIPER_CHAINS names the folder.
func TestRealChains(t *testing.T) {
	chains := hosttest.Chains(t)
	for _, d := range chain.Dialects {
		for _, project := range []string{"prefect", "hydra", "authelia"} {
			t.Run(project+"/"+string(d), func(t *testing.T) {
				r := foreign(t, filepath.Join(chains, project), d)
				report, err := lint.Lint(r, func(chain.Revision) bool { return true }, lint.Config{SQLite: sqlite.Syntax})
				if err != nil {
					t.Fatal(err)
				}
				counts := map[string]int{}
				for _, f := range report.Findings {
					counts[f.Rule.Name]++
					t.Logf("%s:%d:%d: %s: %s", filepath.Base(f.File), f.Line, f.Column, f.Rule.Name, f.Message)
				}
				t.Log(report.Revisions, counts, report.Notes)
				if report.Revisions < 25 || counts["syntax"] > 0 || counts["refused"] > 0 || counts["new-enum-value"] > 0 || len(report.Notes) > 0 {
					t.Errorf("%d revisions, %d cannot be read, %v", report.Revisions, counts["syntax"], report.Notes)
				}
			})
		}
	}
}

// foreign reads a chain. What is not in Sandpiper's form is one file after the other,
// without a downgrade.
func foreign(t *testing.T, dir string, d chain.Dialect) *host.Runner {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "versions")); err == nil {
		r, err := host.NewRunner(os.DirFS(dir), nowhere(d), nil, host.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	names, err := filepath.Glob(filepath.Join(dir, string(d), "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(name, ".down.") {
			continue
		}
		texts = append(texts, fmt.Sprintf("-- Irreversible: it came so\n%s", text))
	}
	return read(t, d, texts...)
}
