package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Grants are what an operator allows a plugin.
type Grants struct {
	// Line is the plugin's line, and its name.
	Line string

	// Allowed has the form of what a module asks for.
	Allowed abi.Capabilities

	// Others are the names and prefixes that other plugins own. A table that
	// one of them owns by a longer prefix, or by name, is not this plugin's.
	Others []Claim
}

// A Claim is a name or prefix of the tables that a plugin owns.
type Claim struct {
	Line    string // the plugin's
	Pattern string
}

// New checks what is allowed.
func New(line string, allowed abi.Capabilities, others ...Claim) (*Grants, error) {
	if err := CheckLine(line); err != nil {
		return nil, err
	}
	if err := allowed.Validate(); err != nil {
		return nil, err
	}
	if err := Grantable(allowed); err != nil {
		return nil, err
	}
	for _, pattern := range allowed.Owns {
		for _, other := range others {
			if other.Pattern == pattern {
				return nil, fmt.Errorf("plugin %s owns %s already", other.Line, pattern)
			}
		}
	}
	return &Grants{line, allowed, others}, nil
}

// Grantable says which of the functions that are asked for can be granted to
// nobody, so that no run has to refuse them: nil if none.
func Grantable(asked abi.Capabilities) error {
	for _, f := range asked.Functions {
		if postgresForbidden(f) {
			return fmt.Errorf("function %s: what it gets at no grant can bound", f)
		}
	}
	return nil
}

// CheckLine refuses what cannot be the line of a plugin. On PostgreSQL it is the
// name of a schema, of which some are the database's
// (https://www.postgresql.org/docs/current/ddl-schemas.html).
func CheckLine(line string) error {
	folded := strings.ToLower(line)
	switch {
	case line == chain.DefaultLine:
		return fmt.Errorf("%q is not the name of a plugin's line: it is that of the project's own migrations", line)
	case !chain.ValidLine(line):
		return fmt.Errorf("%q is not the name of a plugin's line: it is at most 60 letters, digits and _ . / - inside, and not head, heads or base", line)
	case folded == "public" || folded == "information_schema" ||
		strings.HasPrefix(folded, "pg_") || strings.HasPrefix(folded, "sandpiper"):
		return fmt.Errorf("%q is not the name of a plugin's line: its schema would be named so, and public, information_schema, pg_* and sandpiper* are not a plugin's", line)
	}
	return nil
}

// String returns the grants as the ledger keeps them: the document of ABI.md.
func (g *Grants) String() string { return string(abi.AppendCapabilities(nil, &g.Allowed)) }

// The limits of one migration where no grant says more.
const (
	DefaultRows   = 1_000_000
	DefaultTime   = 5 * time.Minute
	DefaultFuel   = 100_000_000_000
	DefaultMemory = 64 // MiB
)

// Rows is how many rows a migration may write.
func (g *Grants) Rows() int64 { return either(g.Allowed.Rows, DefaultRows) }

// Time is how long a migration may take.
func (g *Grants) Time() time.Duration {
	return either(time.Duration(g.Allowed.Seconds)*time.Second, DefaultTime)
}

// Fuel is how much fuel a migration may use.
func (g *Grants) Fuel() int64 { return either(g.Allowed.Fuel, DefaultFuel) }

// Memory is how much memory a module may have, in MiB.
func (g *Grants) Memory() int64 { return either(g.Allowed.Memory, DefaultMemory) }

func either[T ~int64](given, otherwise T) T {
	if given > 0 {
		return given
	}
	return otherwise
}

// Names reports whether a table or view of that name would be the plugin's to
// create. Grants have no capitals: where the database tells no cases apart, the name
// has to come in lower case, and where it does, one with capitals is nobody's.
func (g *Grants) Names(name string) bool {
	mine := longest(g.Allowed.Owns, name)
	_, theirs := g.other(name, longest)
	return mine > 0 && mine > theirs
}

// other returns which of the other plugins has the best claim to a name, and how
// long the pattern is, as measure has it: 0 if nobody has one.
func (g *Grants) other(name string, measure func(patterns []string, name string) int) (claim Claim, length int) {
	for _, c := range g.Others {
		if n := measure([]string{c.Pattern}, name); n > length {
			claim, length = c, n
		}
	}
	return claim, length
}

// longest returns how long the longest pattern is that a name matches. A name
// in full is longer than any prefix of it.
func longest(patterns []string, name string) (length int) {
	for _, pattern := range patterns {
		prefix, isPrefix := strings.CutSuffix(pattern, "*")
		switch {
		case !isPrefix && name == pattern:
			return len(name) + 1
		case isPrefix && strings.HasPrefix(name, prefix):
			length = max(length, len(prefix))
		}
	}
	return length
}

// Use returns what the plugin may do with a table that it does not own.
func (g *Grants) Use(table string) (abi.Use, bool) {
	for _, u := range g.Allowed.Uses {
		if u.Table == table {
			return u, true
		}
	}
	return abi.Use{}, false
}

// Function reports whether a function is granted beyond the default list.
func (g *Grants) Function(name string) bool { return slices.Contains(g.Allowed.Functions, name) }
