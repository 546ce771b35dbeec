package chain

import (
	"fmt"
	"slices"
	"strings"
)

// A ChunkMark is a ${chunk} or ${chunk ALIAS} in the statement of a backfill.
type ChunkMark struct {
	Pos, End int    // bytes of the statement
	Alias    string // as it is written, quotes included
}

// ChunkMarks returns those of a statement. What stands in a string, a quoted name or a
// comment is text, and none of them.
func ChunkMarks(d Dialect, sql string) []ChunkMark {
	var marks []ChunkMark
	tokens := slices.Collect(Tokens(d, sql))
	for i := 0; i+2 < len(tokens); i++ {
		if !tokens[i].Is("$") || !tokens[i+1].Is("{") || tokens[i+2].Text != "chunk" {
			continue
		}
		m := ChunkMark{Pos: tokens[i].Pos}
		for _, t := range tokens[i+3:] {
			if t.Is("}") {
				m.End = t.Pos + 1
				marks = append(marks, m)
			} else if t.Kind == Space || m.Alias == "" && (t.Kind == Word || t.Kind == Quoted) {
				m.Alias += strings.TrimSpace(t.Text)
				continue
			}
			break
		}
	}
	return marks
}

// ReplaceChunks puts a condition in the place of each mark.
func ReplaceChunks(d Dialect, sql string, condition func(ChunkMark) string) string {
	var b strings.Builder
	end := 0
	for _, m := range ChunkMarks(d, sql) {
		b.WriteString(sql[end:m.Pos])
		b.WriteString(condition(m))
		end = m.End
	}
	return b.String() + sql[end:]
}

// CheckChunks says what keeps the marks of a statement from bounding what it does: that
// there are none but in texts, or that rows of other chunks fit beside them. at is the
// byte that it is about.
func CheckChunks(d Dialect, sql string) (at int, err error) {
	s := chunkScan{marks: ChunkMarks(d, sql)}
	if len(s.marks) == 0 {
		return max(strings.Index(sql, "${chunk"), 0), fmt.Errorf("${chunk} stands in a string, a quoted name or a comment alone, where it is text: put it into the condition of the statement")
	}
	for t := range Tokens(d, sql) {
		if !t.Blank() {
			s.tokens = append(s.tokens, t)
		}
	}
	for s.at < len(s.tokens) && s.err == nil { // a parenthesis too many ends a group
		s.group()
	}
	return s.pos, s.err
}

// A chunkScan goes through the conditions of a statement.
type chunkScan struct {
	tokens []Token
	at     int
	marks  []ChunkMark // those that are ahead

	pos int
	err error
}

// clauseWords end a condition.
var clauseWords = []string{
	"WHERE", "ON", "HAVING", "SET", "SELECT", "FROM", "RETURNING", "GROUP", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT",
	"WHEN", "THEN", "ELSE", "VALUES", "USING", "WINDOW", "JOIN", "DO", ",", ";",
}

func isOneOf(t Token, words ...string) bool { return slices.ContainsFunc(words, t.Is) }

// group goes to the end of a parenthesis or a CASE. It reports whether a mark is part
// of the condition that it is.
func (s *chunkScan) group() (marked bool) {
	var last Token
	first := 0 // mark of the condition
	operands, bounded, here := 1, 0, false
	clause := func() {
		if here {
			bounded++
		}
		if bounded > 0 && bounded < operands && s.err == nil {
			s.pos, s.err = first, fmt.Errorf("${chunk} OR … is true of rows beyond the chunk, which would be changed again and again: put the other condition in parentheses, as in ${chunk} AND (a OR b)")
		}
		operands, bounded, here = 1, 0, false
	}
	mark := func(pos int) {
		if last.Is("NOT") && s.err == nil {
			s.pos, s.err = pos, fmt.Errorf("NOT ${chunk} is true of all rows but those of the chunk: put the condition that is not to hold in parentheses, as in ${chunk} AND NOT (a)")
		}
		if bounded == 0 && !here {
			first = pos
		}
		here, marked = true, true
	}
	for s.at < len(s.tokens) {
		t := s.tokens[s.at]
		s.at++
		switch {
		case len(s.marks) > 0 && t.Pos == s.marks[0].Pos:
			mark(t.Pos)
			for s.at < len(s.tokens) && s.tokens[s.at].Pos < s.marks[0].End {
				s.at++
			}
			s.marks = s.marks[1:]
		case t.Is("("):
			query := s.at < len(s.tokens) && isOneOf(s.tokens[s.at], "SELECT", "WITH", "VALUES")
			if s.group() && !query {
				mark(t.Pos)
			}
		case t.Is("CASE"):
			s.group()
		case t.Is(")"), t.Is("END"):
			clause()
			return marked
		case t.Is("OR"):
			if here {
				bounded++
			}
			operands, here = operands+1, false
		case isOneOf(t, clauseWords...):
			clause()
		}
		last = t
	}
	clause()
	return marked
}
