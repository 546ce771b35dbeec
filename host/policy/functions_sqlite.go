package policy

// sqliteFunctions are of https://sqlite.org/lang_corefunc.html and the pages
// beside it.
var sqliteFunctions = set(
	"abs", "coalesce", "count", "lower", "length", "max", "min", "sum", "upper",
)

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}
