package host

import (
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// lockClauses lock the rows of a SELECT. Its keys stay as they are, so rows that
// refer to it with a foreign key need not wait.
//
// https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
var lockClauses = map[string]string{
	abi.LockRows: "\nFOR NO KEY UPDATE",
	abi.LockSkip: "\nFOR NO KEY UPDATE SKIP LOCKED",
}

// Locking returns the SQL with the clause that locks the rows as Lock says, which
// PostgreSQL alone has.
func (s Statement) Locking() string { return s.SQL + lockClauses[s.Lock] }

// loadTarget names where a load puts its rows, for people.
func loadTarget(to *abi.Load) string {
	return quoteName(to.Table) + " (" + list("", to.Columns, "") + ")"
}
