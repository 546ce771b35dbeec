package hosttest

import (
	"os"
	"testing"
)

// Chains returns the folder with real projects' migrations. It is not part of
// the project, so these tests run only where SANDPIPER_CHAINS names it.
func Chains(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SANDPIPER_CHAINS")
	if dir == "" {
		t.Skip("SANDPIPER_CHAINS is not set: the chains are not part of the project")
	}
	return dir
}
