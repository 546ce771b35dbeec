package chain_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// id makes an id out of a short name: "a1" is a10000000000.
func id(name string) string { return name + strings.Repeat("0", 12-len(name)) }

// revisions reads one revision per line: "[line@]name[: parents][; needs][; labels]".
// Each is from a file of that name, and created in the order they stand.
func revisions(text string) []chain.Revision {
	var revs []chain.Revision
	for i, l := range strings.Split(strings.TrimSpace(text), "\n") {
		fields := append(strings.Split(l, ";"), "", "")
		name, parents, _ := strings.Cut(fields[0], ":")
		name = strings.TrimSpace(name)
		r := chain.Revision{Dialect: chain.SQLite, Source: name + ".sql", Created: time.Unix(int64(i), 0)}
		if line, rest, ok := strings.Cut(name, "@"); ok {
			r.Line, name = line, rest
		}
		r.ID = id(name)
		for _, p := range strings.Fields(parents) {
			r.Revises = append(r.Revises, id(p))
		}
		for _, n := range strings.Fields(fields[1]) {
			line, rest, ok := strings.Cut(n, "@")
			if !ok {
				line, rest = "", n
			}
			r.DependsOn = append(r.DependsOn, chain.Key{Line: line, ID: id(rest)})
		}
		r.Labels = strings.Fields(fields[2])
		revs = append(revs, r)
	}
	return revs
}

func newGraph(t *testing.T, text string) *chain.Graph {
	t.Helper()
	g, err := chain.NewGraph(chain.SQLite, revisions(text))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// short writes ids without their zeros.
func short(s string) string { return strings.ReplaceAll(s, "0", "") }

func shortKeys(keys []chain.Key) string {
	var out []string
	for _, k := range keys {
		out = append(out, short(k.String()))
	}
	return strings.Join(out, " ")
}

func TestGraph(t *testing.T) {
	const text = `
d: b c
a
b: a
c: a; tools@b
tools@a
tools@b: a
e: d;; newest`
	g := newGraph(t, text)
	var order []chain.Key
	for r := range g.All() {
		order = append(order, r.Key)
	}
	if got := shortKeys(order); got != "a b tools@a tools@b c d e" {
		t.Errorf("the order is %s", got)
	}
	if got := fmt.Sprint(g.Len(), g.Lines(), g.Heads("main"), g.Bases("main"), g.Heads("tools"), g.Heads("none")); short(got) != "7 [main tools] [e] [a] [b] []" {
		t.Errorf("got %s", got)
	}
	key := func(name string) chain.Key { return chain.Key{Line: "main", ID: id(name)} }
	if got := shortKeys(g.Children(key("a"))); got != "b c" {
		t.Errorf("the children of a are %s", got)
	}
	if got := shortKeys(g.Ancestors(key("c"))); got != "a tools@a tools@b c" {
		t.Errorf("the ancestors of c are %s", got)
	}
	if k, ok := g.Label("newest"); !ok || k != key("e") {
		t.Errorf("the label is on %v", k)
	}
	if r, ok := g.Revision(key("d")); !ok || r.Source != "d.sql" {
		t.Errorf("d is %v", r)
	}
	if _, ok := g.Revision(key("f")); ok {
		t.Error("there is an f")
	}

	// Whatever order the files come in.
	revs := revisions(text)
	for range 20 {
		rand.Shuffle(len(revs), func(i, j int) { revs[i], revs[j] = revs[j], revs[i] })
		g, err := chain.NewGraph(chain.SQLite, revs)
		if err != nil {
			t.Fatal(err)
		}
		var again []chain.Key
		for r := range g.All() {
			again = append(again, r.Key)
		}
		if !slices.Equal(order, again) {
			t.Fatalf("the order is now %s", shortKeys(again))
		}
	}
	if empty, err := chain.NewGraph(chain.SQLite, nil); err != nil || empty.Len() != 0 {
		t.Errorf("an empty graph: %v", err)
	}
}

func TestGraphRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		rule       chain.Rule
		path       string
		want       string
	}{
		{"missing parent", "a\nb: a\nd: c", chain.RuleParent, "d.sql", "revises c"},
		{"parent in another line", "a\ntools@b: a", chain.RuleParent, "tools@b.sql", "in line tools"},
		{"parent named twice", "a\nb: a a", chain.RuleParent, "b.sql", "twice"},
		{"duplicate id", "a\nb: a\nb", chain.RuleDuplicate, "b.sql", "b.sql too"},
		{"missing dependency", "a; tools@b", chain.RuleDependsOn, "a.sql", "depends on tools@b"},
		{"circle", "a\nb: a d\nc: b\nd: c", chain.RuleCycle, "b.sql", "b (b.sql) → d (d.sql) → c (c.sql) → b;"},
		{"circle of one", "a: a", chain.RuleCycle, "a.sql", "a (a.sql) → a;"},
		{"circle through another line", "a; tools@b\ntools@b; a", chain.RuleCycle, "a.sql", "a (a.sql) → tools@b (tools@b.sql) → a;"},
		{"label on two", "a;; x\nb: a;; x", chain.RuleLabel, "b.sql", "in a.sql too"},
		{"label that is a line", "a\nb: a;; tools\ntools@a", chain.RuleLabel, "b.sql", "name of a line"},
		{"label that is a word", "a;; heads", chain.RuleLabel, "a.sql", "cannot be a branch label"},
		{"bad id", "xyz", chain.RuleID, "xyz.sql", "not a revision id"},
	} {
		_, err := chain.NewGraph(chain.SQLite, revisions(c.text))
		var bad *chain.GraphError
		if !errors.As(err, &bad) || bad.Rule != c.rule || bad.Path != c.path || !strings.Contains(short(bad.Error()), c.want) {
			t.Errorf("%s: got %v, want %s: %s … %s", c.name, err, c.rule, c.path, c.want)
		}
	}
	other := revisions("a")
	other[0].Dialect = chain.PostgreSQL
	var bad *chain.GraphError
	if _, err := chain.NewGraph(chain.SQLite, other); !errors.As(err, &bad) || bad.Rule != chain.RuleDialect {
		t.Errorf("another dialect's revision: %v", err)
	}
	if _, err := chain.NewGraph(chain.SQLite, revisions("b: a\nd: c")); err == nil || strings.Count(err.Error(), "revises") != 2 {
		t.Errorf("only one of two missing parents is named: %v", err)
	}
}

