package sqlite_test

import (
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// TestConfinedOperations does every schema operation as a plugin that owns its
// tables.
func TestConfinedOperations(t *testing.T) {
	if raceFactor > 1 {
		t.Skip("the same operations run without the wall, and all of it in one goroutine")
	}
	var owns []string
	for letter := 'a'; letter <= 'z'; letter++ {
		owns = append(owns, string(letter)+"*")
	}
	h := harness(t, func(*testing.T) string { return sqlite.Memory })
	h.Confine = func(t *testing.T, conn host.Conn) host.Conn {
		grants := &policy.Grants{Line: "acme", Allowed: abi.Capabilities{Owns: owns}}
		confined := confine(t, conn, host.Confinement{Grants: grants})
		t.Cleanup(func() { confined.Close() })
		return confined
	}
	h.Denied = func(r *policy.Refusal) bool { return strings.Contains(r.Reason, "trigger") }
	hosttest.TestOperations(t, h)
}
