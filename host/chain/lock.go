package chain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// LockName is what the lock file is called, in the folder that holds versions/.
const LockName = "sandpiper.lock"

// A Lock is what a lock file pins: of each dialect's revisions, in the order of
// the chain, a digest of the file, or of the module that holds the revision.
//
//	sandpiper.lock 1 digest 1
//	# comment
//	postgresql 5e1f0c0de0a1 sha256:… sha256:…
//
// The first line has the version of this form and that of the digest (Digest).
// The last digest of a line is over the line before of the same dialect and this
// one, so that lines cannot be left out, moved or mixed unseen. Two branches that
// both add a revision write different lines at one place, which git cannot merge.
// The plugins' lines (PluginPin) come last.
type Lock struct {
	pins    map[Dialect][]pin
	plugins map[string]pluginPin // by line
}

// A pin is one line of a lock file.
type pin struct {
	key    Key
	digest string // of the file or module, "sha256:…"
	sum    string // over the line before and this one, "sha256:…"
	line   int    // in the file it was read from
}

// The versions of the form and of Digest that this package writes and reads. What
// has no plugins is written in the first form.
const (
	lockForm    = 1
	lockPlugins = 2
	lockDigest  = 1
)

const lockHead = `# Written by "sandpiper revision", "merge", "rebase", "rehash" and "repair". Two branches
# that both add a revision conflict here: take either side of this file, run "sandpiper
# rehash --offline", and then "sandpiper rebase" or "sandpiper merge".
`

