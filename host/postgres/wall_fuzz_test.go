package postgres

import (
	"reflect"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// What the wall sends for a statement it accepts, for the same reasons and as it
// is, or a statement would be sent that was not the one that was judged.
func FuzzWall(f *testing.F) {
	lines := readWalled(f)
	if len(lines) < 100 {
		f.Fatal("there are no seeds")
	}
	for _, line := range lines {
		f.Add(line.sql)
	}
	wallOf(f, "shared").check(host.Statement{SQL: "SELECT 1"}) // the parser starts outside the time of an input
	f.Fuzz(func(t *testing.T, sql string) {
		for _, section := range []string{"shared", "own"} {
			first, err := wallOf(t, section).check(host.Statement{SQL: sql})
			if err != nil {
				continue
			}
			again, err := wallOf(t, section).check(host.Statement{SQL: first.sql})
			if err != nil {
				t.Fatalf("%s\nis sent as %s\nwhich is refused: %v", sql, first.sql, err)
			}
			if again.sql != first.sql || !reflect.DeepEqual(verbs(again), verbs(first)) {
				t.Fatalf("%s\nis sent as %s\nwhich is sent as %s\n%v\nand %v", sql, first.sql, again.sql, verbs(first), verbs(again))
			}
		}
	})
}

// verbs are the facts without where in the text they are.
func verbs(c checked) any {
	f := *c.facts
	for i := range f.Access {
		f.Access[i].At, f.Access[i].Foreign = 0, false
	}
	for i := range f.Makes {
		f.Makes[i].At = 0
	}
	for i := range f.Changes {
		f.Changes[i].At = 0
	}
	for i := range f.Drops {
		f.Drops[i].At = 0
	}
	for i := range f.Functions {
		f.Functions[i].At = 0
	}
	return f
}
