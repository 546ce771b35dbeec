package postgres

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// tokensOf returns the first tokens of a statement that the server sees, at
// most limit of them. Semicolons before it are left out, as the server does.
func tokensOf(sql string, limit int) []chain.Token {
	var tokens []chain.Token
	for t := range chain.Tokens(chain.PostgreSQL, sql) {
		if t.Blank() || (len(tokens) == 0 && t.Is(";")) {
			continue
		}
		if tokens = append(tokens, t); len(tokens) == limit {
			break
		}
	}
	return tokens
}

// begins reports whether tokens begin with the words given. A word such as
// "INDEX|TABLE" stands for either.
func begins(tokens []chain.Token, words ...string) bool {
	if len(tokens) < len(words) {
		return false
	}
	for i, word := range words {
		if !isOneOf(tokens[i], word) {
			return false
		}
	}
	return true
}

func isOneOf(t chain.Token, words string) bool {
	for word := range strings.SplitSeq(words, "|") {
		if t.Is(word) {
			return true
		}
	}
	return false
}

// effects is what the runner must know of a guest's statement.
type effects struct {
	settings bool // it may change settings beyond the transaction
	role     bool // it may change who the session acts as
	prepared bool // it may deallocate prepared statements

	temporary bool // it may create temporary objects
}

// inspect refuses statements that are not a guest's to send: those that begin
// or end transactions, set savepoints that the engine does not know of, or
// speak COPY's protocol.
//
// The server takes no command without its first keyword, so looking at that is
// enough; functions and DO blocks can't end a transaction that was begun
// outside them.
func inspect(stmt host.Statement) (effects, error) {
	refused := func(what, instead string) (effects, error) {
		return effects{}, &host.SQLError{
			Code: codeInvalidEnd, Message: what + " is refused: " + instead, SQL: stmt.SQL, Ordinal: stmt.Ordinal,
		}
	}
	if !abi.ValidText([]byte(stmt.SQL)) {
		return effects{}, &refusal{abi.ErrnoArgument, "a statement that is not UTF-8 or holds a NUL"}
	}
	tokens := tokensOf(stmt.SQL, 4)
	if len(tokens) == 0 {
		return effects{}, nil
	}
	first := strings.ToUpper(tokens[0].Text)
	switch {
	case begins(tokens, "BEGIN|COMMIT|END|ROLLBACK|ABORT"), begins(tokens, "START|PREPARE", "TRANSACTION"):
		return refused(first, "the runner begins and ends transactions; use a section to commit earlier")
	case begins(tokens, "SAVEPOINT|RELEASE"):
		return refused(first, "savepoints are set by the guest's savepoint function, so that the runner knows of them")
	case begins(tokens, "SET", "TRANSACTION"), begins(tokens, "SET", "LOCAL|SESSION", "TRANSACTION"),
		begins(tokens, "SET", "SESSION", "CHARACTERISTICS"):
		return refused("SET TRANSACTION", "the runner's transactions are READ COMMITTED")
	case begins(tokens, "COPY") && mentions(stmt.SQL, "STDIN|STDOUT"):
		return refused("COPY with STDIN or STDOUT", "send the rows with a batch, or read them with a query")
	}
	e := effects{
		settings: begins(tokens, "SET|RESET") && !begins(tokens, "SET", "LOCAL"),
		prepared: begins(tokens, "DEALLOCATE|DISCARD"),
		role: begins(tokens, "SET|RESET", "ROLE") || begins(tokens, "SET", "LOCAL|SESSION", "ROLE|AUTHORIZATION") ||
			begins(tokens, "SET", "LOCAL", "SESSION") || begins(tokens, "RESET", "SESSION|ALL"),
	}
	lower := strings.ToLower(stmt.SQL)
	e.settings = e.settings || strings.Contains(lower, "set_config")
	e.temporary = strings.Contains(lower, "temp")
	return e, nil
}

// isSet reports whether the statement sets something. SET TRANSACTION raises
// what otherwise means that a statement can't run inside a transaction.
func isSet(sql string) bool { return begins(tokensOf(sql, 1), "SET") }

// mentions reports whether one of the words occurs outside strings, comments
// and quoted identifiers.
func mentions(sql, words string) bool {
	for t := range chain.Tokens(chain.PostgreSQL, sql) {
		if isOneOf(t, words) {
			return true
		}
	}
	return false
}

// RunsOutside reports whether the statement is one of those that the manual
// says cannot be executed inside a transaction block.
func (c *conn) RunsOutside(sql string) bool {
	tokens := tokensOf(sql, 4)
	switch {
	case begins(tokens, "VACUUM"),
		begins(tokens, "CREATE|DROP", "DATABASE|TABLESPACE"),
		begins(tokens, "ALTER", "SYSTEM"),
		begins(tokens, "DROP", "INDEX", "CONCURRENTLY"),
		begins(tokens, "CREATE", "INDEX", "CONCURRENTLY"),
		begins(tokens, "CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"):
		return true
	case begins(tokens, "REINDEX"):
		return reindexesOutside(sql)
	case begins(tokens, "ALTER", "DATABASE"):
		return mentions(sql, "TABLESPACE")
	case begins(tokens, "ALTER", "TABLE"):
		return mentions(sql, "DETACH") && mentions(sql, "CONCURRENTLY")
	}
	return false
}

// reindexesOutside reports whether REINDEX [(options)] kind [CONCURRENTLY] …
// needs more than one transaction.
func reindexesOutside(sql string) bool {
	tokens := tokensOf(sql, 64)[1:]
	if begins(tokens, "(") {
		for len(tokens) > 0 && !tokens[0].Is(")") {
			if tokens[0].Is("CONCURRENTLY") {
				return true
			}
			tokens = tokens[1:]
		}
		tokens = tokens[min(1, len(tokens)):]
	}
	return begins(tokens, "SCHEMA|DATABASE|SYSTEM") || begins(tokens, "INDEX|TABLE", "CONCURRENTLY")
}
