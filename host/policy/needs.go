package policy

import (
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// owning is the grant of a name, as a line of sandpiper.toml; "" where the name
// is not to be had.
func owning(name string) string {
	return need(abi.Capabilities{Owns: []string{name}}, "owns = [%q]", name)
}

// using is the grant of a verb on a table, on all of its columns if none is named.
func using(table, verb string, columns ...string) string {
	asked := abi.Capabilities{Uses: []abi.Use{{Table: table, Verbs: []string{verb}, Columns: columns}}}
	if len(columns) == 0 {
		return need(asked, "uses = [{table = %q, verbs = [%q]}]", table, verb)
	}
	quoted := fmt.Sprintf("%q", columns)
	return need(asked, "uses = [{table = %q, verbs = [%q], columns = %s}]", table, verb, strings.ReplaceAll(quoted, `" "`, `", "`))
}

// calling is the grant of a function.
func calling(function string) string {
	return need(abi.Capabilities{Functions: []string{function}}, "functions = [%q]", function)
}

func need(asked abi.Capabilities, format string, args ...any) string {
	if asked.Validate() != nil {
		return ""
	}
	return fmt.Sprintf(format, args...)
}
