package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Words says what capabilities allow, a line each, for people who decide on them:
// what is not named is not allowed, and what is not limited has the default.
func Words(c abi.Capabilities) []string {
	var lines []string
	switch {
	case len(c.Owns) == 0:
		lines = append(lines, "owns no tables")
	default:
		lines = append(lines, "owns the tables and views named "+listed(c.Owns), placement(c.Shared))
	}
	for _, u := range c.Uses {
		lines = append(lines, useWords(u.Verbs, u.Table, u.Columns))
	}
	if len(c.Functions) > 0 {
		lines = append(lines, functionWords(c.Functions))
	}
	for _, l := range limits {
		text := l.words(l.of(c))
		if l.asked(c) == 0 {
			text += " (the default)"
		}
		lines = append(lines, text)
	}
	return lines
}

// Overlaps says where the names that the plugin owns meet those of other plugins, a
// line each: the longer pattern has what fits both, and what is there of such names.
func (g *Grants) Overlaps() (lines []string) {
	for _, mine := range g.Allowed.Owns {
		for _, other := range g.Others {
			switch {
			case covers(other.Pattern, mine):
				lines = append(lines, fmt.Sprintf("takes %s out of %s, which plugin %s owns: what is there of such names %s can change and drop no more",
					mine, other.Pattern, other.Line, other.Line))
			case covers(mine, other.Pattern):
				lines = append(lines, fmt.Sprintf("leaves %s of %s to plugin %s", other.Pattern, mine, other.Line))
			}
		}
	}
	return lines
}

// Brief says what capabilities allow in one line, without what is a default.
func Brief(c abi.Capabilities) string {
	var parts []string
	if len(c.Owns) > 0 {
		parts = append(parts, "owns "+listed(c.Owns))
		if c.Shared {
			parts = append(parts, placement(true))
		}
	}
	for _, u := range c.Uses {
		parts = append(parts, useWords(u.Verbs, u.Table, u.Columns))
	}
	if len(c.Functions) > 0 {
		parts = append(parts, "calls "+listed(c.Functions))
	}
	for _, l := range limits {
		if l.asked(c) > 0 {
			parts = append(parts, l.words(l.of(c)))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}

func placement(shared bool) string {
	if shared {
		return "has its tables beside those of others"
	}
	return "has a schema of its own on PostgreSQL"
}

var verbWords = map[string]string{
	"select": "reads", "insert": "inserts into", "update": "updates", "delete": "deletes from",
}

func useWords(verbs []string, table string, columns []string) string {
	words := make([]string, len(verbs))
	for i, verb := range verbs {
		words[i] = verbWords[verb]
	}
	what := listed(words) + " " + table
	switch {
	case slices.Equal(verbs, []string{"delete"}): // a row is deleted as a whole
		return what
	case len(columns) == 0:
		return what + " (all columns)"
	}
	return what + " (" + strings.Join(columns, ", ") + ")"
}

func functionWords(functions []string) string {
	what := "functions"
	if len(functions) == 1 {
		what = "function"
	}
	return fmt.Sprintf("calls the %s %s beyond the usual ones", what, listed(functions))
}

// A limit is one of the limits of a migration.
type limit struct {
	kind  Kind
	asked func(abi.Capabilities) int64 // 0 for the default
	usual int64                        // the default
	words func(int64) string
}

// of is what the limit comes to.
func (l limit) of(c abi.Capabilities) int64 { return either(l.asked(c), l.usual) }

var limits = []limit{
	{KindRows, func(c abi.Capabilities) int64 { return c.Rows }, DefaultRows, func(n int64) string {
		return fmt.Sprintf("writes at most %s in a migration", counted(n, "row"))
	}},
	{KindSeconds, func(c abi.Capabilities) int64 { return c.Seconds }, int64(DefaultTime / time.Second), func(n int64) string {
		return fmt.Sprintf("takes at most %s for a migration", duration(n))
	}},
	{KindFuel, func(c abi.Capabilities) int64 { return c.Fuel }, DefaultFuel, func(n int64) string {
		return fmt.Sprintf("computes at most %s in a migration", counted(n, "instruction"))
	}},
	{KindMemory, func(c abi.Capabilities) int64 { return c.Memory }, DefaultMemory, func(n int64) string {
		return fmt.Sprintf("has at most %s MiB of memory", Thousands(n))
	}},
}

func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return Thousands(n) + " " + what
}

// duration is a number of seconds for people.
func duration(seconds int64) string {
	switch {
	case seconds%3600 == 0:
		return counted(seconds/3600, "hour")
	case seconds%60 == 0:
		return counted(seconds/60, "minute")
	}
	return counted(seconds, "second")
}

// Thousands writes a number that is not negative as "1,000,000".
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// listed is "a", "a and b", or "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
