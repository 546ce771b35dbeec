package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// TestStandIns compares the functions that stand in for SQLite's own with these,
// on what they were found to be particular about and on what chance brings.
func TestStandIns(t *testing.T) {
	var behind *sqlite3.Conn
	_, _, confined := prisoner(t, nil, sqlite.WithFunctions(func(c *sqlite3.Conn) error {
		behind = c
		return nil
	}))
	mustRun(t, confined, "SELECT 1")
	plain, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	plain.Limit(sqlite3.LIMIT_LIKE_PATTERN_LENGTH, 64)
	behind.Limit(sqlite3.LIMIT_LIKE_PATTERN_LENGTH, 64)
	same := func(sql string) {
		t.Helper()
		if got, want := answer(behind, sql), answer(plain, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	values := []string{
		"NULL", "''", "x''", "'a'", "'aba'", "'héllo'", "'l'", "'é'", "'ELL'", "12", "1.5", "x'6c'", "x'c3a9'", "x'c3'", "'a' || char(0) || 'b'",
		"char(0)", "'%'", "'a%b_'", "'[a-c]*'", "'[^]x]?'", "'*[a'", "'%%'", "'\\%'", "'{\"a\": {\"b\": 1}}'", "'{\"a\": null}'", "'{'", "'[1]'",
		"jsonb('{\"a\": 1}')", "cast(x'80' AS TEXT)", "cast(x'ff61' AS TEXT)", "cast(x'c0af' AS TEXT)", "'" + strings.Repeat("ab", 40) + "'", "'" + strings.Repeat("ab", 33) + "c'",
	}
	for i, a := range values {
		for j, b := range values {
			if (i+j)%raceFactor != 0 {
				continue
			}
			for _, call := range []string{
				"instr(%s, %s)", "trim(%s, %s)", "ltrim(%s, %s)", "rtrim(%s, %s)", "%[2]s LIKE %[1]s", "%s GLOB %s", "json_patch(%s, %s)", "jsonb_patch(%s, %s)",
				"replace(%s, %s, '<>')", "replace('abcabc', %s, %s)", "replace(%s, 'b', %s)", "%s LIKE %s ESCAPE '%%'", "'a%%' LIKE 'a%s' || %s ESCAPE 'x'", "json_object('a', json_patch(%s, %s))",
				"'a' LIKE %s ESCAPE %s",
			} {
				same("SELECT " + fmt.Sprintf(call, a, b))
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := func(alphabet []string, most int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return "'" + b.String() + "'"
	}
	few, wild := []string{"a", "b", "é", "B"}, []string{"a", "b", "%", "_", "*", "?", "[", "]", "^", "-", "é", "x"}
	for range 3000 / (raceFactor * raceFactor) {
		text := random(few, 200)
		same(fmt.Sprintf("SELECT %s LIKE %s, %s GLOB %s", random(few, 12), random(wild, 8), random(few, 12), random(wild, 10)))
		same(fmt.Sprintf("SELECT %s LIKE %s ESCAPE 'x', %s LIKE %s ESCAPE '_'", random(few, 12), random(wild, 8), random(few, 12), random(wild, 8)))
		same(fmt.Sprintf("SELECT instr(%[1]s, %[2]s), replace(%[1]s, %[2]s, 'x'), trim(%[1]s, %[2]s)", text, random(few, 6)))
		same(fmt.Sprintf("SELECT instr(%[1]s, substr(%[1]s, 20, 90)), replace(%[1]s, substr(%[1]s, 3, 70), '-')", text))
	}
}

// answer is what a query returns, types included, or its error.
func answer(c *sqlite3.Conn, sql string) string {
	s, _, err := c.Prepare(sql)
	if err != nil {
		return err.Error()
	}
	defer s.Close()
	var b strings.Builder
	for s.Step() {
		for i := range s.ColumnCount() {
			fmt.Fprintf(&b, "%v %x|", s.ColumnType(i), s.ColumnRawBlob(i))
		}
	}
	if err := s.Err(); err != nil {
		return err.Error()
	}
	return b.String()
}
