package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// A verdict that is kept holds only for as long as names are whose they were.
func TestVerdictsFollowOwnership(t *testing.T) {
	w := wallOf(t, "shared")
	foreign := false
	w.judge.Foreign = func(string) bool { return foreign }
	stmt := host.Statement{SQL: "DELETE FROM acme_t"}
	for _, foreign = range []bool{false, true, false} {
		if _, err := w.check(stmt); foreign != (err != nil) {
			t.Errorf("acme_t is foreign: %v, and the verdict is %v", foreign, err)
		}
	}
}

func TestVerdictsAreBounded(t *testing.T) {
	var c verdicts
	for i := range 3 * maxVerdicts {
		c.put(fmt.Sprint(i), verdict{})
		c.get("0") // which is wanted all the time
	}
	if _, ok := c.get("0"); !ok || len(c.byText) != maxVerdicts || c.order.Len() != maxVerdicts {
		t.Errorf("%d verdicts are kept, that of 0: %v", len(c.byText), ok)
	}
	for i := range 100 {
		c.put(strings.Repeat("x", maxVerdictText/10)+fmt.Sprint(i), verdict{})
	}
	if c.bytes > maxVerdictText || len(c.byText) > 10 {
		t.Errorf("%d verdicts of %d bytes are kept", len(c.byText), c.bytes)
	}
}
