package chain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

const (
	// straight is a line of four.
	straight = "a1\na2: a1\nb3: a2\nc4: b3"
	// branched divides after a2 and comes together in e5.
	branched = "a1\na2: a1\nb3: a2;; left\nb4: b3\nc3: a2;; right\ne5: b4 c3\nf6: e5"
	// open divides after a1 and stays so.
	open = "a1\nb2: a1;; left\nb3: b2\nc2: a1;; right\nc3: c2"
	// crossed has two lines, the second with needs in the first, and back.
	crossed = "a1\na2: a1\na3: a2; tools@b2\ntools@b1; a1\ntools@b2: b1\ntools@b3: b2\na4: a3"
	// foreign has two lines, neither of them main.
	foreign = "x@a1\nx@a2: a1\ny@a1\ny@b2: a1"
)

// at reads current heads: "c4", or "a1 tools@b1".
func at(heads string) map[string][]string {
	m := map[string][]string{}
	for _, h := range strings.Fields(heads) {
		line, name, ok := strings.Cut(h, "@")
		if !ok {
			line, name = chain.DefaultLine, h
		}
		m[line] = append(m[line], id(name))
	}
	return m
}

// write writes steps as "a2[a1>a2] …": what runs, and the heads before and after.
func write(steps []chain.PlanStep) string {
	var out []string
	for _, s := range steps {
		out = append(out, short(fmt.Sprintf("%s[%s>%s]", s.Revision.Key, strings.Join(s.Before, ","), strings.Join(s.After, ","))))
	}
	return strings.Join(out, " ")
}