// deep makes a line of n revisions, each 100th with a side branch that is
// merged at once, in shuffled order.
func deep(n int) []chain.Revision {
	name := func(i int) string { return fmt.Sprintf("%012x", i) }
	revs := make([]chain.Revision, n)
	for i := range n {
		revs[i] = chain.Revision{Key: chain.Key{Line: "main", ID: name(i)}, Dialect: chain.SQLite, Source: name(i) + ".sql"}
		switch {
		case i == 0:
		case i%100 == 1 && i > 1:
			revs[i].Revises = []string{name(i - 2)}
		case i%100 == 2 && i > 2:
			revs[i].Revises = []string{name(i - 1), name(i - 2)}
		default:
			revs[i].Revises = []string{name(i - 1)}
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { revs[i], revs[j] = revs[j], revs[i] })
	return revs
}

func TestDeepGraph(t *testing.T) {
	g, err := chain.NewGraph(chain.SQLite, deep(200_000)) // deep enough to end any recursion
	if err != nil {
		t.Fatal(err)
	}
	up, err := g.Plan(nil, chain.Upgrade, "heads")
	if err != nil || len(up) != g.Len() {
		t.Fatalf("%d steps, %v", len(up), err)
	}
	down, err := g.Plan(map[string][]string{"main": up[len(up)-1].After}, chain.Downgrade, "base")
	if err != nil || len(down) != g.Len() || len(down[len(down)-1].After) != 0 {
		t.Fatalf("%d steps, %v", len(down), err)
	}
}

func BenchmarkNewGraph10000(b *testing.B) {
	revs := deep(10_000)
	for b.Loop() {
		if _, err := chain.NewGraph(chain.SQLite, revs); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlan10000(b *testing.B) {
	g, err := chain.NewGraph(chain.SQLite, deep(10_000))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := g.Plan(nil, chain.Upgrade, "heads"); err != nil {
			b.Fatal(err)
		}
	}
}

// Where nothing else says it, what is of a plugin and has no date comes after all that
// is the project's own or has one.
func TestPluginsComeLast(t *testing.T) {
	revs := revisions("acme@a1\nacme@a2: a1\ndated@b1\nf1\nf2: f1\nf3: f2; acme@a1")
	for i := range revs {
		revs[i].Plugin = revs[i].Line != ""
		if revs[i].Line != "dated" {
			revs[i].Created = time.Time{}
		}
	}
	g, err := chain.NewGraph(chain.SQLite, revs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := range g.All() {
		got = append(got, short(r.Key.String()))
	}
	if want := "f1 f2 dated@b1 acme@a1 f3 acme@a2"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}

// What depends on a line that is elsewhere is a graph, and one that depends on another
// line is none.
func TestElsewhere(t *testing.T) {
	revs := revisions("a1\na2: a1; dep@d1\ntools@b1; dep@d2")
	g, err := chain.NewGraph(chain.SQLite, revs, "dep")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range g.Dependents("dep") {
		got = append(got, short(r.Key.String()))
	}
	if strings.Join(got, " ") != "a2 tools@b1" {
		t.Errorf("on dep depend %v", got)
	}
	if _, err := g.With(append(revs, revisions("a3; other@d1")...)); err == nil || !strings.Contains(err.Error(), "depends on other@"+id("d1")) {
		t.Errorf("a line that is nowhere: %v", err)
	}
	if _, err := g.With(revs); err != nil {
		t.Error(err)
	}
}
