package report

import (
	"regexp"
	"strings"
)

// What a record must not hold: the password that CREATE ROLE and its like set
// (https://www.postgresql.org/docs/current/sql-createrole.html), in a string of any
// kind or in a statement that is one itself, and that of a URL or of a connection
// string, such as a subscription has. A text may have been cut in the middle of one.
// Rather too much is left out than too little.
var secrets = []struct {
	text    *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)(\bpassword\s*=?\s*(?:[eu]&?)?\\*'+)(?:[^'\\]|''|\\.)*`), "${1}…"},
	{regexp.MustCompile(`(?is)(\bpassword\s*\$[^$\s]*\$).*`), "${1}…"}, // and whatever comes behind it
	{regexp.MustCompile(`(?i)(\bpassword\s*=\s*)[^\s'"]+`), "${1}…"},
	{regexp.MustCompile(`(://[^/\s:@'"]*:)(?:[^\s'"]*(@)|[^@\s'"]+$)`), "${1}…${2}"},
}

// withoutSecrets leaves passwords out of a text.
func withoutSecrets(s string) string {
	if !strings.Contains(s, "://") && !strings.Contains(strings.ToLower(s), "password") {
		return s
	}
	for _, secret := range secrets {
		s = secret.text.ReplaceAllString(s, secret.instead)
	}
	return s
}