func TestPlan(t *testing.T) {
	up, down := chain.Upgrade, chain.Downgrade
	for _, c := range []struct {
		graph   string
		current string
		dir     chain.Direction
		target  string
		want    string
	}{
		{straight, "", up, "head", "a1[>a1] a2[a1>a2] b3[a2>b3] c4[b3>c4]"},
		{straight, "a2", up, "heads", "b3[a2>b3] c4[b3>c4]"},
		{straight, "a2", up, "b", "b3[a2>b3]"},
		{straight, "a2", up, "B3", "b3[a2>b3]"},
		{straight, "a2", up, " main@head ", "b3[a2>b3] c4[b3>c4]"},
		{straight, "a2", up, "+1", "b3[a2>b3]"},
		{straight, "", up, "+2", "a1[>a1] a2[a1>a2]"},
		{straight, "", up, "base+2", "a1[>a1] a2[a1>a2]"},
		{straight, "a1", up, "head-1", "a2[a1>a2] b3[a2>b3]"},
		{straight, "a1", up, "a2+1", "a2[a1>a2] b3[a2>b3]"},
		{straight, "a1", up, "main@+1", "a2[a1>a2]"},
		{straight, "c4", up, "head", ""},
		{straight, "c4", up, "a2", ""}, // applied already
		{straight, "c4", down, "base", "c4[c4>b3] b3[b3>a2] a2[a2>a1] a1[a1>]"},
		{straight, "c4", down, "main@base", "c4[c4>b3] b3[b3>a2] a2[a2>a1] a1[a1>]"},
		{straight, "c4", down, "a2", "c4[c4>b3] b3[b3>a2]"},
		{straight, "c4", down, "-1", "c4[c4>b3]"},
		{straight, "c4", down, "-4", "c4[c4>b3] b3[b3>a2] a2[a2>a1] a1[a1>]"},
		{straight, "c4", down, "b3-1", "c4[c4>b3] b3[b3>a2]"},
		{straight, "b3", down, "a2-2", "b3[b3>a2] a2[a2>a1] a1[a1>]"},
		{straight, "c4", down, "c4", ""},
		{straight, "", down, "base", ""},

		{branched, "", up, "head", "a1[>a1] a2[a1>a2] b3[a2>b3] b4[b3>b4] c3[b4>b4,c3] e5[b4,c3>e5] f6[e5>f6]"},
		{branched, "a2", up, "left", "b3[a2>b3]"},
		{branched, "b3", up, "c3", "c3[b3>b3,c3]"},
		{branched, "c3 b4", up, "+1", "e5[b4,c3>e5]"},
		{branched, "f6", down, "-2", "f6[f6>e5] e5[e5>b4,c3]"},
		{branched, "f6", down, "e5", "f6[f6>e5]"},
		{branched, "f6", down, "b4", "f6[f6>e5] e5[e5>b4,c3]"},
		{branched, "f6", down, "c3", "f6[f6>e5] e5[e5>b4,c3]"},
		{branched, "f6", down, "b3", "f6[f6>e5] e5[e5>b4,c3] b4[b4,c3>b3,c3]"},
		{branched, "f6", down, "a2", "f6[f6>e5] e5[e5>b4,c3] c3[b4,c3>b4] b4[b4>b3] b3[b3>a2]"},
		{branched, "e5", down, "right-1", "e5[e5>b4,c3] c3[b4,c3>b4] b4[b4>b3] b3[b3>a2]"},
		{branched, "b4 c3", down, "left@base", "b4[b4,c3>b3,c3] b3[b3,c3>c3]"},
		{branched, "b4 c3", down, "left@-1", "b4[b4,c3>b3,c3]"},

		{open, "", up, "heads", "a1[>a1] b2[a1>b2] b3[b2>b3] c2[b3>b3,c2] c3[b3,c2>b3,c3]"},
		{open, "", up, "left@head", "a1[>a1] b2[a1>b2] b3[b2>b3]"},
		{open, "a1", up, "right@+1", "c2[a1>c2]"},
		{open, "b3", up, "right@head", "c2[b3>b3,c2] c3[b3,c2>b3,c3]"},
		{open, "b3 c3", down, "b2", "b3[b3,c3>b2,c3]"},
		{open, "b3 c3", down, "left@base", "b3[b3,c3>b2,c3] b2[b2,c3>c3]"},
		{open, "b3 c3", down, "left@a1", "b3[b3,c3>b2,c3] b2[b2,c3>c3]"},
		{open, "b3 c3", down, "a1", "c3[b3,c3>b3,c2] c2[b3,c2>b3] b3[b3>b2] b2[b2>a1]"},
		{open, "b3 c3", down, "heads", ""},

		{crossed, "", up, "a2", "a1[>a1] a2[a1>a2]"},
		{crossed, "", up, "head", "a1[>a1] a2[a1>a2] tools@b1[>b1] tools@b2[b1>b2] a3[a2>a3] a4[a3>a4]"},
		{crossed, "", up, "heads", "a1[>a1] a2[a1>a2] tools@b1[>b1] tools@b2[b1>b2] a3[a2>a3] tools@b3[b2>b3] a4[a3>a4]"},
		{crossed, "a2", up, "+1", "tools@b1[>b1] tools@b2[b1>b2] a3[a2>a3]"},
		{crossed, "", up, "tools@head", "a1[>a1] tools@b1[>b1] tools@b2[b1>b2] tools@b3[b2>b3]"},
		{crossed, "", up, "b3", "a1[>a1] tools@b1[>b1] tools@b2[b1>b2] tools@b3[b2>b3]"},
		{crossed, "a4 tools@b3", down, "tools@b1", "a4[a4>a3] tools@b3[b3>b2] a3[a3>a2] tools@b2[b2>b1]"},
		{crossed, "a4 tools@b3", down, "tools@-1", "tools@b3[b3>b2]"},
		{crossed, "a2 tools@b3", down, "tools@base", "tools@b3[b3>b2] tools@b2[b2>b1] tools@b1[b1>]"},
		{crossed, "a2 tools@b1", down, "a1", "a2[a2>a1]"},
		{crossed, "a2 tools@b1", down, "main@base", "tools@b1[b1>] a2[a2>a1] a1[a1>]"},
		{crossed, "a2 tools@b1", down, "base", "tools@b1[b1>] a2[a2>a1] a1[a1>]"},
		{crossed, "a4 tools@b3 gone@d1", up, "heads", ""}, // nobody asks for the line that is not here

		{foreign, "", up, "heads", "x@a1[>a1] x@a2[a1>a2] y@a1[>a1] y@b2[a1>b2]"},
		{foreign, "", up, "y@head", "y@a1[>a1] y@b2[a1>b2]"},
		{foreign, "", up, "b2", "y@a1[>a1] y@b2[a1>b2]"},
		{foreign, "x@a2", down, "x@a1", "x@a2[a2>a1]"},
		{"x@a1\nx@a2: a1", "", up, "head", "x@a1[>a1] x@a2[a1>a2]"}, // the only line there is
	} {
		g := newGraph(t, c.graph)
		current := at(c.current)
		steps, err := g.Plan(current, c.dir, c.target)
		if got := write(steps); err != nil || got != c.want {
			t.Errorf("%s to %q from %q of\n%s\n got %s, %v\nwant %s", c.dir, c.target, c.current, c.graph, got, err, c.want)
		}
		if fmt.Sprint(current) != fmt.Sprint(at(c.current)) {
			t.Errorf("%s to %q changed its argument", c.dir, c.target)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	up, down := chain.Upgrade, chain.Downgrade
	for _, c := range []struct {
		graph   string
		current string
		dir     chain.Direction
		target  string
		want    string
		fits    string
	}{
		{straight, "", up, "", "write head", ""},
		{straight, "", up, "@", "write head", ""},
		{straight, "", up, "main@", "write head", ""},
		{straight, "", up, "nosuch@head", "the lines are: main", ""},
		{straight, "", up, "dead", "no revision and no branch label", ""},
		{straight, "", up, "main@dead", "in main", ""},
		{straight, "", up, "a", "fits several revisions, a1, a2", "a1 a2"},
		{straight, "a1", up, "+4", "only 3 revisions left to apply", ""},
		{straight, "a2", down, "-3", "only 2 revisions to undo", ""},
		{straight, "", up, "+0", "not a number of revisions", ""},
		{straight, "", up, "+99999999999999999999", "not a number of revisions", ""},
		{straight, "", up, "head+1", "only  revisions that way", ""},
		{straight, "", up, "a2-3", "only 2 revisions that way", ""},
		{straight, "", up, "heads-1", "count from one head", ""},
		{straight, "a1", up, "base", "downgrade to it", ""},
		{straight, "a1", up, "-1", "downgrade to it", ""},
		{straight, "a1", down, "+1", "upgrade to it", ""},
		{straight, "a2", down, "b3", "is not applied (the database is at a2)", ""},
		{straight, "", down, "head", "is not applied (the database is at base)", ""},
		{branched, "a2", up, "+1", "divides at b3, c3", "b3 c3"},
		{branched, "b3", up, "a2+1", "divides at b3, c3", "b3 c3"},
		{branched, "f6", down, "-3", "after 2 revisions the way divides at b4, c3", "b4 c3"},
		{branched, "f6", down, "f6-2", "divides at b4, c3", "b4 c3"},
		{open, "a1", up, "head", "several heads, b3, c3: write heads", "b3 c3"},
		{open, "a1", up, "left@c2", "no revision", ""},
		{foreign, "", up, "head", "line@head with one of x, y", ""},
		{foreign, "", up, "+1", "line@+1 with one of x, y", ""},
		{foreign, "", up, "a1", "fits several revisions, x@a1, y@a1", "x@a1 y@a1"},
	} {
		g := newGraph(t, c.graph)
		steps, err := g.Plan(at(c.current), c.dir, c.target)
		var bad *chain.TargetError
		if !errors.As(err, &bad) || bad.Target != c.target || !strings.Contains(short(bad.Error()), short(c.want)) || shortKeys(bad.Fits) != c.fits {
			t.Errorf("%s to %q from %q: got %v, %v (%v)\nwant … %s (%s)", c.dir, c.target, c.current, write(steps), err, bad, c.want, c.fits)
		}
	}
	empty, err := chain.NewGraph(chain.PostgreSQL, nil)
	if err != nil {
		t.Fatal(err)
	}
	var bad *chain.TargetError
	if _, err := empty.Plan(nil, up, "head"); !errors.As(err, &bad) || !strings.Contains(bad.Error(), "no migrations for postgresql") {
		t.Errorf("head of nothing: %v", err)
	}
	if steps, err := empty.Plan(nil, up, "heads"); err != nil || len(steps) != 0 {
		t.Errorf("heads of nothing: %v, %v", steps, err)
	}
}

func TestPlanSaysThatTheDatabaseIsAhead(t *testing.T) {
	for _, c := range []struct {
		current string
		dir     chain.Direction
		target  string
		want    string
	}{
		{"d5", chain.Upgrade, "head", "d5"},
		{"a2 d5", chain.Upgrade, "heads", "d5"},
		{"d5", chain.Upgrade, "+1", "d5"},
		{"d5", chain.Downgrade, "a1", "d5"},
		{"d5", chain.Downgrade, "-1", "d5"},
		{"a2 gone@b1", chain.Downgrade, "base", "gone@b1"},
		{"a2 tools@d5", chain.Upgrade, "head", "tools@d5"}, // a3 needs a revision of tools
	} {
		_, err := newGraph(t, crossed).Plan(at(c.current), c.dir, c.target)
		var bad *chain.UnknownError
		if !errors.As(err, &bad) || shortKeys(bad.Keys) != c.want || !strings.Contains(short(bad.Error()), c.want) {
			t.Errorf("%s to %s from %s: got %v", c.dir, c.target, c.current, err)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		graph, current, word, want string
	}{
		{straight, "", "head", "[main] c4"},
		{straight, "", "c", "[main] c4"},
		{straight, "", "base", "[main] "},
		{straight, "b3", "-1", "[main] a2"},
		{straight, "b3", "-3", "[main] "},
		{straight, "b3", "+1", "[main] c4"},
		{straight, "", "head-3", "[main] a1"},
		{branched, "f6", "-2", "[main] b4 c3"},
		{open, "", "heads", "[main] b3 c3"},
		{open, "", "left", "[main] b2"},
		{crossed, "", "heads", "[main tools] tools@b3 a4"},
		{crossed, "", "b3", "[tools] tools@b3"},
		{crossed, "", "base", "[main tools] "},
		{crossed, "", "tools@base", "[tools] "},
		{straight, "d5", "c4", "[main] c4"}, // a stamp leads out of an unknown revision
	} {
		got, err := newGraph(t, c.graph).Resolve(c.word, at(c.current))
		if s := fmt.Sprint(got.Lines) + " " + shortKeys(got.Keys); err != nil || s != c.want {
			t.Errorf("%s of %q: got %s, %v, want %s", c.word, c.graph, s, err, c.want)
		}
	}
}

// Whatever way is taken up and down, each step's heads are those of the step
// before in its line, and the end is where the plan was to end.
func TestPlansJoinUp(t *testing.T) {
	for _, text := range []string{straight, branched, open, crossed, foreign} {
		g := newGraph(t, text)
		for through := range g.All() {
			word := through.Line + "@" + through.ID
			heads := map[string][]string{}
			follow := func(dir chain.Direction, word string) {
				t.Helper()
				steps, err := g.Plan(heads, dir, word)
				if err != nil {
					t.Fatalf("%s to %s from %v: %v", dir, word, heads, err)
				}
				for _, s := range steps {
					if !slices.Equal(heads[s.Revision.Line], s.Before) {
						t.Fatalf("%s to %s: %s begins at %v, not %v", dir, word, s.Revision.ID, s.Before, heads[s.Revision.Line])
					}
					heads[s.Revision.Line] = s.After
				}
			}
			follow(chain.Upgrade, word)
			follow(chain.Upgrade, "heads")
			follow(chain.Downgrade, word)
			follow(chain.Upgrade, "heads")
			for _, line := range g.Lines() {
				if !slices.Equal(heads[line], g.Heads(line)) {
					t.Fatalf("through %s and up again line %s is at %v", word, line, heads[line])
				}
			}
			follow(chain.Downgrade, "base")
			for line, left := range heads {
				if len(left) > 0 {
					t.Fatalf("at base line %s has the heads %v", line, left)
				}
			}
		}
	}
}
