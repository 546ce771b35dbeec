package chain

import (
	"strings"
	"testing"
)

// A mark is one outside of texts alone.
func TestChunkMarks(t *testing.T) {
	for sql, want := range map[string]string{
		"UPDATE t SET a = 1 WHERE ${chunk}":                                         "UPDATE t SET a = 1 WHERE <>",
		"UPDATE t SET a = '${chunk}' /* ${chunk} */ WHERE ${chunk} -- ${chunk}":     "UPDATE t SET a = '${chunk}' /* ${chunk} */ WHERE <> -- ${chunk}",
		`UPDATE t AS "r x" SET "${chunk}" = 1 WHERE ${chunk "r x"} AND ${chunk x }`: `UPDATE t AS "r x" SET "${chunk}" = 1 WHERE <"r x"> AND <x>`,
		`WHERE ${chunk "a}b"}`: `WHERE <"a}b">`,
		"SELECT $1, ${chunks}": "SELECT $1, ${chunks}",
		"${chunk":              "${chunk",
	} {
		for _, d := range []Dialect{PostgreSQL, SQLite} {
			if got := ReplaceChunks(d, sql, func(m ChunkMark) string { return "<" + m.Alias + ">" }); got != want {
				t.Errorf("%s: %s becomes %s", d, sql, got)
			}
		}
	}
	if marks := ChunkMarks(PostgreSQL, "SELECT $$ ${chunk} $$ WHERE ${chunk}"); len(marks) != 1 || marks[0].Pos != 28 {
		t.Errorf("found %+v", marks)
	}
}

// Conditions that hold for rows beyond the chunk are refused, and no others.
func TestCheckChunks(t *testing.T) {
	for sql, want := range map[string]string{
		"UPDATE t SET a = '${chunk}'":                                                "stands in a string",
		"DELETE FROM t -- WHERE ${chunk}":                                            "stands in a string",
		"UPDATE t SET a = 1 WHERE ${chunk} OR a = 5":                                 "${chunk} OR …",
		"UPDATE t SET a = 1 WHERE a = 5 OR b = 6 AND ${chunk}":                       "${chunk} OR …",
		"UPDATE t SET a = 1 WHERE (${chunk} AND b) OR c RETURNING 1":                 "${chunk} OR …",
		"UPDATE t SET a = 1 WHERE x AND (${chunk} or c)":                             "${chunk} OR …",
		"UPDATE t SET a = 1 WHERE a IN (SELECT b FROM r WHERE ${chunk r} OR true)":   "${chunk} OR …",
		"UPDATE t SET a = 1 WHERE NOT ${chunk}":                                      "NOT ${chunk}",
		"UPDATE t SET a = 1 WHERE NOT (b AND ${chunk})":                              "NOT ${chunk}",
		"UPDATE t SET a = 1 WHERE ${chunk}":                                          "",
		"UPDATE t SET a = 1 WHERE ${chunk} AND (a = 5 OR b = 6) AND NOT c":           "",
		"UPDATE t SET a = 1 WHERE (${chunk} AND a) OR (${chunk} AND b)":              "",
		"UPDATE t SET a = (b OR c), d = b OR c WHERE ${chunk}":                       "",
		"UPDATE t SET a = CASE WHEN b OR c THEN 1 END WHERE ${chunk}":                "",
		"UPDATE t SET a = 1 WHERE ${chunk} AND CASE WHEN b OR c THEN 1 ELSE 2 END=1": "",
		"INSERT OR REPLACE INTO t SELECT a FROM s JOIN r ON a OR b WHERE ${chunk s}": "",
		"UPDATE OR IGNORE t SET a = 1 WHERE ${chunk}":                                "",
		"UPDATE u SET a = 1 WHERE x IN (SELECT y FROM t WHERE ${chunk t}) OR z":      "",
		"DELETE FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE ${chunk t})":          "",
	} {
		for _, d := range []Dialect{PostgreSQL, SQLite} {
			at, err := CheckChunks(d, sql)
			switch {
			case want == "" && err != nil:
				t.Errorf("%s: %s: %v", d, sql, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%s: %s: got %v, want %q", d, sql, err, want)
			case err != nil && (at < 0 || at >= len(sql)):
				t.Errorf("%s: at %d", sql, at)
			}
		}
	}
}
