package sqlite_test

import (
	"fmt"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// BenchmarkConfinedPrepare is what the walls add to statements, each of which is
// compiled anew, beside the same without them.
func BenchmarkConfinedPrepare(b *testing.B) {
	db, err := sqlite.Open("sqlite:" + victim(b))
	if err != nil {
		b.Fatal(err)
	}
	conn, err := db.Connect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	statements := func(i int) []string {
		return []string{
			fmt.Sprintf("SELECT id, n, s FROM acme_t WHERE id = %d", i),
			fmt.Sprintf("UPDATE acme_t SET n = upper(n) || %d WHERE id = -1", i),
			fmt.Sprintf("INSERT INTO acme_t (id, n, s) SELECT id, n, s FROM acme_t WHERE id < -%d", i),
			fmt.Sprintf("SELECT a.n, count(*) FROM acme_t a JOIN acme_t b ON a.id = b.id AND a.id > %d GROUP BY a.n ORDER BY 2", i+10),
		}
	}
	measure := func(b *testing.B, conn host.Conn) {
		tx, err := conn.Begin(b.Context(), host.Fence{})
		if err != nil {
			b.Fatal(err)
		}
		defer tx.Rollback()
		i := 0
		for b.Loop() {
			i++
			for _, sql := range statements(i) {
				if err := send(b.Context(), tx, sql); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("plain", func(b *testing.B) { measure(b, conn) })
	b.Run("confined", func(b *testing.B) {
		confined := confine(b, conn, plugin(b, func(c *abi.Capabilities) { c.Seconds = 1000 }))
		defer confined.Close()
		measure(b, confined)
	})
}
