package chain

import (
	"fmt"
	"regexp"
	"strings"
)

// A ChunkMark is where the statement of a backfill has ${chunk} or ${chunk ALIAS}:
// the place of the condition that keeps a run of it to its rows.
type ChunkMark struct {
	Start, End int    // offsets of the mark
	Alias      string // of the table, as it is written; "" where there is none
}

// chunkMark is a mark, or the beginning of one that is not closed.
var chunkMark = regexp.MustCompile(`^(?is)\$\{\s*chunk\b([^}]*)(\}?)`)

// chunkAlias is what may stand in a mark: a name, bare or quoted.
var chunkAlias = regexp.MustCompile("^(?:[\\pL_][\\pL\\pN_$]*|\"[^\"]+\"|`[^`]+`|\\[[^\\]]+\\])?$")

// ChunkMarks finds the marks of a statement. Inside strings and comments there are
// none.
func ChunkMarks(d Dialect, sql string) ([]ChunkMark, error) {
	var marks []ChunkMark
	for t := range Tokens(d, sql) {
		if !t.Is("$") {
			continue
		}
		m := chunkMark.FindStringSubmatch(sql[t.Pos:])
		if m == nil {
			continue
		}
		alias := strings.TrimSpace(m[1])
		if m[2] == "" || !chunkAlias.MatchString(alias) {
			return nil, fmt.Errorf("%q: write ${chunk}, or ${chunk f} where the table has the alias f", firstLine(m[0]))
		}
		marks = append(marks, ChunkMark{t.Pos, t.Pos + len(m[0]), alias})
	}
	return marks, nil
}

// ReplaceChunks returns the statement of a backfill with its marks replaced by what
// condition returns for the alias of each.
func ReplaceChunks(d Dialect, sql string, condition func(alias string) string) (string, error) {
	marks, err := ChunkMarks(d, sql)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	end := 0
	for _, mark := range marks {
		out.WriteString(sql[end:mark.Start])
		out.WriteString(condition(mark.Alias))
		end = mark.End
	}
	out.WriteString(sql[end:])
	return out.String(), nil
}
