package autogenerate

import (
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

// beyondSchema returns what a statement is about that is not the schema of the
// scratch database but the server, its other databases or its files, "" if it is
// none of these.
//
// It keeps a file from doing by accident what outlives the scratch database. A
// function that the file calls has the rights of whoever runs the command.
func beyondSchema(d chain.Dialect, sql string) string {
	words := firstWords(d, sql)
	name := func(n int) string { return strings.ToUpper(strings.Join(words[:min(n, len(words))], " ")) }
	is := func(i int, any ...string) bool { return i < len(words) && slices.Contains(any, words[i]) }
	switch {
	case d == chain.SQLite:
		if is(0, "attach", "detach", "vacuum") {
			return name(1)
		}
	case is(0, "copy", "load", "vacuum", "reassign", "call", "listen", "notify"):
		return name(1)
	case is(0, "create", "alter", "drop") && is(1, "user") && is(2, "mapping"):
	case is(0, "create", "alter", "drop") && is(1, clusterWide...), is(0, "drop") && is(1, "owned"):
		return name(2)
	case is(0, "grant", "revoke") && !slices.Contains(words, "on"): // of a role, not of a privilege
		return name(1)
	}
	return ""
}

// clusterWide are kinds of things that a database does not have to itself
// (https://www.postgresql.org/docs/current/catalogs-overview.html), and schemas,
// of which only one is compared.
var clusterWide = []string{"database", "role", "user", "group", "tablespace", "subscription", "system", "schema"}

// firstWords returns the words of a statement, in lower case, up to as many as
// are needed to tell what it is about.
func firstWords(d chain.Dialect, sql string) (words []string) {
	for tok := range chain.Tokens(d, sql) {
		if tok.Kind == chain.Word {
			if words = append(words, strings.ToLower(tok.Text)); len(words) == 200 {
				break
			}
		}
	}
	return words
}