// String returns the text of the lock file.
func (l *Lock) String() string {
	var b strings.Builder
	form := lockForm
	if len(l.plugins) > 0 {
		form = lockPlugins
	}
	fmt.Fprintf(&b, "%s %d digest %d\n%s", LockName, form, lockDigest, lockHead)
	for _, d := range l.dialects() {
		for _, p := range l.pins[d] {
			fmt.Fprintf(&b, "%s %s %s %s\n", d, p.key, p.digest, p.sum)
		}
	}
	if len(l.plugins) > 0 {
		b.WriteString(pluginHead)
	}
	for _, p := range l.Plugins() {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

// dialects returns those that have pins, in the order of the file.
func (l *Lock) dialects() (dialects []Dialect) {
	for d := range l.pins {
		dialects = append(dialects, d)
	}
	slices.Sort(dialects)
	return dialects
}

// Pinned returns the revisions of a dialect that the lock has, in its order.
func (l *Lock) Pinned(d Dialect) (keys []Key) {
	if l == nil {
		return nil
	}
	for _, p := range l.pins[d] {
		keys = append(keys, p.key)
	}
	return keys
}

// clone returns a lock that can be given other pins.
func (l *Lock) clone() *Lock {
	next := &Lock{map[Dialect][]pin{}, map[string]pluginPin{}}
	if l != nil {
		maps.Copy(next.pins, l.pins)
		maps.Copy(next.plugins, l.plugins)
	}
	return next
}

// ParseLock reads a lock file. Errors are of type *ParseError.
func ParseLock(name string, b []byte) (*Lock, error) {
	fail := func(line int, format string, args ...any) (*Lock, error) {
		return nil, &ParseError{Path: name, Line: line, Msg: fmt.Sprintf(format, args...)}
	}
	l := (*Lock)(nil).clone()
	lines := strings.Split(string(normalize(b)), "\n")
	var form, digest int
	if n, err := fmt.Sscanf(lines[0], LockName+" %d digest %d", &form, &digest); n != 2 || err != nil {
		return fail(1, "not a lock file: its first line is %q; bring it back, or remove it and run `sandpiper rehash --offline`",
			fmt.Sprintf("%s %d digest %d", LockName, lockForm, lockDigest))
	}
	if form > lockPlugins || digest > lockDigest || form < 1 || digest < 1 {
		return fail(1, "it is written by a newer version of Sandpiper (form %d, digest %d; this version reads form %d, digest %d): use that version",
			form, digest, lockPlugins, lockDigest)
	}
	seen := map[Dialect]map[Key]pin{}
	for i, text := range lines {
		line := i + 1
		if i == 0 || strings.TrimSpace(text) == "" || text[0] == '#' {
			continue
		}
		if conflictMark(text) {
			return fail(line, "a conflict of a merge: take either side of this file (git checkout --ours), let one of the revisions "+
				"revise the other, and run `sandpiper rehash --offline`; a plugin that is lost so is brought back by `sandpiper plugin update`")
		}
		words := strings.Fields(text)
		if words[0] == pluginWord {
			p, reason := parsePlugin(words)
			if reason != "" {
				return fail(line, "%s; bring the line back, or remove it and run `sandpiper plugin update`", reason)
			}
			if first, twice := l.plugins[p.Line]; twice && first.PluginPin != p {
				return fail(line, "plugin %s is pinned at line %d already, to something else: remove one of the two", p.Line, first.at)
			}
			l.plugins[p.Line] = pluginPin{p, line}
			continue
		}
		if len(words) != 4 || !isDigest(words[2]) || !isDigest(words[3]) || !slices.Contains(Dialects, Dialect(words[0])) {
			return fail(line, "a line is: dialect, revision, digest, chained digest; bring it back, or remove the file and run `sandpiper rehash --offline`")
		}
		d := Dialect(words[0])
		key, err := ParseKey(words[1])
		if err != nil {
			return fail(line, "%v", err)
		}
		// Twice the same is what is left where both sides of a conflict were kept:
		// Check tells of it, and With writes it once.
		if first, twice := seen[d][key]; twice && first.digest != words[2] {
			return fail(line, "revision %s is pinned at line %d already, to another digest: remove one of the two", key, first.line)
		}
		if seen[d] == nil {
			seen[d] = map[Key]pin{}
		}
		seen[d][key] = pin{key, words[2], words[3], line}
		l.pins[d] = append(l.pins[d], pin{key, words[2], words[3], line})
	}
	return l, nil
}

// With returns a lock for the chain of one dialect, and with the pins of the
// others as they are. A revision that is pinned already stays pinned to what it
// was, unless accept says yes to it.
func (l *Lock) With(g *Graph, accept func(Key) bool) *Lock {
	was := map[Key]string{}
	next := l.clone()
	for _, p := range next.pins[g.dialect] {
		was[p.key] = p.digest
	}
	var pins []pin
	for r := range g.All() {
		p := pin{key: r.Key, digest: pinned(r)}
		if old, ok := was[r.Key]; ok && !accept(r.Key) {
			p.digest = old
		}
		before := ""
		if len(pins) > 0 {
			before = pins[len(pins)-1].sum
		}
		p.sum = chained(before, g.dialect, p)
		pins = append(pins, p)
	}
	next.pins[g.dialect] = pins
	if len(pins) == 0 {
		delete(next.pins, g.dialect)
	}
	return next
}

// Lost returns the pinned revisions of a dialect that its chain does not have.
func (l *Lock) Lost(g *Graph) (lost []Key) {
	for _, key := range l.Pinned(g.dialect) {
		if _, ok := g.Revision(key); !ok {
			lost = append(lost, key)
		}
	}
	return lost
}

// Check compares the lock with the chain of one dialect. name is the lock's file.
func (l *Lock) Check(name string, g *Graph) []Problem {
	pins := map[Key]pin{}
	var problems []Problem
	for _, p := range l.pins[g.dialect] {
		pins[p.key] = p
	}
	for _, key := range l.Lost(g) {
		problems = append(problems, Problem{RuleLock, key.String(), name, pins[key].line,
			fmt.Sprintf("it pins a revision that the %s chain does not have: bring the file back, or, if it was removed on purpose, run `sandpiper rehash --offline`", g.dialect)})
	}
	for r := range g.All() {
		switch p, ok := pins[r.Key]; {
		case !ok:
			problems = append(problems, problem(RuleLock, r, "%s does not have it: if the file is as it should be, run `sandpiper rehash --offline`", name))
		case p.digest != pinned(r):
			problems = append(problems, problem(RuleLock, r, "it is not what %s pins (%s there, %s now): put it back; if the edit is meant, run `sandpiper rehash %s --reason …` where it is applied, or `sandpiper rehash --offline` if it is nowhere yet",
				name, ShortDigest(p.digest), ShortDigest(pinned(r)), r.Key))
		}
	}
	if len(problems) > 0 {
		return problems
	}
	if p, bad := l.unwritten(g); bad {
		return []Problem{{RuleLock, p.key.String(), name, p.line,
			"the lines are not those that were written: one was edited or moved, or two branches were merged; see that the chain is as it should be, and run `sandpiper rehash --offline`"}}
	}
	return nil
}

// unwritten returns the first pin of a chain that is not what With writes there.
// The lock has to have all of the chain's revisions, and no others.
func (l *Lock) unwritten(g *Graph) (pin, bool) {
	want := l.With(g, func(Key) bool { return false }).pins[g.dialect]
	for i, p := range l.pins[g.dialect] {
		if i == len(want) || want[i].key != p.key || want[i].sum != p.sum {
			return p, true
		}
	}
	return pin{}, false
}

// Extendable returns an error where lines for more revisions of a chain would hide
// what Check tells of the lock: a revision that it has and the chain has not, or
// the other way round, and lines that are not those that were written. What a
// file was pinned to stays pinned, so that an edit hides nothing. name is the
// lock's file.
func (l *Lock) Extendable(name string, g *Graph) error {
	if l == nil {
		return nil
	}
	if lost := l.Lost(g); len(lost) > 0 {
		return fmt.Errorf("%s pins revision %s, which the %s chain does not have", name, lost[0], g.dialect)
	}
	pins := map[Key]bool{}
	for _, p := range l.pins[g.dialect] {
		pins[p.key] = true
	}
	for r := range g.All() {
		if !pins[r.Key] {
			return fmt.Errorf("%s does not have revision %s of %s: %s", name, r.Key, g.dialect, r.Source)
		}
	}
	if p, bad := l.unwritten(g); bad {
		return fmt.Errorf("%s, line %d: the lines for %s are not those that were written", name, p.line, g.dialect)
	}
	return nil
}

// A PinChange is a revision whose pin differs between two locks.
type PinChange struct {
	Dialect  Dialect
	Key      Key
	Was, Now string // digests; "" where it is not pinned
}

// Changes lists what differs in next: what it changes and drops, and what it
// adds.
func (l *Lock) Changes(next *Lock) (changes []PinChange) {
	was := map[Dialect]map[Key]string{}
	add := func(d Dialect, k Key, was, now string) {
		if was != now {
			changes = append(changes, PinChange{d, k, was, now})
		}
	}
	if l != nil {
		for d, pins := range l.pins {
			was[d] = map[Key]string{}
			for _, p := range pins {
				was[d][p.key] = p.digest
			}
		}
	}
	for _, d := range next.dialects() {
		for _, p := range next.pins[d] {
			add(d, p.key, was[d][p.key], p.digest)
			delete(was[d], p.key)
		}
	}
	for d, gone := range was {
		for k, digest := range gone {
			add(d, k, digest, "")
		}
	}
	slices.SortStableFunc(changes, func(a, b PinChange) int {
		return cmp.Or(cmp.Compare(a.Dialect, b.Dialect), a.Key.compare(b.Key))
	})
	return changes
}

// pinned is the digest that stands for a revision in a lock.
func pinned(r Revision) string { return cmp.Or(r.Module, r.Digest) }

// chained is the digest over a line and, through its digest, all before it.
func chained(before string, d Dialect, p pin) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s %s %s\n", before, d, p.key, p.digest))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func isDigest(s string) bool {
	digits, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(digits) == 2*sha256.Size && span(digits, isHex) == len(digits)
}

// conflictMark reports whether a line is one that git writes around what it
// could not merge. https://git-scm.com/docs/git-merge#_how_conflicts_are_presented
func conflictMark(line string) bool {
	for _, c := range []string{"<", "=", ">", "|"} {
		if rest, ok := strings.CutPrefix(line, strings.Repeat(c, 7)); ok && (rest == "" || rest[0] == ' ') {
			return true
		}
	}
	return false
}
