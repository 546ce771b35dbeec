package sqlite

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/sqlite/tabletext"
)

// A reading is what the text of a plugin's statement says that SQLite does not
// tell its authorizer.
type reading struct {
	sql      string
	author   author
	kind     string   // "SELECT", "CREATE TABLE"
	schema   bool     // it changes the schema, and for that SQLite itself reads and writes its tables
	replaces bool     // it deletes the rows that are in its way (https://sqlite.org/lang_conflict.html)
	joins    []string // names in one with NATURAL or USING, whatever they are the names of
	adds     string   // an ALTER TABLE that adds something: to which table
}

// kinds are the statements that a plugin may send. Those with true change the
// schema.
var kinds = map[string]bool{
	"SELECT": false, "VALUES": false, "WITH": false, "INSERT": false, "REPLACE": false, "UPDATE": false, "DELETE": false,
	"REINDEX": false, foreignKeysPragma: false,
	"CREATE TABLE": true, "CREATE INDEX": true, "CREATE VIEW": true, "ALTER TABLE": true,
	"DROP TABLE": true, "DROP INDEX": true, "DROP VIEW": true, "DROP TRIGGER": true, // of a trigger: the authorizer names it
}

// foreignKeysPragma is around what many migrations do. In a transaction it does
// nothing (https://sqlite.org/pragma.html#pragma_foreign_keys), and the runner has
// switched foreign keys off before it.
const foreignKeysPragma = "PRAGMA FOREIGN_KEYS"

// noGrant says of other statements why no grant allows them.
var noGrant = map[string]string{
	"BEGIN": hostTransactions, "COMMIT": hostTransactions, "END": hostTransactions, "ROLLBACK": hostTransactions,
	"SAVEPOINT": hostTransactions, "RELEASE": hostTransactions,
	"ATTACH": oneDatabase, "DETACH": oneDatabase,
	"VACUUM":               "it copies and rewrites the whole database",
	"PRAGMA":               "settings are of the whole database or of the runner's connection",
	"ANALYZE":              "statistics decide how everybody's queries run",
	"EXPLAIN":              "how a query runs tells of the tables of others",
	"CREATE TRIGGER":       "a trigger runs in the statements of whoever writes to its table",
	"CREATE VIRTUAL TABLE": "a virtual table is read and written by its module, past all grants",
	"CREATE TEMP":          "what is temporary stands before the tables of the same name, and outlives the transaction",
	"CREATE TEMPORARY":     "what is temporary stands before the tables of the same name, and outlives the transaction",
}

const (
	hostTransactions = "the host begins and ends transactions and savepoints"
	oneDatabase      = "a plugin is given this database and no other file"
	ownRollback      = "it would end the host's transaction"
	ownTablesOfLite  = "the schema, and what SQLite keeps for itself, tell of the tables of others"
)

// read reads a statement, or says why no grant allows it.
func read(sql string) (*reading, *policy.Denial) {
	first := verb(sql)
	if schema, known := kinds[first]; known && !schema && !telling(sql) {
		return &reading{sql: sql, kind: first}, nil
	}
	list := significant(sql)
	r := &reading{sql: sql, kind: kindOf(list)}
	schema, known := kinds[r.kind]
	if !known {
		if why := noGrant[r.kind]; why != "" {
			return nil, &policy.Denial{Reason: r.kind + ": " + why, At: 1}
		}
		return r, nil // SQLite says what is wrong with it, and nothing of it is allowed
	}
	r.schema = schema
	speaks := schema && !strings.HasPrefix(r.kind, "DROP ") // of more than a name
	joins := slices.ContainsFunc(list, func(t chain.Token) bool { return t.Is("NATURAL") || t.Is("USING") })
	for i, t := range list {
		why := r.token(list, i)
		if name, ok := named(t); ok && (speaks || joins) {
			if folded := tabletext.Fold(name); strings.HasPrefix(folded, "sqlite_") || strings.HasPrefix(folded, "pragma_") {
				why = r.kind + " with " + t.Text + " in it: " + ownTablesOfLite
			} else if joins {
				r.joins = append(r.joins, folded)
			}
		}
		if why != "" {
			return nil, &policy.Denial{Reason: why, At: utf8.RuneCountInString(sql[:t.Pos]) + 1}
		}
	}
	return r, nil
}

