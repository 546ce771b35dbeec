package postgres_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// snapshot implements hosttest.Harness. The SQL of an object says where each
// column stands, which its facts do not.
func snapshot(t *testing.T, conn host.Conn) string {
	t.Helper()
	objects, err := conn.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, o := range objects {
		for _, line := range append(o.Facts, o.SQL) {
			lines = append(lines, fmt.Sprintf("%s %s %s: %s", o.Kind, o.Table, o.Name, strings.Join(strings.Fields(line), " ")))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
