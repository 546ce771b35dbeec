package lint

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// Config is what Lint looks for. The zero value is all rules as they are.
type Config struct {
	levels map[level]Severity

	// Small, if set, reports whether a table has so few rows in the database
	// that it does not matter what is done with all of them. Rules that are
	// about the number of rows then leave it out. With an *UncountedError they
	// do not, and the report tells the reason.
	Small func(table string) (bool, error)

	// SQLite, if set, returns what SQLite says of a statement that it cannot read, and
	// the byte where it stopped, -1 if that is not known; "" if it can. Without it
	// a statement for SQLite is taken for one that can be read.
	SQLite func(sql string) (message string, at int)

	// Path, if set, returns what a revision's Source is called in the report.
	Path func(source string) string
}

type level struct {
	rule    string
	dialect chain.Dialect
}

// Set sets the severity of a rule for the dialects given, or for all of the rule's.
func (c *Config) Set(rule string, s Severity, dialects ...chain.Dialect) error {
	r := Find(rule)
	switch {
	case r == nil:
		return fmt.Errorf("there is no rule %q; the rules are %s", rule, strings.Join(Names(), ", "))
	case s != Off && s != Warning && s != Error:
		return fmt.Errorf("%s: %q is none of off, warning and error", rule, s)
	}
	if len(dialects) == 0 {
		dialects = r.Dialects
	}
	if c.levels == nil {
		c.levels = map[level]Severity{}
	}
	for _, d := range dialects {
		if !r.For(d) {
			return fmt.Errorf("%s is no rule of %q", rule, d)
		}
		c.levels[level{rule, d}] = s
	}
	return nil
}

// severity returns what a rule is for a dialect.
func (c *Config) severity(r *Rule, d chain.Dialect) Severity {
	if s, ok := c.levels[level{r.Name, d}]; ok {
		return s
	}
	if !r.For(d) {
		return Off
	}
	return r.Severity
}
