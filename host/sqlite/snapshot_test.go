package sqlite_test

import (
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
)

// mine is what a user made: neither the ledger nor SQLite's own.
const mine = `name NOT LIKE 'sandpiper\_%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`

// snapshotQueries describe what SQLite understands of the schema. Indexes that
// belong to constraints go by what they index, since their names are numbers.
var snapshotQueries = []string{
	`SELECT 'table ' || name || CASE WHEN strict THEN ' strict' ELSE '' END || CASE WHEN wr THEN ' without rowid' ELSE '' END
	FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND ` + mine,

	`SELECT format('column %s %02d %s %s%s%s key %d hidden %d', t.name, c.cid, c.name, c.type, iif(c."notnull", ' not null', ''), ' default ' || c.dflt_value, c.pk, c.hidden)
	FROM (SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND ` + mine + `) AS t, pragma_table_xinfo(t.name) AS c`,

	`SELECT format('index of %s %s%s%s: %s', t.name, iif(i.origin = 'c', i.name, i.origin), iif(i."unique", ' unique', ''), iif(i.partial, ' partial', ''),
		(SELECT group_concat(format('%s %s%s', coalesce(x.name, 'an expression'), x.coll, iif(x.desc, ' desc', '')), ', ' ORDER BY x.seqno) FROM pragma_index_xinfo(i.name) AS x WHERE x.key))
	FROM (SELECT name FROM sqlite_schema WHERE type = 'table' AND ` + mine + `) AS t, pragma_index_list(t.name) AS i`,

	`SELECT format('foreign key of %s (%s) to %s (%s), on update %s, on delete %s', t.name, group_concat(f."from", ', ' ORDER BY f.seq), f."table", group_concat(f."to", ', ' ORDER BY f.seq), f.on_update, f.on_delete)
	FROM (SELECT name FROM sqlite_schema WHERE type = 'table' AND ` + mine + `) AS t, pragma_foreign_key_list(t.name) AS f GROUP BY t.name, f.id`,
}

// snapshot implements hosttest.Harness.
func snapshot(t *testing.T, conn host.Conn) string {
	t.Helper()
	var lines []string
	for _, q := range snapshotQueries {
		lines = append(lines, hosttest.Texts(t, conn, q)...)
	}
	for _, sql := range hosttest.Texts(t, conn, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND "+mine) {
		lines = append(lines, written(sql)...)
	}
	for _, sql := range hosttest.Texts(t, conn, "SELECT sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL AND "+mine) {
		lines = append(lines, bare(visibleTokens(sql)))
	}
	if hosttest.Count(t, conn, "SELECT count(*) FROM sqlite_schema WHERE name = 'sandpiper_enums'") == 1 {
		lines = append(lines, hosttest.Texts(t, conn, `SELECT 'enum ' || name || iif(plain, ' plain', '') || ': ' || group_concat(quote(value), ', ' ORDER BY position) FROM sandpiper_enums GROUP BY name, plain`)...)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// written describes a table by its CREATE TABLE statement, for what no PRAGMA
// tells: a line for each column and each constraint.
func written(sql string) []string {
	tokens := visibleTokens(sql)
	open := slices.IndexFunc(tokens, func(t chain.Token) bool { return t.Is("(") })
	if open < 0 {
		return []string{bare(tokens)}
	}
	head := bare(tokens[:open])
	var lines []string
	depth, start := 0, open+1
	for i := open; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		}
		if depth == 0 || depth == 1 && tokens[i].Is(",") {
			lines = append(lines, head+": "+sorted(tokens[start:i]))
			start = i + 1
		}
		if depth == 0 {
			break
		}
	}
	return lines
}

func visibleTokens(sql string) []chain.Token {
	var tokens []chain.Token
	for t := range chain.Tokens(chain.SQLite, sql) {
		if !t.Blank() {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

// sorted writes a column with its constraints in order, which means nothing to
// SQLite: ALTER TABLE puts new ones last.
func sorted(tokens []chain.Token) string {
	var parts []string
	depth, start := 0, 0
	for i, t := range tokens {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case i > 1 && depth == 0 && beginsConstraint(tokens, i):
			parts = append(parts, bare(tokens[start:i]))
			start = i
		}
	}
	parts = append(parts, bare(tokens[start:]))
	sort.Strings(parts[1:]) // after the name and the type
	return strings.Join(parts, " ")
}

// beginsConstraint reports whether a constraint of a column begins at a token, or
// the name before one (https://sqlite.org/syntax/column-constraint.html).
func beginsConstraint(tokens []chain.Token, i int) bool {
	is := func(i int, words ...string) bool {
		return i >= 0 && i < len(tokens) && slices.ContainsFunc(words, tokens[i].Is)
	}
	switch {
	case is(i-2, "constraint"), is(i-1, "constraint", "set"):
		return false
	case is(i, "not"):
		return is(i+1, "null")
	}
	return is(i, "constraint", "default", "primary", "unique", "check", "collate", "references", "generated") || is(i, "as") && !is(i-1, "always")
}

// bare writes tokens the one way there is for all that mean the same, however
// names are quoted and words are spaced.
func bare(tokens []chain.Token) string {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
		if name, ok := t.Name(chain.SQLite); ok {
			words[i] = strings.ToLower(name)
		}
	}
	return strings.Join(words, " ")
}
