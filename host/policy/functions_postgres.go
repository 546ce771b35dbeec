package policy

// postgresFunctions are of https://www.postgresql.org/docs/current/functions.html,
// all of them in pg_catalog.
var postgresFunctions = set(
	"abs", "coalesce", "count", "lower", "length", "max", "min", "now", "sum", "upper",
)
