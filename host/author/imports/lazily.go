package imports

import (
	"regexp"
	"sync"
)

// lazily returns a regular expression that is compiled when it is first used:
// most runs use none of them, and compiling all is a tenth of a short one.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
