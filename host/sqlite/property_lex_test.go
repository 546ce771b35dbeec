package sqlite_test

import "strings"

// A lexeme is a token or a comment of a SQL text.
type lexeme struct {
	text    string
	comment bool
}

// lex splits a SQL text as SQLite does (https://sqlite.org/draft/tokenreq.html).
func lex(sql string) []lexeme {
	var list []lexeme
	for i := 0; i < len(sql); {
		end := i + 1
		switch c := sql[i]; {
		case strings.IndexByte(" \t\n\f\r", c) >= 0:
			i++
			continue
		case strings.HasPrefix(sql[i:], "--"):
			end = after(sql, "\n", i+2)
		case strings.HasPrefix(sql[i:], "/*"):
			end = after(sql, "*/", i+2)
		case c == '\'' || c == '"' || c == '`':
			end = afterQuote(sql, i)
		case c == '[':
			end = after(sql, "]", i+1)
		case (c == 'x' || c == 'X') && i+1 < len(sql) && sql[i+1] == '\'':
			end = afterQuote(sql, i+1)
		case c == '.' && i+1 < len(sql) && sql[i+1] >= '0' && sql[i+1] <= '9', c >= '0' && c <= '9':
			end = afterNumber(sql, i)
		case i+1 < len(sql) && operators[sql[i:i+2]]:
			end = i + 2
		case wordByte(c):
			for end < len(sql) && wordByte(sql[end]) {
				end++
			}
		}
		text := sql[i:end]
		comment := strings.HasPrefix(text, "--") || strings.HasPrefix(text, "/*")
		list = append(list, lexeme{strings.TrimRight(text, "\r\n"), comment})
		i = end
	}
	return list
}

var operators = map[string]bool{"||": true, "<>": true, "<=": true, ">=": true, "==": true, "!=": true, "<<": true, ">>": true, "->": true}

func after(sql, what string, from int) int {
	if i := strings.Index(sql[from:], what); i >= 0 {
		return from + i + len(what)
	}
	return len(sql)
}

func afterQuote(sql string, start int) int {
	quote := sql[start]
	for i := start + 1; i < len(sql); i++ {
		if sql[i] != quote {
			continue
		}
		if i+1 == len(sql) || sql[i+1] != quote {
			return i + 1
		}
		i++
	}
	return len(sql)
}

func afterNumber(sql string, i int) int {
	for ; i < len(sql); i++ {
		exponent := (sql[i] == '+' || sql[i] == '-') && (sql[i-1]|0x20) == 'e'
		if !wordByte(sql[i]) && sql[i] != '.' && !exponent {
			break
		}
	}
	return i
}

func wordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

// nameOf returns the name that a lexeme stands for, without its quotes.
func nameOf(text string) string {
	if len(text) < 2 {
		return text
	}
	switch q := text[0]; q {
	case '\'', '"', '`':
		return strings.ReplaceAll(text[1:len(text)-1], string([]byte{q, q}), string(q))
	case '[':
		return text[1 : len(text)-1]
	}
	return text
}

// alike returns a form of a lexeme that is the same for spellings of one name or
// one keyword. A string is never like a name.
func alike(text string) string {
	if text != "" && (text[0] == '"' || text[0] == '`' || text[0] == '[' || wordByte(text[0])) {
		return strings.ToLower(nameOf(text))
	}
	return text
}

// quoted returns a name as SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