// telling reports whether one of the words is anywhere in a statement for which
// it has to be read: most have none of them, and compiling takes less time than
// reading.
func telling(sql string) bool {
	for i := range len(sql) {
		var words []string
		switch sql[i] | 0x20 {
		case 'n':
			words = tellingN
		case 'r':
			words = tellingR
		case 'u':
			words = tellingU
		}
		for _, word := range words {
			if len(sql)-i >= len(word) && strings.EqualFold(sql[i:i+len(word)], word) {
				return true
			}
		}
	}
	return false
}

var tellingN, tellingR, tellingU = []string{"NATURAL"}, []string{"ROLLBACK", "REPLACE"}, []string{"USING"}

// significant returns the tokens of a statement, without those that begin it and
// mean nothing.
func significant(sql string) (list []chain.Token) {
	for t := range chain.Tokens(chain.SQLite, sql) {
		if !t.Blank() && !(t.Is(";") && len(list) == 0) {
			list = append(list, t)
		}
	}
	return list
}

// kindOf returns the words that say what a statement is.
func kindOf(list []chain.Token) string {
	word := func(i int) string {
		if i < len(list) && list[i].Kind == chain.Word {
			return strings.ToUpper(list[i].Text)
		}
		return ""
	}
	kind := word(0)
	switch kind {
	case "CREATE":
		switch next := word(1); next {
		case "UNIQUE":
			return "CREATE " + word(2)
		case "VIRTUAL":
			return "CREATE VIRTUAL TABLE"
		default:
			return "CREATE " + next
		}
	case "ALTER", "DROP":
		return kind + " " + word(1)
	case "PRAGMA":
		if kind += " " + word(1); kind != foreignKeysPragma {
			return "PRAGMA"
		}
	}
	return kind
}

// token takes note of the token at i, and says why it is not allowed if so.
func (r *reading) token(list []chain.Token, i int) string {
	t := list[i]
	if t.Kind != chain.Word || i+1 == len(list) {
		return ""
	}
	next := list[i+1]
	switch {
	case (t.Is("OR") || t.Is("CONFLICT")) && next.Is("ROLLBACK"):
		return t.Text + " " + next.Text + ": " + ownRollback
	case t.Is("REPLACE") && next.Is("INTO"), t.Is("OR") && next.Is("REPLACE") && !(i+2 < len(list) && list[i+2].Is("(")):
		r.replaces = true
	case t.Is("ADD") && r.kind == "ALTER TABLE":
		table := list[2:]
		if len(table) > 2 && table[1].Is(".") {
			table = table[2:]
		}
		r.adds, _ = named(table[0])
	}
	return ""
}

// named returns the name that a token may be. A string may be one
// (https://sqlite.org/quirks.html#dblquote).
func named(t chain.Token) (string, bool) {
	if t.Kind == chain.String && len(t.Text) >= 2 && t.Text[0] == '\'' {
		return strings.ReplaceAll(t.Text[1:len(t.Text)-1], "''", "'"), true
	}
	return t.Name(chain.SQLite)
}

// columns returns those that an INSERT names, nil if it names none.
func (r *reading) columns() (columns []string) {
	list := significant(r.sql)
	i := slices.IndexFunc(list, func(t chain.Token) bool { return t.Is("INTO") })
	if i < 0 {
		return nil
	}
	at := func(n int, text string) bool { return n < len(list) && list[n].Is(text) }
	if i++; at(i+1, ".") {
		i += 2
	}
	if i++; at(i, "AS") {
		i += 2
	}
	if !at(i, "(") {
		return nil
	}
	for i++; i < len(list); i += 2 {
		column, ok := named(list[i])
		if !ok {
			return nil
		}
		columns = append(columns, column)
		if at(i+1, ")") {
			return columns
		}
	}
	return nil
}
