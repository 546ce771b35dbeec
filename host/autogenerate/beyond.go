package autogenerate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// beyondSchema returns what a statement is about that is not the schema of the
// scratch database but the server, its other databases or its files, "" if it is
// none of these.
//
// It keeps a file from doing by accident what outlives the scratch database. What
// a function or a DO block does is not seen here, but by sharedChange.
func beyondSchema(d chain.Dialect, sql string) string {
	words := wordsOf(d, sql)
	name := func(n int) string { return strings.ToUpper(strings.Join(words[:min(n, len(words))], " ")) }
	is := func(i int, any ...string) bool { return i < len(words) && slices.Contains(any, words[i]) }
	on := slices.Index(words, "on")
	switch {
	case d == chain.SQLite:
		if is(0, "attach", "detach", "vacuum") {
			return name(1)
		}
	case is(0, "copy", "load", "vacuum", "reassign", "call", "listen", "notify", "checkpoint"):
		return name(1)
	case is(0, "create", "alter", "drop") && is(1, "user") && is(2, "mapping"):
	case is(0, "create", "alter", "drop") && is(1, clusterWide...), is(0, "drop") && is(1, "owned"):
		return name(2)
	case is(0, "grant", "revoke") && on < 0: // of a role, not of a privilege
		return name(1)
	case is(0, "grant", "revoke", "comment", "security") && on > 0 && is(on+1, clusterShared...):
		return fmt.Sprintf("%s ON %s", name(1), strings.ToUpper(words[on+1]))
	}
	return ""
}

// clusterShared are kinds of things that a database does not have to itself
// (https://www.postgresql.org/docs/current/catalogs-overview.html).
var clusterShared = []string{"database", "role", "tablespace", "parameter", "subscription"}

// clusterWide are these under all their names, and schemas, of which only one is
// compared.
var clusterWide = append([]string{"user", "group", "system", "schema"}, clusterShared...)

// wordsOf returns the words of a statement, in lower case.
func wordsOf(d chain.Dialect, sql string) (words []string) {
	for tok := range chain.Tokens(d, sql) {
		if tok.Kind == chain.Word {
			words = append(words, strings.ToLower(tok.Text))
		}
	}
	return words
}

// plain are the first words of statements that do what they say: others may call
// functions, which can do anything.
var plain = []string{"create", "alter", "drop", "comment", "grant", "revoke", "set"}

// callsFunctions reports whether a statement may call functions.
func callsFunctions(d chain.Dialect, sql string) bool {
	words := wordsOf(d, sql)
	return len(words) > 0 && !slices.Contains(plain, words[0])
}

// sharedChange returns an error if a transaction has changed what all databases of
// a PostgreSQL server share: its roles, its databases, what is granted on these and
// said about them. The server counts that itself, whoever did it: a DO block or a
// function, too. pg_shdepend is written for every owner of something new.
//
// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-VIEWS
func sharedChange(ctx context.Context, tx host.Tx) error {
	changed, err := texts(ctx, tx, `SELECT c.relname::text FROM pg_stat_xact_sys_tables s JOIN pg_class c ON c.oid = s.relid
WHERE c.relisshared AND c.relname <> 'pg_shdepend' AND s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0 ORDER BY 1`)
	if err != nil || len(changed) == 0 {
		return err
	}
	return fmt.Errorf("it changes %s, which all databases of the server share (it is rolled back): %w", changed[0], errNotSchema)
}
