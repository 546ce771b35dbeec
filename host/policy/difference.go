package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Difference is what capabilities that are asked for differ in from those that
// are granted.
type Difference struct {
	More []Change // asked for and not granted
	Less []Change // granted and not asked for
}

// A Change is one capability, or a part of one.
type Change struct {
	Kind Kind
	Name string // the pattern, table or function; "" of a limit
	Text string // in words
}

// Kind is which capability a Change is about: the name of its key in the manifest.
type Kind string

// The kinds.
const (
	KindShared    Kind = "shared"
	KindOwns      Kind = "owns"
	KindUses      Kind = "uses"
	KindFunctions Kind = "functions"
	KindRows      Kind = "rows"
	KindSeconds   Kind = "seconds"
	KindFuel      Kind = "fuel"
	KindMemory    Kind = "memory_mib"
)

// Compare returns what is asked for beyond what is granted, and the other way
// round. Another place for the tables is something more to grant, whichever it is:
// the tables that are there do not move.
func Compare(granted, asked abi.Capabilities) Difference {
	d := Difference{More: beyond(granted, asked), Less: beyond(asked, granted)}
	if granted.Shared != asked.Shared {
		d.More = append(d.More, Change{KindShared, "", placement(asked.Shared)})
	}
	for _, l := range limits {
		now, want := l.of(granted), l.of(asked)
		text := fmt.Sprintf("%s, instead of %s", l.words(want), Thousands(now))
		if l.kind == KindSeconds {
			text = fmt.Sprintf("%s, instead of %s", l.words(want), duration(now))
		}
		switch change := (Change{l.kind, "", text}); {
		case want > now:
			d.More = append(d.More, change)
		case want < now:
			d.Less = append(d.Less, change)
		}
	}
	return d
}

// Renew returns what to grant a new version that is given all it asks for. A limit
// that was granted higher stays: it was somebody's decision.
func Renew(granted, asked abi.Capabilities) abi.Capabilities {
	out := asked
	for _, l := range []struct {
		kept  *int64
		was   int64
		usual int64
	}{
		{&out.Rows, granted.Rows, DefaultRows},
		{&out.Seconds, granted.Seconds, int64(DefaultTime / time.Second)},
		{&out.Fuel, granted.Fuel, DefaultFuel},
		{&out.Memory, granted.Memory, DefaultMemory},
	} {
		if either(l.was, l.usual) > either(*l.kept, l.usual) {
			*l.kept = either(l.was, l.usual)
		}
	}
	return out
}

// beyond returns what is in b and that a does not cover, but for limits and place.
func beyond(a, b abi.Capabilities) (changes []Change) {
	for _, pattern := range b.Owns {
		if !slices.ContainsFunc(a.Owns, func(p string) bool { return covers(p, pattern) }) {
			changes = append(changes, Change{KindOwns, pattern, "owns the tables and views named " + pattern})
		}
	}
	for _, use := range b.Uses {
		changes = append(changes, beyondUse(a, use)...)
	}
	for _, f := range b.Functions {
		if !slices.Contains(a.Functions, f) {
			changes = append(changes, Change{KindFunctions, f, functionWords([]string{f})})
		}
	}
	return changes
}

// covers reports whether every name that fits pattern fits p.
func covers(p, pattern string) bool {
	prefix, isPrefix := strings.CutSuffix(p, "*")
	return p == pattern || isPrefix && strings.HasPrefix(strings.TrimSuffix(pattern, "*"), prefix)
}

// beyondUse returns what is in a use and not in the capabilities. Verbs that lack
// the same columns are one change.
func beyondUse(a abi.Capabilities, use abi.Use) (changes []Change) {
	type lack struct {
		verbs, columns []string
	}
	var lacks []lack
	for _, verb := range use.Verbs {
		columns, lacking := lacking(a, use, verb)
		if !lacking {
			continue
		}
		if n := len(lacks); n > 0 && slices.Equal(lacks[n-1].columns, columns) {
			lacks[n-1].verbs = append(lacks[n-1].verbs, verb)
		} else {
			lacks = append(lacks, lack{[]string{verb}, columns})
		}
	}
	for _, l := range lacks {
		changes = append(changes, Change{KindUses, use.Table, useWords(l.verbs, use.Table, l.columns)})
	}
	return changes
}

// lacking returns the columns of a use that capabilities do not have for a verb;
// none are all.
func lacking(a abi.Capabilities, use abi.Use, verb string) (columns []string, is bool) {
	i := slices.IndexFunc(a.Uses, func(u abi.Use) bool { return u.Table == use.Table && slices.Contains(u.Verbs, verb) })
	if i < 0 {
		return use.Columns, true
	}
	had := a.Uses[i].Columns
	switch {
	case len(had) == 0, verb == "delete": // a row is deleted as a whole
		return nil, false
	case len(use.Columns) == 0: // some columns are not all
		return nil, true
	}
	columns = slices.DeleteFunc(slices.Clone(use.Columns), func(c string) bool { return slices.Contains(had, c) })
	return columns, len(columns) > 0
}
