package postgres

import (
	"fmt"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// What a short statement costs that the wall has not seen: at most 300 µs.
func BenchmarkWallNew(b *testing.B) {
	for name, sql := range map[string]string{
		"insert": "INSERT INTO acme_t (id, n) VALUES (%d, 'x')",
		"update": "UPDATE acme_t SET n = upper(n) WHERE id = %d",
		"select": "SELECT id, upper(n) FROM acme_t t WHERE n = 'x' AND id > %d",
		"create": "CREATE TABLE acme_t%d (id bigint PRIMARY KEY, n text NOT NULL)",
		"denied": "SELECT secret FROM flow_run WHERE id = %d",
	} {
		b.Run(name, func(b *testing.B) {
			w := wallOf(b, "shared")
			w.check(host.Statement{SQL: "SELECT 1"}) // starts the parser
			n := 0
			for b.Loop() {
				n++
				w.check(host.Statement{SQL: fmt.Sprintf(sql, n)})
			}
		})
	}
}

// What one costs that it has: at most 5 µs.
func BenchmarkWallKnown(b *testing.B) {
	w := wallOf(b, "shared")
	w.judge.Foreign = func(string) bool { return false }
	stmt := host.Statement{SQL: "INSERT INTO acme_t (id, n) SELECT id, upper(n) FROM acme_u WHERE n = $1 ON CONFLICT (id) DO NOTHING"}
	for b.Loop() {
		if _, err := w.check(stmt); err != nil {
			b.Fatal(err)
		}
	}
}
