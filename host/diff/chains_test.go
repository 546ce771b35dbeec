package diff_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
)

// TestChainsFromEmpty makes the schemas that real projects' migrations lead to of
// nothing, and nothing of them. SANDPIPER_CHAINS names the folder of the projects.
func TestChainsFromEmpty(t *testing.T) {
	chains := hosttest.Chains(t)
	for _, project := range []string{"hydra", "authelia"} {
		t.Run(project, func(t *testing.T) {
			t.Parallel()
			p := &place{dialect: chain.PostgreSQL, url: postgrestest.URL(t), apart: true}
			full, have, nothing := p.empty(t), p.empty(t), p.empty(t)
			for _, file := range numbered(t, filepath.Join(chains, project, "postgresql")) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				full.run(t, string(text))
			}
			if n := len(full.objects(t)); n < 20 {
				t.Errorf("%d objects", n)
			}
			become(t, have, full, have.unfiltered())
			become(t, have, nothing, have.unfiltered())
		})
	}
}

// numbered returns the files of a folder in the order of their numbers.
func numbered(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	number := regexp.MustCompile(`[0-9]+`)
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(number.FindString(filepath.Base(a)), number.FindString(filepath.Base(b)))
	})
	return files
}
