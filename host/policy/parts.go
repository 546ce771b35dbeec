package policy

import (
	"slices"
	"strings"
)

// A part of a table is an index, a constraint or a sequence: it goes with its
// table, and yet has a name among those of all tables. By the usual conventions
// that name is its table's, with a word that says what it is at one of the ends.
// An index on acme_t is called ix_acme_t__name or acme_t_name_idx.
//
// The words at the end are also those that PostgreSQL chooses
// (https://www.postgresql.org/docs/current/sql-createindex.html).
var (
	partPrefixes = []string{
		"pk_", "uq_", "fk_", "ck_", "ex_", "ix_", "idx_", "index_", "uix_", "uk_", "unique_", "chk_", "seq_",
	}
	partSuffixes = []string{
		"_idx", "_index", "_ix", "_key", "_unique", "_uniq", "_uq", "_uk", "_pkey", "_pk", "_fkey", "_fk",
		"_check", "_ck", "_excl", "_seq",
	}
)

// NamesPart reports whether an index, a constraint or a sequence of that name
// would be the plugin's to create: the grants name it, or it is called after a
// table that they name. A table that somebody else owns by a longer name has the
// better claim.
func (g *Grants) NamesPart(name string) bool {
	if g.Names(name) {
		return true
	}
	for _, prefix := range partPrefixes {
		if table, ok := strings.CutPrefix(name, prefix); ok && g.namesBegin(table) {
			return true
		}
	}
	return slices.ContainsFunc(partSuffixes, func(suffix string) bool {
		return strings.HasSuffix(name, suffix) && g.namesBegin(name)
	})
}

// namesBegin reports whether a name is that of a table which the grants name, or
// goes on after it.
func (g *Grants) namesBegin(name string) bool {
	mine := longestBegin(g.Allowed.Owns, name)
	_, theirs := g.other(name, longestBegin)
	return mine > 0 && mine > theirs
}

// longestBegin is longest, where a name in full may be followed by an underscore
// and more.
func longestBegin(patterns []string, name string) int {
	length := longest(patterns, name)
	for _, pattern := range patterns {
		if strings.HasPrefix(name, pattern+"_") {
			length = max(length, len(pattern))
		}
	}
	return length
}
