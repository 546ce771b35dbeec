package host

import (
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Comment writes a text as one line of SQL's comments, whatever is in it: what
// modules, files and databases call things must not become statements of a plan or
// a dump that somebody runs.
func Comment(text string) string { return "-- " + OneLine(text) }

// OneLine puts a space where a text has characters that are not shown, such as line
// breaks.
func OneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, abi.Steers), " ")
}
