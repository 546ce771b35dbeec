package chain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// line makes a chain of revisions a1, a2 … one after the other, a minute apart.
func line(t *testing.T, d chain.Dialect, prefix string, slugs ...string) *chain.Graph {
	t.Helper()
	return graphOf(t, d, revisionsOf(d, prefix, slugs...))
}

func revisionsOf(d chain.Dialect, prefix string, slugs ...string) []chain.Revision {
	var revs []chain.Revision
	for i, slug := range slugs {
		r := chain.Revision{
			Key: chain.Key{Line: chain.DefaultLine, ID: fmt.Sprintf("%s%02d", strings.Repeat(prefix, 10), i+1)}, Dialect: d, Slug: slug,
			Created: time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC), Digest: chain.Digest([]byte(slug)),
		}
		r.Source = chain.FileName(r, ".sql")
		if i > 0 {
			r.Revises = []string{revs[i-1].ID}
		}
		revs = append(revs, r)
	}
	return revs
}

func graphOf(t *testing.T, d chain.Dialect, revs []chain.Revision) *chain.Graph {
	t.Helper()
	g, err := chain.NewGraph(d, revs)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// all accepts every edit.
func all(chain.Key) bool { return true }

func parseLock(t *testing.T, text string) *chain.Lock {
	t.Helper()
	l, err := chain.ParseLock("sandpiper.lock", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// said is what problems say, one line each.
func said(problems []chain.Problem) (lines []string) {
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("%s %s %s:%d %s", p.Rule, p.Revision, p.Source, p.Line, p.Message))
	}
	return lines
}

// wantProblems compares problems with the beginning of each line said of them.
func wantProblems(t *testing.T, problems []chain.Problem, want ...string) {
	t.Helper()
	got := said(problems)
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("problems\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestLockGoesThroughText(t *testing.T) {
	pg, sq := line(t, chain.PostgreSQL, "a", "one", "two"), line(t, chain.SQLite, "b", "one", "two")
	var none *chain.Lock
	l := none.With(pg, all).With(sq, all)
	text := l.String()
	if first, _, _ := strings.Cut(text, "\n"); first != "sandpiper.lock 1 digest 1" {
		t.Errorf("the first line is %q", first)
	}
	again := parseLock(t, strings.ReplaceAll(text, "\n", "\r\n"))
	if again.String() != text {
		t.Errorf("read and written again:\n%s\nwant:\n%s", again, text)
	}
	wantProblems(t, again.Check("sandpiper.lock", pg))
	wantProblems(t, again.Check("sandpiper.lock", sq))
}

func TestLockFindsWhatChanged(t *testing.T) {
	revs := revisionsOf(chain.SQLite, "a", "one", "two", "three")
	var none *chain.Lock
	l := none.With(graphOf(t, chain.SQLite, revs), all)

	edited := slices.Clone(revs)
	edited[0].Digest = chain.Digest([]byte("edited"))
	g := graphOf(t, chain.SQLite, edited)
	wantProblems(t, l.Check("sandpiper.lock", g), "lock aaaaaaaaaa01 2026_01_01_000000_aaaaaaaaaa01_one.sql:0 it is not what sandpiper.lock pins")
	// Adding a revision does not take the edit for granted; rehash does.
	wantProblems(t, l.With(g, func(chain.Key) bool { return false }).Check("sandpiper.lock", g), "lock aaaaaaaaaa01")
	wantProblems(t, l.With(g, func(k chain.Key) bool { return k == revs[0].Key }).Check("sandpiper.lock", g))
	wantProblems(t, l.With(g, all).Check("sandpiper.lock", g))

	wantProblems(t, parseLock(t, l.String()).Check("sandpiper.lock", graphOf(t, chain.SQLite, revs[:2])), "lock aaaaaaaaaa03 sandpiper.lock:7 it pins a revision")
	wantProblems(t, none.With(graphOf(t, chain.SQLite, revs[:2]), all).Check("sandpiper.lock", graphOf(t, chain.SQLite, revs)), "lock aaaaaaaaaa03")

	lines := strings.SplitAfter(l.String(), "\n")
	lines[4], lines[5] = lines[5], lines[4]
	wantProblems(t, parseLock(t, strings.Join(lines, "")).Check("sandpiper.lock", graphOf(t, chain.SQLite, revs)), "the lines are not those that were written")
}

// Where both sides of a conflict were kept, lines are there twice: what is written
// next has them once.
func TestLockOfBothSides(t *testing.T) {
	g := line(t, chain.SQLite, "a", "one", "two")
	var none *chain.Lock
	good := none.With(g, all).String()
	l := parseLock(t, good+strings.Split(good, "\n")[5]+"\n")
	wantProblems(t, l.Check("sandpiper.lock", g), "sandpiper.lock:7 the lines are not those that were written")
	if err := l.Extendable("sandpiper.lock", g); err == nil {
		t.Error("lines may be added to it")
	}
	if got := l.With(g, func(chain.Key) bool { return false }).String(); got != good {
		t.Errorf("written again:\n%s\nwant:\n%s", got, good)
	}
}

func TestLockPinsModulesByTheirOwnDigest(t *testing.T) {
	revs := revisionsOf(chain.SQLite, "a", "one")
	revs[0].Module = chain.Digest([]byte("wasm"))
	var none *chain.Lock
	l := none.With(graphOf(t, chain.SQLite, revs), all)
	if !strings.Contains(l.String(), " "+revs[0].Module+" ") {
		t.Errorf("the module's digest is not there:\n%s", l)
	}
	revs[0].Digest = ""
	wantProblems(t, l.Check("sandpiper.lock", graphOf(t, chain.SQLite, revs)))
	revs[0].Module = chain.Digest([]byte("wasm, built again"))
	wantProblems(t, l.Check("sandpiper.lock", graphOf(t, chain.SQLite, revs)), "lock aaaaaaaaaa01")
}

func TestLockChanges(t *testing.T) {
	revs := revisionsOf(chain.SQLite, "a", "one", "two", "three")
	var none *chain.Lock
	l := none.With(graphOf(t, chain.SQLite, revs[:2]), all)
	revs[1].Digest = chain.Digest([]byte("edited"))
	var got []string
	for _, c := range l.Changes(l.With(graphOf(t, chain.SQLite, revs), all)) {
		got = append(got, fmt.Sprintf("%s %s %v %v", c.Dialect, c.Key, c.Was != "", c.Now != ""))
	}
	want := []string{"sqlite aaaaaaaaaa02 true true", "sqlite aaaaaaaaaa03 false true"}
	if !slices.Equal(got, want) {
		t.Errorf("changes %q, want %q", got, want)
	}
	gone := l.Changes(l.With(graphOf(t, chain.SQLite, revs[:1]), all))
	if len(gone) != 1 || gone[0].Now != "" {
		t.Errorf("changes %v, want one that is gone", gone)
	}
}

func TestLockIsRefused(t *testing.T) {
	var none *chain.Lock
	good := none.With(line(t, chain.SQLite, "a", "one", "two"), all).String()
	pin := strings.Split(good, "\n")[4]
	for name, c := range map[string]struct {
		text, want string
		line       int
	}{
		"empty":         {"", "not a lock file", 1},
		"another file":  {"hello\n", "not a lock file", 1},
		"newer form":    {"sandpiper.lock 3 digest 1\nnew things\n", "newer version of Sandpiper (form 3, digest 1; this version reads form 2, digest 1)", 1},
		"newer digest":  {strings.Replace(good, "digest 1", "digest 2", 1), "newer version of Sandpiper", 1},
		"a conflict":    {strings.Replace(good, pin, "<<<<<<< HEAD\n"+pin, 1), "a conflict of a merge", 5},
		"a word less":   {strings.Replace(good, pin, pin[:20], 1), "a line is: dialect", 5},
		"no dialect":    {strings.Replace(good, pin, strings.Replace(pin, "sqlite", "oracle", 1), 1), "a line is: dialect", 5},
		"no id":         {strings.Replace(good, pin, strings.Replace(pin, "aaaaaaaaaa01", "../x", 1), 1), "not a revision id", 5},
		"pinned twice":  {good + "sqlite aaaaaaaaaa01 " + strings.Repeat(" sha256:"+strings.Repeat("0", 64), 2) + "\n", "revision aaaaaaaaaa01 is pinned at line 5 already, to another digest", 7},
		"short digests": {strings.Replace(good, pin, "sqlite aaaaaaaaaa01 sha256:00 sha256:00", 1), "a line is: dialect", 5},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chain.ParseLock("sandpiper.lock", []byte(c.text))
			var bad *chain.ParseError
			if !errors.As(err, &bad) || bad.Line != c.line || !strings.Contains(bad.Msg, c.want) {
				t.Errorf("error %v, want line %d: %s", err, c.line, c.want)
			}
		})
	}
}
