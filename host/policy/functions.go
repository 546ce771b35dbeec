package policy

import "github.com/sandpiper-db/sandpiper/host/chain"

// Functions returns the functions that every plugin may call, by their names in
// lower case: they read nothing but their arguments, take time and memory in
// proportion to these, and change nothing.
func Functions(d chain.Dialect) map[string]bool {
	if d == chain.SQLite {
		return sqliteFunctions
	}
	return postgresFunctions
}
