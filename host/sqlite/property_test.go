package sqlite_test

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	seed = flag.Uint64("seed", 1, "where the property test of schema operations begins; a failure prints its own, for -rapid.seed")

	propertyTime = flag.Duration("propertytime", 0, "how long the property test of schema operations goes on, with a new seed each time; 0: one round")
)

// features are what the generator says it covers. One that does not come up in
// a run is a failure of the test: it would prove less than it says.
var features = []string{
	"added check", "added primary key", "added references", "added unique", "add_column", "add_constraint",
	"alter_column", "AUTOINCREMENT", "batch", "change of a column in step", "check", "check of the table", "collate", "column of its table's name",
	"column without a type", "comment", "composite key", "conflict clause", "constraint without a name dropped",
	"constraints without a comma", "create_index", "create_sync", "default", "default dropped", "default expression",
	"default keyword or name", "default literal", "default set", "default that is computed for each row", "DEFERRABLE",
	"dropped check", "dropped primary key", "dropped references", "dropped unique", "drop_column", "drop_constraint",
	"drop_index", "drop_sync", "expression with strings that look like syntax", "foreign key action", "foreign key of another table",
	"generated", "generated column added", "generated stored", "generated virtual", "index ASC", "index DESC",
	"index on an expression", "index with a collation", "INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY DESC",
	"made NOT NULL", "MATCH", "name in single quotes", "name of no constraint", "named check", "named collate",
	"named default", "named generated", "named not null", "named null", "named primary key", "named references",
	"named unique", "not null", "NOT NULL removed", "null", "partial index", "PRIMARY KEY of a column",
	"PRIMARY KEY of a table", "reference in other case", "references", "references of the table", "refused",
	"rename_column", "rename_index", "rename_table", "rowid of its own", "rows deleted", "self-reference",
	"something that is missing", "STRICT", "sync carried", "trigger", "trigger of a column", "trigger of a view",
	"trigger of another table that writes to it", "trigger with a condition", "type altered", "type of several words",
	"type with arguments", "unique", "unique index", "unique of the table", "using", "view", "view of *",
	"WITHOUT ROWID",
}

// TestOperations holds schema operations to this: on whatever table that SQLite
// accepts, in whatever surroundings, an operation does what it says and nothing
// else, or refuses and does nothing. It must not refuse without need.
//
// It builds tables out of the whole grammar, with rows, keys, indexes, views and
// triggers, and knows from how it built them what must become of each text and
// each value. Nothing of that is shared with the code under test. What fails is
// made as small as it can be.
func TestOperations(t *testing.T) {
	const round = 2000
	set(t, "rapid.checks", strconv.Itoa(round/raceFactor))
	set(t, "rapid.nofailfile", "true")
	seen := map[string]int{}
	outcomes := map[outcome]int{}
	start := time.Now()
	for s := *seed; ; s++ {
		set(t, "rapid.seed", strconv.FormatUint(s, 10))
		rapid.Check(t, func(t *rapid.T) {
			s := scenarios.Draw(t, "scenario")
			outcomes[unusable]++
			outcomes[s.check(t)]++
			outcomes[unusable]--
			for _, f := range s.features {
				seen[f]++
			}
		})
		if time.Since(start) > *propertyTime {
			break
		}
	}
	t.Logf("%d scenarios were done, %d refused, %d no database in %v", outcomes[done], outcomes[turnedDown], outcomes[unusable], time.Since(start))
	if outcomes[turnedDown] > outcomes[done]/2 || outcomes[unusable] > outcomes[done]/10 {
		t.Error("that is too few that were done: the generator draws too much that cannot work")
	}
	checkFeatures(t, seen)
}

func checkFeatures(t *testing.T, seen map[string]int) {
	if testing.Short() {
		return // there are too few scenarios
	}
	for _, f := range features {
		if seen[f] == 0 {
			t.Errorf("no scenario had: %s", f)
		}
		delete(seen, f)
	}
	for f, n := range seen {
		t.Errorf("%d scenarios had what is not among the features: %s", n, f)
	}
}

// set sets a flag of rapid for this test, unless it was given.
func set(t *testing.T, name, value string) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if given {
		return
	}
	v := flag.Lookup(name).Value // flag.Set would count as given
	old := v.String()
	if err := v.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Set(old) })
}
