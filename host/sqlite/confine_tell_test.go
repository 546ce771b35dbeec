package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
)

// TestConfinedTellsNothing sends what a generator makes up to two databases that
// differ in what is not the plugin's: what is not refused has the same answer.
func TestConfinedTellsNothing(t *testing.T) {
	var txs []host.Tx
	for i, change := range []string{"SELECT 1", "UPDATE flow_run SET secret = 'x', name = 'y', id = id + 5"} {
		path := victim(t)
		c := rawConn(t, path)
		if err := c.Exec(change); err != nil {
			t.Fatal(i, err)
		}
		if err := c.Exec("DELETE FROM other_t; INSERT INTO acme_tools_keys VALUES ('more')"); i == 1 && err != nil {
			t.Fatal(err)
		}
		confined := confine(t, connect(t, open(t, "sqlite:"+path)), plugin(t, nil))
		tx, err := confined.Begin(t.Context(), host.Fence{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tx.Rollback(); confined.Close() })
		txs = append(txs, tx)
	}
	g := &sentence{rand.New(rand.NewPCG(uint64(os.Getpid()), 7)), 0}
	allowed := 0
	for range 8000 / (raceFactor * raceFactor) {
		sql := g.statement()
		first, second := answerOf(t.Context(), txs[0], sql), answerOf(t.Context(), txs[1], sql)
		if first != second {
			t.Fatalf("%s\ntells of what is not the plugin's:\n%s\nand\n%s", sql, first, second)
		}
		if !strings.Contains(first, "may not") && !strings.Contains(first, "SQLITE_ERROR") {
			allowed++
		}
	}
	if allowed < 20/raceFactor {
		t.Errorf("only %d statements were allowed", allowed)
	}
}

// A sentence makes up SQL, most of which can be compiled.
type sentence struct {
	*rand.Rand
	depth int
}

func (g *sentence) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *sentence) statement() string {
	g.depth = 0
	switch g.IntN(8) {
	case 0:
		return "INSERT INTO acme_t (n) " + g.query(1) + g.one("", " RETURNING n", " RETURNING (SELECT "+g.expr()+")", " ON CONFLICT DO UPDATE SET n = "+g.expr())
	case 1:
		return "UPDATE acme_t SET n = " + g.expr() + g.one("", " FROM "+g.from()) + " WHERE " + g.expr() + g.one("", " RETURNING "+g.expr())
	case 2:
		return "DELETE FROM acme_t WHERE " + g.expr()
	case 3:
		name := fmt.Sprintf("acme_v%d", g.IntN(4))
		return g.one("DROP VIEW IF EXISTS "+name, "CREATE VIEW "+name+" AS "+g.query(2), "SELECT * FROM "+name)
	}
	return g.query(1 + g.IntN(3))
}

func (g *sentence) query(columns int) string {
	g.depth++
	defer func() { g.depth-- }()
	list := make([]string, columns)
	for i := range list {
		list[i] = g.expr() + " AS " + g.one("id", "n", "name", "secret", "k", "x")
	}
	sql := "SELECT " + g.one("", "DISTINCT ") + strings.Join(list, ", ") + " FROM " + g.from()
	sql = g.one(sql, sql, sql+" WHERE "+g.expr(), sql+" GROUP BY "+g.expr()+" HAVING "+g.expr(), sql+" ORDER BY "+g.expr(), sql+" LIMIT "+g.expr())
	if g.depth < 3 && g.IntN(6) == 0 {
		sql = "WITH " + g.one("w", "acme_t", "flow_run", "flow_names") + g.one("", " AS MATERIALIZED", " AS NOT MATERIALIZED")
		if !strings.Contains(sql, " AS") {
			sql += " AS"
		}
		return sql + " (" + g.query(2) + ") " + g.query(columns)
	}
	if g.depth < 3 && g.IntN(8) == 0 {
		return sql + g.one(" UNION ", " EXCEPT ", " INTERSECT ", " UNION ALL ") + g.query(columns)
	}
	return sql
}

func (g *sentence) from() string {
	sql := g.source()
	for range g.IntN(3) {
		side := g.one("", "", "LEFT ", "RIGHT ", "FULL ", "CROSS ")
		switch g.IntN(5) {
		case 0:
			sql += " NATURAL " + strings.TrimPrefix(side, "CROSS ") + "JOIN " + g.source()
		case 1, 2:
			sql += " " + side + "JOIN " + g.source() + " USING (" + g.one("id", "n", "name", "secret", "k", "x") + ")"
		case 3:
			sql += " " + side + "JOIN " + g.source() + " ON " + g.expr()
		default:
			sql += ", " + g.source()
		}
	}
	return sql
}

func (g *sentence) source() string {
	switch g.IntN(6) {
	case 0:
		return g.one("flow_run", "flow_run", "FLOW_RUN", "main.flow_run", "'flow_run'", "flow_names", "other_t", "acme_tools_keys", "sqlite_schema", "sandpiper_owned", "sqlite_sequence")
	case 1:
		if g.depth < 3 {
			return "(" + g.query(2) + ")"
		}
	case 2:
		return g.one("json_each('[1, 2]')", "w", "acme_v1", "pragma_table_list", "generate_series(1, 2)")
	case 3:
		return "(SELECT 's1' AS secret, 'a' AS name, 1 AS id, 'key' AS k)"
	}
	return g.one("acme_t", "acme_t a", "main.acme_t", "acme_v0")
}

func (g *sentence) expr() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth < 4 {
		switch g.IntN(12) {
		case 0:
			return "(" + g.query(1) + ")"
		case 1:
			return "EXISTS (" + g.query(1) + ")"
		case 2:
			return g.expr() + " IN (" + g.query(1) + ")"
		case 3:
			return g.expr() + " IN " + g.one("flow_run", "other_t", "acme_tools_keys", "acme_v1", "flow_names")
		case 4:
			return g.one("count(*)", "max("+g.expr()+")", "group_concat("+g.expr()+")", "count(*) OVER ()", "sum("+g.expr()+") FILTER (WHERE "+g.expr()+")")
		case 5:
			return g.expr() + g.one(" = ", " < ", " || ", " AND ", " LIKE ", " IS ") + g.expr()
		case 6:
			return "CASE WHEN " + g.expr() + " THEN " + g.expr() + " ELSE 0 END"
		}
	}
	return g.one("1", "1", "1", "'a'", "NULL", "id", "n", "secret", "name", "rowid", "k", "acme_t.n", "flow_run.secret")
}
