package chain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host/chain"
)

func TestReplaceChunks(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"UPDATE t SET a = 1 WHERE ${chunk}", "UPDATE t SET a = 1 WHERE <>"},
		{"UPDATE t SET a = 1 WHERE ${ chunk f } AND ${chunk}", "UPDATE t SET a = 1 WHERE <f> AND <>"},
		{`WHERE ${chunk "My T"}`, `WHERE <"My T">`},
		{"SELECT '${chunk}' -- ${chunk}\n WHERE ${CHUNK}", "SELECT '${chunk}' -- ${chunk}\n WHERE <>"},
		{"SELECT $1, ${else}, $ {chunk}", "SELECT $1, ${else}, $ {chunk}"},
		{"WHERE ${${chunk}", "WHERE ${<>"},
		{"WHERE ${chunk f.g}", "error: write ${chunk}"},
		{"WHERE ${chunk 'f'}", "error: write ${chunk}"},
		{"WHERE ${chunk f", "error: write ${chunk}"},
	} {
		for _, d := range []chain.Dialect{chain.PostgreSQL, chain.SQLite} {
			got, err := chain.ReplaceChunks(d, c.sql, func(alias string) string { return fmt.Sprintf("<%s>", alias) })
			if words, ok := strings.CutPrefix(c.want, "error: "); ok {
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("%s, %q: got %q and error %v, want an error with %q", d, c.sql, got, err, words)
				}
			} else if err != nil || got != c.want {
				t.Errorf("%s, %q: got %q, error %v; want %q", d, c.sql, got, err, c.want)
			}
		}
	}
}
