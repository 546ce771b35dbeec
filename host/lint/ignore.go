package lint

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

const ignorePrefix = chain.DirectivePrefix + "lint:"

// An ignore is a comment that hides findings.
type ignore struct {
	chain.Directive
	rules []string
	item  int // what it is for; -1: all of the file
	used  map[string]bool
}

// ignored returns the findings that no ignore hides, and what is wrong with the
// ignores. An ignore of a rule that is off is left alone.
func (l *linter) ignored(findings []Finding) []Finding {
	if l.rev.file == nil {
		return findings
	}
	items := slices.Concat(l.rev.file.Upgrade, l.rev.file.Downgrade)
	slices.SortStableFunc(items, func(a, b chain.Item) int { return cmp.Compare(a.Line, b.Line) })
	var ignores []*ignore
	l.rev.findings = nil
	for _, d := range l.rev.file.Directives {
		said := strings.TrimSpace(strings.TrimPrefix(d.Text, chain.DirectivePrefix))
		if strings.HasPrefix(said, "lint:") || strings.HasPrefix(said, "lint ") {
			if i := l.ignore(d, items); i != nil {
				ignores = append(ignores, i)
			}
		}
	}
	var left []Finding
	for _, f := range findings {
		hidden := false
		for _, i := range ignores {
			if slices.Contains(i.rules, f.Rule.Name) && (i.item < 0 || i.item < len(items) && within(items, i.item, f.Line)) {
				hidden, i.used[f.Rule.Name] = true, true
			}
		}
		if !hidden {
			left = append(left, f)
		}
	}
	for _, i := range ignores {
		for _, name := range i.rules {
			if !i.used[name] && l.cfg.severity(Find(name), l.dialect) != Off {
				where := ""
				if Find(name).Name == ruleNoWayBack && !i.Head {
					where = "; it is about the whole file, so the comment stands above the first section"
				}
				l.wrong(i.Directive, "nothing of the rule %s is found here: the comment can go%s", name, where)
			}
		}
	}
	return append(left, l.rev.findings...)
}

// within reports whether a line is one of an item's: up to its end, or to the next
// one where that is not known.
func within(items []chain.Item, i, line int) bool {
	end := endLine(items[i].Statement)
	if items[i].Kind == chain.ItemOperation {
		end = items[i].Line
	}
	return items[i].Line <= line && line <= end
}

// ignore reads a directive, nil where it cannot be one.
func (l *linter) ignore(d chain.Directive, items []chain.Item) *ignore {
	rest, ok := strings.CutPrefix(d.Text, ignorePrefix+"ignore")
	words := strings.Fields(rest)
	for len(words) > 1 && (strings.HasSuffix(words[0], ",") || strings.HasPrefix(words[1], ",")) {
		words = append([]string{words[0] + words[1]}, words[2:]...)
	}
	switch {
	case !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t':
		l.wrong(d, `%q is not known: write "sandpiper:lint:ignore RULE reason"`, strings.Fields(d.Text)[0])
		return nil
	case len(words) == 0:
		l.wrong(d, "it names no rule")
		return nil
	case len(words) == 1:
		l.wrong(d, "it gives no reason")
		return nil
	}
	i := &ignore{Directive: d, rules: strings.Split(words[0], ","), item: -1, used: map[string]bool{}}
	for _, name := range i.rules {
		if Find(name) == nil {
			l.wrong(d, "there is no rule %q: did you mean %s? \"sandpiper lint --rules\" lists them", name, nearest(name))
			return nil
		}
	}
	if !d.Head {
		i.item = slices.IndexFunc(items, func(item chain.Item) bool {
			return item.SQL != "" && d.Line <= endLine(item.Statement) || item.Kind == chain.ItemOperation && d.Line <= item.Line
		})
		if i.item < 0 {
			i.item = len(items)
		}
	}
	return i
}

// nearest returns the rule whose name has the most in common with another, from
// either end.
func nearest(name string) string {
	common := func(rule string) (n int) {
		for n < min(len(rule), len(name)) && rule[n] == name[n] {
			n++
		}
		end := 0
		for end < min(len(rule), len(name))-n && rule[len(rule)-1-end] == name[len(name)-1-end] {
			end++
		}
		return n + end
	}
	return slices.MaxFunc(Names(), func(a, b string) int { return common(a) - common(b) })
}

// wrong notes what is wrong with a directive.
func (l *linter) wrong(d chain.Directive, format string, args ...any) {
	l.spot = chain.Item{Statement: chain.Statement{Line: d.Line}}
	l.find(ruleIgnore, 0, "", format, args...)
}
