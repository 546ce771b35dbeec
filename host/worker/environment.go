package worker

import (
	"os"
	"slices"
	"strings"
)

// plain are the variables that children get in their environment: where things
// are, and how the runtime of Go behaves.
var plain = []string{
	"HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "SQLITE_TMPDIR", "XDG_CACHE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP", // Windows
	"GOGC", "GOMAXPROCS", "GODEBUG", "GORACE", "GOCOVERDIR",
}

// environment returns the variables of a child: those that everybody may read,
// and those that go to it apart, since libpq's hold passwords
// (https://www.postgresql.org/docs/current/libpq-envars.html).
func environment(all, more []string) (listed []string, secrets [][]byte) {
	for _, variable := range all {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case slices.Contains(plain, strings.ToUpper(name)), slices.Contains(more, name):
			listed = append(listed, variable)
		case strings.HasPrefix(name, "PG"):
			secrets = append(secrets, []byte(variable))
		}
	}
	return listed, secrets
}

// adopt sets variables in this process. What its environment lists stays as it was
// at its start.
func adopt(secrets [][]byte) error {
	for _, variable := range secrets {
		name, value, _ := strings.Cut(string(variable), "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
